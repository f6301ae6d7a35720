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
    dropped: usize,
}

impl Findings {
    /// Adds a finding unless its place has one of the same rule.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        if let Some(primary) = &diagnostic.primary
            && !self.seen.insert((primary.span.start, primary.span.end, diagnostic.rule.code))
        {
            return;
        }
        if self.acc.len() < MOST {
            self.acc.push(diagnostic);
        } else {
            self.dropped += 1;
            self.seen.clear();
        }
    }

    /// Says whether nothing more is kept.
    pub(crate) fn is_full(&self) -> bool {
        self.acc.len() >= MOST
    }

    /// Returns what was gathered.
    pub(crate) fn finish(mut self, file: FileId) -> Diagnostics {
        if self.dropped > 0 {
            let span = Span { file, start: 0, end: 0 };
            self.acc.push(rules::too_many_findings::finding(span, MOST));
        }
        self.acc
    }
}
