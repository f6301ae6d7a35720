//! `subscription-expired`: a subscription that has ended.

use maasc_diagnostics::{Diagnostic, Diagnostics, Level, Rule, Spanned};

use crate::hir::Hir;
use crate::units::Time;

/// A subscription that has ended.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0405",
    name: "subscription-expired",
    summary: "a subscription that has ended",
    level: Level::Warn,
    page: include_str!("subscription_expired.md"),
};

pub(crate) fn check(hir: &Hir, at: Time, acc: &mut Diagnostics) {
    for subscription in &hir.subscriptions {
        // One that ends before it starts has a finding of its own.
        let starts = subscription.starts_at.as_ref().map_or(i64::MIN, |start| start.value.0);
        let ended = |end: &&Spanned<Time>| end.value <= at && starts < end.value.0;
        if let Some(end) = subscription.expires_at.as_ref().filter(ended) {
            let message = format!("subscription `{}` has ended", subscription.header.name.value);
            acc.push(Diagnostic::new(&RULE, end.span, message).help("remove the subscription, or write a later date"));
        }
    }
}
