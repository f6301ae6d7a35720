//! `fmt`: indentation, blanks and line ends made alike; comments, order and line breaks stay as they are.

mod inside;
mod lines;
mod spacing;

use maasc_diagnostics::FileId;

use crate::findings::Findings;
use crate::limits::Limits;
use crate::rules;
use crate::tree::NodeKind;
use crate::yaml::{self, Yaml};

/// Why a text was not formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The text is not YAML, or beyond a limit; `check` says where.
    #[error("its YAML is broken")]
    Broken,
    /// The layout of the text is one that we cannot change without changing what it says.
    #[error("its layout is too unusual to change it safely")]
    Unusual,
}

/// Returns a text in the canonical layout.
///
/// What it says is the same, and so is every byte of every comment; formatting the result changes nothing.
///
/// # Errors
///
/// The text is broken, or so unusual that the result could not be proved equal.
pub fn format(text: &str, limits: &Limits) -> Result<String, FormatError> {
    let before = read(text, limits)?;
    let formatted = lines::format(text, &before);
    if formatted == text {
        return Ok(formatted);
    }
    let after = read(&formatted, limits).map_err(|_| FormatError::Unusual)?;
    let is_stable = lines::format(&formatted, &after) == formatted;
    if is_stable && is_equal(text, &before, &formatted, &after) { Ok(formatted) } else { Err(FormatError::Unusual) }
}

fn read<'text>(text: &'text str, limits: &Limits) -> Result<Yaml<'text>, FormatError> {
    if text.len() as u64 > limits.max_file_size.min(rules::file_too_large::MOST) {
        return Err(FormatError::Broken);
    }
    let mut acc = Findings::default();
    let yaml = yaml::read(FileId(0), text, limits, &mut acc);
    let is_broken = yaml.roots.iter().any(|root| root.broken)
        || acc.finish(FileId(0)).iter().any(|finding| {
            let rule = finding.rule;
            rule == &rules::yaml_syntax::RULE
                || rule == &rules::too_many_nodes::RULE
                || rule == &rules::nested_too_deeply::RULE
                || rule == &rules::too_many_findings::RULE
        });
    if is_broken { Err(FormatError::Broken) } else { Ok(yaml) }
}

/// Says whether two texts have the same nodes and the same comments.
fn is_equal(text: &str, before: &Yaml<'_>, formatted: &str, after: &Yaml<'_>) -> bool {
    let comments = |text: &str, yaml: &Yaml<'_>| -> Vec<String> {
        yaml.comments
            .iter()
            .map(|span| text.get(span.start as usize..span.end as usize).unwrap_or("").to_owned())
            .collect()
    };
    before.roots.len() == after.roots.len()
        && before.roots.iter().zip(&after.roots).all(|(a, b)| a.node == b.node)
        && before.tree.len() == after.tree.len()
        && before.tree.ids().all(|id| {
            let (a, b) = (before.tree.node(id), after.tree.node(id));
            match (&a.kind, &b.kind) {
                (NodeKind::Scalar { text: a, style: a_style }, NodeKind::Scalar { text: b, style: b_style }) => {
                    a == b && a_style == b_style
                }
                (NodeKind::Sequence(_), NodeKind::Sequence(_)) => before.tree.items(id) == after.tree.items(id),
                (NodeKind::Mapping(_), NodeKind::Mapping(_)) => before.tree.entries(id).eq(after.tree.entries(id)),
                (NodeKind::Broken, NodeKind::Broken) => true,
                _ => false,
            }
        })
        && comments(text, before) == comments(formatted, after)
}

#[cfg(test)]
mod tests;
