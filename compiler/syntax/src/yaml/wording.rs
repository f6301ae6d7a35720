//! Syntax errors in words for people who did not write a YAML parser.

use granit_parser::{ErrorKind as Kind, ScanError};
use maasc_diagnostics::{Diagnostic, FileId, Span};

use crate::limits::Limits;
use crate::rules;

/// Returns the finding for an error of the parser.
pub(super) fn syntax_error(file: FileId, text: &str, limits: &Limits, error: &ScanError) -> Diagnostic {
    let offset = error.marker().byte_offset().unwrap_or(0).min(text.len());
    if let Some(tab) = tab_in_indentation(text, offset) {
        let span = super::builder::span(file, tab, tab + 1);
        return rules::yaml_syntax::finding(span, "a tab stands where only spaces are allowed".to_owned()).help(TABS);
    }
    let span = place(file, text, offset);
    if matches!(error.kind(), Kind::RecursionLimitExceeded) {
        return rules::nested_too_deeply::finding(span, limits.max_depth);
    }
    let (message, help) = words(error.kind(), text.get(offset..).unwrap_or(""));
    let finding = rules::yaml_syntax::finding(span, message);
    match help {
        "" => finding,
        help => finding.help(help),
    }
}

/// Returns the first tab before an offset that has only blanks before it on its line.
fn tab_in_indentation(text: &str, offset: usize) -> Option<usize> {
    let before = text.get(..offset)?;
    let line_start = before.rfind('\n').map_or(0, |index| index + 1);
    let indentation = before.get(line_start..)?;
    let is_blank = indentation.bytes().all(|byte| byte == b' ' || byte == b'\t');
    if is_blank { indentation.find('\t').map(|tab| line_start + tab) } else { None }
}

/// Returns the character at an offset; the end of the last line for the end of the text.
fn place(file: FileId, text: &str, offset: usize) -> Span {
    let offset = (0..=offset).rev().find(|offset| text.is_char_boundary(*offset)).unwrap_or(0);
    match text.get(offset..).and_then(|rest| rest.chars().next()) {
        Some('\n' | '\r') => super::builder::span(file, offset, offset),
        Some(first) => super::builder::span(file, offset, offset + first.len_utf8()),
        None => {
            let end = text.trim_end().len();
            super::builder::span(file, end, end)
        }
    }
}

const QUOTE: &str = "put the whole value in quotes";
const TABS: &str = "YAML is indented with spaces only";
const INDENT: &str = "give the keys of a mapping, and the dashes of a list, the same indentation";

/// Returns message and help; an empty help is none.
fn words(kind: &Kind, rest: &str) -> (String, &'static str) {
    let (message, help) = match kind {
        Kind::UnclosedFlowCollection { open } => {
            let close = if *open == '[' { ']' } else { '}' };
            return (format!("`{open}` is never closed"), if close == ']' { "add a `]`" } else { "add a `}`" });
        }
        Kind::MismatchedFlowCollectionEnd { open, close } => {
            return (format!("`{open}` is closed by `{close}`"), "close each bracket with its counterpart");
        }
        Kind::UnexpectedCharacter { character } if character.is_control() => {
            return (format!("the control character `{}` is not allowed", character.escape_unicode()), "remove it");
        }
        Kind::UnexpectedCharacter { character } => {
            return (format!("a value cannot begin with `{character}`"), QUOTE);
        }
        Kind::TabNotAllowed
        | Kind::TabInBlockIndentation
        | Kind::TabInIndentation
        | Kind::TabAtBlockScalarStart
        | Kind::TabInPlainScalar => ("a tab stands where only spaces are allowed", TABS),
        _ if rest.starts_with('\t') => ("a tab stands where only spaces are allowed", TABS),
        Kind::MappingValueNotAllowed => {
            ("`:` cannot stand here", "quote a value that holds `: `, and keep keys under 1,024 characters")
        }
        Kind::MisplacedFlowCollectionEnd => ("a closing bracket has no opening one", "remove it"),
        Kind::UnclosedQuotedScalar | Kind::DocumentIndicatorInQuotedScalar => {
            ("a quote is never closed", "add the closing quote")
        }
        Kind::UnexpectedEofFlowSequence | Kind::ExpectedFlowSequenceSeparator => {
            ("this list in brackets is not finished", "separate items with `,` and end the list with `]`")
        }
        Kind::UnexpectedEofFlowMapping
        | Kind::UnexpectedEofImplicitFlowMapping
        | Kind::ExpectedFlowMappingSeparator => {
            ("this mapping in braces is not finished", "separate entries with `,` and end the mapping with `}`")
        }
        Kind::ExpectedBlockMappingKey | Kind::InvalidIndentation | Kind::SimpleKeyExpected | Kind::InvalidSimpleKey => {
            ("a `key: value` line was expected here", INDENT)
        }
        Kind::ExpectedBlockSequenceEntry => ("a list item that begins with `- ` was expected here", INDENT),
        Kind::BlockSequenceEntryNotAllowed | Kind::InvalidBlockEntryWhitespace => {
            ("a list item cannot begin here", "begin the list on its own line, with a space behind each `-`")
        }
        Kind::BlockEntryInFlowCollection | Kind::PlainScalarStartsWithDashFlowIndicator => {
            ("`-` cannot begin an item inside brackets", "separate the items with `,`")
        }
        Kind::MappingKeyNotAllowed => ("a key cannot stand here", INDENT),
        Kind::InvalidMappingValueWhitespace
        | Kind::InvalidColonPlacement
        | Kind::FlowMappingValueAdjacentCollection => ("`:` needs a space behind it", "write `key: value`"),
        Kind::InvalidBlockScalarHeader | Kind::ZeroBlockScalarIndent => {
            ("a text block begins with `|` or `>` and a new line", "begin the text on the next line")
        }
        Kind::InvalidBlockScalarIndent => ("a line of this text block is indented differently", ""),
        Kind::InvalidQuotedScalarIndent | Kind::InvalidFlowScalarIndent => {
            ("a continued line is not indented enough", "indent it deeper than its key")
        }
        Kind::InvalidTrailingSingleQuotedScalar => {
            ("text follows a closing quote", "a `'` inside `'…'` is written `''`")
        }
        Kind::InvalidTrailingDoubleQuotedScalar => {
            ("text follows a closing quote", "a `\"` inside `\"…\"` is written `\\\"`")
        }
        Kind::UnknownQuotedScalarEscape => {
            ("an unknown escape in double quotes", "write `\\\\` for a backslash, or use single quotes")
        }
        Kind::InvalidQuotedScalarHexEscape
        | Kind::InvalidLowSurrogateHexEscape
        | Kind::InvalidLowSurrogate
        | Kind::MissingLowSurrogate
        | Kind::UnpairedLowSurrogate
        | Kind::InvalidUnicodeEscape => ("an escape that stands for no character", "write the character itself"),
        Kind::CommentInterceptedScalar => ("a comment interrupts a text of several lines", "move the comment above"),
        Kind::CommentNotSeparated => ("`#` needs a space before it to begin a comment", QUOTE),
        Kind::BomInsideDocument => ("a byte order mark stands inside a document", "remove it"),
        Kind::MissingAnchorOrAliasName => ("`&` and `*` need a name", QUOTE),
        Kind::UndeclaredTagHandle => {
            ("a tag with an unknown prefix", "remove the tag, or quote a value that begins with `!`")
        }
        Kind::InvalidDocumentEnd => ("text follows `...`", "begin the next document with `---`"),
        Kind::ExpectedDocumentStart | Kind::MissingDocumentEndBeforeDirective => {
            ("a new document begins with `---`", INDENT)
        }
        Kind::UnexpectedEof => ("the file ends in the middle of a document", ""),
        Kind::ExpectedNodeContent => ("a value was expected here", ""),
        Kind::ExpectedWhitespace => ("a space is missing here", ""),
        _ => ("this is not valid YAML", ""),
    };
    (message.to_owned(), help)
}
