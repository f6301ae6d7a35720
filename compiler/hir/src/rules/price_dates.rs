//! `price-dates`: two prices that begin at the same time.

use maasc_diagnostics::{Diagnostic, Level, Rule};

use crate::hir::Price;

/// Two prices that begin at the same time.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0514",
    name: "price-dates",
    summary: "two prices that begin at the same time",
    level: Level::Error,
    page: include_str!("price_dates.md"),
};

/// Returns entries that begin when another does; the prices are in the order of their beginning.
pub(crate) fn check(prices: &[Price]) -> Vec<Diagnostic> {
    let pairs = prices.windows(2).filter_map(|pair| match pair {
        [first, second] if first.from == second.from => Some((first, second)),
        _ => None,
    });
    let finding = |(first, second): (&Price, &Price)| {
        let message = match second.from {
            Some(_) => "two prices begin at the same time",
            None => "two prices have no `from`",
        };
        Diagnostic::new(&RULE, second.span, message).also(first.span, "the other one").help("give it a later `from`")
    };
    pairs.map(finding).collect()
}
