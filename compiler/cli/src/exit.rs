//! The exit codes of every verb.

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Done, and nothing to say.
    Done,
    /// Could not run: usage, files, network.
    CouldNotRun,
    /// Ran, and found a change, a failing test or a difference.
    Changed,
    /// The policy has errors, or a gate is broken.
    Invalid,
}

impl ExitStatus {
    /// Returns the number that the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::CouldNotRun => 1,
            Self::Changed => 2,
            Self::Invalid => 3,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}
