//! `maas_teams` and `maas_visible`: answers that are lists.

use maas_schemas::abi::{MAX_MODELS, RESULT_ADDRESS};
use wasm_encoder::Function;

use super::{Functions, record, table};
use crate::wasm::assembler::{Body, call, word};
use crate::wasm::layout::{Table, entry, model, principal, result, row, scratch};

impl Functions {
    /// `maas_teams`
    pub(super) fn teams_body(self) -> Function {
        let (mut f, [length]) = Body::new();
        let reason = f.word(call(self.check(), [length.into()]));
        let n = f.word(0);
        f.when(reason.negated(), |f| f.set(n, call(self.principals(), [])));
        f.copy(RESULT_ADDRESS + 8, scratch::PRINCIPALS, n * 4);
        f.store32(RESULT_ADDRESS, result::SIZE, n * 4 + 8);
        f.store32(RESULT_ADDRESS, result::N, n);
        f.finish(reason)
    }

    /// `maas_visible`
    pub(super) fn visible_body(self) -> Function {
        let (mut f, [length]) = Body::new();
        let reason = f.word(call(self.check(), [length.into()]));
        let models = f.word(word(Table::Models.entry()).load32(entry::COUNT));
        f.when(models.above(MAX_MODELS), |f| f.set(models, MAX_MODELS));
        let n_bytes = f.word((models + 7) >> 3);
        f.store32(RESULT_ADDRESS, result::SIZE, n_bytes + 8);
        f.store32(RESULT_ADDRESS, result::N, models);
        f.clear(RESULT_ADDRESS + 8, n_bytes);
        f.when(reason, |f| f.give(reason));
        self.mark_columns(&mut f);

        let model = f.word(table(Table::Models));
        let index = f.word(0);
        f.count_down(models, |f, _| {
            let column = f.word(model.load32(model::COLUMN) & 0xFFFF);
            let bit = ((column >> 3) + scratch::COLUMNS).load8(0) >> (column & 7);
            let to = f.word((index >> 3) + (RESULT_ADDRESS + 8));
            f.store8(to, 0, to.load8(0) | ((bit & 1) << (index & 7)));
            f.set(model, model + u32::from(Table::Models.stride()));
            f.set(index, index + 1);
        });
        f.finish(0)
    }

    /// Sets the bit of each column that some principal may use.
    fn mark_columns(self, f: &mut Body) {
        f.clear(scratch::COLUMNS, scratch::COLUMNS_SIZE);
        let n = f.word(call(self.principals(), []));
        let wanted = f.word(call(self.wanted(), []));
        let principals = f.word(scratch::PRINCIPALS);
        f.count_down(n, |f, _| {
            let principal = f.word(record(Table::Principals, principals.load32(0)));
            f.set(principals, principals + 4);
            let row = f.word(record(Table::Rows, principal.load32(principal::ROW)));
            let at = f.word(row.load32(row::ADDRESS));
            let left = f.word(row.load16(row::N));
            let kind = f.word(row.load8(row::KIND));
            f.block(|f, done| {
                f.when(kind.equals(u32::from(row::BITS)), |f| {
                    f.leave_if(call(self.is_usable(), [at.load32(0), wanted.into()]).negated(), done);
                    f.set(left, (left + 7) >> 3);
                    let to = f.word(scratch::COLUMNS);
                    f.count_down(left, |f, _| {
                        f.store8(to, 0, to.load8(0) | at.load8(4));
                        f.set(to, to + 1);
                        f.set(at, at + 1);
                    });
                    f.leave(done);
                });
                f.count_down(left, |f, _| {
                    let column = f.word(left);
                    f.when(kind.equals(u32::from(row::SORTED)), |f| f.set(column, (at + left * 2).load16(0)));
                    let to = f.word((column >> 3) + scratch::COLUMNS);
                    let bit = f.word(word(1) << (column & 7));
                    f.when((to.load8(0) & bit).negated(), |f| {
                        let cell = call(self.load_cell(), [row.into(), left.into()]);
                        f.when(call(self.is_usable(), [cell, wanted.into()]), |f| {
                            f.store8(to, 0, to.load8(0) | bit);
                        });
                    });
                });
            });
        });
    }
}
