//! The one file of the compiler that touches the process: files, environment, clock, terminal.
#![expect(
    clippy::disallowed_methods,
    reason = "this file is the edge through which everything else reaches the process"
)]

use std::ffi::OsString;
use std::fmt;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use crate::exit::ExitStatus;

/// What a command sees of the process.
pub struct Io<'a> {
    /// Results.
    pub out: &'a mut dyn Write,
    /// Findings about the run itself, and progress.
    pub err: &'a mut dyn Write,
    /// The folder in which the command was started.
    pub cwd: PathBuf,
    /// What the terminal can show.
    pub terminal: Terminal,
    /// Unix time in milliseconds at the start.
    pub now_ms: i64,
}

impl fmt::Debug for Io<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Io").field("cwd", &self.cwd).field("terminal", &self.terminal).finish_non_exhaustive()
    }
}

/// What a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Columns.
    pub width: usize,
    /// Whether colour is wanted.
    pub colour: bool,
}

/// Runs a function with the real process: arguments, standard output and error, working folder.
pub fn with_process(function: impl FnOnce(Vec<OsString>, &mut Io<'_>) -> ExitStatus) -> ExitStatus {
    let arguments = std::env::args_os().collect();
    let stdout = io::stdout();
    let terminal = stdout.is_terminal();
    let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let width = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|width| *width >= 40);
    let mut io = Io {
        out: &mut io::BufWriter::new(stdout.lock()),
        err: &mut io::stderr(),
        cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
        terminal: Terminal { width: width.unwrap_or(80), colour },
        now_ms: now_ms(),
    };
    let status = function(arguments, &mut io);
    match io.out.flush() {
        Ok(()) => status,
        // `maasc … | head` is not a failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => status,
        Err(_) => ExitStatus::CouldNotRun,
    }
}

/// Returns Unix time in milliseconds.
#[must_use]
pub fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// Returns a variable of the environment.
#[must_use]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Returns a process to start.
#[must_use]
pub fn command(program: &str) -> std::process::Command {
    std::process::Command::new(program)
}

/// What reading a file came to.
#[derive(Debug)]
pub enum FileContent {
    /// The bytes.
    Bytes(Vec<u8>),
    /// Larger than allowed: its size in bytes. Nothing was kept.
    TooLarge(u64),
    /// The system's words.
    Unreadable(String),
}

/// Reads a file of at most `most` bytes.
#[must_use]
pub fn read_file(path: &Path, most: u64) -> FileContent {
    let read = || -> io::Result<FileContent> {
        let file = std::fs::File::open(path)?;
        let size = file.metadata()?.len();
        if size > most {
            return Ok(FileContent::TooLarge(size));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        // The file may grow while it is read, or be no regular file at all.
        file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            return Ok(FileContent::TooLarge(bytes.len() as u64));
        }
        Ok(FileContent::Bytes(bytes))
    };
    read().unwrap_or_else(|error| FileContent::Unreadable(plain(&error)))
}

/// Returns the words of a system error without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

/// Says whether a path is a file.
#[must_use]
pub fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Returns the path with links resolved.
///
/// # Errors
/// When it does not exist.
pub fn canonical(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

/// Returns names and kinds (folder?) of what lies in a folder, sorted.
///
/// # Errors
/// When it cannot be read.
pub fn list(path: &Path) -> io::Result<Vec<(String, bool)>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        entries.push((entry.file_name().to_string_lossy().into_owned(), entry.file_type()?.is_dir()));
    }
    entries.sort();
    Ok(entries)
}

/// Writes a file beside its place, then renames it, so that nobody sees half of it. Folders are made.
///
/// # Errors
/// When it cannot be written; the old file is then as it was.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    std::fs::write(&beside, bytes)?;
    std::fs::rename(&beside, path)
}

/// Removes a file.
///
/// # Errors
/// When it cannot be removed.
pub fn remove_file(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)
}

/// Removes a folder if it is empty.
pub fn remove_empty_folder(path: &Path) {
    drop(std::fs::remove_dir(path));
}

/// Makes a folder and those above it.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}
