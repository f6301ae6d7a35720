//! The compiled policy as an evaluator: the module that ships is the one that answers.

use maas_host::{Bundle, Engine, Evaluator, Policy};
use maas_schemas::abi::Reason;
use maas_schemas::decision::{Decision, Request};
use maasc_ir::evaluate::Evaluate;

/// Answers with a compiled policy. A module that traps answers like one that was not there: it refuses.
#[derive(Debug)]
pub struct Wasm {
    evaluator: Evaluator,
    n_models: usize,
}

impl Wasm {
    /// Loads a module with all checks of the gateway.
    ///
    /// # Errors
    /// When the module is refused.
    pub fn load(engine: &Engine, bytes: &[u8]) -> anyhow::Result<Self> {
        let bundle = Bundle::parse(bytes)?;
        let policy = Policy::load(engine, &bundle)?;
        let n_models = policy.manifest().models.len();
        Ok(Self { evaluator: policy.evaluator()?, n_models })
    }
}

impl Evaluate for Wasm {
    fn decide(&mut self, request: &Request) -> Decision {
        self.evaluator.decide(request).unwrap_or_else(|_| Decision::refusal(Reason::Malformed, false))
    }

    fn visible(&mut self, request: &Request) -> Vec<bool> {
        self.evaluator.visible(request).unwrap_or_else(|_| vec![false; self.n_models])
    }

    fn teams(&mut self, request: &Request) -> Vec<u32> {
        self.evaluator.teams(request).unwrap_or_default()
    }
}
