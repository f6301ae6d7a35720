//! The decision table as a WebAssembly module: one procedure that never changes over tables that hold the policy.
//!
//! ```text
//! Built ─ bounds ─ tables ─┐
//!                codegen ──┼─ sections ─ bytes
//!      manifest, vectors ──┘
//! ```
//!
//! Everything here is a function of the decision table: no clock, no hash order, no names of files. The ABI is
//! described in `schemas/abi.md`, the tables in `layout.rs`.

mod assembler;
mod bounds;
mod codegen;
mod keys;
mod layout;
mod manifest;
mod sections;
mod tables;
mod vectors;

#[cfg(test)]
mod tests;

use maas_schemas::abi::{ABI_VERSION, MAX_MODELS, MAX_MODULE, RESULT_CAPACITY, TABLES_ADDRESS};
use maasc_diagnostics::{Diagnostic, Diagnostics};
use maasc_ir::Built;
use maasc_ir::digest::sha256;
use maasc_ir::evaluate::Evaluate;

use crate::rules::{bundle_bound, large_bundle};

pub use bounds::check;
pub use manifest::ir_digest;

const ABI: u32 = ABI_VERSION;
const _: () = assert!(8 + MAX_MODELS.div_ceil(8) <= RESULT_CAPACITY, "every model has a bit in `maas_visible`");

/// Larger modules are reported.
const LARGE_MODULE: usize = 2_000_000;

/// A compiled policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// `policy.wasm`.
    pub bytes: Vec<u8>,
    /// `sha256:` of the module's program: the same for every policy.
    pub code_digest: String,
    /// `sha256:` of `bytes`.
    pub digest: String,
}

/// Which exports a module has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exports {
    /// Those for our host; the module imports nothing.
    Maas,
}

/// Compiles a decision table. `reference` says what the answers to the self-test's requests must be: it is never the
/// module itself.
///
/// Returns `None` when the table exceeds a bound of the bundle; the reason is in `acc`.
pub fn compile(built: &Built, exports: Exports, reference: &mut dyn Evaluate, acc: &mut Diagnostics) -> Option<Module> {
    if !bounds::check(built, acc) {
        return None;
    }
    let tables = match tables::build(&built.ir) {
        Ok(tables) => tables,
        Err(error) => {
            acc.push(Diagnostic::global(&bundle_bound::RULE, error.message()));
            return None;
        }
    };
    let program = sections::program(exports);
    let manifest = manifest::manifest(&built.ir, &program.digest);
    let vectors = vectors::vectors(&built.ir, &tables.row_kinds, reference);
    let end = TABLES_ADDRESS as usize + tables.bytes.len();
    let bytes = sections::module(&program, &tables.bytes, &manifest, &vectors);
    if bytes.len().max(end) > MAX_MODULE {
        let message = format!("the compiled policy has {} bytes, more than {MAX_MODULE}", bytes.len());
        acc.push(
            Diagnostic::global(&bundle_bound::RULE, message).help("split the workspace, or use fewer distinct limits"),
        );
        return None;
    }
    if bytes.len() > LARGE_MODULE {
        let message = format!("the compiled policy of `{}` has {} bytes", built.ir.gateway.name, bytes.len());
        acc.push(Diagnostic::new(&large_bundle::RULE, built.span(built.ir.gateway.rule), message));
    }
    let digest = sha256(&bytes);
    Some(Module { bytes, code_digest: program.digest, digest })
}

/// Returns the digest of the program, without compiling a policy.
#[must_use]
pub fn code_digest(exports: Exports) -> String {
    sections::program(exports).digest
}
