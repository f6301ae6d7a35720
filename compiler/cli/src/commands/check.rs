//! `maasc check`: every finding in one run.

use maasc_diagnostics::render::Format;
use maasc_diagnostics::{Applicability, Level};

use crate::args::{CheckArgs, FailLevel, FindingFormat};
use crate::exit::ExitStatus;
use crate::io::Io;
use crate::load::{self, Loaded};

/// Runs the verb.
///
/// # Errors
/// When the workspace cannot be read or the output cannot be written.
pub fn run(args: &CheckArgs, io: &mut Io<'_>) -> anyhow::Result<ExitStatus> {
    let mut loaded = load::load(&args.workspace.path, &args.workspace.compile, io)?;
    if args.fix {
        let wanted = if args.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe };
        let n_fixed = super::fix::apply(&loaded, wanted)?;
        if n_fixed > 0 {
            loaded = load::load(&args.workspace.path, &args.workspace.compile, io)?;
        }
        writeln!(io.err, "{n_fixed} fixed")?;
    }
    print(args, &loaded, io)?;
    let least = match args.fail_level {
        FailLevel::Error => Level::Error,
        FailLevel::Warn => Level::Warn,
        FailLevel::Note => Level::Note,
    };
    let failed = loaded.compiled.diagnostics.iter().any(|finding| finding.level >= least);
    Ok(if failed { ExitStatus::Invalid } else { ExitStatus::Done })
}

fn print(args: &CheckArgs, loaded: &Loaded, io: &mut Io<'_>) -> anyhow::Result<()> {
    let format = format(args.format);
    let for_people = matches!(format, Format::Full | Format::Concise | Format::Narrated);
    if for_people && loaded.compiled.diagnostics.is_empty() {
        return Ok(());
    }
    let text = loaded.compiled.render(&loaded.compiled.diagnostics, format, io);
    write!(io.out, "{text}")?;
    Ok(())
}

const fn format(format: FindingFormat) -> Format {
    match format {
        FindingFormat::Full => Format::Full,
        FindingFormat::Concise => Format::Concise,
        FindingFormat::Narrated => Format::Narrated,
        FindingFormat::Json => Format::Json,
        FindingFormat::Sarif => Format::Sarif,
        FindingFormat::Github => Format::Github,
        FindingFormat::Gitlab => Format::Gitlab,
        FindingFormat::Junit => Format::Junit,
    }
}
