//! What every evaluator of a policy can do: the reference one here, the compiled one behind the host.

use maas_schemas::decision::{Decision, Request};

/// Answers requests. `eval` defines the meaning; every other implementation must agree with it byte for byte.
pub trait Evaluate {
    /// Decides one request.
    fn decide(&mut self, request: &Request) -> Decision;

    /// Returns which models the caller may use at that time, by index of the model; `model` and `endpoint` are ignored.
    fn visible(&mut self, request: &Request) -> Vec<bool>;

    /// Returns the principals of an identity, ascending: at most [`maas_schemas::abi::MAX_TEAMS`].
    fn teams(&mut self, request: &Request) -> Vec<u32>;
}
