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
use maasc_diagnostics::{Diagnostic, Diagnostics, Rule};
use maasc_ir::Built;
use maasc_ir::evaluate::Evaluate;

pub use bounds::BUNDLE_BOUND;
pub use manifest::ir_digest;

const ABI: u32 = ABI_VERSION;
const _: () = assert!(8 + MAX_MODELS.div_ceil(8) <= RESULT_CAPACITY, "every model has a bit in `maas_visible`");

/// Rules of this room.
pub static RULES: &[&Rule] = &[&BUNDLE_BOUND];

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
            acc.push(Diagnostic::global(&BUNDLE_BOUND, error.message()));
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
        acc.push(Diagnostic::global(&BUNDLE_BOUND, message).help("split the workspace, or use fewer distinct limits"));
        return None;
    }
    let digest = sections::sha256(&bytes);
    Some(Module { bytes, code_digest: program.digest, digest })
}

/// Returns the digest of the program, without compiling a policy.
#[must_use]
pub fn code_digest(exports: Exports) -> String {
    sections::program(exports).digest
}
