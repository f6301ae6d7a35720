//! Acceptance of something that does not happen.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};

use super::is_acceptable;
use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0791",
    name: "unneeded-acceptance",
    summary: "`accept` names a rule that finds nothing",
    level: Level::Note,
    page: include_str!("unneeded_acceptance.md"),
};

/// Reports names in `accept` whose rules found nothing among the findings so far.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    for name in &facts.ir.gateway.accept {
        if !is_acceptable(name) || acc.iter().any(|finding| finding.rule.name == name) {
            continue;
        }
        let message = format!("Gateway `{}` accepts `{name}`, which does not happen", facts.ir.gateway.name);
        let finding = Diagnostic::new(&RULE, facts.gateway_span(&["accept"]), message)
            .label("not needed")
            .help("take the name out, so that it is reported when it happens");
        acc.push(finding);
    }
}
