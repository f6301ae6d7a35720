//! An explained decision for a terminal.

use maas_schemas::answers::{Step, Why};
use maasc_diagnostics::render::{clean, wrap};

use super::heading;

/// Columns before the text of a step: the longest topic and two spaces on each side.
const INDENT: usize = 12;

/// Returns the answer first, then what led to it, then what would have to change.
#[must_use]
pub fn text(why: &Why, width: usize) -> String {
    let mut out = String::new();
    for answer in &why.answers {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&heading(&answer.gateways, &why.at));
        for line in wrap(&clean(&answer.summary), width) {
            out.push_str(&format!("{line}\n"));
        }
        out.push('\n');
        out.push_str(&steps(&answer.steps, width));
        if !answer.changes.is_empty() {
            out.push_str("\nto change that, smallest edit first:\n");
            out.push_str(&steps(&answer.changes, width));
        }
    }
    out
}

/// Returns steps with their topic once, and the place on a line of its own where it does not fit.
fn steps(steps: &[Step], width: usize) -> String {
    let mut out = String::new();
    let mut topic = None;
    let room = width.saturating_sub(INDENT).max(30);
    for step in steps {
        let head = if topic == Some(step.topic) { "" } else { step.topic.name() };
        topic = Some(step.topic);
        let mut lines = wrap(&clean(&step.text), room);
        if let Some(source) = step.source.as_ref().filter(|source| !source.file.is_empty()) {
            let place = format!("({source})");
            match lines.last_mut() {
                Some(last) if last.chars().count() + 1 + place.chars().count() <= room => {
                    last.push(' ');
                    last.push_str(&place);
                }
                _ => lines.push(place),
            }
        }
        for (index, line) in lines.iter().enumerate() {
            let head = if index == 0 { head } else { "" };
            out.push_str(format!("  {head:8}  {line}").trim_end());
            out.push('\n');
        }
    }
    out
}
