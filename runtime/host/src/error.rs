//! Why a bundle is not loaded, and why a loaded one did not answer.

use maas_schemas::decision::{DecodeError, EncodeError};
use thiserror::Error;

/// Why a bundle is refused. Each variant is a step of loading; the running bundle stays.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The engine does not work on this machine.
    #[error("the WebAssembly engine does not start: {0}")]
    Engine(String),
    /// The module is not built as the ABI says.
    #[error("the bundle is malformed: {0}")]
    Verify(String),
    /// The manifest does not parse.
    #[error("the bundle's manifest is malformed: {0}")]
    Manifest(String),
    /// The bundle is for another host.
    #[error("the bundle has ABI {major}.{minor}; this host supports {supported}.x")]
    Abi {
        /// Of the bundle.
        major: u32,
        /// Of the bundle.
        minor: u32,
        /// Of the host.
        supported: u32,
    },
    /// The bundle needs something that this host does not know.
    #[error("the bundle requires `{0}`, which this host does not know")]
    Requires(String),
    /// The module does not compile or does not start.
    #[error("the bundle does not compile: {0}")]
    Compile(String),
    /// The module answers otherwise than its compiler expected.
    #[error("the bundle's self-test {index} fails: {why}")]
    SelfTest {
        /// Which vector, from 0.
        index: usize,
        /// What was different.
        why: String,
    },
}

impl LoadError {
    /// Returns the name of the step that failed, for metrics and conditions.
    #[must_use]
    pub const fn step(&self) -> &'static str {
        match self {
            Self::Engine(_) => "engine",
            Self::Verify(_) => "verify",
            Self::Manifest(_) => "manifest",
            Self::Abi { .. } | Self::Requires(_) => "abi",
            Self::Compile(_) => "compile",
            Self::SelfTest { .. } => "self-test",
        }
    }
}

/// Why a request has no decision.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EvaluateError {
    /// The request does not fit the ABI: the caller's fault or the host's, never the policy's.
    #[error(transparent)]
    Request(#[from] EncodeError),
    /// The module did not answer in time.
    #[error("the policy module took too long")]
    Deadline,
    /// The module stopped itself or broke a rule of the sandbox.
    #[error("the policy module stopped: {0}")]
    Trap(String),
    /// The answer does not follow the ABI.
    #[error(transparent)]
    Result(#[from] DecodeError),
}

impl EvaluateError {
    /// Says whether the policy module is to blame: several such in a row put a bundle in quarantine.
    #[must_use]
    pub const fn is_fault_of_policy(&self) -> bool {
        !matches!(self, Self::Request(_))
    }
}
