//! Policy tests: what must come out, asked of any evaluator, with what the tests left unasked.

use std::collections::BTreeSet;

use maas_schemas::abi::{Endpoint, Over, Reason};
use maas_schemas::decision::{Decision, Request};
use maas_schemas::provenance::Source;
use maas_schemas::test_report::{Coverage, FORMAT, TestFailure, TestReport, TestResult};
use maasc_diagnostics::{SourceMap, Span};
use maasc_hir::hir::{self, Case, Hir, Matrix, PolicyTest};
use maasc_hir::ids::GatewayId;
use maasc_hir::units::Time;
use maasc_ir::Built;
use maasc_ir::eval::Reference;
use maasc_ir::evaluate::Evaluate;
use maasc_ir::ir::Ir;

use crate::words::{LimitWords, source, source_at, time};

/// How many cells and limits are named that no test looked at.
const MOST_LEFT: usize = 10;

/// One environment that is tested.
#[expect(missing_debug_implementations, reason = "an evaluator is a machine and has no text")]
pub struct Subject<'a> {
    /// Its decision table.
    pub built: &'a Built,
    /// What answers: the compiled module, or the reference.
    pub evaluate: &'a mut dyn Evaluate,
}

/// Runs every policy test of a workspace; `at` is the time for cases that name none.
pub fn run(hir: &Hir, subjects: &mut [Subject<'_>], sources: &SourceMap, at: Time) -> TestReport {
    let mut results = Vec::new();
    let mut asked: Vec<Asked> = subjects.iter().map(|_| Asked::default()).collect();
    for test in &hir.policy_tests {
        for (subject, asked) in subjects.iter_mut().zip(&mut asked) {
            let name = &subject.built.ir.gateway.name;
            let Some(gateway) = gateway_id(hir, name).filter(|gateway| test.header.is_for(*gateway)) else { continue };
            let mut run = Run { hir, test, gateway, sources, at, subject, asked };
            results.extend(run.results());
        }
    }
    // Documents, cases, environments: a reader looks for a case, not for an environment.
    results.sort_by(|a, b| (&a.source, &a.gateway).cmp(&(&b.source, &b.gateway)));
    let n_failed = results.iter().filter(|result| !result.failures.is_empty()).count();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    TestReport {
        format: FORMAT.to_owned(),
        at: time(at.0),
        n_passed: number(results.len() - n_failed),
        n_failed: number(n_failed),
        results,
        coverage: subjects.iter().zip(asked).map(|(subject, asked)| asked.coverage(&subject.built.ir)).collect(),
        mutants: None,
    }
}

pub(crate) fn gateway_id(hir: &Hir, name: &str) -> Option<GatewayId> {
    let index = hir.gateways.iter().position(|gateway| gateway.header.name.value == name)?;
    u32::try_from(index).ok().map(GatewayId)
}

/// One document in one environment.
struct Run<'a, 's> {
    hir: &'a Hir,
    test: &'a PolicyTest,
    gateway: GatewayId,
    sources: &'a SourceMap,
    at: Time,
    subject: &'a mut Subject<'s>,
    asked: &'a mut Asked,
}

impl Run<'_, '_> {
    fn results(&mut self) -> Vec<TestResult> {
        let (test, gateway) = (self.test, self.gateway);
        let is_here = |wanted: Option<GatewayId>| wanted.is_none_or(|wanted| wanted == gateway);
        let mut results = Vec::new();
        for case in &test.cases {
            if is_here(case.gateway.as_ref().map(|gateway| gateway.value)) {
                results.push(self.case(case));
            }
        }
        if let Some(matrix) = &test.matrix
            && is_here(matrix.gateway.as_ref().map(|gateway| gateway.value))
        {
            results.extend(self.matrix(matrix));
        }
        results
    }

    fn result(&self, name: String, span: Span, failures: Vec<TestFailure>) -> TestResult {
        TestResult {
            test: self.test.header.name.value.clone(),
            name,
            gateway: self.subject.built.ir.gateway.name.clone(),
            source: self.place(span),
            failures,
        }
    }

    fn place(&self, span: Span) -> Source {
        source_at(self.sources, span, &format!("PolicyTest/{}", self.test.header.name.value))
    }

    fn failure(&self, span: Span, decision: &Decision, texts: [String; 3]) -> TestFailure {
        let [message, expected, actual] = texts;
        let decided_by = decision.rule.map(|rule| source(self.subject.built, self.sources, rule));
        TestFailure { message, expected, actual, source: self.place(span), decided_by }
    }

    /// Returns the model's first endpoint; `chat` for a name that no model has.
    fn first_endpoint(&self, model: &str) -> Endpoint {
        let ir = &self.subject.built.ir;
        let model = Reference::new(ir).model(model).and_then(|index| ir.models.get(index as usize));
        model.and_then(|model| Endpoint::from_code(model.first_endpoint)).unwrap_or(Endpoint::Chat)
    }

    fn case(&mut self, case: &Case) -> TestResult {
        let at = case.at.as_ref().map_or(self.at, |at| at.value);
        let team = case.team.as_ref().and_then(|team| self.hir.teams.get(team.value.index()));
        let request = Request {
            endpoint: Some(case.endpoint.unwrap_or_else(|| self.first_endpoint(&case.model.value))),
            now_ms: at.0,
            model: Some(case.model.value.clone()),
            subscription: case.subscription.as_ref().map(|name| name.value.clone()),
            teams: team.iter().map(|team| team.header.name.value.clone()).collect(),
            user: case.user.as_ref().map(|user| user.value.text.clone()),
            groups: case.groups.iter().map(|group| group.value.clone()).collect(),
            service_account: case.service_account.as_ref().map(|account| account.value.clone()),
        };
        let decision = self.subject.evaluate.decide(&request);
        self.asked.note(&decision);
        let failures = self.compare(case, &decision);
        self.result(case.name.value.clone(), case.name.span, failures)
    }

    fn compare(&mut self, case: &Case, decision: &Decision) -> Vec<TestFailure> {
        if case.allow.value != decision.is_allowed() {
            let texts = ["the answer".to_owned(), verdict(case.allow.value).to_owned(), answer(decision)];
            return vec![self.failure(case.allow.span, decision, texts)];
        }
        let built = self.subject.built;
        let ir = &built.ir;
        let mut failures = Vec::new();
        if let Some(reason) = case.reason.as_ref().filter(|reason| reason.value != decision.reason) {
            let texts = ["the reason", reason.value.name(), decision.reason.name()].map(ToOwned::to_owned);
            failures.push(self.failure(reason.span, decision, texts));
        }
        if let Some(wanted) = &case.expect_subscription {
            let expected = self.hir.subscriptions.get(wanted.value.index());
            let expected = expected.map_or("", |subscription| subscription.header.name.value.as_str());
            let actual = crate::who::subscription_name(ir, decision);
            if expected != actual {
                let actual = if actual.is_empty() { "none" } else { actual };
                let texts = ["the subscription", expected, actual].map(ToOwned::to_owned);
                failures.push(self.failure(wanted.span, decision, texts));
            }
        }
        if let Some(wanted) = &case.expect_upstream {
            let expected = self.hir.providers.get(wanted.value.index());
            let expected = expected.map_or("", |provider| provider.header.name.value.as_str());
            let first = first_providers(ir, decision);
            if !first.contains(&expected) {
                let actual = if first.is_empty() { "none".to_owned() } else { first.join(" or ") };
                let texts = ["the provider that is tried first".to_owned(), expected.to_owned(), actual];
                failures.push(self.failure(wanted.span, decision, texts));
            }
        }
        for wanted in &case.expect_limits {
            failures.extend(self.compare_limit(wanted, decision));
        }
        failures
    }

    fn compare_limit(&mut self, wanted: &hir::Limit, decision: &Decision) -> Option<TestFailure> {
        let expected = LimitWords::from(wanted);
        let limits = || decision.limits.iter().map(|limit| (limit.key, LimitWords::from(limit)));
        // `over` is left out by the author far more often than it is meant: the default stands for all of them.
        let is_same_kind = |limit: &LimitWords| {
            let over = if expected.over == Over::Model { limit.over } else { expected.over };
            LimitWords { amount: limit.amount, over, ..expected } == *limit
        };
        if let Some((key, _)) = limits().find(|(_, limit)| is_same_kind(limit) && limit.amount == expected.amount) {
            self.asked.limits.insert(key);
            return None;
        }
        let currency = &self.subject.built.ir.organization.currency;
        let similar: Vec<String> =
            limits().filter(|(_, limit)| is_same_kind(limit)).map(|(_, limit)| limit.text(currency)).collect();
        let actual = if similar.is_empty() { "no such limit".to_owned() } else { similar.join(" and ") };
        Some(self.failure(wanted.span, decision, ["a limit".to_owned(), expected.text(currency), actual]))
    }

    /// Returns one result for each row.
    fn matrix(&mut self, matrix: &Matrix) -> Vec<TestResult> {
        let at = matrix.at.as_ref().map_or(self.at, |at| at.value);
        let mut results = Vec::new();
        for (team, cells) in &matrix.rows {
            let Some(name) = self.hir.teams.get(team.value.index()).map(|team| &team.header.name.value) else {
                continue;
            };
            let mut failures = Vec::new();
            for (model, expected) in matrix.models.iter().zip(cells) {
                let Some(model) = self.hir.models.get(model.value.index()) else { continue };
                let model = &model.header.name.value;
                let request = Request {
                    endpoint: Some(matrix.endpoint.unwrap_or_else(|| self.first_endpoint(model))),
                    now_ms: at.0,
                    model: Some(model.clone()),
                    teams: vec![name.clone()],
                    ..Request::default()
                };
                let decision = self.subject.evaluate.decide(&request);
                self.asked.note(&decision);
                if decision.is_allowed() != expected.value {
                    let texts =
                        [format!("`{name}` × `{model}`"), verdict(expected.value).to_owned(), answer(&decision)];
                    failures.push(self.failure(expected.span, &decision, texts));
                }
            }
            results.push(self.result(format!("matrix: {name}"), team.span, failures));
        }
        results
    }
}

const fn verdict(allow: bool) -> &'static str {
    if allow { "allow" } else { "deny" }
}

fn answer(decision: &Decision) -> String {
    match decision.reason {
        Reason::Allow => "allow".to_owned(),
        reason => format!("deny: {reason}"),
    }
}

/// Returns the providers of the first tier: with weights, each of them may be tried first.
fn first_providers<'a>(ir: &'a Ir, decision: &Decision) -> Vec<&'a str> {
    let first = decision.upstreams.iter().map(|choice| choice.tier).min();
    let choices = decision.upstreams.iter().filter(|choice| Some(choice.tier) == first && choice.weight > 0);
    let names = choices.filter_map(|choice| {
        let upstream = ir.upstreams.get(choice.upstream as usize)?;
        ir.providers.get(upstream.provider as usize).map(|provider| provider.name.as_str())
    });
    names.collect()
}

/// What the tests asked of one environment.
#[derive(Debug, Default)]
struct Asked {
    /// (principal, model).
    cells: BTreeSet<(u32, u32)>,
    /// Keys of counters whose amount was expected.
    limits: BTreeSet<u64>,
}

impl Asked {
    fn note(&mut self, decision: &Decision) {
        self.cells.extend(decision.team.zip(decision.model));
    }

    fn coverage(&self, ir: &Ir) -> Coverage {
        let n_principals = u32::try_from(ir.n_principals()).unwrap_or(u32::MAX);
        let (mut n_cells, mut n_cells_asked, mut cells_left) = (0, 0, Vec::new());
        let mut limits: BTreeSet<u32> = BTreeSet::new();
        for principal in 0..n_principals {
            for (model, found) in (0..).zip(&ir.models) {
                let mut grants = ir.candidates(principal, model).peekable();
                if grants.peek().is_none() {
                    continue;
                }
                limits.extend(grants.flat_map(|grant| &grant.limits));
                limits.extend(ir.ceilings_of(principal));
                n_cells += 1;
                if self.cells.contains(&(principal, model)) {
                    n_cells_asked += 1;
                } else if cells_left.len() < MOST_LEFT {
                    cells_left.push(format!("{} {}", ir.principal_name(principal), found.name));
                }
            }
        }
        let limits: Vec<_> = limits.iter().filter_map(|index| ir.limits.get(*index as usize)).collect();
        let (asked, left): (Vec<_>, Vec<_>) = limits.iter().partition(|limit| self.limits.contains(&limit.key));
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let name = |limit: &&maasc_ir::ir::Limit| ir.names.get(limit.name as usize).cloned();
        Coverage {
            gateway: ir.gateway.name.clone(),
            n_cells_asked,
            n_cells,
            n_limits_asked: number(asked.len()),
            n_limits: number(limits.len()),
            cells_left,
            limits_left: left.into_iter().filter_map(name).take(MOST_LEFT).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
