//! `duplicate-issuer`: two identity providers with one issuer.

use maasc_diagnostics::{Diagnostic, Level, Rule};

use crate::hir::{Hir, IdentityProvider};
use crate::lower::Lowering;

/// Two identity providers with one issuer.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0223",
    name: "duplicate-issuer",
    summary: "two identity providers with one issuer",
    level: Level::Error,
    page: include_str!("duplicate_issuer.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    let providers = &hir.organization.identity_providers;
    for (index, provider) in providers.iter().enumerate() {
        let same = |other: &&IdentityProvider| {
            other.issuer.value == provider.issuer.value && !provider.issuer.value.is_empty()
        };
        let Some(first) = providers.iter().take(index).find(same) else { continue };
        let message =
            format!("identity providers `{}` and `{}` have one issuer", first.name.value, provider.name.value);
        let finding = Diagnostic::new(&RULE, provider.issuer.span, message);
        lowering.acc.push(finding.also(first.issuer.span, "first here").help("merge their `audiences`"));
    }
}
