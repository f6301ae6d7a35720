//! One line of limits.

use maas_schemas::abi::{Count, Measure, Over, Scope};
use maasc_diagnostics::Spanned;

use super::Decoder;
use super::field::Field;
use crate::ast::{Limit, Text};
use crate::rules;
use crate::tree::NodeId;

const SCOPES: &[(Scope, &str)] =
    &[(Scope::Key, "key"), (Scope::User, "user"), (Scope::Team, "team"), (Scope::Organization, "organization")];
const OVERS: &[(Over, &str)] = &[(Over::Model, "model"), (Over::Subscription, "subscription")];
const COUNTS: &[(Count, &str)] = &[(Count::Total, "total"), (Count::Input, "input"), (Count::Output, "output")];
const MEASURES: [Measure; 4] = [Measure::Tokens, Measure::Requests, Measure::Cost, Measure::Concurrency];

impl Decoder<'_> {
    /// Returns the lines of a field.
    pub(super) fn limits(&mut self, field: Field) -> Vec<Limit> {
        self.list(field, |decoder, node| decoder.limit(node, None))
    }

    /// Returns the lines of a provider, whose callers are all of ours together where nothing else is said.
    pub(super) fn provider_limits(&mut self, field: Field) -> Vec<Limit> {
        self.list(field, |decoder, node| decoder.limit(node, Some(Scope::Organization)))
    }

    fn limit(&mut self, node: NodeId, default_scope: Option<Scope>) -> Option<Limit> {
        let names = ["tokens", "requests", "cost", "concurrency", "per", "scope", "over", "count"];
        let [tokens, requests, cost, concurrency, per, scope, over, count] = self.fields(node, "limit", names)?;
        let span = self.tree.span(node);
        let measure = self.measure(node, [tokens, requests, cost, concurrency]);
        let per = self.window(node, per, measure.as_ref().map(|(measure, _)| measure.value));
        let scope = match default_scope {
            Some(default) if !scope.is_present() => Some(Spanned::new(default, span)),
            _ => {
                self.require(scope);
                self.word(scope, SCOPES)
            }
        };
        let over_value = self.word(over, OVERS);
        let count_value = self.count(count, measure.as_ref().map(|(measure, _)| measure.value));
        let (measure, amount) = measure?;
        // A line that lost one of these would limit something else than was written.
        if over.is_present() && over_value.is_none() || count.is_present() && count_value.is_none() {
            return None;
        }
        Some(Limit { span, measure, amount, per: per?, scope: scope?, over: over_value, count: count_value })
    }

    fn measure(&mut self, node: NodeId, fields: [Field; 4]) -> Option<(Spanned<Measure>, Text)> {
        let mut present = MEASURES.into_iter().zip(fields).filter_map(|(measure, field)| {
            let key = field.key()?;
            Some((measure, field, key))
        });
        let Some((measure, field, key)) = present.next() else {
            let place = self.place(node);
            self.acc.push(rules::malformed_limit::no_measure(place));
            return None;
        };
        let span = self.tree.span(key);
        if let Some((_, other, other_key)) = present.next() {
            let other_span = self.tree.span(other_key);
            self.acc.push(rules::malformed_limit::two_measures(other_span, span, field.name, other.name));
            return None;
        }
        let amount = self.text(field)?;
        Some((Spanned::new(measure, span), amount))
    }

    /// Returns `None` where the window is wrong, `Some(None)` where there rightly is none.
    fn window(&mut self, node: NodeId, field: Field, measure: Option<Measure>) -> Option<Option<Text>> {
        match (field.key(), measure) {
            (Some(key), Some(Measure::Concurrency)) => {
                let span = self.tree.span(key);
                self.acc.push(rules::malformed_limit::window_of_concurrency(span));
                None
            }
            (Some(_), _) => self.text(field).map(Some),
            (None, Some(Measure::Concurrency) | None) => Some(None),
            (None, Some(measure)) => {
                let place = self.place(node);
                self.acc.push(rules::malformed_limit::no_window(place, measure.name()));
                None
            }
        }
    }

    fn count(&mut self, field: Field, measure: Option<Measure>) -> Option<Spanned<Count>> {
        let key = field.key()?;
        if let Some(measure) = measure
            && measure != Measure::Tokens
        {
            let span = self.tree.span(key);
            self.acc.push(rules::malformed_limit::count_without_tokens(span, measure.name()));
            return None;
        }
        self.word(field, COUNTS)
    }
}
