//! `maasc schema`: the JSON Schema of a kind, for editors.

use anyhow::bail;
use maas_schemas::policy;

use crate::args::SchemaArgs;
use crate::exit::ExitStatus;
use crate::io::Io;

/// Runs the verb.
///
/// # Errors
/// When there is no such kind.
pub fn run(args: &SchemaArgs, io: &mut Io<'_>) -> anyhow::Result<ExitStatus> {
    let Some(kind) = &args.kind else {
        for (kind, _) in policy::SCHEMAS {
            writeln!(io.out, "{kind}")?;
        }
        return Ok(ExitStatus::Done);
    };
    let known = policy::SCHEMAS.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind));
    let Some((_, text)) = known else {
        match maasc_diagnostics::nearest(kind, policy::SCHEMAS.iter().map(|(name, _)| *name)) {
            Some(name) => bail!("there is no kind `{kind}`; did you mean `{name}`?"),
            None => bail!("there is no kind `{kind}`; `maasc schema` lists them"),
        }
    };
    writeln!(io.out, "{}", text.trim_end())?;
    Ok(ExitStatus::Done)
}
