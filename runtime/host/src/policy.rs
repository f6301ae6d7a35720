//! A bundle compiled for this process.

use std::sync::Arc;

use maas_schemas::bundle::Manifest;
use wasmtime::{InstancePre, Linker, Module, StoreLimits};

use crate::{Bundle, Engine, Evaluator, LoadError, selftest};

/// A compiled policy: cheap to clone, shared by all threads, swapped with one store.
#[derive(Clone)]
pub struct Policy {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    bundle: Bundle,
    module: InstancePre<StoreLimits>,
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy").field("digest", &self.digest()).finish_non_exhaustive()
    }
}

impl Policy {
    /// Compiles a bundle and runs its self-test.
    ///
    /// # Errors
    /// When it does not compile, or answers otherwise than its compiler expected.
    pub fn load(engine: &Engine, bundle: &Bundle) -> Result<Self, LoadError> {
        let compile = |error: wasmtime::Error| LoadError::Compile(format!("{error:#}"));
        let module = Module::new(&engine.inner, bundle.bytes()).map_err(compile)?;
        let mut linker = Linker::new(&engine.inner);
        // Functions of other hosts (Envoy) are never called from our entry points.
        linker.define_unknown_imports_as_traps(&module).map_err(compile)?;
        let module = linker.instantiate_pre(&module).map_err(compile)?;
        let policy = Self { inner: Arc::new(Inner { engine: engine.clone(), bundle: bundle.clone(), module }) };
        selftest::run(&policy)?;
        Ok(policy)
    }

    /// Returns an evaluator for one thread.
    ///
    /// # Errors
    /// When the module does not start.
    pub fn evaluator(&self) -> Result<Evaluator, LoadError> {
        Evaluator::new(self.clone())
    }

    /// Returns the manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        self.inner.bundle.manifest()
    }

    /// Returns `sha256:` and the hex digest of the file.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.inner.bundle.digest()
    }

    /// Returns the verified file.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        &self.inner.bundle
    }

    /// Says whether both are the same load of the same bundle: an evaluator of another one is made anew.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    pub(crate) fn module(&self) -> &InstancePre<StoreLimits> {
        &self.inner.module
    }
}
