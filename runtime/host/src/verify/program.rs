//! A program that no release knows: every instruction is one that our compiler writes, and no function calls itself.

use maas_schemas::abi::KNOWN_PROGRAMS;
use wasmparser::{BlockType, Operator};

use super::{Module, refused, unreadable};
use crate::LoadError;

/// Most functions of one module.
const MAX_FUNCTIONS: usize = 128;

/// Checks the program of a module.
pub(super) fn check(module: &Module<'_>, code_digest: &str) -> Result<(), LoadError> {
    if KNOWN_PROGRAMS.contains(&code_digest) {
        return Ok(());
    }
    if module.bodies.len() > MAX_FUNCTIONS {
        return Err(refused(format!("it has {} functions, more than {MAX_FUNCTIONS}", module.bodies.len())));
    }
    let calls = module
        .bodies
        .iter()
        .map(|body| {
            let mut calls = Vec::new();
            for operator in body.get_operators_reader().map_err(unreadable)? {
                let operator = operator.map_err(unreadable)?;
                if !is_allowed(&operator) {
                    return Err(refused(format!("it has an instruction that no bundle has: {operator:?}")));
                }
                if let Operator::Call { function_index } = operator {
                    calls.extend((function_index as usize).checked_sub(module.imports.len()));
                }
            }
            Ok(calls)
        })
        .collect::<Result<Vec<Vec<usize>>, LoadError>>()?;
    if is_cyclic(&calls) { Err(refused("a function calls itself")) } else { Ok(()) }
}

/// Says whether following calls can lead back to where one was: takes away functions that call nobody any more.
fn is_cyclic(calls: &[Vec<usize>]) -> bool {
    let mut ended = vec![false; calls.len()];
    for _ in calls {
        for (index, callees) in calls.iter().enumerate() {
            let ends = callees.iter().all(|callee| ended.get(*callee).copied().unwrap_or(true));
            if let Some(place) = ended.get_mut(index) {
                *place |= ends;
            }
        }
    }
    !ended.into_iter().all(|ended| ended)
}

fn is_allowed(operator: &Operator<'_>) -> bool {
    use Operator as O;
    match operator {
        O::Block { blockty } | O::Loop { blockty } | O::If { blockty } => *blockty == BlockType::Empty,
        O::Else
        | O::End
        | O::Br { .. }
        | O::BrIf { .. }
        | O::Return
        | O::Call { .. }
        | O::Drop
        | O::Select
        | O::LocalGet { .. }
        | O::LocalSet { .. }
        | O::GlobalGet { .. }
        | O::GlobalSet { .. }
        | O::I32Load { .. }
        | O::I64Load { .. }
        | O::I32Load8U { .. }
        | O::I32Load16U { .. }
        | O::I32Store { .. }
        | O::I64Store { .. }
        | O::I32Store8 { .. }
        | O::I32Store16 { .. }
        | O::MemoryCopy { .. }
        | O::MemoryFill { .. }
        | O::I32Const { .. }
        | O::I64Const { .. }
        | O::I32Eqz
        | O::I32Eq
        | O::I32Ne
        | O::I32LtU
        | O::I32GtU
        | O::I32GeU
        | O::I64Eq
        | O::I64Ne
        | O::I64LtS
        | O::I32Add
        | O::I32Sub
        | O::I32Mul
        | O::I32DivU
        | O::I32And
        | O::I32Or
        | O::I32Xor
        | O::I32Shl
        | O::I32ShrU
        | O::I64Add
        | O::I64Sub
        | O::I64Mul
        | O::I64DivU
        | O::I64And
        | O::I64Or
        | O::I64Xor
        | O::I64Shl
        | O::I64ShrU
        | O::I32WrapI64
        | O::I64ExtendI32U => true,
        _ => false,
    }
}
