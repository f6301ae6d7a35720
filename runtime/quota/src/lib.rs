//! Windows, bounds, reservations and settlement as pure functions.
