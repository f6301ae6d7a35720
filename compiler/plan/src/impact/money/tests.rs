//! The most that can be spent.
