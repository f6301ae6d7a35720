//! The whole gateway over loopback: a client, the pipeline with a policy of our own making, and a strict provider.
#![expect(
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    clippy::needless_pass_by_value,
    reason = "a test says what it means in few words, and sets up files"
)]

mod errors;
mod lifecycle;
mod passing;
mod provider;
mod quota;
mod setup;
mod tls;
mod trouble;
