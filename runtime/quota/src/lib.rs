//! Windows, bounds, reservations and settlement as pure functions: state in, state out.
//!
//! A request is admitted in three steps, each a value: a [`bound::Bound`] says what it may use at most, a
//! [`limit::Order`] says of which counters, and [`counter::admit`] takes all of it or nothing. When the truth is known,
//! [`settle`] turns the reservation into a charge and gives the rest back. [`lease`] says how large a slice of a limit one
//! replica may take, so that replicas admit from memory and still never exceed the limit together.
//!
//! Nothing here reads a clock or a store: the compiler (`replay`, `plan`) and the gateway share one arithmetic.

pub mod bound;
pub mod cost;
pub mod counter;
pub mod lease;
pub mod limit;
pub mod settle;
pub mod window;
