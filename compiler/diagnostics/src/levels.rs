//! Levels of rules as the organization set them.

use std::collections::BTreeMap;

use crate::{Diagnostic, Diagnostics, Level, Rule, Spanned, nearest};

/// The organization sets a level for a rule that does not exist.
pub static UNKNOWN_RULE: Rule = Rule {
    code: "MAAS0040",
    name: "unknown-rule",
    summary: "a name that no rule has",
    level: Level::Error,
    page: include_str!("levels/unknown_rule.md"),
};

/// The organization wants less than an error for what cannot be compiled.
pub static LEVEL_TOO_LOW: Rule = Rule {
    code: "MAAS0041",
    name: "level-too-low",
    summary: "a level below `error` for a rule whose findings leave nothing to compile",
    level: Level::Error,
    page: include_str!("levels/level_too_low.md"),
};

/// Returns the rule with this name or code.
#[must_use]
pub fn find_rule<'a>(known: &[&'a Rule], name: &str) -> Option<&'a Rule> {
    known.iter().find(|rule| rule.name == name || rule.code == name).copied()
}

/// Sets the level of every finding whose rule the organization names, and reports names and levels that cannot be.
///
/// `known` are the rules of the whole program. What was not read, or names something that is not there, is not in the
/// decision table; such errors stay errors, or the table would say less than the files without anybody noticing.
pub fn apply_levels(settings: &BTreeMap<String, Spanned<Level>>, known: &[&'static Rule], acc: &mut Diagnostics) {
    let mut levels: BTreeMap<&'static str, Level> = BTreeMap::new();
    for (name, level) in settings {
        let Some(rule) = find_rule(known, name) else {
            acc.push(unknown(name, level.span, known));
            continue;
        };
        if level.value < rule.lowest_level() {
            acc.push(
                Diagnostic::new(&LEVEL_TOO_LOW, level.span, format!("findings of `{}` are always errors", rule.name))
                    .label(format!("cannot be `{level}`", level = level.value))
                    .note("what it finds is missing from the decision table, so nothing could be compiled in its place")
                    .help("remove the line"),
            );
            continue;
        }
        levels.insert(rule.code, level.value);
    }
    for finding in acc.iter_mut() {
        if let Some(level) = levels.get(finding.rule.code) {
            finding.level = *level;
        }
    }
}

/// Returns the finding about a name that no rule has.
fn unknown(name: &str, span: crate::Span, known: &[&'static Rule]) -> Diagnostic {
    let finding = Diagnostic::new(&UNKNOWN_RULE, span, format!("no rule has the name `{name}`"));
    match nearest(name, known.iter().map(|rule| rule.name)) {
        Some(similar) => finding.help(format!("a rule with a similar name exists: `{similar}`")),
        None => finding.help("`maasc explain` lists all rules"),
    }
}

impl Rule {
    /// Returns the lowest level that an organization may set.
    #[must_use]
    pub fn lowest_level(&self) -> Level {
        if self.level == Level::Error && self.is_in_room(&["00", "01", "02", "08"]) { Level::Error } else { Level::Off }
    }

    /// Says whether a comment may silence single findings.
    ///
    /// Besides what cannot be compiled these are the errors of access, approvals and invariants: whoever edits a
    /// subscription must not be able to write the consent of somebody else into a comment above it.
    #[must_use]
    pub fn is_suppressible(&self) -> bool {
        self.level != Level::Error || !self.is_in_room(&["00", "01", "02", "04", "08"])
    }

    /// The digits after `MAAS` name the room that makes the finding.
    fn is_in_room(&self, rooms: &[&str]) -> bool {
        self.code.get(4..6).is_some_and(|room| rooms.contains(&room))
    }
}

#[cfg(test)]
mod tests;
