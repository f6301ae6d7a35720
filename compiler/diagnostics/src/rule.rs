//! Rules: the code, the name, the default level and the page of one kind of mistake.

use std::fmt;

/// How bad a finding is, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not reported.
    Off,
    /// Worth knowing.
    Note,
    /// Probably a mistake.
    Warn,
    /// Surely a mistake: the policy is not compiled.
    Error,
}

impl Level {
    /// Returns the name that `Organization.spec.rules` uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Note => "note",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// Returns the level with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "off" => Some(Self::Off),
            "note" => Some(Self::Note),
            "warn" => Some(Self::Warn),
            "error" => Some(Self::Error),
            _ => None,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One kind of mistake. Declared as a `static` beside its check; its page lies beside it as Markdown.
#[derive(Debug)]
pub struct Rule {
    /// `MAAS` and four digits; never reused. The first two digits name the room (`CONTRIBUTING.md`).
    pub code: &'static str,
    /// Reads well after "allow": `unknown-model`.
    pub name: &'static str,
    /// One line for lists.
    pub summary: &'static str,
    /// Level when the organization does not say otherwise.
    pub level: Level,
    /// The page: Wrong, Right, Why.
    pub page: &'static str,
}

impl Rule {
    /// Returns the first paragraph of the page, or the summary where the page has none.
    #[must_use]
    pub fn paragraph(&self) -> &'static str {
        let paragraphs = self.page.split("\n\n").map(str::trim);
        let text = |paragraph: &&str| !paragraph.is_empty() && !paragraph.starts_with('#');
        paragraphs.into_iter().find(text).unwrap_or(self.summary)
    }

    /// Says whether a finding of this rule points at a secret, which nobody may see.
    #[must_use]
    pub fn points_at_secret(&self) -> bool {
        self.name == "literal-secret"
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Rule {}
