//! The rules about files, YAML, shapes and secrets.

pub(crate) mod complex_key;
pub(crate) mod conflicting_fields;
pub(crate) mod duplicate_key;
pub(crate) mod empty_text;
pub(crate) mod empty_workspace;
pub(crate) mod expired_allow;
pub(crate) mod file_too_large;
pub(crate) mod foreign_document;
pub(crate) mod invalid_name;
pub(crate) mod literal_secret;
pub(crate) mod malformed_allow;
pub(crate) mod malformed_limit;
pub(crate) mod matrix_shape;
pub(crate) mod merge_key;
pub(crate) mod missing_field;
pub(crate) mod nested_too_deeply;
pub(crate) mod not_utf8;
pub(crate) mod too_many_findings;
pub(crate) mod too_many_nodes;
pub(crate) mod unknown_alias;
pub(crate) mod unknown_api_version;
pub(crate) mod unknown_field;
pub(crate) mod unknown_kind;
pub(crate) mod unknown_tag;
pub(crate) mod unknown_word;
pub(crate) mod unreadable_file;
pub(crate) mod unused_allow;
pub(crate) mod wrong_type;
pub(crate) mod yaml_syntax;

pub use empty_workspace::empty_workspace;
pub use file_too_large::file_too_large;
pub use not_utf8::not_utf8;
pub use unreadable_file::unreadable_file;

use maasc_diagnostics::Rule;

/// All rules of this crate, by code.
pub static RULES: &[&Rule] = &[
    &yaml_syntax::RULE,
    &not_utf8::RULE,
    &file_too_large::RULE,
    &unreadable_file::RULE,
    &empty_workspace::RULE,
    &duplicate_key::RULE,
    &merge_key::RULE,
    &unknown_alias::RULE,
    &too_many_nodes::RULE,
    &nested_too_deeply::RULE,
    &unknown_tag::RULE,
    &malformed_allow::RULE,
    &unused_allow::RULE,
    &expired_allow::RULE,
    &too_many_findings::RULE,
    &complex_key::RULE,
    &missing_field::RULE,
    &unknown_field::RULE,
    &wrong_type::RULE,
    &unknown_word::RULE,
    &unknown_kind::RULE,
    &unknown_api_version::RULE,
    &foreign_document::RULE,
    &invalid_name::RULE,
    &malformed_limit::RULE,
    &conflicting_fields::RULE,
    &empty_text::RULE,
    &matrix_shape::RULE,
    &literal_secret::RULE,
];

/// Longest text of a user that a message repeats.
const LONGEST: usize = 60;

/// Returns a user's text as a message may show it: one line, not long, no secret.
pub(crate) fn quote(text: &str) -> String {
    if crate::secrets::looks_like_secret(text) {
        return crate::secrets::MASK.to_owned();
    }
    let mut shown: String =
        text.chars().take(LONGEST).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// Returns names as a list that ends with "or".
pub(crate) fn any_of(names: &[&str]) -> String {
    join(names, "or")
}

/// Returns names as a list that ends with "and".
pub(crate) fn all_of(names: &[&str]) -> String {
    join(names, "and")
}

fn join(names: &[&str], word: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, [only])) => format!("{only} {word} {last}"),
        Some((last, others)) => format!("{} {word} {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests;
