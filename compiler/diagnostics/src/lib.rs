//! Findings: where they are, which rule makes them, what they say, and how they are shown.
//!
//! A diagnostic is written for a person who never read our documentation:
//!
//! * the message is one lowercase phrase without a period, true alone, in the user's words, names in backticks;
//! * the primary label is on the token that is wrong, further labels on what it conflicts with;
//! * `help` says once what to do; a [`Fix`] is given when we can make the edit.
//!
//! ```
//! use maasc_diagnostics::{Diagnostic, Diagnostics, FileId, Level, Rule, Span};
//!
//! static UNKNOWN_MODEL: Rule = Rule {
//!     code: "MAAS0201",
//!     name: "unknown-model",
//!     summary: "a name that no `Model` document has",
//!     level: Level::Error,
//!     page: "",
//! };
//!
//! let mut acc = Diagnostics::default();
//! let span = Span { file: FileId(0), start: 10, end: 16 };
//! acc.push(
//!     Diagnostic::new(&UNKNOWN_MODEL, span, "subscription `blue` refers to unknown model `gpt-4x`")
//!         .label("no `Model` document has this name")
//!         .help("a model with a similar name exists: `gpt-4o`")
//!         .replace(span, "gpt-4o"),
//! );
//! assert!(acc.has_errors());
//! ```

mod diagnostic;
pub mod levels;
pub mod render;
mod rule;
mod sink;
mod source;
mod suggest;

pub use diagnostic::{Applicability, Diagnostic, Edit, Fix, Label};
pub use rule::{Level, Rule};
pub use sink::Diagnostics;
pub use source::{FileId, Position, SourceFile, SourceMap, Span, Spanned};
pub use suggest::nearest;

/// The rules of this crate, by code.
pub static RULES: &[&Rule] = &[&levels::UNKNOWN_RULE, &levels::LEVEL_TOO_LOW];
