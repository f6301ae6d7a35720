//! One engine for a process, and the clock that ends calls which take too long.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use wasmtime::{Config, InstanceAllocationStrategy, Strategy, WasmFeatures};

use crate::LoadError;

/// Time between two ticks.
const TICK: Duration = Duration::from_millis(1);

/// What ends a call that takes too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// So many ticks of the clock as the evaluator gives a call.
    Deadline,
    /// So many instructions: the same on every machine.
    Fuel(u64),
}

/// Compiles and runs modules. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: wasmtime::Engine,
    pub(crate) guard: Guard,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("guard", &self.guard).finish_non_exhaustive()
    }
}

impl Engine {
    /// Returns an engine whose calls end fifty ticks after they began. Somebody must tick: see [`Ticker`].
    ///
    /// # Errors
    /// When the machine cannot run it.
    pub fn with_deadline() -> Result<Self, LoadError> {
        let mut config = config();
        config.epoch_interruption(true);
        Self::new(&config, Guard::Deadline)
    }

    /// Returns an engine whose calls end after so many instructions, for tests and for tools without a clock.
    ///
    /// # Errors
    /// When the machine cannot run it.
    pub fn with_fuel(per_call: u64) -> Result<Self, LoadError> {
        let mut config = config();
        config.consume_fuel(true);
        Self::new(&config, Guard::Fuel(per_call))
    }

    fn new(config: &Config, guard: Guard) -> Result<Self, LoadError> {
        let inner = wasmtime::Engine::new(config).map_err(|error| LoadError::Engine(error.to_string()))?;
        Ok(Self { inner, guard })
    }

    /// Counts one tick. Safe to call from a signal handler or any thread.
    pub fn tick(&self) {
        self.inner.increment_epoch();
    }
}

fn config() -> Config {
    let mut config = Config::new();
    // Instances are kept by their threads, so the pooling allocator would only make the first touch dearer.
    config.strategy(Strategy::Cranelift);
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    config.memory_init_cow(true);
    // `verify` allows less; this is the second lock.
    config.wasm_features(WasmFeatures::all(), false);
    config.wasm_features(WasmFeatures::BULK_MEMORY, true);
    config
}

/// A thread that ticks an engine every millisecond until it is dropped.
#[derive(Debug)]
pub struct Ticker {
    /// Dropping the sender ends the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(engine: &Engine) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let engine = engine.clone();
        let thread = std::thread::Builder::new().name("policy-ticker".to_owned()).spawn(move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                engine.tick();
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread only waits and counts; it has nothing to fail with.
            let _ended = thread.join();
        }
    }
}
