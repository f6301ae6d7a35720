//! Everything that spans two rooms.
