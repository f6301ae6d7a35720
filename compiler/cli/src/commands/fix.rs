//! `maasc check --fix`: makes the edits that findings offer.

use anyhow::Context;
use maasc_diagnostics::{Applicability, Fix};
use maasc_syntax::apply_fixes;

use crate::io;
use crate::load::Loaded;

/// Makes the edits of at most this applicability; returns how many findings they fix.
///
/// # Errors
/// When a file cannot be written; files written before stay written.
pub fn apply(loaded: &Loaded, most: Applicability) -> anyhow::Result<usize> {
    let sources = &loaded.compiled.sources;
    // Files of packs are ours, not the user's.
    let is_on_disk = |fix: &Fix| {
        fix.edits.iter().all(|edit| sources.get(edit.span.file).is_some_and(|source| !source.path.starts_with("pack:")))
    };
    // A masked secret must never be written in place of what it hides.
    let is_whole = |fix: &Fix| fix.edits.iter().all(|edit| !edit.insert.contains(maasc_syntax::MASK));
    let fixes = loaded.compiled.diagnostics.iter().filter_map(|finding| {
        finding.fixes.iter().find(|fix| fix.applicability <= most && is_on_disk(fix) && is_whole(fix))
    });
    let applied = apply_fixes(sources, fixes);
    for (file, text) in &applied.texts {
        let Some(source) = sources.get(*file) else { continue };
        io::write_file(&loaded.folder.join(&source.path), text.as_bytes())
            .with_context(|| format!("writing `{}`", source.path))?;
    }
    Ok(applied.n_applied)
}
