//! Syntax errors of the CEL parser in words for people who write policies.

use cel::ParseErrors;
use maasc_diagnostics::Diagnostic;

use super::Source;
use crate::rules::expression_syntax;

/// Returns one finding for what the parser says, at its first place.
pub(super) fn finding(source: Source<'_>, errors: &ParseErrors) -> Diagnostic {
    let text = source.text.value.as_str();
    let Some(first) = errors.errors.first() else {
        return expression_syntax::finding(source.text.span, "the expression cannot be read");
    };
    let at = offset(text, first.pos);
    let message = first.msg.strip_prefix("Syntax error: ").unwrap_or(&first.msg);
    let token_end = token_end(text, at);
    let token = text.get(at..token_end).unwrap_or("");
    let finding = |what: String| expression_syntax::finding(source.span(at, token_end), what);

    if let Some((start, end, right)) = other_language(text, at) {
        let wrong = text.get(start..end).unwrap_or("");
        let finding =
            expression_syntax::finding(source.span(start, end), format!("`{wrong}` is no operator of expressions"))
                .help(format!("write `{right}`"));
        return source.replace(finding, start, end, right);
    }
    if at >= text.trim_end().len() {
        if let Some(missing) = quoted(message, "missing ") {
            return finding(format!("the expression lacks `{missing}` at its end"));
        }
        return finding("the expression ends too early".to_owned());
    }
    if let Some(word) = message.strip_prefix("reserved identifier: ") {
        return finding(format!("`{word}` is a reserved word"));
    }
    if message.contains("argument to has()") {
        return finding("`has` needs a key of a mapping: `has(organization.dataRegions.restricted)`".to_owned());
    }
    if message.starts_with("argument must be a simple name") {
        return finding("the first argument must be a name for the element: `.all(tag, tag != \"x\")`".to_owned());
    }
    if message.contains("token recognition error") && token.starts_with(['\'', '"']) {
        return finding("the quotation mark is never closed".to_owned());
    }
    if message.starts_with("Recursion limit") || message.starts_with("UNKNOWN") {
        return expression_syntax::finding(source.text.span, "the expression is nested too deeply");
    }
    if let Some(missing) = quoted(message, "missing ") {
        return finding(format!("the expression lacks `{missing}` here"));
    }
    finding(format!("`{token}` is unexpected here"))
}

/// The byte at a line and column, both from 1 and in characters.
fn offset(text: &str, (line, column): (isize, isize)) -> usize {
    let line = usize::try_from(line.max(1)).unwrap_or(1);
    let column = usize::try_from(column.max(1)).unwrap_or(1);
    let mut start = 0;
    for (index, content) in text.split_inclusive('\n').enumerate() {
        if index + 1 == line {
            let bytes: usize = content.chars().take(column - 1).map(char::len_utf8).sum();
            return start + bytes;
        }
        start += content.len();
    }
    text.len()
}

/// The end of the word or sign at a byte.
fn token_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or("");
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let length = match rest.chars().next() {
        None => 0,
        Some('\'' | '"') => rest.trim_end().len(),
        Some(first) if is_word(first) => rest.find(|c: char| !is_word(c)).unwrap_or(rest.len()),
        Some(first) => first.len_utf8(),
    };
    at + length
}

/// Operators of other languages near a byte: (start, end, what CEL writes).
fn other_language(text: &str, at: usize) -> Option<(usize, usize, &'static str)> {
    let rest = text.get(at..)?;
    let before = text.get(..at)?;
    if rest.starts_with('=') {
        let start = before.trim_end_matches('=').len();
        let run = text.get(start..)?;
        let end = start + (run.len() - run.trim_start_matches('=').len());
        let starts_comparison = before.trim_end_matches('=').ends_with(['!', '<', '>']);
        return (!starts_comparison && end - start != 2).then_some((start, end, "=="));
    }
    let end = token_end(text, at);
    match text.get(at..end)?.to_lowercase().as_str() {
        "and" => return Some((at, end, "&&")),
        "or" => return Some((at, end, "||")),
        "&" if !before.ends_with('&') => return Some((at, end, "&&")),
        "|" if !before.ends_with('|') => return Some((at, end, "||")),
        _ => {}
    }
    let previous = before.trim_end();
    let start = previous.rfind(|c: char| !c.is_alphanumeric()).map_or(0, |index| index + 1);
    (previous.get(start..)? == "not").then_some((start, at, "!"))
}

/// The quoted text after some words: `missing ')' at`.
fn quoted<'a>(message: &'a str, before: &str) -> Option<&'a str> {
    message.strip_prefix(before)?.strip_prefix('\'')?.split_once('\'').map(|(inside, _)| inside)
}
