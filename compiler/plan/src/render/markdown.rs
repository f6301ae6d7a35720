//! The plan as a comment on a pull request: below 60,000 characters at any size, the dangerous part first, and what did not
//! fit is counted.

use maas_schemas::plan::Plan;
use maasc_diagnostics::render::{clean, plural};

use super::view::{Item, Line, Part, Section, view};

/// A comment has fewer characters than this.
pub const MOST: usize = 60_000;
/// Kept free for what was left out and the last lines.
const RESERVE: usize = 4_000;
/// Stands in every comment, so that the next one can replace it.
pub const MARKER: &str = "<!-- maasc plan -->";

/// Returns the plan as GitHub and GitLab show it.
#[must_use]
pub fn render(plan: &Plan) -> String {
    let view = view(plan);
    let mut out = format!("{MARKER}\n**{}**\n\n", escape(&view.headline));
    if !view.blocked.is_empty() {
        out.push_str(&format!("**{}**\n\n", escape(&view.blocked)));
    }
    put_line(&mut out, &view.subject);
    let mut room = MOST.saturating_sub(RESERVE).saturating_sub(out.chars().count());
    let mut left_out: Vec<String> = Vec::new();
    // The first section may be huge; what follows it in the open gets its share.
    let others = view.sections.iter().skip(1).filter(|section| !section.folded);
    let wanted = others.fold(0, |sum, section| block(section, room).0.chars().count().saturating_add(sum));
    let mut kept = wanted.min(room / 5 * 2);
    for section in &view.sections {
        let (block, n_left) = block(section, room.saturating_sub(kept));
        kept = 0;
        room = room.saturating_sub(block.chars().count());
        out.push_str(&block);
        if n_left > 0 {
            left_out.push(plural(n_left, section.noun));
        }
    }
    if !left_out.is_empty() {
        out.push_str(&format!("\n> Left out, because a comment has an end: {}.\n", left_out.join(", ")));
        out.push_str("> `maasc plan` shows all.\n");
    }
    out.push_str(&format!("\n<sub>{}</sub>\n", escape(&view.domain)));
    out
}

/// Returns as much of a section as fits, and how many of its items do not.
fn block(section: &Section, room: usize) -> (String, u64) {
    let (opening, ending) = if section.folded {
        let title = format!("{} ({})", section.title, section.items.len());
        (format!("\n<details><summary>{title}</summary>\n\n"), "\n</details>\n")
    } else {
        (format!("\n#### {}\n\n", section.title), "")
    };
    let mut room = room.saturating_sub(opening.chars().count()).saturating_sub(ending.chars().count());
    let mut items = String::new();
    let mut n_shown: usize = 0;
    for item in &section.items {
        let mut whole = String::new();
        put_item(&mut whole, item);
        let n_letters = whole.chars().count();
        if n_letters > room {
            break;
        }
        room -= n_letters;
        items.push_str(&whole);
        n_shown += 1;
    }
    let n_left = u64::try_from(section.items.len().saturating_sub(n_shown)).unwrap_or(u64::MAX);
    if n_shown == 0 { (String::new(), n_left) } else { (format!("{opening}{items}{ending}"), n_left) }
}

fn put_item(out: &mut String, item: &Item) {
    out.push_str("- ");
    put_line(out, &item.head);
    for (label, line) in &item.facts {
        out.push_str(&format!("  - {label}: "));
        put_line(out, line);
    }
    if !item.diff.is_empty() {
        let fence = fence(&item.diff);
        let lines = clean(&item.diff).lines().map(|line| format!("  {line}\n")).collect::<String>();
        out.push_str(&format!("\n  {fence}diff\n{lines}  {fence}\n"));
    }
}

fn put_line(out: &mut String, line: &Line) {
    for part in line {
        match part {
            Part::Text(text) => out.push_str(&escape(text)),
            Part::Code(text) => out.push_str(&code(text)),
        }
    }
    out.push('\n');
}

/// Returns a text in which nothing is markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in clean(text).chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '@' => {
                out.push('\\');
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out
}

/// Returns a text as code; it cannot end the code, so it cannot be markup or name a person.
fn code(text: &str) -> String {
    let text = clean(text).replace(['\n', '\r'], " ").replace('`', "'");
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

/// Returns a fence that no line of the text ends.
fn fence(text: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for letter in text.chars() {
        run = if letter == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    "`".repeat(longest.max(2) + 1)
}
