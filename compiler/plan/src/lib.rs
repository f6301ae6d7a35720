//! The semantic difference of two decision tables.
