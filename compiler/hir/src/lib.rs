//! The resolved model: names looked up, units read, defaults applied. Users' mistakes are explained here.
//!
//! ```
//! let (hir, findings) = maasc_hir::lower(&[]);
//! assert_eq!(hir.gateways.len(), 1);
//! assert_eq!(findings.iter().next().map(|finding| finding.rule.name), Some("no-organization"));
//! ```

pub mod cel;
pub mod hir;
pub mod ids;
mod lower;
mod rules;
mod scope;
#[cfg(test)]
mod tests;
pub mod units;

use maasc_diagnostics::Diagnostics;
use maasc_syntax::ast::{Document, Spec};

pub use crate::hir::Hir;
pub use crate::lower::Context;
pub use crate::rules::RULES;
use crate::units::Time;

/// Resolves the documents of a workspace, in whatever order they come.
///
/// What does not resolve is left out and said once; the result is sorted by names.
#[must_use]
pub fn lower(documents: &[Document]) -> (Hir, Diagnostics) {
    lower_in(documents, &Context::default())
}

/// As [`lower()`], knowing what could not be read, so that nothing is reported that only follows from it.
#[must_use]
pub fn lower_in(documents: &[Document], context: &Context<'_>) -> (Hir, Diagnostics) {
    lower::lower(documents, context)
}

/// Checks what depends on the date of the compilation.
pub fn check(hir: &Hir, at: Time, acc: &mut Diagnostics) {
    rules::check_at(hir, at, acc);
}

/// Checks names that other rooms own: rules about targets (`Gateway.accept`) and policy packs (`Organization.packs`).
pub fn check_catalogue(documents: &[Document], target_rules: &[&str], packs: &[&str], acc: &mut Diagnostics) {
    for document in documents {
        match &document.spec {
            Spec::Gateway(gateway) => {
                for name in gateway.accept.iter().filter(|name| !target_rules.contains(&name.value.as_str())) {
                    acc.push(rules::unknown_accepted_rule::finding(name, target_rules));
                }
            }
            Spec::Organization(organization) => {
                for name in organization.packs.iter().filter(|name| !packs.contains(&name.value.as_str())) {
                    acc.push(rules::unknown_pack::finding(name, packs));
                }
            }
            _ => {}
        }
    }
}
