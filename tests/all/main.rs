//! Everything that spans two rooms, in one binary. A file that is not listed here fails `tidy`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where its harness cannot go on; the lint knows only functions with `#[test]`"
)]

mod bundle;
mod cli;
mod differential;
mod gateway;
mod pages;
mod tidy;
