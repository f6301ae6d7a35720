//! Lines of limits: amounts read, defaults applied, and what a place does not allow refused.

use maas_schemas::abi::{Count, Measure, Over, Scope};
use maasc_diagnostics::Spanned;
use maasc_syntax::ast;

use super::{Lowering, Subject};
use crate::hir::Limit;
use crate::rules::{misplaced_over, misplaced_scope, zero_limit};
use crate::units::{self, Window};

/// Where a line of limits stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `Quota.limits`, `Subscription.limits`.
    Subscription,
    /// `perModel[].limits`.
    PerModel,
    /// `Team.limits`.
    Team,
    /// `Organization.limits`.
    Organization,
    /// `Provider.limits`.
    Provider,
    /// `expect.limits` of a test.
    Expectation,
}

impl Place {
    /// Says whether a line adds up everything below, so that `over` has no place.
    pub(crate) const fn is_ceiling(self) -> bool {
        matches!(self, Self::Team | Self::Organization | Self::Provider)
    }
}

impl Lowering<'_> {
    /// Reads lines; one with an error is left out.
    pub(super) fn limits(&mut self, subject: Subject<'_>, lines: &[ast::Limit], place: Place) -> Vec<Limit> {
        lines.iter().filter_map(|line| self.limit(subject, line, place)).collect()
    }

    fn limit(&mut self, subject: Subject<'_>, line: &ast::Limit, place: Place) -> Option<Limit> {
        let measure = line.measure.clone();
        let is_money = measure.value == Measure::Cost;
        let amount = self.unit(subject, &line.amount, |text| {
            if is_money { units::money(text).map(|money| money.0) } else { units::count(text) }
        });
        let window = self.window(subject, line);
        let over = self.over(subject, line, place);
        if let Some(finding) = misplaced_scope::check(place, line) {
            self.acc.push(finding);
            self.mark_broken(subject);
            return None;
        }
        let (amount, window) = (amount?, window?);
        if amount.value == 0 && place != Place::Expectation {
            self.acc.push(zero_limit::finding(line));
        }
        Some(Limit {
            span: line.span,
            measure,
            amount,
            window,
            scope: line.scope.clone(),
            over: over?,
            count: count_of(line),
        })
    }

    /// The window; that it is there exactly when it must be is a matter of shape.
    fn window(&mut self, subject: Subject<'_>, line: &ast::Limit) -> Option<Spanned<Window>> {
        match &line.per {
            Some(per) => self.unit(subject, per, units::window),
            None => {
                let is_concurrency = line.measure.value == Measure::Concurrency;
                is_concurrency.then(|| Spanned::new(Window::None, line.measure.span))
            }
        }
    }

    fn over(&mut self, subject: Subject<'_>, line: &ast::Limit, place: Place) -> Option<Over> {
        let default = match place {
            Place::Subscription | Place::PerModel | Place::Expectation => Over::Model,
            Place::Team | Place::Organization | Place::Provider => Over::Everything,
        };
        let Some(over) = &line.over else { return Some(default) };
        match misplaced_over::check(place, over) {
            None => Some(over.value),
            Some(finding) => {
                self.acc.push(finding);
                self.mark_broken(subject);
                None
            }
        }
    }
}

/// Which tokens a line counts; `total` when it says nothing.
fn count_of(line: &ast::Limit) -> Count {
    match line.measure.value {
        Measure::Tokens => line.count.as_ref().map_or(Count::Total, |count| count.value),
        Measure::Requests | Measure::Cost | Measure::Concurrency => Count::None,
    }
}

/// Says whether the first scope's counters are parts of the second's.
pub(crate) fn scope_within(one: Scope, other: Scope) -> bool {
    // A user may be charged to several teams, so a user's counter is not a part of one team's.
    one == other || other == Scope::Organization || (one == Scope::Key && other == Scope::User)
}
