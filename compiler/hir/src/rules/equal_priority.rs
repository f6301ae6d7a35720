//! `equal-priority`: two subscriptions for one team and model with one priority.

use maasc_diagnostics::{Diagnostic, Level, Rule};
use maasc_syntax::ast::Kind;

use crate::hir::{Hir, Subscription};
use crate::ids::TeamId;
use crate::lower::Lowering;

/// Two subscriptions for one team and model with one priority.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0406",
    name: "equal-priority",
    summary: "two subscriptions for one team and model with one priority",
    level: Level::Warn,
    page: include_str!("equal_priority.md"),
};

pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    let sets: Vec<Granted> = hir.subscriptions.iter().map(Granted::new).collect();
    let is_whole = |index: &usize| u32::try_from(*index).is_ok_and(|i| !lowering.is_broken(Kind::Subscription, i));
    let mut order: Vec<usize> = (0..sets.len()).filter(is_whole).collect();
    // Equal priorities side by side, in the order of names inside.
    order.sort_by_key(|index| sets.get(*index).map(|set| set.priority));
    let mut findings = Vec::new();
    for group in order.chunk_by(|a, b| sets.get(*a).map(|s| s.priority) == sets.get(*b).map(|s| s.priority)) {
        for (position, index) in group.iter().enumerate() {
            let Some(here) = sets.get(*index) else { continue };
            let clash = group.iter().take(position).find(|other| {
                sets.get(**other).is_some_and(|there| here.meets(there)) && together(hir, lowering, *index, **other)
            });
            findings.extend(clash.and_then(|other| finding(hir, *index, *other)));
        }
    }
    findings.into_iter().for_each(|finding| lowering.acc.push(finding));
}

/// What a subscription grants, as bits.
struct Granted {
    priority: i32,
    models: Vec<u64>,
    teams: Vec<u64>,
    /// First and last team: most subscriptions are for a few.
    team_range: (u32, u32),
    endpoints: u16,
    has_users: bool,
}

impl Granted {
    fn new(subscription: &Subscription) -> Self {
        let endpoints = subscription.endpoints.as_ref();
        Self {
            priority: subscription.priority.value,
            models: bits(subscription.models.iter().map(|id| id.value.0)),
            teams: bits(subscription.teams.iter().map(|id| id.value.0)),
            team_range: (
                subscription.teams.first().map_or(u32::MAX, |id| id.value.0),
                subscription.teams.last().map_or(0, |id| id.value.0),
            ),
            endpoints: endpoints.map_or(u16::MAX, |list| list.iter().fold(0, |set, e| set | e.value.bit())),
            has_users: !subscription.users.is_empty(),
        }
    }

    fn meets(&self, other: &Self) -> bool {
        let may_share_users = self.has_users && other.has_users;
        let shares_caller = || may_share_users || self.meets_teams(other);
        let shares_model = || meet(&self.models, &other.models);
        // What takes fewer steps first: all pairs are looked at.
        let is_narrow = self.shared_words(other) < 8;
        self.endpoints & other.endpoints != 0
            && (!is_narrow || shares_caller())
            && shares_model()
            && (is_narrow || shares_caller())
    }

    /// How many words of teams both have.
    fn shared_words(&self, other: &Self) -> u32 {
        let (from, to) = (self.team_range.0.max(other.team_range.0), self.team_range.1.min(other.team_range.1));
        if from <= to { to / 64 - from / 64 + 1 } else { 0 }
    }

    fn meets_teams(&self, other: &Self) -> bool {
        let (from, to) = (self.team_range.0.max(other.team_range.0), self.team_range.1.min(other.team_range.1));
        let words = (from / 64) as usize..=(to / 64) as usize;
        match (from <= to).then(|| (self.teams.get(words.clone()), other.teams.get(words))) {
            Some((Some(one), Some(other))) => meet(one, other),
            _ => false,
        }
    }
}

fn bits(indices: impl Iterator<Item = u32>) -> Vec<u64> {
    let mut words: Vec<u64> = Vec::new();
    for index in indices {
        let word = (index / 64) as usize;
        if words.len() <= word {
            words.resize(word + 1, 0);
        }
        if let Some(word) = words.get_mut(word) {
            *word |= 1 << (index % 64);
        }
    }
    words
}

fn meet(one: &[u64], other: &[u64]) -> bool {
    one.iter().zip(other).any(|(one, other)| one & other != 0)
}

/// The same environment, the same time, and a caller in both.
fn together(hir: &Hir, lowering: &Lowering<'_>, one: usize, other: usize) -> bool {
    let key = |index: usize| (Kind::Subscription, u32::try_from(index).unwrap_or(u32::MAX));
    if !lowering.scope.share_gateway(key(one), key(other)) {
        return false;
    }
    let (Some(one), Some(other)) = (hir.subscriptions.get(one), hir.subscriptions.get(other)) else { return false };
    let ends_before = |one: &Subscription, other: &Subscription| matches!((&one.expires_at, &other.starts_at), (Some(end), Some(start)) if end.value <= start.value);
    !ends_before(one, other) && !ends_before(other, one) && shared_caller(one, other).is_some()
}

/// A team or user that both name.
fn shared_caller<'s>(one: &'s Subscription, other: &Subscription) -> Option<Caller<'s>> {
    let team = one.teams.iter().find(|id| other.teams.binary_search_by_key(&id.value, |id| id.value).is_ok());
    let user = || one.users.iter().find(|user| other.users.iter().any(|other| other.value == user.value));
    team.map(|team| Caller::Team(team.value)).or_else(|| user().map(|user| Caller::User(&user.value.text)))
}

enum Caller<'s> {
    Team(TeamId),
    User(&'s str),
}

fn finding(hir: &Hir, one: usize, other: usize) -> Option<Diagnostic> {
    let (one, other) = (hir.subscriptions.get(one)?, hir.subscriptions.get(other)?);
    let caller = match shared_caller(one, other)? {
        Caller::Team(id) => format!("team `{}`", hir.teams.get(id.index())?.header.name.value),
        Caller::User(text) => format!("user `{text}`"),
    };
    let model = one.models.iter().find(|id| other.models.binary_search_by_key(&id.value, |id| id.value).is_ok())?;
    let message =
        format!("subscriptions `{}` and `{}` have one priority", other.header.name.value, one.header.name.value);
    let model = &hir.models.get(model.value.index())?.header.name.value;
    Some(
        Diagnostic::new(&RULE, one.priority.span, message)
            .also(other.priority.span, "the other one, which wins by its name")
            .note(format!("both grant model `{model}` to {caller}"))
            .help("give one of them another `priority`"),
    )
}
