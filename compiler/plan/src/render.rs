//! The plan for people and machines, made from its JSON type and nothing else.
//!
//! Only the JSON is a contract; the texts may change with every release.

pub mod html;
pub mod json;
pub mod markdown;
pub mod text;
mod view;

#[cfg(test)]
mod tests;
