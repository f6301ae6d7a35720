//! The protocols of OpenAI: what clients send, what they understand, and where the token counts are.

pub mod chat;
pub mod completions;
pub mod embeddings;
pub mod error;
pub mod models;
pub mod responses;
pub mod stream;
pub mod text;
pub mod unary;
