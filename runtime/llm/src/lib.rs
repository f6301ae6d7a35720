//! Provider wire formats as pure functions.
