//! What must hold: every invariant over all that it ranges over, once for each distinct tuple of what it reads.

use std::collections::{BTreeMap, BTreeSet};

use maasc_diagnostics::{Diagnostic, Diagnostics, Span};
use maasc_hir::hir::{ForEach, Hir, Invariant};
use maasc_ir::Built;
use maasc_ir::cel::{Combination, Condition, EvalError, Memo, Subject, Tuple, Values, over_grants};
use maasc_ir::ir::Ir;
use maasc_ir::rules::expression_fails;

use crate::policy_test::gateway_id;
use crate::rules;
use crate::words::list;

/// How many names a finding lists.
const MOST_NAMED: usize = 5;

/// Reports invariants that do not hold, and those whose expressions have no answer.
pub(crate) fn check(hir: &Hir, built: &[Built], acc: &mut Diagnostics) {
    for invariant in &hir.invariants {
        let mut failures: BTreeMap<(Span, String), (Diagnostic, Vec<String>)> = BTreeMap::new();
        let mut n_gateways = 0;
        for built in built {
            let name = &built.ir.gateway.name;
            if !gateway_id(hir, name).is_some_and(|gateway| invariant.header.is_for(gateway)) {
                continue;
            }
            n_gateways += 1;
            for finding in of_gateway(invariant, built) {
                let place = finding.primary.as_ref().map(|label| label.span).unwrap_or_default();
                let entry = failures.entry((place, finding.message.clone()));
                entry.or_insert_with(|| (finding, Vec::new())).1.push(format!("`{name}`"));
            }
        }
        for (finding, gateways) in failures.into_values() {
            let is_everywhere = gateways.len() == n_gateways;
            acc.push(if is_everywhere { finding } else { finding.note(format!("on gateway {}", list(&gateways))) });
        }
    }
}

/// One invariant with its expressions ready.
struct Check<'a> {
    invariant: &'a Invariant,
    built: &'a Built,
    ir: &'a Ir,
    conditions: Vec<Condition>,
    findings: Vec<Diagnostic>,
}

fn of_gateway(invariant: &Invariant, built: &Built) -> Vec<Diagnostic> {
    let expressions = invariant.condition.iter().chain([&invariant.must]);
    // What does not parse was reported where names are resolved.
    let Ok(conditions) = expressions.map(Condition::new).collect::<Result<Vec<_>, EvalError>>() else {
        return Vec::new();
    };
    let values = Values::of(&built.ir);
    let mut check = Check { invariant, built, ir: &built.ir, conditions, findings: Vec::new() };
    let none = Subject::default();
    let ir = &built.ir;
    match invariant.for_each {
        ForEach::Grant => check.grants(&values),
        ForEach::Model => {
            check.each(&values, ir.models.len(), |index| Subject { model: Some(index), ..none });
        }
        ForEach::Team => {
            check.each(&values, ir.teams.len(), |index| Subject { principal: Some(index), ..none });
        }
        ForEach::Subscription => {
            check.each(&values, ir.subscriptions.len(), |index| Subject { subscription: Some(index), ..none });
        }
    }
    // One case where an expression fails is enough to correct it.
    let mut failing = BTreeSet::new();
    check.findings.retain(|finding| {
        let place = finding.primary.as_ref().map(|label| label.span);
        finding.rule != &expression_fails::RULE || failing.insert(place)
    });
    check.findings
}

/// What an invariant was asked about.
struct Case<'a> {
    /// In words: ``model `gpt-4o` ``.
    words: String,
    /// The line that is to blame, and others.
    place: Span,
    also: Vec<(Span, &'static str)>,
    notes: Vec<String>,
    tuples: &'a [Tuple],
    answers: &'a [Result<bool, EvalError>],
}

impl Check<'_> {
    fn grants(&mut self, values: &Values<'_>) {
        let conditions: Vec<&Condition> = self.conditions.iter().collect();
        let mut findings = Vec::new();
        over_grants(&conditions, values, |combination| {
            findings.extend(self.judge(self.grant_case(combination)));
        });
        self.findings = findings;
    }

    fn grant_case<'c>(&self, combination: &Combination<'c>) -> Case<'c> {
        let subscription = self.ir.subscriptions.get(combination.subscription as usize);
        let place = |things: &[u32], rules: &[u32], wanted: Option<&u32>| {
            let index = things.iter().position(|thing| Some(thing) == wanted)?;
            rules.get(index).map(|rule| self.built.span(*rule))
        };
        let name = subscription.map_or("", |subscription| &subscription.name);
        let model_place = subscription
            .and_then(|found| place(&found.models, &found.model_rules, combination.models.first()))
            .unwrap_or_default();
        let caller_place = subscription
            .and_then(|found| place(&found.principals, &found.principal_rules, combination.principals.first()));
        let callers: Vec<String> = combination
            .principals
            .iter()
            .map(|principal| format!("`{}`", self.ir.principal_name(*principal)))
            .collect();
        let models: Vec<String> = combination
            .models
            .iter()
            .filter_map(|model| self.ir.models.get(*model as usize))
            .map(|model| format!("`{}`", model.name))
            .collect();
        let mut notes = Vec::new();
        let mut brief = |names: &[String], noun: &str| match names {
            [only] => only.clone(),
            several => {
                notes.push(format!("{noun}: {}", first_of(several)));
                format!("{} {noun}", several.len())
            }
        };
        let words = format!("{} × {} in `{name}`", brief(&callers, "callers"), brief(&models, "models"));
        let also = caller_place.map(|span| (span, "granted to")).into_iter().collect();
        Case { words, place: model_place, also, notes, tuples: combination.tuples, answers: combination.answers }
    }

    /// Asks about each of `length` things.
    fn each(&mut self, values: &Values<'_>, length: usize, subject: impl Fn(u32) -> Subject) {
        let mut memos: Vec<Memo<'_>> = self.conditions.iter().map(Memo::new).collect();
        let mut findings = Vec::new();
        for index in 0..u32::try_from(length).unwrap_or(u32::MAX) {
            let subject = subject(index);
            let tuples: Vec<Tuple> =
                self.conditions.iter().map(|condition| values.tuple(condition.reads(), subject)).collect();
            let mut answers = Vec::new();
            for (memo, tuple) in memos.iter_mut().zip(&tuples) {
                let answer = memo.evaluate(tuple);
                let holds = answer == Ok(true);
                answers.push(answer);
                if !holds {
                    break;
                }
            }
            let (words, rule) = self.thing(subject);
            let place = self.built.span(rule);
            let case = Case { words, place, also: Vec::new(), notes: Vec::new(), tuples: &tuples, answers: &answers };
            findings.extend(self.judge(case));
        }
        self.findings = findings;
    }

    /// Returns a thing in words, and its line.
    fn thing(&self, subject: Subject) -> (String, u32) {
        let found = match (subject.model, subject.principal, subject.subscription) {
            (Some(model), ..) => {
                self.ir.models.get(model as usize).map(|model| (format!("model `{}`", model.name), model.rule))
            }
            (None, Some(team), _) => {
                self.ir.teams.get(team as usize).map(|team| (format!("team `{}`", team.name), team.rule))
            }
            (None, None, Some(subscription)) => {
                let subscription = self.ir.subscriptions.get(subscription as usize);
                subscription.map(|found| (format!("subscription `{}`", found.name), found.rule))
            }
            (None, None, None) => None,
        };
        found.unwrap_or_default()
    }

    /// Returns the finding about one case, if there is one.
    fn judge(&self, case: Case<'_>) -> Option<Diagnostic> {
        let name = &self.invariant.header.name.value;
        let last = case.answers.len().checked_sub(1)?;
        match case.answers.get(last)? {
            Ok(true) => None,
            // `where` says that the invariant is not about this.
            Ok(false) if case.answers.len() < self.conditions.len() => None,
            Ok(false) => {
                let message = format!("invariant `{name}` does not hold for {}", case.words);
                let must = &self.invariant.must.text;
                let mut finding = Diagnostic::new(&rules::invariant_broken::RULE, case.place, message)
                    .label(&self.invariant.message)
                    .also(must.span, "this must hold");
                for (span, text) in case.also {
                    finding = finding.also(span, text);
                }
                for note in case.notes {
                    finding = finding.note(note);
                }
                Some(self.with_values(finding, case.tuples))
            }
            Err(error) => {
                let expression = match &self.invariant.condition {
                    Some(condition) if case.answers.len() < self.conditions.len() => condition,
                    _ => &self.invariant.must,
                };
                let finding = expression_fails::finding(expression, &case.words, error).also(case.place, "for this");
                Some(self.with_values(finding, case.tuples))
            }
        }
    }

    /// Adds what the names of the expressions stood for.
    fn with_values(&self, mut finding: Diagnostic, tuples: &[Tuple]) -> Diagnostic {
        for (condition, tuple) in self.conditions.iter().zip(tuples) {
            for (path, datum) in condition.reads().iter().zip(tuple) {
                let value =
                    (path.to_string(), datum.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string));
                if !finding.values.contains(&value) {
                    finding.values.push(value);
                }
            }
        }
        finding
    }
}

/// Returns the first names and how many more there are.
fn first_of(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(MOST_NAMED).cloned().collect();
    if names.len() > MOST_NAMED {
        shown.push(format!("{} more", names.len() - MOST_NAMED));
    }
    list(&shown)
}

#[cfg(test)]
mod tests;
