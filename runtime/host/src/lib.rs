//! Loads a compiled policy once and decides many times.
