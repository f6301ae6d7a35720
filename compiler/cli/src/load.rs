//! What every verb does first: find the workspace, read it, compile it, show what is wrong.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use maasc_diagnostics::render::{self, Colour, Format, Input, Options};
use maasc_diagnostics::{Diagnostics, Level};
use maasc_hir::units::Time;
use maasc_ir::Built;
use maasc_syntax::Limits;

use crate::args::CompileArgs;
use crate::compile::{At, BadDate, Compiled, compile};
use crate::git::Repository;
use crate::io::Io;
use crate::workspace::{self, Sources};

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// A compiled workspace and where it lies.
#[derive(Debug)]
pub struct Loaded {
    /// The folder of `maasc.yaml`.
    pub folder: PathBuf,
    /// The rest.
    pub compiled: Compiled,
}

/// Finds, reads and compiles the workspace at or above a path.
///
/// # Errors
/// When there is none, it cannot be read, or the flags do not fit it.
pub fn load(path: &Path, args: &CompileArgs, io: &mut Io<'_>) -> anyhow::Result<Loaded> {
    let folder = workspace::find(&io.cwd.join(path))?;
    let at = date(args, &folder, io)?;
    let sources = workspace::read(&folder, &limits(args))?;
    let compiled = compile_sources(sources, &at, args)?;
    Ok(Loaded { folder, compiled })
}

/// Compiles texts with the flags of a command.
///
/// # Errors
/// When `--at` is no date, or no environment has the name of `--gateway`.
pub fn compile_sources(sources: Sources, at: &At, args: &CompileArgs) -> anyhow::Result<Compiled> {
    let compiled = compile_base(sources, at, args)?;
    if let Some(name) = &args.gateway {
        let known: Vec<&str> = compiled.built.iter().map(|built| built.ir.gateway.name.as_str()).collect();
        if !known.contains(&name.as_str()) {
            let nearest = maasc_diagnostics::nearest(name, known.iter().copied());
            match nearest {
                Some(nearest) => bail!("there is no gateway `{name}`; did you mean `{nearest}`?"),
                None => bail!("there is no gateway `{name}`; the workspace has: {}", known.join(", ")),
            }
        }
    }
    Ok(compiled)
}

/// As [`compile_sources`], for the other side of a comparison, which need not have the environment of `--gateway`.
///
/// # Errors
/// When `--at` is no date.
pub fn compile_base(sources: Sources, at: &At, args: &CompileArgs) -> anyhow::Result<Compiled> {
    compile(sources, at, &limits(args)).map_err(|BadDate(text)| {
        anyhow::anyhow!("`--at {text}` is no date; write `2026-12-01`, `2026-12-01T12:00:00Z` or `today`")
    })
}

/// Returns the limits of the reader.
#[must_use]
pub fn limits(args: &CompileArgs) -> Limits {
    let default = Limits::DEFAULT;
    Limits {
        max_file_size: args.max_file_size.unwrap_or(default.max_file_size),
        max_nodes: args.max_nodes.unwrap_or(default.max_nodes),
        max_depth: args.max_depth.unwrap_or(default.max_depth),
    }
}

/// Returns the date to compile for: the flag's, else the head commit's, else today's, which is said.
fn date(args: &CompileArgs, folder: &Path, io: &mut Io<'_>) -> anyhow::Result<At> {
    let today = At::Time(Time(io.now_ms.div_euclid(DAY_MS) * DAY_MS));
    match args.at.as_deref() {
        Some("today") => Ok(today),
        Some(text) => Ok(At::Text(text.to_owned())),
        None => match Repository::open(folder).and_then(|repository| repository.head_time_ms()) {
            Some(time) => Ok(At::Time(Time(time))),
            None => {
                writeln!(io.err, "note: there is no commit to take the date from; compiled for today (UTC)")?;
                Ok(today)
            }
        },
    }
}

impl Loaded {
    /// Returns the environments that a command is about: the one of `--gateway`, else all.
    pub fn selected<'a>(&'a self, args: &'a CompileArgs) -> impl Iterator<Item = &'a Built> {
        self.compiled
            .built
            .iter()
            .filter(|built| args.gateway.as_ref().is_none_or(|name| *name == built.ir.gateway.name))
    }
}

impl Compiled {
    /// Says whether the policy has errors; if it has, prints every error to standard error.
    ///
    /// # Errors
    /// When standard error is closed.
    pub fn refuse_errors(&self, io: &mut Io<'_>) -> anyhow::Result<bool> {
        if !self.diagnostics.has_errors() {
            return Ok(false);
        }
        let mut errors = self.diagnostics.clone();
        errors.retain(|finding| finding.level == Level::Error);
        self.print(&errors, Format::Full, io).context("writing findings")?;
        Ok(true)
    }

    /// Prints findings to standard error.
    ///
    /// # Errors
    /// When standard error is closed.
    pub fn print(&self, findings: &Diagnostics, format: Format, io: &mut Io<'_>) -> anyhow::Result<()> {
        let text = self.render(findings, format, io);
        write!(io.err, "{text}")?;
        Ok(())
    }

    /// Returns findings as text for this terminal.
    #[must_use]
    pub fn render(&self, findings: &Diagnostics, format: Format, io: &Io<'_>) -> String {
        let colour = if io.terminal.colour { Colour::Ansi } else { Colour::Plain };
        let input =
            Input { sources: &self.sources, findings, documents: &self.documents, n_suppressed: self.n_suppressed };
        let version = env!("CARGO_PKG_VERSION");
        render::render(&input, &Options { format, width: io.terminal.width, colour, version })
    }
}
