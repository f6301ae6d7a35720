//! Reads the tables back out of the data segment, sharing no code with their writer, and compares them with the IR.

use std::collections::BTreeMap;

use maas_tests::wasm::{leb, sections};
use maasc_ir::ir::Ir;

struct Tables<'a> {
    data: &'a [u8],
}

impl Tables<'_> {
    fn byte(&self, address: usize) -> u8 {
        self.data[address - 0x1_0000]
    }

    fn number(&self, address: usize, n_bytes: usize) -> u64 {
        (0..n_bytes).rev().fold(0, |number, at| number << 8 | u64::from(self.byte(address + at)))
    }

    fn word(&self, address: usize) -> usize {
        usize::try_from(self.number(address, 4)).unwrap()
    }

    fn half(&self, address: usize) -> usize {
        usize::try_from(self.number(address, 2)).unwrap()
    }

    /// Address and count of a table.
    fn table(&self, index: usize) -> (usize, usize) {
        let entry = 0x1_0010 + 16 * index;
        (self.word(entry), self.word(entry + 4))
    }

    fn records(&self, index: usize, stride: usize) -> Vec<usize> {
        let (address, count) = self.table(index);
        (0..count).map(|at| address + at * stride).collect()
    }

    /// (kind, text) → (value, n)
    fn keys(&self, index: usize) -> BTreeMap<(usize, String), (usize, usize)> {
        let mut keys = BTreeMap::new();
        for record in self.records(index, 16) {
            let length = self.word(record + 4);
            if length != 0xFFFF_FFFF {
                let text = (0..length).map(|at| self.byte(self.word(record) + at)).collect();
                let key = (self.half(record + 12), String::from_utf8(text).unwrap());
                let value = (self.word(record + 8), self.half(record + 14));
                assert_eq!(keys.insert(key, value), None, "a key stands twice");
            }
        }
        keys
    }

    /// Column → candidates, of each row.
    fn row(&self, record: usize, n_columns: usize) -> BTreeMap<usize, Vec<usize>> {
        let (address, n) = (self.word(record), self.half(record + 4));
        let (kind, width) = (self.byte(record + 6), usize::from(self.byte(record + 7)));
        let cell = |at: usize| usize::try_from(self.number(at, width)).unwrap();
        let cells: Vec<(usize, usize)> = match kind {
            1 => (0..n).map(|at| (self.half(address + 2 * at), cell(address + 2 * n + width * at))).collect(),
            2 => {
                assert_eq!(n, n_columns);
                (0..n).map(|column| (column, cell(address + width * column))).filter(|(_, cell)| *cell != 0).collect()
            }
            3 => {
                let is_set = |column: &usize| self.byte(address + 4 + column / 8) & (1 << (column % 8)) != 0;
                (0..n).filter(is_set).map(|column| (column, self.word(address))).collect()
            }
            other => panic!("row of kind {other}"),
        };
        cells.into_iter().map(|(column, cell)| (column, self.candidates(cell))).collect()
    }

    fn candidates(&self, cell: usize) -> Vec<usize> {
        if cell % 2 == 1 {
            return vec![cell / 2];
        }
        let list = self.table(13).0 + 8 * (cell / 2 - 1);
        let (first, n) = (self.word(list), self.half(list + 4));
        (first..first + n).map(|at| self.word(self.table(14).0 + 4 * at)).collect()
    }

    fn limits(&self, first: usize, n: usize) -> Vec<u32> {
        (first..first + n).map(|at| u32::try_from(self.word(self.table(16).0 + 4 * at)).unwrap()).collect()
    }
}

/// The content of the only data segment, found by hand.
fn data_segment(module: &[u8]) -> &[u8] {
    let (_, content) = sections(module).into_iter().find(|(id, _)| *id == 11).unwrap();
    // One segment, active, `i32.const 0x10000`, `end`.
    let (head, content) = content.split_at(7);
    assert_eq!(head, [1, 0, 0x41, 0x80, 0x80, 4, 0x0B]);
    leb(content).1
}

/// Compares every table with what it stands for.
pub(crate) fn check(ir: &Ir, module: &[u8]) {
    let tables = Tables { data: data_segment(module) };
    check_keys(ir, &tables);
    check_access(ir, &tables);

    for (principal, record) in tables.records(9, 12).into_iter().enumerate() {
        let principal_number = u32::try_from(principal).unwrap();
        let ceilings = tables.limits(tables.word(record + 4), tables.half(record + 8));
        assert_eq!(ceilings, ir.ceilings_of(principal_number));
        assert_eq!(tables.word(record), ir.access.row_of[principal] as usize);
    }
    let models = tables.records(10, 20);
    assert_eq!(models.len(), ir.models.len());
    for (model, record) in ir.models.iter().zip(models) {
        let written: Vec<usize> = (0..4).map(|at| tables.word(record + 4 * at)).collect();
        let price = model.price.map_or(0xFFFF_FFFF, |price| price as usize);
        assert_eq!(written, [model.column as usize, model.route as usize, price, model.rule as usize]);
        assert_eq!(tables.half(record + 16), usize::from(model.hidden));
    }
    let limits = tables.records(17, 40);
    assert_eq!(limits.len(), ir.limits.len());
    for (limit, record) in ir.limits.iter().zip(limits) {
        assert_eq!(tables.number(record, 8), limit.key);
        assert_eq!(tables.number(record + 8, 8), limit.amount);
        let codes = [limit.measure.code(), limit.count.code(), limit.scope.code(), limit.over.code()];
        let written: Vec<u8> = (0..4).map(|at| tables.byte(record + 20 + at)).collect();
        assert_eq!(written, codes);
        assert_eq!(tables.word(record + 36), limit.rule as usize);
    }
    let routes = tables.records(18, 8);
    assert_eq!(routes.len(), ir.routes.len());
    for (route, record) in ir.routes.iter().zip(routes) {
        let (first, n) = (tables.word(record), tables.half(record + 4));
        assert_eq!(n, route.len());
        for (upstream, at) in route.iter().zip(first..) {
            let written = tables.table(19).0 + 16 * at;
            let fields =
                (tables.word(written), tables.half(written + 4), tables.byte(written + 6), tables.word(written + 8));
            let expected =
                (upstream.upstream as usize, usize::from(upstream.weight), upstream.tier, upstream.rule as usize);
            assert_eq!(fields, expected);
        }
    }
}

fn check_keys(ir: &Ir, tables: &Tables<'_>) {
    let mut callers = BTreeMap::new();
    for (index, team) in ir.teams.iter().enumerate() {
        callers.insert((0, team.name.clone()), (index, 0));
    }
    for (index, user) in ir.users.iter().enumerate() {
        callers.insert((0, user.name.clone()), (ir.teams.len() + index, 1));
    }
    assert_eq!(tables.keys(1), callers);
    let mut models = BTreeMap::new();
    for (index, model) in ir.models.iter().enumerate() {
        for name in model.aliases.iter().chain([&model.name]) {
            models.insert((0, name.clone()), (index, 0));
        }
    }
    assert_eq!(tables.keys(3), models);
    let subscriptions = ir.subscriptions.iter().enumerate();
    let subscriptions = subscriptions.map(|(index, subscription)| ((0, subscription.name.clone()), (index, 0)));
    assert_eq!(tables.keys(5), subscriptions.collect());
    let members = tables.keys(7);
    assert_eq!(members.len(), ir.members.len());
    for member in &ir.members {
        let (first, n) = members[&(usize::from(member.kind.code()), member.name.clone())];
        let written: Vec<u32> =
            (first..first + n).map(|at| u32::try_from(tables.word(tables.table(8).0 + 4 * at)).unwrap()).collect();
        assert_eq!(written, member.principals[..member.principals.len().min(64)]);
    }
}

fn check_access(ir: &Ir, tables: &Tables<'_>) {
    let rows = tables.records(11, 8);
    assert_eq!(rows.len(), ir.access.rows.len());
    for (row, record) in ir.access.rows.iter().zip(rows) {
        let expected: BTreeMap<usize, Vec<usize>> = row
            .iter()
            .map(|(column, cell)| {
                let list = &ir.access.cells[*cell as usize];
                (*column as usize, list.iter().map(|grant| *grant as usize).collect())
            })
            .collect();
        assert_eq!(tables.row(record, ir.access.n_columns as usize), expected);
    }
    let grants = tables.records(15, 48);
    assert_eq!(grants.len(), ir.access.grants.len());
    for (grant, record) in ir.access.grants.iter().zip(grants) {
        assert_eq!(tables.number(record, 8).cast_signed(), grant.from_ms);
        assert_eq!(tables.number(record + 8, 8).cast_signed(), grant.until_ms);
        assert_eq!(tables.word(record + 16), grant.subscription as usize);
        assert_eq!(tables.word(record + 20), grant.rule as usize);
        assert_eq!(tables.limits(tables.word(record + 24), tables.half(record + 28)), grant.limits);
        assert_eq!(tables.half(record + 30), usize::from(grant.endpoints));
        assert_eq!(tables.word(record + 32), grant.max_output_tokens as usize);
        assert_eq!(tables.word(record + 36), grant.obligations as usize);
        assert_eq!(tables.half(record + 40), usize::from(grant.before.code()));
        assert_eq!(tables.half(record + 42), usize::from(grant.after.code()));
    }
}
