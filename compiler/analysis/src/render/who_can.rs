//! The callers of a model for a terminal.

use maas_schemas::answers::{WhoCan, WhoCanCaller};
use maasc_diagnostics::render::{clean, plural, wrap};

use super::heading;
use crate::who::is_allow;

/// Returns those who may, then those who nearly may, each with how and how much.
#[must_use]
pub fn text(answer: &WhoCan, width: usize) -> String {
    let mut out = format!("who can call {}\n", clean(&answer.model));
    for part in &answer.answers {
        out.push('\n');
        out.push_str(&heading(&part.gateways, &answer.at));
        let (may, may_not): (Vec<_>, Vec<_>) = part.callers.iter().partition(|caller| is_allow(&caller.reason));
        if may.is_empty() {
            out.push_str("  nobody\n");
        }
        for caller in &may {
            out.push_str(&lines(caller, width));
        }
        if !may_not.is_empty() {
            let count = u64::try_from(may_not.len()).unwrap_or(u64::MAX);
            out.push_str(&format!("  not now: {}\n", plural(count, "caller")));
        }
        for caller in &may_not {
            out.push_str(&lines(caller, width));
        }
    }
    out
}

fn lines(caller: &WhoCanCaller, width: usize) -> String {
    let mut facts = Vec::new();
    if !is_allow(&caller.reason) {
        facts.push(format!("refused: {}", caller.reason));
    }
    facts.push(format!("by {} ({})", caller.source.document, caller.source));
    facts.push(format!("endpoints {}", caller.endpoints.join(", ")));
    facts.extend(caller.limits.iter().cloned());
    match (caller.from.as_str(), caller.until.as_str()) {
        ("", "") => {}
        (from, "") => facts.push(format!("from {from}")),
        ("", until) => facts.push(format!("until {until}")),
        (from, until) => facts.push(format!("from {from} until {until}")),
    }
    if !caller.members.is_empty() {
        facts.push(format!("members: {}", caller.members.join(", ")));
    }
    let mut out = format!("  {}\n", clean(&caller.name));
    for fact in facts {
        for (index, line) in wrap(&clean(&fact), width.saturating_sub(6).max(30)).iter().enumerate() {
            out.push_str(if index == 0 { "    " } else { "      " });
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}
