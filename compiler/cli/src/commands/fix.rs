//! `maasc check --fix`: makes the edits that findings offer.

use std::collections::BTreeMap;

use anyhow::Context;
use maasc_diagnostics::{Applicability, Edit, FileId};

use crate::io;
use crate::load::Loaded;

/// Makes the safe edits, with `also_unsafe` those that change what is granted too; returns how many findings they fix.
///
/// # Errors
/// When a file cannot be written; files written before stay written.
pub fn apply(loaded: &Loaded, also_unsafe: bool) -> anyhow::Result<usize> {
    let mut by_file: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
    let mut n_fixed = 0;
    for finding in loaded.compiled.diagnostics.iter() {
        let fix = finding.fixes.iter().find(|fix| match fix.applicability {
            Applicability::Safe => true,
            Applicability::Unsafe => also_unsafe,
            Applicability::Manual => false,
        });
        let Some(fix) = fix else { continue };
        // All edits of a fix or none; a second fix for the same place waits for the next run.
        let clashes = fix.edits.iter().any(|edit| {
            by_file.get(&edit.span.file).is_some_and(|taken| taken.iter().any(|other| overlap(edit, other)))
        });
        let editable = fix.edits.iter().all(|edit| is_on_disk(loaded, edit.span.file));
        if clashes || !editable {
            continue;
        }
        n_fixed += 1;
        for edit in &fix.edits {
            by_file.entry(edit.span.file).or_default().push(edit.clone());
        }
    }
    for (file, edits) in by_file {
        let Some(source) = loaded.compiled.sources.get(file) else { continue };
        let text = maasc_syntax::edit::apply(&source.text, &edits);
        let path = loaded.folder.join(&source.path);
        io::write_file(&path, text.as_bytes()).with_context(|| format!("writing `{}`", source.path))?;
    }
    Ok(n_fixed)
}

fn overlap(a: &Edit, b: &Edit) -> bool {
    a.span.start < b.span.end && b.span.start < a.span.end || a.span.start == b.span.start
}

/// Files of packs are ours, not the user's.
fn is_on_disk(loaded: &Loaded, file: FileId) -> bool {
    loaded.compiled.sources.get(file).is_some_and(|source| !source.path.starts_with("pack:"))
}
