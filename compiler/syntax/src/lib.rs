//! Text to spanned tree to documents: what is written, not what it means.
//!
//! [`parse()`] takes the text of one file and never fails: what it cannot read is a finding, and the documents around it
//! are read all the same.

pub mod ast;
mod comments;
mod decode;
mod edit;
mod findings;
mod format;
mod limits;
mod parse;
pub mod rules;
mod secrets;
pub mod shape;
#[cfg(test)]
mod test_support;
pub mod tree;
mod yaml;

pub use comments::{Suppression, apply_suppressions, is_allowable};
pub use edit::{Applied, apply_fixes};
pub use format::{FormatError, format};
pub use limits::Limits;
pub use parse::{Lost, Parse, decode_bytes, parse};
pub use rules::RULES;
pub use secrets::MASK;
