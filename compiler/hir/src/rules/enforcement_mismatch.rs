//! `enforcement-mismatch`: an enforcement that the target does not have.

use maasc_diagnostics::{Diagnostic, Level, Rule, Spanned};
use maasc_syntax::ast::{Enforcement, Target};

/// An enforcement that the target does not have.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0228",
    name: "enforcement-mismatch",
    summary: "an enforcement that the target does not have",
    level: Level::Error,
    page: include_str!("enforcement_mismatch.md"),
};

pub(crate) fn finding(
    target: Option<&Spanned<Target>>,
    written: &Spanned<Enforcement>,
    fixed: Enforcement,
) -> Diagnostic {
    let name = |enforcement| match enforcement {
        Enforcement::MaasGateway => "maas-gateway",
        Enforcement::Kuadrant => "kuadrant",
    };
    let kind = target.map_or(Target::Standalone, |target| target.value);
    let target_name = Target::ALL.iter().find(|(known, _)| *known == kind).map_or("", |(_, name)| *name);
    let message = format!("target `{target_name}` has no enforcement `{}`", name(written.value));
    let finding = Diagnostic::new(&RULE, written.span, message).help(format!("it knows only `{}`", name(fixed)));
    let finding = match target {
        Some(target) => finding.also(target.span, "the target"),
        None => finding.note("without `target` it is `standalone`"),
    };
    finding.replace(written.span, name(fixed))
}
