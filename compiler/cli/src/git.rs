//! Git through its own command: the files of a revision, the date of the head commit. Nothing is checked out.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail};

use crate::io;

/// A repository, seen from one folder of it.
#[derive(Clone, Debug)]
pub struct Repository {
    /// The work tree's root.
    root: PathBuf,
    /// Path of the folder below the root, with `/` at the end, or empty.
    prefix: String,
}

/// One file of a revision.
#[derive(Clone, Debug)]
pub struct Blob {
    /// Relative to the folder.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Repository {
    /// Returns the repository that holds a folder, if there is one.
    #[must_use]
    pub fn open(folder: &Path) -> Option<Self> {
        let root = run(folder, &["rev-parse", "--show-toplevel"]).ok()?;
        let prefix = run(folder, &["rev-parse", "--show-prefix"]).ok()?;
        Some(Self { root: PathBuf::from(text(&root)), prefix: text(&prefix) })
    }

    /// Returns the time of the head commit in Unix milliseconds; `None` on an unborn branch.
    #[must_use]
    pub fn head_time_ms(&self) -> Option<i64> {
        let seconds = run(&self.root, &["log", "-1", "--format=%ct", "HEAD"]).ok()?;
        text(&seconds).parse::<i64>().ok()?.checked_mul(1_000)
    }

    /// Returns the revision to compare with when none is named: the remote's default branch, without a remote `HEAD`.
    #[must_use]
    pub fn default_base(&self) -> String {
        let remote = run(&self.root, &["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"]);
        remote.map_or_else(|_| "HEAD".to_owned(), |name| text(&name))
    }

    /// Returns the commit to compare with: the merge base of a revision with `HEAD`.
    ///
    /// # Errors
    /// When the revision is not there; the message says what to do in a shallow clone.
    pub fn merge_base(&self, revision: &str) -> anyhow::Result<String> {
        if revision.starts_with('-') {
            bail!("`{revision}` is not a Git revision");
        }
        let commit = format!("{revision}^{{commit}}");
        let Ok(base) = run(&self.root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]) else {
            if self.is_shallow() {
                bail!(
                    "the revision `{revision}` is not in this shallow clone; fetch it first: \
                     `git fetch --unshallow origin`, or in CI a checkout with full history"
                );
            }
            bail!("there is no Git revision `{revision}`; name a branch, tag or commit with `--base`");
        };
        let base = text(&base);
        if run(&self.root, &["rev-parse", "--verify", "--quiet", "HEAD"]).is_err() {
            return Ok(base);
        }
        match run(&self.root, &["merge-base", &base, "HEAD"]) {
            Ok(commit) => Ok(text(&commit)),
            Err(_) if self.is_shallow() => bail!(
                "`{revision}` and `HEAD` have no common commit in this shallow clone; fetch more history: \
                 `git fetch --unshallow origin`"
            ),
            // Unrelated histories: the revision itself is the only sensible base.
            Err(_) => Ok(base),
        }
    }

    /// Returns the files of a commit below the folder whose names a function accepts, sorted by path.
    ///
    /// # Errors
    /// When Git cannot read them.
    pub fn files(&self, commit: &str, accept: impl Fn(&str) -> bool) -> anyhow::Result<Vec<Blob>> {
        let listing = run(&self.root, &["ls-tree", "-r", "-z", "--full-tree", commit])?;
        let mut wanted = Vec::new();
        for entry in listing.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
            let entry = String::from_utf8_lossy(entry);
            let Some((meta, path)) = entry.split_once('\t') else { continue };
            let mut fields = meta.split(' ');
            let (mode, kind, object) = (fields.next(), fields.next(), fields.next());
            let Some(path) = path.strip_prefix(&self.prefix) else { continue };
            // Links (mode 120000) and submodules are not read.
            let is_file = kind == Some("blob") && mode != Some("120000");
            if let Some(object) = object.filter(|_| is_file && accept(path)) {
                wanted.push((path.to_owned(), object.to_owned()));
            }
        }
        wanted.sort();
        self.read_blobs(&wanted)
    }

    fn read_blobs(&self, wanted: &[(String, String)]) -> anyhow::Result<Vec<Blob>> {
        let mut child = io::command("git")
            .arg("-C")
            .arg(&self.root)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("starting `git cat-file`")?;
        let mut stdin = child.stdin.take().context("starting `git cat-file`")?;
        let names: String = wanted.iter().map(|(_, object)| format!("{object}\n")).collect();
        // Written from a thread: with many files both pipes would fill up and wait for each other.
        let writer = std::thread::spawn(move || stdin.write_all(names.as_bytes()));
        let output = child.wait_with_output().context("reading from `git cat-file`")?;
        if writer.join().is_err() || !output.status.success() {
            bail!("`git cat-file` failed");
        }
        let mut rest = output.stdout.as_slice();
        let mut blobs = Vec::with_capacity(wanted.len());
        for (path, _) in wanted {
            let end = rest.iter().position(|byte| *byte == b'\n').context("`git cat-file` answered too little")?;
            let (header, body) = rest.split_at(end);
            let header = String::from_utf8_lossy(header);
            let size = header.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
            let size = size.with_context(|| format!("`{path}` is not in the object database of this partial clone"))?;
            let body = body.get(1..).unwrap_or_default();
            let bytes = body.get(..size).context("`git cat-file` answered too little")?.to_vec();
            rest = body.get(size + 1..).unwrap_or_default();
            blobs.push(Blob { path: path.clone(), bytes });
        }
        Ok(blobs)
    }

    fn is_shallow(&self) -> bool {
        run(&self.root, &["rev-parse", "--is-shallow-repository"]).is_ok_and(|answer| text(&answer) == "true")
    }
}

/// Runs Git in a folder and returns its standard output.
fn run(folder: &Path, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let output = io::command("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .context("starting `git`; is it installed?")?;
    if !output.status.success() {
        bail!("`git {}` failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(output.stdout)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches(['\n', '\r']).to_owned()
}
