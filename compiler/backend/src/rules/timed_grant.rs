//! Grants that start or end: nothing in Kuadrant looks at the clock.

use maas_schemas::abi::Reason;
use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule};
use maasc_ir::ir::{NEVER, RuleId};

use crate::facts::Facts;
use std::collections::BTreeMap;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0712",
    name: "timed-grant",
    summary: "a grant that starts or ends where nothing looks at the clock",
    level: Level::Error,
    page: include_str!("timed_grant.md"),
};

/// Reports grants that change by themselves after the date of the table.
pub(crate) fn check(facts: &Facts<'_>, acc: &mut Diagnostics) {
    let mut changes: BTreeMap<RuleId, (&str, &str)> = BTreeMap::new();
    for grant in &facts.ir.access.grants {
        let Some(subscription) = facts.ir.subscriptions.get(grant.subscription as usize) else { continue };
        let starts = grant.from_ms > facts.ir.at_ms && grant.from_ms < grant.until_ms;
        let ends = grant.until_ms > facts.ir.at_ms && grant.until_ms != NEVER && grant.from_ms < grant.until_ms;
        if starts {
            changes.insert(subscription.rule, (&subscription.name, "starts"));
        } else if ends && grant.after != Reason::ApprovalLapsed {
            changes.entry(subscription.rule).or_insert((&subscription.name, "ends"));
        }
    }
    for (rule, (name, change)) in changes {
        let message = format!("what `{name}` grants {change} later, which Kuadrant does not do by itself");
        let finding = Diagnostic::new(&RULE, facts.span(rule), message)
            .label(format!("{change} only when `maasc build` runs again after that date"))
            .help("build and sync on a schedule and accept this, or use `enforcement: maas-gateway`");
        facts.report(finding, acc);
    }
}
