//! The decision table as the bytes of the module's data segment.

use std::collections::BTreeMap;

use maas_schemas::abi::{MAX_TEAMS, NONE, Scope, TABLE_FORMAT, TABLES_ADDRESS};
use maasc_ir::eval::limit_record;
use maasc_ir::ir::{Grant, Ir, Limit, OwnerKind};

use super::keys::{self, Key};
use super::layout::{DIRECTORY_ENTRY, DIRECTORY_HEADER, Table, model, row};

/// Why there are no tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TablesError {
    /// More bytes, records or list members than their field can hold.
    TooLarge,
    /// No perfect hash was found for some names.
    NoSeed,
    /// An index in the decision table points nowhere.
    Broken,
}

impl TablesError {
    /// Returns what to tell people.
    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::TooLarge => "the policy has more names, cells or limits than the tables of a bundle can hold",
            Self::NoSeed => "no arrangement of the policy's names in a hash table was found",
            Self::Broken => "the decision table contradicts itself",
        }
    }
}

type Result<T> = std::result::Result<T, TablesError>;

/// The data segment.
pub(super) struct Tables {
    /// From [`TABLES_ADDRESS`] on: the directory and the tables.
    pub(super) bytes: Vec<u8>,
    /// The kind of each distinct row.
    pub(super) row_kinds: Vec<u8>,
}

/// Returns the tables of a decision table.
pub(super) fn build(ir: &Ir) -> Result<Tables> {
    let mut writer = Writer::new();
    write_keys(ir, &mut writer)?;
    write_principals(ir, &mut writer)?;
    write_models(ir, &mut writer)?;
    let row_kinds = write_access(ir, &mut writer)?;
    write_limits(ir, &mut writer)?;
    write_routes(ir, &mut writer)?;
    Ok(Tables { bytes: writer.finish()?, row_kinds })
}

/// Tables under construction: each is placed when it is complete, so that later ones can point to it.
struct Writer {
    bytes: Vec<u8>,
    entries: BTreeMap<u32, [u32; 4]>,
    /// Stretches of limit indices that stand in `LimitLists` already.
    limit_lists: BTreeMap<Vec<u32>, u32>,
    limit_list_bytes: Vec<u8>,
}

impl Writer {
    fn new() -> Self {
        let n_tables = u32::try_from(Table::ALL.len()).unwrap_or(u32::MAX);
        let directory = usize::try_from(DIRECTORY_HEADER + DIRECTORY_ENTRY * n_tables).unwrap_or(usize::MAX);
        Self {
            bytes: vec![0; directory],
            entries: BTreeMap::new(),
            limit_lists: BTreeMap::new(),
            limit_list_bytes: Vec::new(),
        }
    }

    /// Returns where the next table will lie.
    fn next_address(&self) -> Result<u32> {
        let offset = self.bytes.len().next_multiple_of(8);
        u32::try_from(offset).ok().and_then(|offset| offset.checked_add(TABLES_ADDRESS)).ok_or(TablesError::TooLarge)
    }

    /// Places a table.
    fn add(&mut self, table: Table, bytes: &[u8], seed: u32) -> Result<()> {
        let address = self.next_address()?;
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        self.bytes.extend_from_slice(bytes);
        let count = count(bytes.len() / usize::from(table.stride()))?;
        self.entries.insert(table.entry(), [address, count, u32::from(table.stride()), seed]);
        Ok(())
    }

    /// Returns the first and the number of a stretch of limits; equal stretches are stored once.
    fn limit_list(&mut self, limits: &[u32]) -> Result<(u32, u16)> {
        let n = u16::try_from(limits.len()).map_err(|_| TablesError::TooLarge)?;
        if limits.is_empty() {
            return Ok((0, 0));
        }
        if let Some(first) = self.limit_lists.get(limits) {
            return Ok((*first, n));
        }
        let first = count(self.limit_list_bytes.len() / usize::from(Table::LimitLists.stride()))?;
        for limit in limits {
            put32(&mut self.limit_list_bytes, *limit);
        }
        self.limit_lists.insert(limits.to_vec(), first);
        Ok((first, n))
    }

    fn finish(mut self) -> Result<Vec<u8>> {
        let mut directory = Vec::new();
        directory.extend_from_slice(b"MAAS");
        put16(&mut directory, TABLE_FORMAT);
        put16(&mut directory, u16::try_from(Table::ALL.len()).map_err(|_| TablesError::TooLarge)?);
        directory.extend_from_slice(&[0; 8]);
        for fields in self.entries.values() {
            for field in fields {
                put32(&mut directory, *field);
            }
        }
        for (to, from) in self.bytes.iter_mut().zip(directory) {
            *to = from;
        }
        Ok(self.bytes)
    }
}

fn write_keys(ir: &Ir, writer: &mut Writer) -> Result<()> {
    let named = |index: usize, text| -> Result<Key<'_>> { Ok(Key { kind: 0, text, value: count(index)?, n: 0 }) };
    let teams = ir.teams.iter().map(|team| (&team.name, 0));
    let users = ir.users.iter().map(|user| (&user.name, 1));
    let callers: Vec<Key<'_>> = teams
        .chain(users)
        .enumerate()
        .map(|(index, (text, n))| Ok(Key { n, ..named(index, text)? }))
        .collect::<Result<_>>()?;
    let models: Vec<Key<'_>> = ir
        .models
        .iter()
        .enumerate()
        .flat_map(|(index, model)| std::iter::once(&model.name).chain(&model.aliases).map(move |text| (index, text)))
        .map(|(index, text)| named(index, text))
        .collect::<Result<_>>()?;
    let subscriptions: Vec<Key<'_>> = ir
        .subscriptions
        .iter()
        .enumerate()
        .map(|(index, subscription)| named(index, &subscription.name))
        .collect::<Result<_>>()?;
    let mut principals = Vec::new();
    let mut members = Vec::new();
    for member in &ir.members {
        // A set of principals keeps its least 64, so no member adds more than its own least 64.
        let kept = member.principals.get(..MAX_TEAMS).unwrap_or(&member.principals);
        let value = count(principals.len() / 4)?;
        let n = u16::try_from(kept.len()).map_err(|_| TablesError::TooLarge)?;
        kept.iter().for_each(|principal| put32(&mut principals, *principal));
        members.push(Key { kind: member.kind.code(), text: &member.name, value, n });
    }
    write_key_table(writer, [Table::PrincipalDisplacements, Table::PrincipalKeys], callers)?;
    write_key_table(writer, [Table::ModelDisplacements, Table::ModelKeys], models)?;
    write_key_table(writer, [Table::SubscriptionDisplacements, Table::SubscriptionKeys], subscriptions)?;
    write_key_table(writer, [Table::MemberDisplacements, Table::MemberKeys], members)?;
    writer.add(Table::MemberPrincipals, &principals, 0)
}

fn write_key_table(writer: &mut Writer, [displacements, table]: [Table; 2], mut keys: Vec<Key<'_>>) -> Result<()> {
    keys.sort_by_key(|key| (key.kind, key.text.len(), key.text));
    let placement = keys::place(&keys).map_err(|_| TablesError::NoSeed)?;
    let bytes: Vec<u8> = placement.displacements.iter().flat_map(|value| value.to_le_bytes()).collect();
    writer.add(displacements, &bytes, 0)?;
    // The texts stand behind their table, so that one look-up touches neighbours.
    let records = placement.slots.len() * usize::from(table.stride());
    let mut address = u32::try_from(records)
        .ok()
        .and_then(|records| writer.next_address().ok()?.checked_add(records))
        .ok_or(TablesError::TooLarge)?;
    let mut bytes = Vec::new();
    let mut text = Vec::new();
    for slot in &placement.slots {
        let key = slot.and_then(|index| keys.get(index));
        bytes.extend(keys::record(key.map(|key| (key, address))));
        if let Some(key) = key {
            text.extend_from_slice(key.text.as_bytes());
            address = address.checked_add(count(key.text.len())?).ok_or(TablesError::TooLarge)?;
        }
    }
    writer.add(table, &bytes, placement.seed)?;
    writer.bytes.extend(text);
    Ok(())
}

fn write_principals(ir: &Ir, writer: &mut Writer) -> Result<()> {
    let mut bytes = Vec::new();
    for principal in 0..count(ir.n_principals())? {
        let index = usize::try_from(principal).map_err(|_| TablesError::TooLarge)?;
        let (first, n) = writer.limit_list(ir.ceilings_of(principal))?;
        put32(&mut bytes, *ir.access.row_of.get(index).ok_or(TablesError::Broken)?);
        put32(&mut bytes, first);
        put32(&mut bytes, n.into());
    }
    writer.add(Table::Principals, &bytes, 0)
}

fn write_models(ir: &Ir, writer: &mut Writer) -> Result<()> {
    let mut bytes = Vec::new();
    for model in &ir.models {
        put32(&mut bytes, model.column);
        put32(&mut bytes, model.route);
        put32(&mut bytes, model.price.unwrap_or(NONE));
        put32(&mut bytes, model.rule);
        put16(&mut bytes, if model.hidden { model::HIDDEN } else { 0 });
        put16(&mut bytes, 0);
    }
    writer.add(Table::Models, &bytes, 0)
}

fn write_access(ir: &Ir, writer: &mut Writer) -> Result<Vec<u8>> {
    let mut lists = Vec::new();
    let mut candidates = Vec::new();
    let mut n_lists = 0;
    // 0 is no grant; odd numbers are grants, even ones lists: 2k + 1 and 2k + 2.
    let mut cells = Vec::new();
    for list in &ir.access.cells {
        if let [grant] = list.as_slice() {
            cells.push(encode_cell(*grant, 1)?);
            continue;
        }
        put32(&mut lists, count(candidates.len() / 4)?);
        put16(&mut lists, u16::try_from(list.len()).map_err(|_| TablesError::TooLarge)?);
        put16(&mut lists, 0);
        list.iter().for_each(|grant| put32(&mut candidates, *grant));
        cells.push(encode_cell(n_lists, 2)?);
        n_lists += 1;
    }
    let row_kinds = write_rows(ir, &cells, writer)?;
    writer.add(Table::CandidateLists, &lists, 0)?;
    writer.add(Table::Candidates, &candidates, 0)?;
    let mut bytes = Vec::new();
    for grant in &ir.access.grants {
        write_grant(grant, writer, &mut bytes)?;
    }
    writer.add(Table::Grants, &bytes, 0)?;
    Ok(row_kinds)
}

fn encode_cell(number: u32, offset: u32) -> Result<u32> {
    number.checked_mul(2).and_then(|value| value.checked_add(offset)).ok_or(TablesError::TooLarge)
}

/// Returns the kind of each row.
fn write_rows(ir: &Ir, cells: &[u32], writer: &mut Writer) -> Result<Vec<u8>> {
    let base = writer.next_address()?;
    let mut cell_bytes = Vec::new();
    let mut rows = Vec::new();
    let mut kinds = Vec::new();
    for columns in &ir.access.rows {
        let row: Vec<(u32, u32)> = columns
            .iter()
            .map(|(column, cell)| Some((*column, *cells.get(usize::try_from(*cell).ok()?)?)))
            .collect::<Option<_>>()
            .ok_or(TablesError::Broken)?;
        let encoded = encode_row(&row, ir.access.n_columns)?;
        let address = count(cell_bytes.len())?.checked_add(base).ok_or(TablesError::TooLarge)?;
        put32(&mut rows, address);
        put16(&mut rows, encoded.n);
        rows.extend_from_slice(&[encoded.kind, encoded.width]);
        kinds.push(encoded.kind);
        cell_bytes.extend(encoded.bytes);
    }
    writer.add(Table::Cells, &cell_bytes, 0)?;
    writer.add(Table::Rows, &rows, 0)?;
    Ok(kinds)
}

pub(super) struct EncodedRow {
    pub(super) kind: u8,
    pub(super) width: u8,
    n: u16,
    pub(super) bytes: Vec<u8>,
}

/// Returns the smallest form of a row; of two equally small ones, the one with the lower number.
pub(super) fn encode_row(row: &[(u32, u32)], n_columns: u32) -> Result<EncodedRow> {
    let short = |value: u32| u16::try_from(value).map_err(|_| TablesError::TooLarge);
    let largest = row.iter().map(|(_, cell)| *cell).max().unwrap_or(0);
    let width: u8 = match largest {
        0..=0xFF => 1,
        0x100..=0xFFFF => 2,
        _ => 4,
    };
    let put = |bytes: &mut Vec<u8>, cell: u32| {
        bytes.extend(cell.to_le_bytes().into_iter().take(width.into()));
    };
    let mut sorted = Vec::new();
    for (column, _) in row {
        put16(&mut sorted, short(*column)?);
    }
    row.iter().for_each(|(_, cell)| put(&mut sorted, *cell));
    let n = u16::try_from(row.len()).map_err(|_| TablesError::TooLarge)?;
    let mut best = EncodedRow { kind: row::SORTED, width, n, bytes: sorted };

    let cells: BTreeMap<u32, u32> = row.iter().copied().collect();
    let n = short(n_columns)?;
    if usize::from(n) * usize::from(width) < best.bytes.len() {
        let mut bytes = Vec::new();
        (0..n_columns).for_each(|column| put(&mut bytes, cells.get(&column).copied().unwrap_or(0)));
        best = EncodedRow { kind: row::DIRECT, width, n, bytes };
    }
    let n_bytes = usize::from(n).div_ceil(8);
    let one = row.first().map(|(_, cell)| *cell).filter(|one| row.iter().all(|(_, cell)| cell == one));
    if let Some(one) = one
        && 4 + n_bytes < best.bytes.len()
    {
        let mut bytes = one.to_le_bytes().to_vec();
        for first in (0..n_columns).step_by(8) {
            bytes.push((0..8).filter(|bit| cells.contains_key(&(first + bit))).fold(0, |byte, bit| byte | (1 << bit)));
        }
        best = EncodedRow { kind: row::BITS, width: 4, n, bytes };
    }
    Ok(best)
}

fn write_grant(grant: &Grant, writer: &mut Writer, bytes: &mut Vec<u8>) -> Result<()> {
    let (first, n) = writer.limit_list(&grant.limits)?;
    bytes.extend_from_slice(&grant.from_ms.to_le_bytes());
    bytes.extend_from_slice(&grant.until_ms.to_le_bytes());
    put32(bytes, grant.subscription);
    put32(bytes, grant.rule);
    put32(bytes, first);
    put16(bytes, n);
    put16(bytes, grant.endpoints);
    put32(bytes, grant.max_output_tokens);
    put32(bytes, grant.obligations);
    put16(bytes, grant.before.code());
    put16(bytes, grant.after.code());
    bytes.extend_from_slice(&[0; 4]);
    Ok(())
}

fn write_limits(ir: &Ir, writer: &mut Writer) -> Result<()> {
    let lists = std::mem::take(&mut writer.limit_list_bytes);
    writer.add(Table::LimitLists, &lists, 0)?;
    let mut bytes = Vec::new();
    for limit in &ir.limits {
        limit_record(limit, owner(ir, limit)).encode_into(&mut bytes);
    }
    writer.add(Table::Limits, &bytes, 0)
}

/// Returns the team whose one counter a ceiling is.
fn owner(ir: &Ir, limit: &Limit) -> Option<u32> {
    if limit.owner_kind != OwnerKind::Team || limit.scope != Scope::Team {
        return None;
    }
    let index = ir.teams.binary_search_by(|team| team.name.as_str().cmp(&limit.owner)).ok()?;
    u32::try_from(index).ok()
}

fn write_routes(ir: &Ir, writer: &mut Writer) -> Result<()> {
    let mut routes = Vec::new();
    let mut upstreams = Vec::new();
    let mut n_upstreams = 0_usize;
    for route in &ir.routes {
        put32(&mut routes, count(n_upstreams)?);
        put16(&mut routes, u16::try_from(route.len()).map_err(|_| TablesError::TooLarge)?);
        put16(&mut routes, 0);
        route.iter().for_each(|upstream| upstream.encode_into(&mut upstreams));
        n_upstreams += route.len();
    }
    writer.add(Table::Routes, &routes, 0)?;
    writer.add(Table::Upstreams, &upstreams, 0)
}

fn count(n: usize) -> Result<u32> {
    u32::try_from(n).map_err(|_| TablesError::TooLarge)
}

fn put16(bytes: &mut Vec<u8>, value: u16) {
    bytes.extend_from_slice(&value.to_le_bytes());
}

fn put32(bytes: &mut Vec<u8>, value: u32) {
    bytes.extend_from_slice(&value.to_le_bytes());
}
