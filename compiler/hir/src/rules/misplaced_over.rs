//! `misplaced-over`: `over` where it has no meaning.

use maas_schemas::abi::Over;
use maasc_diagnostics::{Diagnostic, Level, Rule, Spanned};

use crate::lower::Place;

/// `over` where it has no meaning.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0307",
    name: "misplaced-over",
    summary: "`over` where it has no meaning",
    level: Level::Error,
    page: include_str!("misplaced_over.md"),
};

/// Returns what is wrong with `over` at a place.
pub(crate) fn check(place: Place, over: &Spanned<Over>) -> Option<Diagnostic> {
    let message = if place.is_ceiling() {
        "a ceiling adds up everything: it has no `over`"
    } else if place == Place::PerModel && over.value != Over::Model {
        "a line of `perModel` is `over: model`"
    } else if over.value == Over::Everything {
        "`everything` is for ceilings"
    } else {
        return None;
    };
    let finding = Diagnostic::new(&RULE, over.span, message);
    Some(if over.value == Over::Everything && !place.is_ceiling() {
        finding.help("write `model` or `subscription`")
    } else {
        finding.help("remove `over`")
    })
}
