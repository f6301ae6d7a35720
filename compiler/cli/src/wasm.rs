//! The compiled policy as an evaluator: the module that ships is the one that answers.

use anyhow::Context;
use maas_host::{Bundle, Engine, Evaluator, Policy, Ticker};
use maas_schemas::abi::Reason;
use maas_schemas::decision::{Decision, Request};
use maasc_ir::evaluate::Evaluate;

/// Runs modules; the clock that bounds their calls ends with it.
#[derive(Debug)]
pub struct Machine {
    engine: Engine,
    _ticker: Ticker,
}

impl Machine {
    /// Starts a machine.
    ///
    /// # Errors
    /// When the system gives no thread or no executable memory.
    pub fn start() -> anyhow::Result<Self> {
        let engine = Engine::with_deadline().context("starting the WebAssembly engine")?;
        let ticker = Ticker::start(&engine).context("starting the WebAssembly engine")?;
        Ok(Self { engine, _ticker: ticker })
    }

    /// Loads a module with all checks of the gateway.
    ///
    /// # Errors
    /// When the module is refused.
    pub fn load(&self, bytes: &[u8]) -> anyhow::Result<Wasm> {
        let bundle = Bundle::read(bytes).context("loading the compiled policy")?;
        let policy = Policy::load(&self.engine, &bundle).context("loading the compiled policy")?;
        let n_models = policy.manifest().models.len();
        let evaluator = policy.evaluator().context("loading the compiled policy")?;
        Ok(Wasm { evaluator, n_models })
    }
}

/// Answers with a compiled policy. Where the module does not answer, the request is refused.
#[derive(Debug)]
pub struct Wasm {
    evaluator: Evaluator,
    n_models: usize,
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
