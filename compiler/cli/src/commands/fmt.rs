//! `maasc fmt`: the canonical layout; comments are kept.

use anyhow::Context;
use maasc_syntax::{Limits, format};

use crate::args::FmtArgs;
use crate::exit::ExitStatus;
use crate::io::{self, Io};
use crate::workspace;

/// Runs the verb.
///
/// # Errors
/// When the workspace cannot be read or a file cannot be written.
pub fn run(args: &FmtArgs, io: &mut Io<'_>) -> anyhow::Result<ExitStatus> {
    let folder = workspace::find(&io.cwd.join(&args.path))?;
    let sources = workspace::read(&folder, &Limits::DEFAULT)?;
    let mut n_changed = 0_usize;
    let mut n_left = sources.diagnostics.len();
    for finding in sources.diagnostics.iter() {
        writeln!(io.err, "{}", finding.message)?;
    }
    for file in &sources.files {
        let Some(source) = sources.map.get(*file) else { continue };
        let formatted = match format(&source.text, &Limits::DEFAULT) {
            Ok(formatted) => formatted,
            Err(reason) => {
                writeln!(io.err, "{}: left as it is: {reason}", source.path)?;
                n_left += 1;
                continue;
            }
        };
        if formatted == source.text {
            continue;
        }
        n_changed += 1;
        if args.check {
            writeln!(io.out, "{}: would change", source.path)?;
        } else {
            io::write_file(&folder.join(&source.path), formatted.as_bytes())
                .with_context(|| format!("writing `{}`", source.path))?;
            writeln!(io.out, "{}: formatted", source.path)?;
        }
    }
    let failed = n_left > 0 || (args.check && n_changed > 0);
    Ok(if failed { ExitStatus::Invalid } else { ExitStatus::Done })
}
