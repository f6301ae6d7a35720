//! The compiler for Models-as-a-Service policy, as a library: tests call [`run`] without a process.

pub mod args;
pub mod commands;
pub mod compile;
pub mod exit;
pub mod git;
pub mod io;
pub mod load;
pub mod packs;
pub mod wasm;
pub mod workspace;

use std::ffi::OsString;

use clap::Parser;
use clap::error::ErrorKind;

use crate::args::{Cli, Command};
use crate::exit::ExitStatus;
use crate::io::Io;

/// Runs one command line, the program's name first.
pub fn run(arguments: Vec<OsString>, io: &mut Io<'_>) -> ExitStatus {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, io),
    };
    let result = match cli.command {
        Command::Check(args) => commands::check::run(&args, io),
        Command::Build(args) => commands::build::run(&args, io),
        Command::Plan(args) => commands::plan::run(&args, io),
        Command::Test(args) => commands::test::run(&args, io),
        Command::Replay(args) => commands::replay::run(&args, io),
        Command::Why(args) => commands::why::run(&args, io),
        Command::WhoCan(args) => commands::who_can::run(&args, io),
        Command::Matrix(args) => commands::matrix::run(&args, io),
        Command::Explain(args) => commands::explain::run(&args, io),
        Command::Approve(args) => commands::approve::run(&args, io),
        Command::Fmt(args) => commands::fmt::run(&args, io),
        Command::Schema(args) => commands::schema::run(&args, io),
        Command::Up(args) => commands::up::run(&args, io),
    };
    match result {
        Ok(status) => status,
        Err(error) if is_broken_pipe(&error) => ExitStatus::Done,
        Err(error) => {
            // The last resort for a message; nothing can be done when this fails as well.
            let _written = writeln!(io.err, "error: {error:#}");
            ExitStatus::CouldNotRun
        }
    }
}

/// Prints help and version as asked, and usage errors with exit status 1, so that 2 keeps its meaning.
fn usage(error: &clap::Error, io: &mut Io<'_>) -> ExitStatus {
    let text = if io.terminal.colour { error.render().ansi().to_string() } else { error.render().to_string() };
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return match write!(io.out, "{text}") {
            Ok(()) => ExitStatus::Done,
            Err(_) => ExitStatus::CouldNotRun,
        };
    }
    let _written = write!(io.err, "{text}");
    ExitStatus::CouldNotRun
}

/// `maasc … | head` is not a failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}
