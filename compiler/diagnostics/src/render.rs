//! Findings as text: one report, as data, and a renderer for each reader of it.

mod concise;
mod full;
mod github;
mod gitlab;
mod json;
mod junit;
mod mask;
mod narrated;
mod report;
mod sarif;
#[cfg(test)]
mod tests;
mod text;

use maas_schemas::diagnostics::Report;

use crate::{Diagnostics, SourceMap, Span};
use report::Prepared;
pub use text::{cdata, clean, plural, wrap, xml};

/// For whom the findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// People: the source with everything that is said about it.
    Full,
    /// People and editors: a line for each finding.
    Concise,
    /// People who listen: sentences without drawings.
    Narrated,
    /// Programs: [`maas_schemas::diagnostics`].
    Json,
    /// Code scanning: SARIF 2.1.0.
    Sarif,
    /// GitHub: workflow commands.
    Github,
    /// GitLab: code quality report.
    Gitlab,
    /// Test reporters: JUnit XML.
    Junit,
}

impl Format {
    /// All formats with the names that `--format` takes.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Full, "full"),
        (Self::Concise, "concise"),
        (Self::Narrated, "narrated"),
        (Self::Json, "json"),
        (Self::Sarif, "sarif"),
        (Self::Github, "github"),
        (Self::Gitlab, "gitlab"),
        (Self::Junit, "junit"),
    ];

    /// Returns the format with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(format, _)| *format)
    }
}

/// Whether the terminal shows colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Text alone.
    Plain,
    /// ANSI escapes.
    Ansi,
}

/// How findings are shown.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// For whom.
    pub format: Format,
    /// Columns of the terminal; 80 where there is none.
    pub width: usize,
    /// Colour of the human formats.
    pub colour: Colour,
    /// Version of the program, for SARIF.
    pub version: &'a str,
}

/// A document of the workspace, for fingerprints that live longer than lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentName {
    /// The whole document.
    pub span: Span,
    /// `Kind/name`.
    pub name: String,
}

/// What is shown.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The files.
    pub sources: &'a SourceMap,
    /// Finished: sorted, without equal ones.
    pub findings: &'a Diagnostics,
    /// The documents, in any order.
    pub documents: &'a [DocumentName],
    /// How many findings a comment silenced.
    pub n_suppressed: u32,
}

/// Returns the findings as data; every renderer shows this and nothing else.
#[must_use]
pub fn report(input: &Input<'_>) -> Report {
    Prepared::new(input).report
}

/// Returns the findings as text that ends with a line break.
#[must_use]
pub fn render(input: &Input<'_>, options: &Options<'_>) -> String {
    let prepared = Prepared::new(input);
    match options.format {
        Format::Full => full::render(&prepared, options),
        Format::Concise => concise::render(&prepared.report),
        Format::Narrated => narrated::render(&prepared.report),
        Format::Json => json::render(&prepared.report),
        Format::Sarif => sarif::render(&prepared, options.version),
        Format::Github => github::render(&prepared.report),
        Format::Gitlab => gitlab::render(&prepared.report),
        Format::Junit => junit::render(&prepared),
    }
}
