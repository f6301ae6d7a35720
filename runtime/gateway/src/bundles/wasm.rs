//! The WebAssembly module as a policy: compiled once, one instance per call at a time, kept for the next.

use std::sync::{Mutex, PoisonError};

use maas_host::{Bundle, Engine, EvaluateError, Evaluator, Policy as Module, Ticker};
use maas_schemas::bundle::Manifest;
use maas_schemas::decision::{Decision, Request};

use super::policy::{Policy, PolicyFailure};
use super::swap::Loader;

/// Compiles modules; its clock ends calls that take too long.
#[derive(Debug)]
pub(crate) struct WasmLoader {
    engine: Engine,
    _ticker: Ticker,
}

#[derive(Debug)]
struct WasmPolicy {
    module: Module,
    /// Instances at rest. One that failed is not put back.
    idle: Mutex<Vec<Evaluator>>,
}

impl WasmLoader {
    /// Starts the engine.
    pub(crate) fn start() -> Result<Self, String> {
        let engine = Engine::with_deadline().map_err(|error| error.to_string())?;
        let ticker = Ticker::start(&engine).map_err(|error| error.to_string())?;
        Ok(Self { engine, _ticker: ticker })
    }
}

impl Loader for WasmLoader {
    fn load(&self, wasm: &[u8]) -> Result<(Box<dyn Policy>, Manifest), String> {
        let bundle = Bundle::read(wasm).map_err(|error| error.to_string())?;
        let module = Module::load(&self.engine, &bundle).map_err(|error| error.to_string())?;
        let manifest = module.manifest().clone();
        Ok((Box::new(WasmPolicy { module, idle: Mutex::default() }), manifest))
    }
}

impl WasmPolicy {
    fn ask<T>(&self, question: impl FnOnce(&mut Evaluator) -> Result<T, EvaluateError>) -> Result<T, PolicyFailure> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut evaluator = match idle {
            Some(evaluator) => evaluator,
            None => self.module.evaluator().map_err(|error| PolicyFailure::Broken(error.to_string()))?,
        };
        match question(&mut evaluator) {
            Ok(answer) => {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(evaluator);
                Ok(answer)
            }
            Err(error) if error.is_fault_of_policy() => Err(PolicyFailure::Broken(error.to_string())),
            Err(error) => Err(PolicyFailure::Question(error.to_string())),
        }
    }
}

impl Policy for WasmPolicy {
    fn decide(&self, request: &Request) -> Result<Decision, PolicyFailure> {
        self.ask(|evaluator| evaluator.decide(request))
    }

    fn visible(&self, request: &Request) -> Result<Vec<u32>, PolicyFailure> {
        let visible = self.ask(|evaluator| evaluator.visible(request))?;
        Ok((0..).zip(visible).filter_map(|(index, visible)| visible.then_some(index)).collect())
    }
}
