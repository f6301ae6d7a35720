//! `team-cycle`: teams that are each other's parents.

use maasc_diagnostics::{Diagnostic, Level, Rule, Span, Spanned};

/// Teams that are each other's parents.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0401",
    name: "team-cycle",
    summary: "teams that are each other's parents",
    level: Level::Error,
    page: include_str!("team_cycle.md"),
};

/// The teams of a cycle with the places of their `parent`, each the parent of the one before.
pub(crate) fn finding(members: &[(Spanned<String>, Span)]) -> Diagnostic {
    let Some(((first, place), others)) = members.split_first() else {
        return Diagnostic::global(&RULE, "teams are each other's parents");
    };
    if others.is_empty() {
        return Diagnostic::new(&RULE, *place, format!("team `{}` is its own parent", first.value))
            .help("remove `parent`");
    }
    let mut names: Vec<String> = members.iter().map(|(name, _)| format!("`{}`", name.value)).collect();
    names.push(format!("`{}`", first.value));
    let message = format!("the parents of team `{}` lead back to it", first.value);
    let mut finding = Diagnostic::new(&RULE, *place, message).note(format!("the cycle: {}", names.join(" → ")));
    for (name, place) in others.iter().take(3) {
        finding = finding.also(*place, format!("parent of `{}`", name.value));
    }
    finding.help("remove one `parent`")
}
