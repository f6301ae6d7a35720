//! Callers asked of the emitted expressions and of the reference evaluator.

use std::sync::Arc;

use cel::{Context, Env, Program, Value, extensions};
use maas_schemas::abi::{Endpoint, Measure, Scope};
use maas_schemas::decision::Request;
use maasc_ir::Built;
use maasc_ir::eval::Reference;
use maasc_ir::evaluate::Evaluate;
use maasc_ir::ir::Window;
use serde_json::json;

use super::{best_grant, identity, issued_by, meant_for_us, oidc, service_account};
use crate::cel::Expression;
use crate::facts::{Facts, Route, client_path};
use crate::fixture::{Fixture, small};

/// What a caller brings.
#[derive(Clone, Debug)]
struct Caller {
    claims: serde_json::Value,
    named: Option<String>,
    path: String,
}

/// An expression, ready to be asked about callers.
struct Compiled {
    env: Arc<Env>,
    program: Program,
}

fn compiled(expression: &Expression) -> Compiled {
    let mut env = Env::stdlib();
    env.add_extension(extensions::strings).unwrap();
    let program = env.compile(&expression.print().unwrap()).unwrap();
    Compiled { env: Arc::new(env), program }
}

/// Returns what an expression is worth for a caller.
fn value(compiled: &Compiled, caller: &Caller) -> Result<Value, String> {
    let mut context = Context::with_env(Arc::clone(&compiled.env));
    let headers = caller.named.as_ref().map_or_else(|| json!({}), |name| json!({"x-maas-subscription": name}));
    context.add_variable("auth", json!({"identity": caller.claims})).unwrap();
    context.add_variable("request", json!({"headers": headers, "path": caller.path})).unwrap();
    compiled.program.execute(&context).map_err(|error| error.to_string())
}

/// Returns the expression for who answers for a caller: `subscription by team`.
fn granted(grants: &Expression) -> Compiled {
    let best = |field| best_grant(grants.clone(), field);
    let words = Expression::Sum(vec![best("subscription"), Expression::text(" by "), best("team")]);
    let none = Expression::Call("size", vec![grants.clone()]).equals(Expression::Int(0));
    compiled(&none.then_else(Expression::text("nobody"), words))
}

/// Returns who answers for a request, as the reference evaluator says it.
fn expected(built: &Built, request: &Request) -> Value {
    let decision = Reference::new(&built.ir).decide(request);
    let (Some(subscription), Some(team), 0) = (decision.subscription, decision.team, decision.reason.code()) else {
        return "nobody".into();
    };
    let subscription = &built.ir.subscriptions[subscription as usize].name;
    format!("{subscription} by {}", built.ir.principal_name(team)).into()
}

/// Subscriptions that differ in teams, users, endpoints and dates.
fn several() -> Built {
    let mut fixture: Fixture = small();
    let ir = &mut fixture.built.ir;
    ir.teams[0].users.push("corp:boss@acme.example".to_owned());
    ir.teams[0].service_accounts.push("batch/nightly".to_owned());
    ir.teams[1].service_accounts.push("batch/daily".to_owned());
    ir.teams[1].groups.push("corp:it's \"us\" ${x}\\".to_owned());
    ir.models[0].endpoints |= Endpoint::Embeddings.bit();
    let guest = fixture.user("partners:a.lovelace");
    let limit = fixture.limit("Subscription/x", Measure::Tokens, 1, Window::Day, Scope::Team);
    let chat = fixture.subscription("night", &[1], &[0], &[limit]);
    fixture.built.ir.subscriptions[chat as usize].endpoints = Endpoint::Embeddings.bit();
    fixture.subscription("visit", &[guest], &[0], &[limit]);
    let over = fixture.subscription("over", &[0, 1], &[0], &[limit]);
    fixture.built.ir.subscriptions[over as usize].expires_at_ms = fixture.built.ir.at_ms;
    fixture.built.ir.subscriptions[0].endpoints = Endpoint::Chat.bit();
    fixture.build()
}

fn each(check: impl Fn(&Built, &Facts<'_>, &Route<'_>, Endpoint, Option<String>)) {
    let built = several();
    let facts = Facts::new(&built);
    for route in &facts.routes {
        for endpoint in &route.endpoints {
            for named in [None, Some("everyday"), Some("night"), Some("over"), Some("visit"), Some("no'such")] {
                check(&built, &facts, route, *endpoint, named.map(str::to_owned));
            }
        }
    }
}

#[test]
fn tokens_are_answered_like_the_reference() {
    let groups = ["acme-search", "acme-risk", "risk", "it's \"us\" ${x}\\", "stranger"];
    each(|built, facts, route, endpoint, named| {
        for provider in &facts.ir.identity_providers {
            let grants = granted(&oidc(facts, route, provider)["maas_grants"]);
            for mask in 0_u32..1 << groups.len() {
                let mine: Vec<_> =
                    groups.iter().enumerate().filter(|(n, _)| mask & (1 << n) != 0).map(|(_, group)| *group).collect();
                for subject in ["boss@acme.example", "a.lovelace", "somebody"] {
                    let claims = json!({
                        "groups": mine, "sub": subject, "email": subject, "email_verified": true,
                    });
                    let path = format!("{}?x=1", client_path(route.model, endpoint));
                    let caller = Caller { claims, named: named.clone(), path };
                    let request = Request {
                        endpoint: Some(endpoint),
                        now_ms: built.ir.at_ms,
                        model: Some(route.model.name.clone()),
                        subscription: named.clone(),
                        user: Some(format!("{}:{subject}", provider.name)),
                        groups: mine.iter().map(|group| format!("{}:{group}", provider.name)).collect(),
                        ..Request::default()
                    };
                    assert_eq!(
                        value(&grants, &caller),
                        Ok(expected(built, &request)),
                        "{caller:?} of {}",
                        provider.name
                    );
                }
            }
        }
    });
}

#[test]
fn service_accounts_are_answered_like_the_reference() {
    each(|built, facts, route, endpoint, named| {
        let properties = service_account(facts, route);
        let grants = granted(&properties["maas_grants"]);
        let user = compiled(&properties["maas_user"]);
        for name in ["batch/nightly", "batch/daily", "other/nightly"] {
            let username = format!("system:serviceaccount:{}", name.replace('/', ":"));
            let claims = json!({"user": {"username": username}});
            let caller = Caller { claims, named: named.clone(), path: client_path(route.model, endpoint) };
            let request = Request {
                endpoint: Some(endpoint),
                now_ms: built.ir.at_ms,
                model: Some(route.model.name.clone()),
                subscription: named.clone(),
                service_account: Some(name.to_owned()),
                ..Request::default()
            };
            assert_eq!(value(&grants, &caller), Ok(expected(built, &request)), "{caller:?}");
            assert_eq!(value(&user, &caller), Ok(name.into()));
        }
        let human = Caller { claims: json!({"user": {"username": "batch:nightly"}}), named: None, path: String::new() };
        assert_eq!(value(&user, &human), Ok("".into()));
    });
}

/// Checks what a condition says of the claims of a token.
fn check(expression: &Expression, claims: &serde_json::Value, expect: bool) {
    let caller = Caller { claims: claims.clone(), named: None, path: String::new() };
    assert_eq!(value(&compiled(expression), &caller), Ok(expect.into()), "{claims}");
}

#[test]
fn issuer_and_audience_are_compared() {
    let built = small().build();
    let corp = &built.ir.identity_providers[0];
    check(&issued_by(corp), &json!({"iss": "https://corp.example/realms/acme"}), true);
    check(&issued_by(corp), &json!({"iss": "https://evil.example"}), false);
    check(&issued_by(corp), &json!({}), false);
    check(&meant_for_us(corp), &json!({"aud": "maas"}), true);
    check(&meant_for_us(corp), &json!({"aud": ["other", "maas"]}), true);
    check(&meant_for_us(corp), &json!({"aud": ["other"]}), false);
    check(&meant_for_us(corp), &json!({"aud": "maas2"}), false);
    check(&meant_for_us(corp), &json!({"aud": []}), false);
    check(&meant_for_us(corp), &json!({}), false);
}

#[test]
fn an_address_counts_only_when_it_is_verified() {
    let built = several();
    let facts = Facts::new(&built);
    let user = compiled(&oidc(&facts, &facts.routes[0], &facts.ir.identity_providers[0])["maas_user"]);
    let of = |claims| value(&user, &Caller { claims, named: None, path: String::new() });
    assert_eq!(of(json!({"email": "a@b.c", "email_verified": true})), Ok("corp:a@b.c".into()));
    assert_eq!(of(json!({"email": "a@b.c", "email_verified": false})), Ok("".into()));
    assert_eq!(of(json!({"email": "a@b.c"})), Ok("".into()));
    assert_eq!(of(json!({})), Ok("".into()));
    assert_eq!(identity("x").to_string(), "auth.identity.x");
}
