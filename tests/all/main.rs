//! Everything that spans two rooms, in one binary. A file that is not listed here fails `tidy`.

mod tidy;
