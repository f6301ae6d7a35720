//! Who a caller is, in CEL: every source of identities ends in the same three properties of `auth.identity`.
//!
//! Inside an AuthPolicy a caller has `maas_provider`, `maas_user` and `maas_grants`: what subscriptions give them on this
//! route, the best first. They are computed with the identity, so that authorization and response only read them.

use std::collections::BTreeMap;

use maas_schemas::bundle::IdentityProvider;

use crate::cel::Expression;
use crate::facts::{Candidate, Facts, Route, client_path};

/// The header in which a caller names one of several subscriptions.
const SUBSCRIPTION_HEADER: &str = "x-maas-subscription";
/// The audience that a token of a service account must be made for.
pub(super) const SERVICE_ACCOUNT_AUDIENCE: &str = "maas";
/// How the API server names service accounts.
const SERVICE_ACCOUNT_PREFIX: &str = "system:serviceaccount:";

/// Returns `auth.identity.<property>`.
pub(super) fn identity(property: &'static str) -> Expression {
    Expression::path("auth", &["identity", property])
}

/// Returns the properties that a token of an identity provider gets beside its claims.
pub(super) fn oidc(
    facts: &Facts<'_>,
    route: &Route<'_>,
    provider: &IdentityProvider,
) -> BTreeMap<&'static str, Expression> {
    let prefix = format!("{}:", provider.name);
    let mine = |names: &[String]| -> Vec<String> {
        names.iter().filter_map(|name| name.strip_prefix(&prefix)).map(str::to_owned).collect()
    };
    let known_by = |candidate: &Candidate<'_>| match facts.ir.teams.get(candidate.principal as usize) {
        Some(team) => (mine(&team.groups), mine(&team.users)),
        None => (Vec::new(), mine(&[facts.ir.principal_name(candidate.principal).to_owned()])),
    };
    let has_users = route.candidates.iter().any(|candidate| !known_by(candidate).1.is_empty());
    let entry = |candidate: &Candidate<'_>| {
        let (groups, users) = known_by(candidate);
        if groups.is_empty() && users.is_empty() {
            return None;
        }
        let mut fields = vec![("groups", Expression::texts(&groups))];
        if has_users {
            fields.push(("users", Expression::texts(&users)));
        }
        Some(fields)
    };
    let subject = subject(provider);
    let groups = claim_or(&provider.groups_claim, Expression::List(Vec::new()));
    let mut is_member =
        vec![member("groups").method("exists", vec![Expression::Name("g"), Expression::Name("g").within(groups)])];
    if has_users {
        is_member.push(subject.clone().within(member("users")));
    }
    BTreeMap::from([
        ("maas_grants", grants(facts, route, entry, Expression::Any(is_member))),
        ("maas_provider", Expression::text(&provider.name)),
        ("maas_user", prefixed(&prefix, subject)),
    ])
}

/// Returns the properties that the token of a service account gets.
pub(super) fn service_account(facts: &Facts<'_>, route: &Route<'_>) -> BTreeMap<&'static str, Expression> {
    let entry = |candidate: &Candidate<'_>| {
        let team = facts.ir.teams.get(candidate.principal as usize)?;
        let accounts = &team.service_accounts;
        (!accounts.is_empty()).then(|| vec![("accounts", Expression::texts(accounts))])
    };
    let name = service_account_name();
    BTreeMap::from([
        ("maas_grants", grants(facts, route, entry, name.clone().within(member("accounts")))),
        ("maas_provider", Expression::text("")),
        ("maas_user", name),
    ])
}

/// Returns a property of the grant that answers: the first of the best subscription.
pub(super) fn best_grant(grants: Expression, property: &'static str) -> Expression {
    grants.index(Expression::Int(0)).index(Expression::Int(0)).field(property)
}

/// Returns the condition under which a TokenReview is about a service account.
pub(super) fn is_service_account() -> Expression {
    username().method("startsWith", vec![Expression::text(SERVICE_ACCOUNT_PREFIX)])
}

/// Returns the condition that a token was issued by the provider it was verified against.
pub(super) fn issued_by(provider: &IdentityProvider) -> Expression {
    claim_or("iss", Expression::text("")).equals(Expression::text(&provider.issuer))
}

/// Returns the condition that a token was issued for us: `aud` is a text or a list.
pub(super) fn meant_for_us(provider: &IdentityProvider) -> Expression {
    let audiences = Expression::texts(&provider.audiences);
    let claim = claim("aud");
    let is_list = Expression::Call("type", vec![claim.clone()]).equals(Expression::Name("list"));
    let one_of_list =
        claim.clone().method("exists", vec![Expression::Name("a"), Expression::Name("a").within(audiences.clone())]);
    Expression::All(vec![
        Expression::text("aud").within(Expression::path("auth", &["identity"])),
        is_list.then_else(one_of_list, claim.within(audiences)),
    ])
}

/// Returns what subscriptions give the caller on this route: for each subscription that gives something, the best first,
/// the teams it gives it to, each with `subscription`, `team` and `quota`.
///
/// `entry` says by what a candidate's members are known in this source of identities, `is_member` whether the caller is
/// one of them.
fn grants(
    facts: &Facts<'_>,
    route: &Route<'_>,
    entry: impl Fn(&Candidate<'_>) -> Option<Vec<(&'static str, Expression)>>,
    is_member: Expression,
) -> Expression {
    let by_endpoint = route.differs_by_endpoint();
    let mut subscriptions = Vec::new();
    for candidates in route.candidates.chunk_by(|a, b| a.grant == b.grant) {
        let Some(first) = candidates.first() else { continue };
        let Some(quota) = route.quotas.name_of.get(&first.grant.subscription) else { continue };
        let members: Vec<_> = candidates
            .iter()
            .filter_map(|candidate| {
                let mut fields = vec![("team", Expression::text(facts.ir.principal_name(candidate.principal)))];
                fields.extend(entry(candidate)?);
                Some(Expression::Map(fields))
            })
            .collect();
        if members.is_empty() {
            continue;
        }
        let mut fields =
            vec![("subscription", Expression::text(&first.subscription.name)), ("quota", Expression::text(quota))];
        if by_endpoint {
            let granted = route.endpoints.iter().filter(|endpoint| first.grant.endpoints & endpoint.bit() != 0);
            fields.push(("paths", Expression::texts(granted.map(|endpoint| client_path(route.model, *endpoint)))));
        }
        fields.push(("members", Expression::List(members)));
        subscriptions.push(Expression::Map(fields));
    }
    if subscriptions.is_empty() {
        return Expression::List(Vec::new());
    }
    let mut conditions = vec![is_named()];
    if by_endpoint {
        let path = Expression::path("request", &["path"]).method("split", vec![Expression::text("?")]);
        conditions.push(path.index(Expression::Int(0)).within(subscription("paths")));
    }
    let grant = Expression::Map(vec![
        ("subscription", subscription("subscription")),
        ("quota", subscription("quota")),
        ("team", member("team")),
    ]);
    let of_subscription = subscription("members")
        .method("filter", vec![Expression::Name("m"), is_member])
        .method("map", vec![Expression::Name("m"), grant]);
    let is_some = Expression::Call("size", vec![Expression::Name("l")]).differs(Expression::Int(0));
    Expression::List(subscriptions)
        .method("filter", vec![Expression::Name("s"), Expression::All(conditions)])
        .method("map", vec![Expression::Name("s"), of_subscription])
        .method("filter", vec![Expression::Name("l"), is_some])
}

/// Returns a field of the subscription that a macro looks at.
fn subscription(field: &'static str) -> Expression {
    Expression::Name("s").field(field)
}

/// Returns a field of the team that a macro looks at.
fn member(field: &'static str) -> Expression {
    Expression::Name("m").field(field)
}

/// Returns the condition that the caller named this subscription, or none.
fn is_named() -> Expression {
    let headers = Expression::path("request", &["headers"]);
    let header = Expression::text(SUBSCRIPTION_HEADER);
    Expression::Any(vec![
        header.clone().within(headers.clone()).negated(),
        subscription("subscription").equals(headers.index(header)),
    ])
}

/// Returns the text that names the caller among those of a provider, empty where the token does not say it surely.
fn subject(provider: &IdentityProvider) -> Expression {
    let name = provider.subject_claim.as_str();
    let mut conditions = vec![has_claim(name)];
    if name == "email" {
        conditions.push(has_claim("email_verified"));
        conditions.push(claim("email_verified").equals(Expression::Bool(true)));
    }
    Expression::All(conditions).then_else(claim(name), Expression::text(""))
}

/// Returns `prefix` and a text, or the empty text where that is empty.
fn prefixed(prefix: &str, text: Expression) -> Expression {
    let joined = Expression::Sum(vec![Expression::text(prefix), text.clone()]);
    text.equals(Expression::text("")).then_else(Expression::text(""), joined)
}

fn has_claim(name: &str) -> Expression {
    Expression::text(name).within(Expression::path("auth", &["identity"]))
}

fn claim(name: &str) -> Expression {
    Expression::path("auth", &["identity"]).index(Expression::text(name))
}

fn claim_or(name: &str, otherwise: Expression) -> Expression {
    has_claim(name).then_else(claim(name), otherwise)
}

fn username() -> Expression {
    Expression::path("auth", &["identity", "user", "username"])
}

/// Returns `namespace/name` of a service account.
fn service_account_name() -> Expression {
    let parts = username().method("split", vec![Expression::text(":")]);
    let name = Expression::Sum(vec![
        parts.clone().index(Expression::Int(2)),
        Expression::text("/"),
        parts.index(Expression::Int(3)),
    ]);
    is_service_account().then_else(name, Expression::text(""))
}

#[cfg(test)]
mod tests;
