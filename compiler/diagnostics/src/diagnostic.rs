//! One finding with everything that is said about it.

use crate::{Level, Rule, Span};

/// A place and what it has to do with the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// One phrase; may be empty on the primary label.
    pub text: String,
}

/// How sure we are of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applicability {
    /// `--fix` makes it.
    Safe,
    /// It changes what is granted: `--fix --unsafe-fixes` makes it.
    Unsafe,
    /// It holds something that only a person can fill in.
    Manual,
}

impl Applicability {
    /// Returns the name in machine output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
            Self::Manual => "manual",
        }
    }
}

/// One replacement in the original text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub insert: String,
}

/// Edits that belong together: all are made, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the edits do, as an order: "write `gpt-4o`".
    pub message: String,
    /// They do not overlap.
    pub edits: Vec<Edit>,
    /// How sure we are.
    pub applicability: Applicability,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The rule that made it.
    pub rule: &'static Rule,
    /// The level; starts as the rule's, changed by the organization's `rules`.
    pub level: Level,
    /// One lowercase phrase without a period, true alone.
    pub message: String,
    /// What is wrong; `None` for a finding about no place (an empty workspace).
    pub primary: Option<Label>,
    /// What it conflicts with, also in other files.
    pub labels: Vec<Label>,
    /// Further facts.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
    /// Edits that would remove the finding.
    pub fixes: Vec<Fix>,
    /// What the names in an expression stood for: (expression, value).
    pub values: Vec<(String, String)>,
    /// The primary place holds a secret: no output may show its text, in this finding or in any other.
    pub masked: bool,
}

impl Diagnostic {
    /// Returns a finding of a rule at a place.
    pub fn new(rule: &'static Rule, span: Span, message: impl Into<String>) -> Self {
        Self { primary: Some(Label { span, text: String::new() }), ..Self::global(rule, message) }
    }

    /// Returns a finding about no place.
    pub fn global(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self {
            rule,
            level: rule.level,
            message: message.into(),
            primary: None,
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
            fixes: Vec::new(),
            values: Vec::new(),
            masked: false,
        }
    }

    /// Says what is wrong at the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(primary) = &mut self.primary {
            primary.text = text.into();
        }
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Adds what an expression stood for.
    #[must_use]
    pub fn value(mut self, expression: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.push((expression.into(), value.into()));
        self
    }

    /// Adds a fix.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// Adds a fix that replaces one place and keeps the meaning that was surely meant.
    #[must_use]
    pub fn replace(self, span: Span, insert: impl Into<String>) -> Self {
        let insert = insert.into();
        let message = format!("write `{insert}`");
        self.fix(Fix { message, edits: vec![Edit { span, insert }], applicability: Applicability::Safe })
    }
}
