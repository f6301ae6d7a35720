//! The compiler for Models-as-a-Service policy.

fn main() {}
