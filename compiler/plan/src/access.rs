//! Rectangles as the plan shows them: names, differences, effects and the lines that say so.

use std::collections::{BTreeMap, BTreeSet};

use maas_schemas::plan::{AccessChange, CallerKind, ChangeClass, Delta, Effect, Need};
use maas_schemas::provenance::Source;
use maasc_ir::ir::{Grant, RuleId};

use crate::change::{Allowed, Change};
use crate::diff::Comparison;
use crate::rectangles::{Rectangle, rectangles};
use crate::table::{LimitTerms, Table};
use crate::witness::{Disagreement, Judges, witness};
use crate::words;

/// How many cells of one rectangle are looked at for lines and endpoints; classes are few, so this is never met in practice.
const MAX_CELLS: usize = 100_000;
/// Bit of a deprecated model.
const DEPRECATED: u32 = maas_schemas::abi::OBLIGATION_DEPRECATED;

/// Returns all access changes of one gateway, most dangerous first.
pub(crate) fn changes(
    comparison: &Comparison<'_>,
    judges: &mut Judges<'_>,
) -> Result<Vec<AccessChange>, Box<Disagreement>> {
    let mut found = Vec::new();
    for rectangle in rectangles(comparison) {
        let Some(change) = comparison.changes.get(rectangle.change) else { continue };
        let shown = Shown { comparison, rectangle: &rectangle, change };
        let access = AccessChange { witness: witness(comparison, &rectangle, judges)?, ..shown.access(judges.gateway) };
        found.push((shown.danger(), access));
    }
    found.sort_by(|(a, x), (b, y)| {
        let names = |change: &AccessChange| (change.kind, change.callers.clone(), change.models.clone());
        let order = x.class.cmp(&y.class).then(b.cmp(a)).then(y.cells.cmp(&x.cells));
        order.then_with(|| names(x).cmp(&names(y)))
    });
    Ok(found.into_iter().map(|(_, access)| access).collect())
}

struct Shown<'s, 'a> {
    comparison: &'s Comparison<'a>,
    rectangle: &'s Rectangle,
    change: &'s Change,
}

/// What some candidate grants of one side say.
#[derive(Default)]
struct Said {
    endpoints: u16,
    rules: BTreeSet<RuleId>,
}

impl<'a> Shown<'_, 'a> {
    fn access(&self, gateway: &str) -> AccessChange {
        let rows = self.rectangle.rows.iter().filter_map(|row| self.comparison.rows.get(*row as usize));
        let mut callers: Vec<&str> = rows.flat_map(|row| row.names.iter().copied()).collect();
        callers.sort_unstable();
        let mut models = self.models();
        models.sort_unstable();
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
        let row = self.comparison.rows.get(self.rectangle.first.row as usize);
        let (before, after) = (self.change.before.as_ref(), self.change.after.as_ref());
        AccessChange {
            class: self.change.class,
            also: self.change.also.clone(),
            gateways: vec![gateway.to_owned()],
            kind: row.map_or(CallerKind::Team, |row| row.kind),
            callers: owned(&callers),
            models: owned(&models),
            cells: u64::try_from(callers.len().saturating_mul(models.len())).unwrap_or(u64::MAX),
            deltas: self.deltas(),
            before: before
                .zip(self.comparison.before.as_ref())
                .map(|(allowed, table)| self.effect(allowed, after, table)),
            after: after
                .zip(self.comparison.after.as_ref())
                .map(|(allowed, table)| self.effect(allowed, before, table)),
            witness: maas_schemas::plan::Witness::default(),
        }
    }

    fn models(&self) -> Vec<&'a str> {
        let columns = self.rectangle.columns.iter().filter_map(|column| self.comparison.columns.get(*column as usize));
        columns.flat_map(|column| column.names.iter().copied()).collect()
    }

    /// How sensitive the most sensitive of its models is: data class, then exposure.
    fn danger(&self) -> (usize, usize) {
        const CLASSES: [&str; 4] = ["public", "internal", "confidential", "restricted"];
        const EXPOSURES: [&str; 3] = ["internal", "customer-facing", "public"];
        let rank = |names: &[&str], name: &str| names.iter().position(|known| *known == name).unwrap_or(names.len());
        let table = self.comparison.after.as_ref().or(self.comparison.before.as_ref());
        let columns = self.rectangle.columns.iter().filter_map(|column| self.comparison.columns.get(*column as usize));
        columns
            .flat_map(|column| &column.names)
            .filter_map(|name| table?.ir.models.get(*table?.model_numbers.get(name)? as usize))
            .map(|model| (rank(&CLASSES, &model.data_class), rank(&EXPOSURES, &model.exposure)))
            .max()
            .unwrap_or_default()
    }

    fn limit(&self, number: u32) -> Option<&LimitTerms> {
        self.comparison.terms.limits.get(number)
    }

    fn currency(&self) -> &str {
        let table = self.comparison.after.as_ref().or(self.comparison.before.as_ref());
        table.map_or("", |table| &table.ir.organization.currency)
    }

    fn names(&self, allowed: &Allowed) -> Vec<String> {
        let names = allowed.subscriptions.iter().filter_map(|name| self.comparison.terms.names.get(*name));
        names.cloned().collect()
    }

    fn needs(&self, allowed: &Allowed) -> Vec<Need> {
        let needs = allowed.needs.iter().filter_map(|need| self.comparison.terms.needs.get(*need));
        let mut needs: Vec<Need> =
            needs.map(|(requirement, role)| Need { requirement: requirement.clone(), role: role.clone() }).collect();
        needs.sort();
        needs
    }

    fn deltas(&self) -> Vec<Delta> {
        let mut deltas = Vec::new();
        let mut add = |aspect: &str, before: String, after: String| {
            if before != after {
                deltas.push(Delta { aspect: aspect.to_owned(), before, after });
            }
        };
        if let (Some(before), Some(after)) = (&self.change.before, &self.change.after) {
            add("subscription", self.names(before).join(", "), self.names(after).join(", "));
            for (before, after) in self.limit_pairs(before, after) {
                let text = |limit: Option<&LimitTerms>| {
                    limit.map_or_else(String::new, |limit| words::text(limit, self.currency()))
                };
                add("limit", text(before), text(after));
            }
            let needs = |allowed: &Allowed| {
                let needs =
                    self.needs(allowed).into_iter().map(|need| format!("{} by {}", need.requirement, need.role));
                needs.collect::<Vec<_>>().join(", ")
            };
            add("approvals", needs(before), needs(after));
            add("starts", words::time(before.from_ms), words::time(after.from_ms));
            add("ends", words::time(before.until_ms), words::time(after.until_ms));
        }
        for (before, after) in
            self.comparison.ceilings.get(self.change.ceilings).into_iter().flat_map(|diff| &diff.lines)
        {
            let text = |limit: &Option<LimitTerms>| {
                let text = |limit| format!("{}: {}", words::owner(limit), words::text(limit, self.currency()));
                limit.as_ref().map_or_else(String::new, text)
            };
            add("ceiling", text(before), text(after));
        }
        let joined = |bits| words::endpoints(bits).join(", ");
        add("endpoints", joined(self.change.lost), joined(self.change.gained));
        let cap = |cap: u32| if cap == 0 { String::new() } else { cap.to_string() };
        if let Some((before, after)) = self.change.cap {
            add("maxOutputTokens", cap(before), cap(after));
        }
        let deprecated = |bits| if bits & DEPRECATED == 0 { "no" } else { "yes" }.to_owned();
        if let Some((before, after)) = self.change.obligations {
            add("deprecated", deprecated(before), deprecated(after));
        }
        let route =
            |number| self.comparison.terms.routes.get(number).map_or_else(String::new, |hops| words::route(hops));
        if let Some((before, after)) = self.change.route {
            add("route", route(before), route(after));
        }
        if let Some((before, after)) = &self.change.data_class {
            add("dataClass", before.clone(), after.clone());
        }
        deltas
    }

    /// Pairs limits that differ in their amount only; what is left stands alone.
    fn limit_pairs(&self, before: &Allowed, after: &Allowed) -> Vec<(Option<&LimitTerms>, Option<&LimitTerms>)> {
        let only = |these: &Allowed, those: &Allowed| -> Vec<&LimitTerms> {
            let numbers = these.limits.iter().filter(|number| !those.limits.contains(number));
            let mut limits: Vec<&LimitTerms> = numbers.filter_map(|number| self.limit(*number)).collect();
            limits.sort();
            limits
        };
        let (gone, mut new) = (only(before, after), only(after, before));
        let place =
            |limit: &LimitTerms| (limit.owner_kind, limit.measure, limit.count, limit.scope, limit.over, limit.window);
        let mut pairs = Vec::new();
        for limit in gone {
            let partner = new.iter().position(|candidate| place(candidate) == place(limit));
            pairs.push((Some(limit), partner.map(|at| new.remove(at))));
        }
        pairs.extend(new.into_iter().map(|limit| (None, Some(limit))));
        pairs
    }

    fn effect(&self, allowed: &Allowed, other: Option<&Allowed>, table: &Table<'_>) -> Effect {
        let said = self.said(other, table);
        let mut limits: Vec<&LimitTerms> = allowed.limits.iter().filter_map(|number| self.limit(*number)).collect();
        limits.sort();
        let mut sources: Vec<Source> = said.rules.iter().map(|rule| table.source(*rule)).collect();
        sources.sort();
        sources.dedup();
        let n_more = sources.len().saturating_sub(Effect::MAX_SOURCES);
        sources.truncate(Effect::MAX_SOURCES);
        Effect {
            subscriptions: self.names(allowed),
            limits: limits.into_iter().map(|limit| words::limit(limit, self.currency())).collect(),
            endpoints: words::endpoints(said.endpoints),
            upstreams: self.upstreams(table),
            approvals: self.needs(allowed),
            from: words::time(allowed.from_ms),
            until: words::time(allowed.until_ms),
            sources,
            more_sources: u64::try_from(n_more).unwrap_or(u64::MAX),
        }
    }

    fn upstreams(&self, table: &Table<'_>) -> Vec<String> {
        let models = self.models().into_iter().filter_map(|name| table.model_numbers.get(name));
        let routes: BTreeSet<u32> =
            models.filter_map(|model| table.ir.models.get(*model as usize)).map(|model| model.route).collect();
        let choices = routes.iter().filter_map(|route| table.ir.routes.get(*route as usize)).flatten();
        let upstreams = choices.filter_map(|choice| table.ir.upstreams.get(choice.upstream as usize));
        let names = upstreams.map(|upstream| {
            let provider = table.ir.providers.get(upstream.provider as usize);
            format!("{}/{}", provider.map_or("", |provider| &provider.name), upstream.model)
        });
        names.collect::<BTreeSet<String>>().into_iter().collect()
    }

    /// Looks up what one side wrote: the lines of limits that moved, of models that were rerouted, else of the grants.
    fn said(&self, other: Option<&Allowed>, table: &Table<'_>) -> Said {
        let mut said = Said::default();
        let (mut of_limits, mut of_models) = (BTreeSet::new(), BTreeSet::new());
        let classes: BTreeSet<ChangeClass> = self.change.also.iter().copied().chain([self.change.class]).collect();
        let is_rerouted = classes.contains(&ChangeClass::Rerouted);
        let mut n_cells: usize = 0;
        for row in self.rectangle.rows.iter().filter_map(|row| self.comparison.rows.get(*row as usize)) {
            let principals = principals(table, row.kind, row.names.first().copied().unwrap_or_default());
            if self.change.ceilings != 0 {
                let ceilings = principals.iter().flat_map(|principal| table.ir.ceilings_of(*principal));
                of_limits.extend(
                    ceilings
                        .filter(|limit| self.has_moved(table, **limit))
                        .filter_map(|limit| table.ir.limits.get(*limit as usize).map(|limit| limit.rule)),
                );
            }
            for column in
                self.rectangle.columns.iter().filter_map(|column| self.comparison.columns.get(*column as usize))
            {
                n_cells = n_cells.saturating_add(1);
                let model = column.names.first().and_then(|name| table.model_numbers.get(name)).copied();
                let Some(model) = model.filter(|_| n_cells <= MAX_CELLS) else { continue };
                if is_rerouted {
                    of_models.extend(table.ir.models.get(model as usize).map(|model| model.rule));
                }
                for (grant, _) in principals.iter().flat_map(|principal| table.candidates(*principal, model)) {
                    said.endpoints |= grant.endpoints;
                    said.rules.insert(grant.rule);
                    of_limits.extend(moved_limits(grant, other, table));
                }
            }
        }
        let moved = of_limits.into_iter().chain(of_models).collect::<BTreeSet<RuleId>>();
        let is_about_grants = classes.iter().any(|class| {
            !matches!(class, ChangeClass::Widened | ChangeClass::Narrowed | ChangeClass::Mixed | ChangeClass::Rerouted)
        });
        if !moved.is_empty() && !is_about_grants {
            said.rules = moved;
        }
        said
    }

    /// Says whether a ceiling is one of those that differ.
    fn has_moved(&self, table: &Table<'_>, limit: u32) -> bool {
        let terms = table.limits.get(limit as usize).and_then(|number| self.limit(*number));
        let lines = self.comparison.ceilings.get(self.change.ceilings).map_or(&[][..], |diff| &*diff.lines);
        let like = |line: &Option<LimitTerms>, terms: &LimitTerms| {
            line.as_ref().is_some_and(|line| {
                let own = line.owner.is_empty() || line.owner == terms.owner;
                own && (line.measure, line.count, line.scope, line.window, line.amount)
                    == (terms.measure, terms.count, terms.scope, terms.window, terms.amount)
            })
        };
        terms.is_some_and(|terms| lines.iter().any(|(before, after)| like(before, terms) || like(after, terms)))
    }
}

/// Returns the lines of limits that the other side does not have.
fn moved_limits<'t>(
    grant: &'t Grant,
    other: Option<&'t Allowed>,
    table: &'t Table<'_>,
) -> impl Iterator<Item = RuleId> + 't {
    let is_new = move |limit: &&u32| {
        let number = table.limits.get(**limit as usize);
        other.zip(number).is_some_and(|(other, number)| !other.limits.contains(number))
    };
    grant.limits.iter().filter(is_new).filter_map(|limit| table.ir.limits.get(*limit as usize).map(|limit| limit.rule))
}

fn principals(table: &Table<'_>, kind: CallerKind, name: &str) -> Vec<u32> {
    use maasc_ir::ir::MemberKind;
    let member = match kind {
        CallerKind::Team | CallerKind::User => return table.principals.get(name).copied().into_iter().collect(),
        CallerKind::Group => MemberKind::Group,
        CallerKind::Member => MemberKind::User,
        CallerKind::ServiceAccount => MemberKind::ServiceAccount,
    };
    let own = table.principals.get(name).filter(|_| kind == CallerKind::Member).copied();
    let of = table.members.get(&(member, name)).copied().unwrap_or_default();
    of.iter().copied().chain(own).collect()
}

/// Puts equal changes of several gateways together, in the order of the first.
pub(crate) fn merge(gateways: Vec<Vec<AccessChange>>) -> Vec<AccessChange> {
    type Key = (ChangeClass, CallerKind, Vec<String>, Vec<String>, Vec<Delta>);
    let mut places: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
    let mut merged: Vec<AccessChange> = Vec::new();
    for change in gateways.into_iter().flatten() {
        let key = (change.class, change.kind, change.callers.clone(), change.models.clone(), change.deltas.clone());
        let alike = places.entry(key).or_default();
        let same = alike.iter().copied().find(|place| {
            merged.get(*place).is_some_and(|known| {
                known.also == change.also && known.before == change.before && known.after == change.after
            })
        });
        match same.and_then(|place| merged.get_mut(place)) {
            Some(known) => known.gateways.extend(change.gateways),
            None => {
                alike.push(merged.len());
                merged.push(change);
            }
        }
    }
    merged.sort_by_key(|change| change.class);
    merged
}
