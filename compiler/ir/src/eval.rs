//! The reference evaluator: the definition of what a decision table means.
//!
//! Every other evaluator (the WebAssembly module first of all) must give the same answers, byte for byte. All names
//! are compared as bytes; all indices are those of [`Ir`]; a *principal* is a number below [`Ir::n_principals`]: the
//! teams, then the users who have grants of their own.
//!
//! # `decide`
//!
//! 1. **Check.** A request that the ABI cannot carry is `malformed`, and so is one without an endpoint or without a
//!    model. On bytes that is: `size` is not the length of the request, or is below 24 or above the capacity;
//!    a reserved field is not 0; the endpoint is not one of the codes (0 counts as none); more than 512 attributes,
//!    or their array does not lie within `size`; keys that are unknown, do not ascend, or repeat and may not; more
//!    than 64 `team`; a text longer than 1,024 bytes or not within `size`. UTF-8 is not checked. Nothing but the reason
//!    and its status is reported: every index is "not known".
//! 2. **Identity.** With no `team`, `user`, `group` and `service_account` at all: `not-identified`; nothing else is
//!    reported. This comes before the model, so that a stranger cannot ask which models exist.
//! 3. **Model.** The model whose name or alias is the text: names and aliases are distinct in an [`Ir`]. None:
//!    `unknown-model`; nothing else is reported. From here on `model` is reported, in refusals too.
//! 4. **Principals**, see below. None: `no-team`, with the model's `rule`.
//! 5. **Candidates.** The cell of each principal and the model's column lists grants; all of them together, in the
//!    order of (subscription, principal), are the candidates. None: `not-granted`, with the model's `rule`.
//! 6. **Tests.** Each candidate is put to three tests, in this order:
//!    1. it is of the subscription that the request names; passed when the request names none. A name that no
//!       subscription has is a name like any other: nobody passes. Failed: `other-subscription`.
//!    2. it is in force. Failed: the grant's `after` if `now_ms >= until_ms`, else its `before` if `now_ms < from_ms`.
//!       The end is looked at first, so that a grant with `until_ms <= from_ms` is never in force. There is no special
//!       case for [`ALWAYS`](crate::ir::ALWAYS) and [`NEVER`](crate::ir::NEVER): they are numbers.
//!    3. it serves the endpoint: the bit is set in its `endpoints`. Failed: `endpoint-not-served`.
//! 7. **Answer.** The first candidate that passes all three answers. If there is none, the refusal is that of the
//!    candidate that passed most tests, the first of equals. (So no sorting is needed: it is the least
//!    (subscription, principal) among those that pass all, else among those that passed most.)
//!
//! A text of length 0 is legal and a name that nobody has: no step treats it apart.
//!
//! | reported | allowed | a candidate is refused | `no-team`, `not-granted` | before |
//! |---|---|---|---|---|
//! | `http` | 0 | [`Reason::http`] | [`Reason::http`], by the model's `hidden` | [`Reason::http`] |
//! | `rule` | the grant's | the grant's | the model's | – |
//! | `team` | its principal | its principal | – | – |
//! | `subscription` | the grant's | the grant's | – | – |
//! | `model` | yes | yes | yes | – |
//! | `route`, `price` | the model's | – | – | – |
//! | `max_output_tokens`, `obligations` | the grant's | 0 | 0 | 0 |
//! | limits | the grant's, then the principal's ceilings, each in their order | none | none | none |
//! | upstreams | the model's route, in its order | none | none | none |
//!
//! A limit's record: `key`, `amount`, `measure`, `count`, `scope`, `over`, `name` and `rule` are the limit's; `window`
//! and `window_s` are its window's parts (0 seconds unless fixed); `flags` has [`LIMIT_SHORTEN`] where it may be
//! shortened and [`LIMIT_CEILING`] unless its owner is a subscription; `owner` is the index of the team that owns it
//! where it is a team's and its scope is `team`, else not known. See [`limit_record`].
//!
//! # Principals
//!
//! * With a `team`: each names a principal by its name, teams and users alike (users have a `:` in their names, teams
//!   never); names that nobody has are passed over. Groups and service account are not looked at.
//! * Without: those of the [`Member`](crate::ir::Member)s of the user, of each group and of the service account.
//! * In both cases: the user's *own* principal, where the `user` is one of [`Ir::users`].
//!
//! It is a set, ascending. Of more than [`MAX_TEAMS`] the own principal and the least of the others stay: 64 in all.
//! That is the same as keeping the 64 least while collecting, and at the end, where the own one is not among them,
//! putting it in, in place of the greatest if there are 64.
//!
//! # `visible` and `teams`
//!
//! Endpoint and model are ignored, also when they are missing; a request that the ABI cannot carry or that has no
//! identity sees nothing and belongs to nobody. `visible` says of each model whether some candidate passes the tests
//! 1 and 2 and has any endpoint at all. `teams` returns the principals as above; asked again with the names of these
//! as `team` (and the same `user`), every question has the same answer.

use std::collections::BTreeMap;

use maas_schemas::abi::{
    ATTRIBUTE_SIZE, Endpoint, LIMIT_CEILING, LIMIT_SHORTEN, MAX_ATTRIBUTES, MAX_STRING, MAX_TEAMS, REQUEST_CAPACITY,
    REQUEST_HEADER, Reason, Scope,
};
use maas_schemas::decision::{self, Decision, Request};

use crate::evaluate::Evaluate;
use crate::ir::{Grant, Ir, Limit, MemberKind, Model, OwnerKind};

/// Evaluates requests on a decision table, as this module's description says.
#[derive(Clone, Debug)]
pub struct Reference<'a> {
    ir: &'a Ir,
    /// Names and aliases.
    models: BTreeMap<&'a str, u32>,
    /// Teams and users.
    principals: BTreeMap<&'a str, u32>,
    members: BTreeMap<(MemberKind, &'a str), &'a [u32]>,
}

/// What became of one candidate.
struct Outcome<'a> {
    /// `allow` or why not.
    reason: Reason,
    /// How many tests it passed.
    n_passed: u8,
    principal: u32,
    grant: &'a Grant,
}

impl<'a> Reference<'a> {
    /// Returns an evaluator of a decision table.
    #[must_use]
    pub fn new(ir: &'a Ir) -> Self {
        let aliases = ir.models.iter().zip(0..).flat_map(|(model, index)| {
            model.aliases.iter().map(move |alias| (alias.as_str(), index)).chain([(model.name.as_str(), index)])
        });
        let principals = ir.teams.iter().map(|team| &team.name).chain(ir.users.iter().map(|user| &user.name));
        let members = ir.members.iter().map(|member| ((member.kind, member.name.as_str()), &*member.principals));
        Self {
            ir,
            models: aliases.collect(),
            principals: principals.map(String::as_str).zip(0..).collect(),
            members: members.collect(),
        }
    }

    /// Returns the index of the model with this name or alias.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<u32> {
        self.models.get(name).copied()
    }

    /// Returns the number of the team or user with this name.
    #[must_use]
    pub fn principal(&self, name: &str) -> Option<u32> {
        self.principals.get(name).copied()
    }

    /// Returns the principals of a request, ascending.
    #[must_use]
    pub fn principals(&self, request: &Request) -> Vec<u32> {
        let mut found: Vec<u32> = if request.teams.is_empty() {
            let user = request.user.iter().map(|user| (MemberKind::User, user));
            let groups = request.groups.iter().map(|group| (MemberKind::Group, group));
            let account = request.service_account.iter().map(|name| (MemberKind::ServiceAccount, name));
            let attributes = user.chain(groups).chain(account);
            attributes
                .filter_map(|(kind, name)| self.members.get(&(kind, name.as_str())))
                .copied()
                .flatten()
                .copied()
                .collect()
        } else {
            request.teams.iter().filter_map(|name| self.principal(name)).collect()
        };
        found.sort_unstable();
        found.dedup();
        found.truncate(MAX_TEAMS);
        if let Some(own) = self.own_principal(request)
            && let Err(at) = found.binary_search(&own)
        {
            found.insert(at, own);
            if found.len() > MAX_TEAMS {
                let greatest_other = if at == MAX_TEAMS { MAX_TEAMS - 1 } else { MAX_TEAMS };
                found.remove(greatest_other);
            }
        }
        found
    }

    fn own_principal(&self, request: &Request) -> Option<u32> {
        let principal = self.principal(request.user.as_deref()?)?;
        (principal as usize >= self.ir.teams.len()).then_some(principal)
    }

    /// Returns the best outcome among the candidates of all principals.
    fn best(&self, request: &Request, endpoint: Endpoint, model: u32, principals: &[u32]) -> Option<Outcome<'a>> {
        let mut best: Option<Outcome<'a>> = None;
        for principal in principals {
            for grant in self.ir.candidates(*principal, model) {
                let (reason, n_passed) = self.test(request, endpoint, grant);
                let outcome = Outcome { reason, n_passed, principal: *principal, grant };
                if best.as_ref().is_none_or(|best| outcome.is_better_than(best)) {
                    best = Some(outcome);
                }
            }
        }
        best
    }

    fn test(&self, request: &Request, endpoint: Endpoint, grant: &Grant) -> (Reason, u8) {
        if !self.is_named(request, grant) {
            return (Reason::OtherSubscription, 0);
        }
        if request.now_ms >= grant.until_ms {
            return (grant.after, 1);
        }
        if request.now_ms < grant.from_ms {
            return (grant.before, 1);
        }
        if grant.endpoints & endpoint.bit() == 0 {
            return (Reason::EndpointNotServed, 2);
        }
        (Reason::Allow, 3)
    }

    fn is_named(&self, request: &Request, grant: &Grant) -> bool {
        let subscription = self.ir.subscriptions.get(grant.subscription as usize);
        request.subscription.as_ref().is_none_or(|name| subscription.is_some_and(|known| known.name == *name))
    }

    fn allow(&self, outcome: &Outcome<'_>, model: &Model) -> Decision {
        let grant = outcome.grant;
        let limits = grant.limits.iter().chain(self.ir.ceilings_of(outcome.principal));
        let route = self.ir.routes.get(model.route as usize);
        Decision {
            route: Some(model.route),
            price: model.price,
            max_output_tokens: grant.max_output_tokens,
            obligations: grant.obligations,
            limits: limits
                .filter_map(|index| self.ir.limits.get(*index as usize))
                .map(|limit| limit_record(limit, self.owner(limit)))
                .collect(),
            upstreams: route.cloned().unwrap_or_default(),
            ..Decision::refusal(Reason::Allow, model.hidden)
        }
    }

    /// Returns the team whose one counter a ceiling is.
    fn owner(&self, limit: &Limit) -> Option<u32> {
        let is_one_counter = limit.owner_kind == OwnerKind::Team && limit.scope == Scope::Team;
        is_one_counter.then(|| self.principal(&limit.owner)).flatten()
    }
}

impl Evaluate for Reference<'_> {
    fn decide(&mut self, request: &Request) -> Decision {
        let (Some(endpoint), Some(model_name), true) = (request.endpoint, &request.model, fits(request)) else {
            return Decision::refusal(Reason::Malformed, false);
        };
        if !is_identified(request) {
            return Decision::refusal(Reason::NotIdentified, false);
        }
        let found = self.model(model_name).and_then(|index| Some((index, self.ir.models.get(index as usize)?)));
        let Some((index, model)) = found else {
            return Decision::refusal(Reason::UnknownModel, false);
        };
        let principals = self.principals(request);
        let best = self.best(request, endpoint, index, &principals);
        let Some(outcome) = best else {
            let reason = if principals.is_empty() { Reason::NoTeam } else { Reason::NotGranted };
            let refusal = Decision::refusal(reason, model.hidden);
            return Decision { model: Some(index), rule: Some(model.rule), ..refusal };
        };
        let answer = match outcome.reason {
            Reason::Allow => self.allow(&outcome, model),
            reason => Decision::refusal(reason, model.hidden),
        };
        Decision {
            model: Some(index),
            rule: Some(outcome.grant.rule),
            team: Some(outcome.principal),
            subscription: Some(outcome.grant.subscription),
            ..answer
        }
    }

    fn visible(&mut self, request: &Request) -> Vec<bool> {
        let principals = self.teams(request);
        let may_use = |model: u32| {
            let mut candidates = principals.iter().flat_map(|principal| self.ir.candidates(*principal, model));
            candidates.any(|grant| {
                let is_in_force = grant.from_ms <= request.now_ms && request.now_ms < grant.until_ms;
                is_in_force && grant.endpoints != 0 && self.is_named(request, grant)
            })
        };
        (0..).zip(&self.ir.models).map(|(index, _)| may_use(index)).collect()
    }

    fn teams(&mut self, request: &Request) -> Vec<u32> {
        if fits(request) { self.principals(request) } else { Vec::new() }
    }
}

impl Outcome<'_> {
    fn is_better_than(&self, other: &Self) -> bool {
        let order = other.n_passed.cmp(&self.n_passed);
        let place = |outcome: &Self| (outcome.grant.subscription, outcome.principal);
        order.then_with(|| place(self).cmp(&place(other))).is_lt()
    }
}

/// Returns the record of a limit as it crosses the ABI; `owner` is the team whose one counter it is.
#[must_use]
pub fn limit_record(limit: &Limit, owner: Option<u32>) -> decision::Limit {
    let (window, window_s) = limit.window.parts();
    let shorten = if limit.shorten { LIMIT_SHORTEN } else { 0 };
    let ceiling = if limit.owner_kind == OwnerKind::Subscription { 0 } else { LIMIT_CEILING };
    decision::Limit {
        key: limit.key,
        amount: limit.amount,
        window_s,
        measure: limit.measure,
        count: limit.count,
        scope: limit.scope,
        over: limit.over,
        window,
        flags: shorten | ceiling,
        owner,
        name: limit.name,
        rule: limit.rule,
    }
}

/// Says whether the ABI can carry a request: the same as whether [`Request::encode_into`] succeeds.
fn fits(request: &Request) -> bool {
    let single = [&request.model, &request.subscription, &request.user, &request.service_account];
    let texts = || single.into_iter().flatten().chain(&request.teams).chain(&request.groups);
    let n_attributes = texts().count();
    let size = REQUEST_HEADER + n_attributes * ATTRIBUTE_SIZE + texts().map(String::len).sum::<usize>();
    request.teams.len() <= MAX_TEAMS
        && n_attributes <= MAX_ATTRIBUTES
        && texts().all(|text| text.len() <= MAX_STRING)
        && size <= REQUEST_CAPACITY as usize
}

fn is_identified(request: &Request) -> bool {
    let has_teams = !request.teams.is_empty() || !request.groups.is_empty();
    has_teams || request.user.is_some() || request.service_account.is_some()
}

#[cfg(test)]
mod tests;
