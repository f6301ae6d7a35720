//! The compiler for Models-as-a-Service policy: the process around [`maasc::run`].

use std::process::ExitCode;

fn main() -> ExitCode {
    maasc::io::with_process(maasc::run).into()
}
