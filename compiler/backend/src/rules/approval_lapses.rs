//! Approvals that lapse: nothing in Kuadrant looks at the clock.

use maas_schemas::abi::Reason;
use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};
use maasc_ir::ir::{ApprovalAnswer, NEVER};
use std::collections::BTreeSet;

use crate::facts::Facts;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0713",
    name: "approval-lapses",
    summary: "a grant that ends with an approval where nothing looks at the clock",
    level: Level::Error,
    page: include_str!("approval_lapses.md"),
};

/// Reports grants that end because an approval does.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for grant in &facts.ir.access.grants {
        if grant.after != Reason::ApprovalLapsed || grant.until_ms == NEVER || grant.until_ms <= facts.ir.at_ms {
            continue;
        }
        for state in grant.approvals.iter().filter_map(|state| facts.ir.approvals.get(*state as usize)) {
            let ApprovalAnswer::Given { approval, until_ms, rule, .. } = &state.answer else { continue };
            if *until_ms == NEVER || !seen.insert(*rule) {
                continue;
            }
            let message =
                format!("what needs approval `{approval}` ends with it, which Kuadrant does not do by itself");
            let finding = Diagnostic::new(&RULE, facts.span(*rule), message)
                .label("access ends only when `maasc build` runs again after that date")
                .help("build and sync on a schedule and accept this, or use `enforcement: maas-gateway`");
            facts.report(finding, acc);
        }
    }
}
