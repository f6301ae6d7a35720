//! Provider wire formats as pure functions: bytes in, bytes out, no sockets and no clock.
//!
//! A request is read once ([`Call::read`]) and written for one upstream by its [`provider`]; the answer passes through
//! a meter ([`openai::stream`], [`openai::unary`]) that finds the token counts and leaves all other bytes alone.

pub mod call;
pub mod object;
pub mod openai;
pub mod provider;
pub mod sse;
pub mod tokens;
pub mod top_level;
pub mod usage;

pub use call::{BadRequest, Call, Changes};
pub use usage::{Measured, Source, Usage, UsageError};
