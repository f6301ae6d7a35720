//! Files that are written differently, with a unified diff of text.

use std::collections::{BTreeMap, BTreeSet};

use maas_schemas::plan::{FileAction, ManifestChange};
use similar::TextDiff;

/// Files by path.
pub type Files<'a> = BTreeMap<&'a str, &'a [u8]>;

/// A diff longer than this, and those after all together exceed the second number, are left out: sizes are still told.
const MAX_DIFF: usize = 64 << 10;
const MAX_DIFFS: usize = 1 << 20;
/// Larger files are not compared line by line.
const MAX_FILE: usize = 1 << 20;

/// Compares two sets of files.
pub(crate) fn manifests(before: &Files<'_>, after: &Files<'_>) -> Vec<ManifestChange> {
    let paths: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    let mut n_bytes: usize = 0;
    let mut changes = Vec::new();
    for path in paths {
        let (from, to) = (before.get(path).copied(), after.get(path).copied());
        let action = match (from, to) {
            (Some(from), Some(to)) if from == to => continue,
            (Some(_), Some(_)) => FileAction::Update,
            (None, _) => FileAction::Create,
            (Some(_), None) => FileAction::Delete,
        };
        let mut diff = diff(from.unwrap_or_default(), to.unwrap_or_default());
        if diff.len() > MAX_DIFF || n_bytes.saturating_add(diff.len()) > MAX_DIFFS {
            diff.clear();
        }
        n_bytes = n_bytes.saturating_add(diff.len());
        let size = |bytes: Option<&[u8]>| bytes.map_or(0, |bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        changes.push(ManifestChange {
            path: path.to_owned(),
            action,
            bytes_before: size(from),
            bytes_after: size(to),
            diff,
        });
    }
    changes
}

/// Returns a unified diff without file headers; empty for what is not text.
fn diff(before: &[u8], after: &[u8]) -> String {
    let is_text = |bytes: &[u8]| bytes.len() <= MAX_FILE && !bytes.contains(&0);
    let (Ok(before), Ok(after)) = (std::str::from_utf8(before), std::str::from_utf8(after)) else {
        return String::new();
    };
    if !is_text(before.as_bytes()) || !is_text(after.as_bytes()) {
        return String::new();
    }
    TextDiff::from_lines(before, after).unified_diff().context_radius(3).to_string()
}
