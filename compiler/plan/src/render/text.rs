//! The plan for a terminal, at most 80 columns wide. Diffs of files are left to the other formats.

use maas_schemas::plan::Plan;
use maasc_diagnostics::render::{clean, wrap};

use super::view::{Item, Line, Part, Section, view};

/// The widest line.
pub const WIDTH: usize = 80;
const LABEL: usize = 11;

/// Returns the plan as plain text.
#[must_use]
pub fn render(plan: &Plan) -> String {
    let view = view(plan);
    let mut out = String::new();
    put(&mut out, "", "", &format!("maasc plan {}", plain(&view.subject)));
    out.push('\n');
    put(&mut out, "", "", &view.headline);
    if !view.blocked.is_empty() {
        put(&mut out, "", "", &view.blocked);
    }
    for Section { title, items, .. } in &view.sections {
        out.push_str(&format!("\n{title}\n"));
        for item in items {
            put_item(&mut out, item);
        }
    }
    out.push('\n');
    put(&mut out, "", "", &view.domain);
    out
}

fn put_item(out: &mut String, item: &Item) {
    put(out, &format!("  {} ", item.mark), "      ", &plain(&item.head));
    for (label, line) in &item.facts {
        put(out, &format!("      {label:LABEL$}"), "                   ", &plain(line));
    }
}

fn plain(line: &Line) -> String {
    let parts = line.iter().map(|part| match part {
        Part::Text(text) | Part::Code(text) => clean(text).replace(['\n', '\t'], " "),
    });
    parts.collect()
}

/// Adds a text in lines that are never too wide, a word that is too long broken.
fn put(out: &mut String, first: &str, other: &str, text: &str) {
    let width = WIDTH.saturating_sub(first.chars().count().max(other.chars().count()));
    let mut indent = first;
    for line in wrap(text, width) {
        let letters: Vec<char> = line.chars().collect();
        let pieces: Vec<&[char]> = if letters.is_empty() { vec![&[]] } else { letters.chunks(width).collect() };
        for piece in pieces {
            let piece: String = piece.iter().collect();
            out.push_str(format!("{indent}{piece}").trim_end());
            out.push('\n');
            indent = other;
        }
    }
}
