//! `maasc explain`: the page of a rule.

use anyhow::bail;

use crate::args::ExplainArgs;
use crate::compile::all_rules;
use crate::exit::ExitStatus;
use crate::io::Io;

/// Runs the verb.
///
/// # Errors
/// When there is no such rule.
pub fn run(args: &ExplainArgs, io: &mut Io<'_>) -> anyhow::Result<ExitStatus> {
    let rules = all_rules();
    let Some(wanted) = &args.rule else {
        for rule in rules {
            writeln!(io.out, "{}  {:<5}  {:<34}  {}", rule.code, rule.level, rule.name, rule.summary)?;
        }
        return Ok(ExitStatus::Done);
    };
    let found = rules.iter().find(|rule| rule.name == wanted || rule.code.eq_ignore_ascii_case(wanted));
    let Some(rule) = found else {
        match maasc_diagnostics::nearest(wanted, rules.iter().map(|rule| rule.name)) {
            Some(name) => bail!("there is no rule `{wanted}`; did you mean `{name}`?"),
            None => bail!("there is no rule `{wanted}`; `maasc explain` lists them"),
        }
    };
    writeln!(io.out, "{}", rule.page.trim_end())?;
    Ok(ExitStatus::Done)
}
