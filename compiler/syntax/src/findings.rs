//! Where the findings of one file are gathered: each once, and not without end.

use std::collections::BTreeSet;

use maasc_diagnostics::{Diagnostic, Diagnostics, FileId, Span};

use crate::rules;

/// So many findings of one file are kept; a person reads no more, and a hostile file makes millions.
const MOST: usize = 1_000;

/// Findings of one file.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    acc: Diagnostics,
    /// What stands behind an alias is decoded wherever the alias is used, but reported once.
    seen: BTreeSet<(u32, u32, &'static str)>,
    dropped: bool,
}

impl Findings {
    /// Adds a finding unless its place has one of the same rule.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        if self.is_full() {
            self.dropped = true;
            return;
        }
        let is_new = diagnostic
            .primary
            .as_ref()
            .is_none_or(|label| self.seen.insert((label.span.start, label.span.end, diagnostic.rule.code)));
        if is_new {
            self.acc.push(diagnostic);
        }
    }

    /// Adds a finding that is costly to make, or that there may be very many of.
    pub(crate) fn push_with(&mut self, make: impl FnOnce() -> Diagnostic) {
        if self.is_full() {
            self.dropped = true;
        } else {
            self.push(make());
        }
    }

    /// Says whether nothing more is kept.
    pub(crate) fn is_full(&self) -> bool {
        self.acc.len() >= MOST
    }

    /// Returns what was gathered.
    pub(crate) fn finish(mut self, file: FileId) -> Diagnostics {
        if self.dropped {
            let span = Span { file, start: 0, end: 0 };
            self.acc.push(rules::too_many_findings::finding(span, MOST));
        }
        self.acc
    }
}
