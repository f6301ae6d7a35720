//! Fixes applied to texts: each whole or not at all, none over another.

use std::collections::BTreeMap;

use maasc_diagnostics::{Edit, FileId, Fix, SourceMap};

/// What became of a set of fixes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The new text of each file that changed.
    pub texts: BTreeMap<FileId, String>,
    /// How many fixes were made.
    pub n_applied: usize,
    /// How many were left out, since another one changes the same place; run again to make them.
    pub n_skipped: usize,
}

/// Applies fixes in their order to the files that they were made for.
#[must_use]
pub fn apply_fixes<'fix>(sources: &SourceMap, fixes: impl IntoIterator<Item = &'fix Fix>) -> Applied {
    let mut accepted: BTreeMap<FileId, BTreeMap<u32, &Edit>> = BTreeMap::new();
    let mut applied = Applied::default();
    for fix in fixes {
        let fits = !fix.edits.is_empty()
            && fix.edits.iter().all(|edit| is_in_text(sources, edit) && is_free(&accepted, edit))
            && !overlap_each_other(&fix.edits);
        if !fits {
            applied.n_skipped += 1;
            continue;
        }
        applied.n_applied += 1;
        for edit in &fix.edits {
            accepted.entry(edit.span.file).or_default().insert(edit.span.start, edit);
        }
    }
    for (file, edits) in accepted {
        let text = sources.get(file).map_or("", |source| source.text.as_str());
        applied.texts.insert(file, apply_edits(text, edits.into_values()));
    }
    applied
}

/// Returns a text with edits made, which are sorted and apart from each other.
pub(crate) fn apply_edits<'edit>(text: &str, edits: impl Iterator<Item = &'edit Edit>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut position = 0;
    for edit in edits {
        result.push_str(text.get(position..edit.span.start as usize).unwrap_or(""));
        result.push_str(&edit.insert);
        position = edit.span.end as usize;
    }
    result.push_str(text.get(position..).unwrap_or(""));
    result
}

fn is_in_text(sources: &SourceMap, edit: &Edit) -> bool {
    let range = edit.span.start as usize..edit.span.end as usize;
    sources.get(edit.span.file).is_some_and(|source| source.text.get(range).is_some())
}

/// Says whether no accepted edit shares a byte, or a place of insertion, with this one; the same edit may come twice.
fn is_free(accepted: &BTreeMap<FileId, BTreeMap<u32, &Edit>>, edit: &Edit) -> bool {
    let Some(edits) = accepted.get(&edit.span.file) else { return true };
    let before = edits.range(..=edit.span.start).next_back();
    let after = edits.range(edit.span.start..).next();
    [before, after].into_iter().flatten().all(|(_, other)| *other == edit || is_apart(other, edit))
}

fn is_apart(a: &Edit, b: &Edit) -> bool {
    a.span.file != b.span.file
        || a.span.start != b.span.start && (a.span.end <= b.span.start || b.span.end <= a.span.start)
}

fn overlap_each_other(edits: &[Edit]) -> bool {
    edits.iter().enumerate().any(|(index, edit)| edits.iter().skip(index + 1).any(|other| !is_apart(edit, other)))
}

#[cfg(test)]
mod tests;
