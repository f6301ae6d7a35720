//! What the pipeline asks of a policy, and the WebAssembly module that answers.

use maas_schemas::decision::{Decision, Request};

/// Why there is no decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PolicyFailure {
    /// The question does not fit: a name is too long, a caller has too many groups.
    #[error("{0}")]
    Question(String),
    /// The policy trapped, ran out of time, or its answer makes no sense.
    #[error("the policy could not decide: {0}")]
    Broken(String),
}

/// Answers for one bundle; the same question has the same answer.
pub(crate) trait Policy: std::fmt::Debug + Send + Sync {
    /// Decides one request.
    fn decide(&self, request: &Request) -> Result<Decision, PolicyFailure>;

    /// Returns the indices of the models that a caller may use, ascending; model and endpoint of the request are ignored.
    fn visible(&self, request: &Request) -> Result<Vec<u32>, PolicyFailure>;
}
