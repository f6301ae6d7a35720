//! Cells: what a row and a column grant.

use maas_schemas::abi::{NONE, REQUEST_ADDRESS};
use wasm_encoder::Function;

use super::{Functions, record};
use crate::wasm::assembler::{Body, WordLocal, call, word};
use crate::wasm::layout::{Table, grant, request, row, scratch, stretch};

/// `(row, index) -> cell`: reads a cell of a `SORTED` or `DIRECT` row.
pub(super) fn load_cell() -> Function {
    let (mut f, [row, index]) = Body::new();
    let at = f.word(row.load32(row::ADDRESS));
    f.when(row.load8(row::KIND).equals(u32::from(row::SORTED)), |f| f.set(at, at + row.load16(row::N) * 2));
    let width = f.word(row.load8(row::WIDTH));
    f.set(at, at + index * width);
    f.when(width.equals(1), |f| f.give(at.load8(0)));
    f.when(width.equals(2), |f| f.give(at.load16(0)));
    f.finish(at.load32(0))
}

/// The grants of a cell: its index numbers start at `at`, there are `n` of them.
pub(super) struct Candidates {
    pub(super) at: WordLocal,
    pub(super) n: WordLocal,
}

/// Opens a cell that is not 0.
pub(super) fn candidates(f: &mut Body, cell: WordLocal) -> Candidates {
    let number = f.word((cell - 1) >> 1);
    let at = f.word(scratch::SINGLE);
    let n = f.word(1);
    f.either(
        cell & 1,
        |f| f.store32(scratch::SINGLE, 0, number),
        |f| {
            let list = f.word(record(Table::CandidateLists, number));
            f.set(n, list.load16(stretch::N));
            f.set(at, record(Table::Candidates, list.load32(stretch::FIRST)));
        },
    );
    Candidates { at, n }
}

/// Returns the address of the next grant of a cell.
pub(super) fn next_grant(f: &mut Body, candidates: &Candidates) -> WordLocal {
    let grant = f.word(record(Table::Grants, candidates.at.load32(0)));
    f.set(candidates.at, candidates.at + 4);
    grant
}

impl Functions {
    /// `(row, column) -> cell`: 0 when nothing is granted.
    pub(super) fn find_cell_body(self) -> Function {
        let (mut f, [row, column]) = Body::new();
        let at = f.word(row.load32(row::ADDRESS));
        let n = f.word(row.load16(row::N));
        let kind = f.word(row.load8(row::KIND));
        f.when(kind.equals(u32::from(row::SORTED)), |f| {
            // The number of columns halves each time: a number of 16 bits does so at most 17 times.
            let first = f.word(0);
            let rest = f.word(n);
            let steps = f.word(17);
            f.count_down(steps, |f, end| {
                f.leave_if(rest.negated(), end);
                let half = f.word(rest >> 1);
                let here = f.word((at + (first + half) * 2).load16(0));
                f.when(here.equals(column), |f| f.give(call(self.load_cell(), [row.into(), first + half])));
                f.either(
                    here.below(column),
                    |f| {
                        f.set(first, first + half + 1);
                        f.set(rest, rest - half - 1);
                    },
                    |f| f.set(rest, half),
                );
            });
            f.give(0);
        });
        f.when(column.at_least(n), |f| f.give(0));
        f.when(kind.equals(u32::from(row::BITS)), |f| {
            let bit = ((at + (column >> 3)).load8(4) >> (column & 7)) & 1;
            f.give(at.load32(0).if_or(bit, 0));
        });
        f.finish(call(self.load_cell(), [row.into(), column.into()]))
    }

    /// `(cell, wanted) -> 0 or 1`: some grant of the cell is of the wanted subscription and in force.
    pub(super) fn is_usable_body(self) -> Function {
        let (mut f, [cell, wanted]) = Body::new();
        f.when(cell.negated(), |f| f.give(0));
        let now = f.long(word(REQUEST_ADDRESS).load64(request::NOW));
        let list = candidates(&mut f, cell);
        f.count_down(list.n, |f, _| {
            let grant = next_grant(f, &list);
            let is_wanted = wanted.equals(NONE) | grant.load32(grant::SUBSCRIPTION).equals(wanted);
            let has_begun = now.below_signed(grant.load64(grant::FROM)).negated();
            let goes_on = now.below_signed(grant.load64(grant::UNTIL));
            let has_endpoints = grant.load16(grant::ENDPOINTS).differs(0);
            f.when(is_wanted & has_begun & goes_on & has_endpoints, |f| f.give(1));
        });
        f.finish(0)
    }
}
