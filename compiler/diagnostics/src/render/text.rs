//! Text for people: escapes, line breaks, counts.

use std::borrow::Cow;

/// Returns the text without control characters, which could write over the terminal; line breaks and tabs stay.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars().map(|letter| if is_hostile(letter) { char::REPLACEMENT_CHARACTER } else { letter }).collect(),
    )
}

/// Says whether a character moves the cursor or turns the direction of writing.
fn is_hostile(letter: char) -> bool {
    (letter.is_control() && letter != '\n' && letter != '\t')
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns the text in lines of at most `width` characters, broken between words; a longer word has its own line.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    text.split('\n').flat_map(|line| wrap_line(line, width)).collect()
}

fn wrap_line(line: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    let mut length = 0;
    for word in line.split(' ') {
        let n_letters = word.chars().count();
        if length > 0 && length + 1 + n_letters > width {
            lines.push(std::mem::take(&mut current));
            length = 0;
        } else if length > 0 {
            current.push(' ');
            length += 1;
        }
        current.push_str(word);
        length += n_letters;
    }
    lines.push(current);
    lines
}

/// Returns a count with its noun: `1 error`, `2 errors`.
#[must_use]
pub fn plural(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// Returns the first `most` characters.
pub(super) fn shortened(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(index, _)| text.get(..index).unwrap_or(text))
}

/// Returns the text as XML character data or attribute value, without characters that XML has none for.
#[must_use]
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            _ => out.push(legal_in_xml(letter)),
        }
    }
    out
}

/// Returns the text as an XML CDATA section.
#[must_use]
pub fn cdata(text: &str) -> String {
    let text: String = text.chars().map(legal_in_xml).collect();
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

fn legal_in_xml(letter: char) -> char {
    let is_legal = matches!(letter, '\t' | '\n' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    if is_legal && !is_hostile(letter) { letter } else { char::REPLACEMENT_CHARACTER }
}

/// Returns a relative path as a URI reference.
pub(super) fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
