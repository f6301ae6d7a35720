//! Secrets out of everything that is shown: of the source lines, and of whatever a message repeats.

use std::borrow::Cow;

use crate::{Diagnostics, SourceMap};

/// Below this length a text is hidden only where it was found: masking every `a` would hide the whole file.
const SHORTEST_REPEATED: usize = 6;

/// The files and the texts that must not be seen.
#[derive(Debug)]
pub(super) struct Masked<'a> {
    /// The files, secrets replaced by as many bytes and characters of something else.
    pub(super) sources: Cow<'a, SourceMap>,
    /// Longest first, so that no part of a longer one is left over.
    secrets: Vec<String>,
}

impl<'a> Masked<'a> {
    /// Hides what the findings of secrets underline, there and wherever else it stands.
    pub(super) fn new(sources: &'a SourceMap, findings: &Diagnostics) -> Self {
        let spans: Vec<_> = findings
            .iter()
            .filter(|finding| finding.rule.points_at_secret())
            .filter_map(|finding| finding.primary.as_ref())
            .collect();
        if spans.is_empty() {
            return Self { sources: Cow::Borrowed(sources), secrets: Vec::new() };
        }
        let mut secrets: Vec<String> = spans
            .iter()
            .flat_map(|label| sources.slice(label.span).lines())
            .map(|line| line.trim_matches(|letter: char| letter.is_whitespace() || "'\"`".contains(letter)))
            .filter(|line| line.len() >= SHORTEST_REPEATED)
            .map(ToOwned::to_owned)
            .collect();
        secrets.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.dedup();
        let mut masked = SourceMap::default();
        for (file, source) in sources.iter() {
            let mut text = source.text.clone();
            for label in spans.iter().filter(|label| label.span.file == file) {
                let range = label.span.start as usize..label.span.end as usize;
                if let Some(hidden) = text.get(range.clone()).map(stars) {
                    text.replace_range(range, &hidden);
                }
            }
            masked.add(source.path.clone(), hide(text, &secrets));
        }
        Self { sources: Cow::Owned(masked), secrets }
    }

    /// Returns a text of a finding without the secrets.
    pub(super) fn text(&self, text: &str) -> String {
        hide(text.to_owned(), &self.secrets)
    }
}

fn hide(text: String, secrets: &[String]) -> String {
    secrets.iter().fold(text, |text, secret| {
        if text.contains(secret.as_str()) { text.replace(secret.as_str(), &stars(secret)) } else { text }
    })
}

/// Returns a text of equal length in bytes and in characters, so that every place keeps its line and column.
fn stars(text: &str) -> String {
    text.chars()
        .map(|letter| match (letter, letter.len_utf8()) {
            ('\n' | '\r', _) => letter,
            (_, 1) => '*',
            (_, 2) => '·',
            (_, 3) => '•',
            _ => '\u{1f512}',
        })
        .collect()
}
