//! Both sides of a comparison in the same terms: names instead of indices, equal values with equal numbers.

use std::collections::BTreeMap;

use maas_schemas::abi::{Count, Endpoint, Measure, Over, Scope};
use maas_schemas::bundle::Provider;
use maas_schemas::provenance::{Provenance, Source};
use maasc_ir::ir::{Grant, Ir, Limit, MemberKind, OwnerKind, RuleId, Window};

use crate::intern::{Interner, NONE};

/// Bits of all endpoints.
pub(crate) const ENDPOINTS: [Endpoint; 6] = [
    Endpoint::Chat,
    Endpoint::Completions,
    Endpoint::Embeddings,
    Endpoint::Responses,
    Endpoint::Messages,
    Endpoint::CountTokens,
];

/// A limit without the line that wrote it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LimitTerms {
    pub(crate) owner_kind: OwnerKind,
    pub(crate) owner: String,
    pub(crate) measure: Measure,
    pub(crate) count: Count,
    pub(crate) scope: Scope,
    pub(crate) over: Over,
    pub(crate) window: Window,
    pub(crate) amount: u64,
    pub(crate) shorten: bool,
    pub(crate) key: u64,
}

impl LimitTerms {
    pub(crate) fn of(limit: &Limit) -> Self {
        Self {
            owner_kind: limit.owner_kind,
            owner: limit.owner.clone(),
            measure: limit.measure,
            count: limit.count,
            scope: limit.scope,
            over: limit.over,
            window: limit.window,
            amount: limit.amount,
            shorten: limit.shorten,
            key: limit.key,
        }
    }
}

/// One candidate of a cell without the line that wrote it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GrantTerms {
    pub(crate) subscription: u32,
    pub(crate) from_ms: i64,
    pub(crate) until_ms: i64,
    pub(crate) endpoints: u16,
    pub(crate) max_output_tokens: u32,
    pub(crate) obligations: u32,
    /// Ascending.
    pub(crate) limits: Vec<u32>,
    /// Requirement and role, ascending.
    pub(crate) needs: Vec<u32>,
}

/// One line of a route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hop {
    pub(crate) tier: u8,
    pub(crate) weight: u16,
    pub(crate) provider: String,
    pub(crate) kind: String,
    pub(crate) endpoint: String,
    pub(crate) region: String,
    pub(crate) model: String,
}

/// What of a model decides where requests go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ModelTerms {
    pub(crate) route: u32,
    pub(crate) data_class: String,
}

/// Values of both sides.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    pub(crate) names: Interner<String>,
    pub(crate) limits: Interner<LimitTerms>,
    pub(crate) needs: Interner<(String, String)>,
    pub(crate) grants: Interner<GrantTerms>,
    /// Candidates in the order in which they answer.
    pub(crate) cells: Interner<Vec<u32>>,
    pub(crate) routes: Interner<Vec<Hop>>,
    pub(crate) models: Interner<ModelTerms>,
    /// Files and documents that the candidates of a cell come from.
    pub(crate) origins: Interner<Vec<(String, String)>>,
}

/// A column of one row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) column: u32,
    /// In [`Terms::cells`].
    pub(crate) cell: u32,
    /// In [`Terms::origins`].
    pub(crate) origin: u32,
}

/// One side.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    pub(crate) ir: &'a Ir,
    rules: &'a [Source],
    /// By limit of the table: number in [`Terms::limits`].
    pub(crate) limits: Vec<u32>,
    /// By grant of the table: number in [`Terms::grants`].
    pub(crate) grants: Vec<u32>,
    /// By cell of the table: numbers in [`Terms::cells`] and [`Terms::origins`].
    cells: Vec<(u32, u32)>,
    /// By model: number in [`Terms::models`].
    pub(crate) models: Vec<u32>,
    pub(crate) principals: BTreeMap<&'a str, u32>,
    pub(crate) model_numbers: BTreeMap<&'a str, u32>,
    pub(crate) members: BTreeMap<(MemberKind, &'a str), &'a [u32]>,
}

impl<'a> Table<'a> {
    /// Puts a decision table in shared terms.
    pub(crate) fn new(ir: &'a Ir, provenance: &'a Provenance, terms: &mut Terms) -> Self {
        let limits: Vec<u32> = ir.limits.iter().map(|limit| terms.limits.add(LimitTerms::of(limit))).collect();
        let grants: Vec<u32> = ir.access.grants.iter().map(|grant| grant_number(ir, grant, &limits, terms)).collect();
        let rules = &*provenance.rules;
        let cells = ir.access.cells.iter().map(|cell| {
            let candidates = cell.iter().filter_map(|grant| grants.get(*grant as usize)).copied().collect();
            let mut origin: Vec<(String, String)> = cell
                .iter()
                .filter_map(|grant| rules.get(ir.access.grants.get(*grant as usize)?.rule as usize))
                .map(|source| (source.file.clone(), source.document.clone()))
                .collect();
            origin.dedup();
            (terms.cells.add(candidates), terms.origins.add(origin))
        });
        let cells = cells.collect();
        let models = ir.models.iter().map(|model| {
            let route = ir.routes.get(model.route as usize).map_or(&[][..], Vec::as_slice);
            let hops: Vec<Hop> = route.iter().filter_map(|choice| hop(ir, choice)).collect();
            let route = terms.routes.add(in_lowest_terms(hops));
            terms.models.add(ModelTerms { route, data_class: model.data_class.clone() })
        });
        let models = models.collect();
        let principals = ir.teams.iter().map(|team| &*team.name).chain(ir.users.iter().map(|user| &*user.name));
        Self {
            ir,
            rules,
            limits,
            grants,
            cells,
            models,
            principals: principals.zip(0..).collect(),
            model_numbers: ir.models.iter().map(|model| &*model.name).zip(0..).collect(),
            members: ir.members.iter().map(|member| ((member.kind, &*member.name), &*member.principals)).collect(),
        }
    }

    /// Returns where a rule was written.
    pub(crate) fn source(&self, rule: RuleId) -> Source {
        self.rules.get(rule as usize).cloned().unwrap_or_default()
    }

    /// Returns the entries of a row of the table, ascending by column.
    pub(crate) fn row(&self, row: u32) -> impl Iterator<Item = Entry> {
        let row = self.ir.access.rows.get(row as usize);
        row.into_iter().flatten().filter_map(|(column, cell)| {
            let (cell, origin) = self.cells.get(*cell as usize)?;
            Some(Entry { column: *column, cell: *cell, origin: *origin })
        })
    }

    /// Returns the row of a principal.
    pub(crate) fn row_of(&self, principal: u32) -> u32 {
        self.ir.access.row_of.get(principal as usize).copied().unwrap_or(NONE)
    }

    /// Returns how many cells are allowed at a time.
    pub(crate) fn n_allowed(&self, at_ms: i64) -> u64 {
        let access = &self.ir.access;
        let mut models_of: BTreeMap<u32, u64> = BTreeMap::new();
        for model in &self.ir.models {
            *models_of.entry(model.column).or_default() += 1;
        }
        let is_allowed = |grant: &u32| {
            let grant = access.grants.get(*grant as usize);
            grant.is_some_and(|grant| grant.from_ms <= at_ms && at_ms < grant.until_ms && grant.endpoints != 0)
        };
        let allowed: Vec<bool> = access.cells.iter().map(|cell| cell.iter().any(is_allowed)).collect();
        let of_row = |row: &Vec<(u32, u32)>| -> u64 {
            let cells = row.iter().filter(|(_, cell)| allowed.get(*cell as usize).copied().unwrap_or(false));
            cells.map(|(column, _)| models_of.get(column).copied().unwrap_or(0)).sum()
        };
        let of_rows: Vec<u64> = access.rows.iter().map(of_row).collect();
        access.row_of.iter().filter_map(|row| of_rows.get(*row as usize)).sum()
    }

    /// Returns the numbers of a principal's ceilings in [`Terms::limits`], in their order.
    pub(crate) fn ceilings(&self, principal: u32) -> Vec<u32> {
        self.ir.ceilings_of(principal).iter().filter_map(|limit| self.limits.get(*limit as usize)).copied().collect()
    }

    /// Returns the candidates of a principal for a model with their numbers in [`Terms::grants`].
    pub(crate) fn candidates(&self, principal: u32, model: u32) -> Vec<(&'a Grant, u32)> {
        let ir = self.ir;
        let column = ir.models.get(model as usize).map_or(NONE, |model| model.column);
        let row = ir.access.rows.get(self.row_of(principal) as usize).map_or(&[][..], Vec::as_slice);
        let at = row.binary_search_by_key(&column, |(column, _)| *column).ok().and_then(|at| row.get(at));
        let cell = at.and_then(|(_, cell)| ir.access.cells.get(*cell as usize));
        let numbered = |grant: &u32| Some((ir.access.grants.get(*grant as usize)?, *self.grants.get(*grant as usize)?));
        cell.into_iter().flatten().filter_map(numbered).collect()
    }
}

fn grant_number(ir: &Ir, grant: &Grant, limits: &[u32], terms: &mut Terms) -> u32 {
    let subscription = ir.subscriptions.get(grant.subscription as usize).map_or("", |found| &*found.name);
    let mut own: Vec<u32> = grant.limits.iter().filter_map(|limit| limits.get(*limit as usize)).copied().collect();
    own.sort_unstable();
    let states = grant.approvals.iter().filter_map(|state| ir.approvals.get(*state as usize));
    let mut needs: Vec<u32> =
        states.map(|state| terms.needs.add((state.requirement.clone(), state.role.clone()))).collect();
    needs.sort_unstable();
    needs.dedup();
    let grant = GrantTerms {
        subscription: terms.names.add(subscription.to_owned()),
        from_ms: grant.from_ms,
        until_ms: grant.until_ms,
        endpoints: grant.endpoints,
        max_output_tokens: grant.max_output_tokens,
        obligations: grant.obligations,
        limits: own,
        needs,
    };
    terms.grants.add(grant)
}

fn hop(ir: &Ir, choice: &maas_schemas::decision::UpstreamChoice) -> Option<Hop> {
    let upstream = ir.upstreams.get(choice.upstream as usize)?;
    let provider: &Provider = ir.providers.get(upstream.provider as usize)?;
    Some(Hop {
        tier: choice.tier,
        weight: choice.weight,
        provider: provider.name.clone(),
        kind: provider.kind.name().to_owned(),
        endpoint: provider.endpoint.clone(),
        region: provider.region.clone(),
        model: upstream.model.clone(),
    })
}

/// Divides the weights of each tier by what they have in common: only their ratio acts.
fn in_lowest_terms(mut hops: Vec<Hop>) -> Vec<Hop> {
    for tier in hops.chunk_by_mut(|a, b| a.tier == b.tier) {
        let common = tier.iter().fold(0, |common, hop| divisor(common, hop.weight));
        for hop in tier.iter_mut().filter(|_| common > 1) {
            hop.weight /= common;
        }
        tier.sort();
    }
    hops
}

const fn divisor(mut a: u16, mut b: u16) -> u16 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
