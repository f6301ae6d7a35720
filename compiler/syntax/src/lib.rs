//! Text to spanned tree to documents: what is written, not what it means.

pub mod ast;
