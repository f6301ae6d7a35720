//! The decision procedure as functions of the module: the same bytes for every policy.
//!
//! It follows the description of `maasc_ir::eval` step by step. Each loop counts down a number that comes from the
//! request (bounded by `check`) or from a field of a table.

mod caller;
mod cells;
mod decide;
mod lists;
mod names;

use wasm_encoder::{Function, ValType};

use super::ABI;
use super::assembler::{Body, Callee, Word, word};
use super::layout::{Table, entry};

/// Indices of the functions of the procedure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Functions {
    first: u32,
}

impl Functions {
    /// The functions follow `n_imports` imported ones.
    pub(super) const fn after(n_imports: u32) -> Self {
        Self { first: n_imports }
    }

    /// How many there are.
    pub(super) const COUNT: u32 = 16;

    const fn at(self, index: u32) -> Callee {
        Callee(self.first + index)
    }

    pub(super) const fn abi(self) -> Callee {
        self.at(0)
    }
    pub(super) const fn decide(self) -> Callee {
        self.at(1)
    }
    pub(super) const fn visible(self) -> Callee {
        self.at(2)
    }
    pub(super) const fn teams(self) -> Callee {
        self.at(3)
    }
    const fn check(self) -> Callee {
        self.at(4)
    }
    const fn equal(self) -> Callee {
        self.at(5)
    }
    const fn find(self) -> Callee {
        self.at(6)
    }
    const fn find_attribute(self) -> Callee {
        self.at(7)
    }
    const fn insert(self) -> Callee {
        self.at(8)
    }
    const fn principals(self) -> Callee {
        self.at(9)
    }
    const fn wanted(self) -> Callee {
        self.at(10)
    }
    const fn load_cell(self) -> Callee {
        self.at(11)
    }
    const fn find_cell(self) -> Callee {
        self.at(12)
    }
    const fn is_usable(self) -> Callee {
        self.at(13)
    }
    const fn refuse(self) -> Callee {
        self.at(14)
    }
    const fn copy_limits(self) -> Callee {
        self.at(15)
    }

    /// Returns the bodies with their number of parameters, in the order of the indices. All answer an `i32`.
    pub(super) fn bodies(self) -> [(usize, Function); Self::COUNT as usize] {
        [
            (0, abi()),
            (1, self.decide_body()),
            (1, self.visible_body()),
            (1, self.teams_body()),
            (1, caller::check()),
            (3, names::equal()),
            (4, self.find_body()),
            (3, self.find_attribute_body()),
            (2, caller::insert()),
            (0, self.principals_body()),
            (0, self.wanted_body()),
            (2, cells::load_cell()),
            (2, self.find_cell_body()),
            (2, self.is_usable_body()),
            (6, decide::refuse()),
            (3, decide::copy_limits()),
        ]
    }
}

/// The parameters of a function of the procedure.
pub(super) fn parameters(n: usize) -> Vec<ValType> {
    vec![ValType::I32; n]
}

fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Returns where a table starts.
fn table(table: Table) -> Word {
    word(table.entry()).load32(entry::ADDRESS)
}

/// Returns the address of a record.
fn record(of: Table, index: impl Into<Word>) -> Word {
    table(of) + index.into() * u32::from(of.stride())
}

fn abi() -> Function {
    let (body, []) = Body::new();
    body.finish(word(ABI))
}
