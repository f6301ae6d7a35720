//! Tests of expressions on a decision table.

use maas_schemas::abi::Scope;
use maasc_diagnostics::{Span, Spanned};
use maasc_hir::cel::{Place, Type};
use maasc_hir::hir::Expression;

use super::{Condition, Datum, EvalError, Path, Subject, Values, evaluate, over_grants};
use crate::testing::{HOUR, Policy, Team, acme, cost, strings, tokens};

fn expression(text: &str, reads: &[&str]) -> Expression {
    Expression { text: Spanned::new(text.to_owned(), Span::default()), reads: strings(reads) }
}

/// Evaluates for the first grant of the first subscription.
fn check(policy: &Policy, text: &str, reads: &[&str]) -> Result<bool, EvalError> {
    let ir = policy.build().ir;
    let subscription = &ir.subscriptions[0];
    let subject = Subject {
        principal: Some(subscription.principals[0]),
        model: Some(subscription.models[0]),
        subscription: Some(0),
    };
    evaluate(&expression(text, reads), &Values::of(&ir), subject)
}

fn labelled() -> Policy {
    let mut policy = acme();
    policy.teams[0].labels = vec![("division", "retail"), ("dotted.name/x", "yes")];
    policy
}

#[test]
fn fields_have_the_values_of_the_language() {
    let policy = labelled();
    let holds = |text: &str, reads: &[&str]| assert_eq!(check(&policy, text, reads), Ok(true), "{text}");
    holds("model.exposure == 'internal' && model.dataClass < 'public'", &["model.dataClass", "model.exposure"]);
    holds("model.visibility == 'listed'", &["model.visibility"]);
    holds("model.price.output == 10 && model.price.input < 2.5", &["model.price.input", "model.price.output"]);
    holds(
        "size(model.providers) == 1 && model.regions.all(region, region == 'us')",
        &["model.providers", "model.regions"],
    );
    holds("model.upstreams[0].provider == 'azure'", &["model.upstreams"]);
    holds(
        "subscription.expiresAt == '' && subscription.priority == 0",
        &["subscription.expiresAt", "subscription.priority"],
    );
    holds("team.members.groups == ['corp:payments']", &["team.members.groups"]);
    holds("organization.currency == 'USD'", &["organization.currency"]);
    holds("grant.limits.exists(limit, limit.tokens == 1000 && limit.per == '1h')", &["grant.limits"]);
    holds("team.name == 'payments' && team.parent == ''", &["team"]);
}

#[test]
fn a_label_that_is_not_set_reads_as_an_empty_text() {
    let policy = labelled();
    let holds = |text: &str, reads: &[&str]| assert_eq!(check(&policy, text, reads), Ok(true), "{text}");
    holds("team.labels['division'] == 'retail'", &["team.labels.division"]);
    holds("team.labels.division == 'retail'", &["team.labels"]);
    holds("team.labels['dotted.name/x'] == 'yes'", &["team.labels.dotted.name/x"]);
    holds("team.labels['employment'] == ''", &["team.labels.employment"]);
    holds("team.labels[model.labels['key']] == ''", &["model.labels.key", "team.labels"]);
    holds("!('employment' in team.labels) && size(team.labels) == 2", &["team.labels"]);
    holds("team.labels.exists(name, name == 'division')", &["team.labels"]);
}

#[test]
fn what_fails_is_an_error_and_never_false() {
    let policy = labelled();
    let error = |text: &str, reads: &[&str]| check(&policy, text, reads).unwrap_err().to_string();
    assert_eq!(error("team.owners[0] == 'x'", &["team.owners"]), "an index is beyond the end of its list");
    assert_eq!(
        error("organization.dataRegions.restricted == []", &["organization.dataRegions.restricted"]),
        "there is no `restricted`"
    );
    assert_eq!(error("team.name", &["team.name"]), "the expression is a text, not a condition");
    assert_eq!(check(&policy, "(((", &[]), Err(EvalError::Syntax));
}

#[test]
fn ceilings_are_money_and_infinite_when_nothing_bounds_them() {
    let mut policy = acme();
    let reads = &["grant.ceiling.month"];
    policy.subscriptions[0].limits = vec![cost(20, HOUR, Scope::Team)];
    assert_eq!(check(&policy, "grant.ceiling.month == 14880", reads), Ok(true));
    policy.subscriptions[0].limits = vec![tokens(1, HOUR, Scope::User)];
    assert_eq!(check(&policy, "grant.ceiling.month > 1e300", reads), Ok(true));
    policy.teams[0].limits = vec![cost(3, HOUR, Scope::Team).ceiling()];
    assert_eq!(check(&policy, "grant.ceiling.month == 2232.0", reads), Ok(true));
}

#[test]
fn a_single_user_is_a_team_of_one() {
    let mut policy = acme();
    policy.subscriptions[0].teams.clear();
    policy.subscriptions[0].users = strings(&["corp:ana"]);
    let text = "team.name == 'corp:ana' && team.labels['x'] == '' && size(team.owners) == 0";
    assert_eq!(check(&policy, text, &["team.labels.x", "team.name", "team.owners"]), Ok(true));
}

#[test]
fn grants_are_visited_by_what_looks_alike() {
    let mut policy = acme();
    for (name, division) in [("a", "retail"), ("b", "retail"), ("c", "wholesale")] {
        policy.teams.push(Team { name: name.to_owned(), labels: vec![("division", division)], ..Team::default() });
        policy.subscriptions[0].teams.push(name.to_owned());
    }
    policy.subscriptions[0].models.push("llama".to_owned());
    let ir = policy.build().ir;
    let location = Condition::new(&expression("team.labels.division == 'retail'", &["team.labels.division"])).unwrap();
    let must = Condition::new(&expression("model.name == 'llama'", &["model.name"])).unwrap();
    let mut visited = Vec::new();
    over_grants(&[&location, &must], &Values::of(&ir), |combination| {
        visited.push((combination.principals.to_vec(), combination.models.to_vec(), combination.answers.to_vec()));
    });
    // `a` and `b`, `c`, and `payments` (number 4, `marketing` is 2), each with either model.
    let answer = |answers: &[bool]| answers.iter().copied().map(Ok).collect::<Vec<_>>();
    assert_eq!(
        visited,
        [
            (vec![0, 1], vec![0], answer(&[true, false])),
            (vec![0, 1], vec![1], answer(&[true, true])),
            (vec![2], vec![0], answer(&[false])),
            (vec![2], vec![1], answer(&[false])),
            (vec![4], vec![0], answer(&[false])),
            (vec![4], vec![1], answer(&[false])),
        ]
    );
}

#[test]
fn paths_keep_dots_of_labels() {
    assert_eq!(Path::new("team.labels.a.b/c").fields(), ["labels", "a.b/c"]);
    assert_eq!(Path::new("model.price.input").fields(), ["price", "input"]);
    assert_eq!(Path::new("team").fields(), [""; 0]);
}

#[test]
fn canonical_json_sorts_keys_and_escapes() {
    let datum = Datum::object([("b", Datum::number(2.5)), ("a", Datum::text("x\"\n")), ("c", Datum::INFINITE)]);
    assert_eq!(datum.to_string(), r#"{"a":"x\"\u000a","b":2.5,"c":"infinite"}"#);
}

/// Says where a value is not of the type that `hir` declares.
fn mismatch(path: &str, datum: Option<&Datum>, ty: Type) -> Option<String> {
    let inner = |datum: &Datum, name: &str, ty| mismatch(&format!("{path}.{name}"), Some(datum), ty);
    match (datum, ty) {
        (Some(Datum::Bool(_)), Type::Bool)
        | (Some(Datum::Number(_)), Type::Number)
        | (Some(Datum::Text(_)), Type::Text | Type::Time)
        | (Some(Datum::Labels(_)), Type::Map(Type::Text)) => None,
        (Some(Datum::Text(text)), Type::Word(words)) if words.contains(&text.as_str()) => None,
        (Some(Datum::List(items)), Type::List(element)) => items.iter().find_map(|item| inner(item, "0", *element)),
        (Some(Datum::Map(entries)), Type::Map(value)) => {
            entries.iter().find_map(|(key, entry)| inner(entry, key, *value))
        }
        (Some(Datum::Object(fields)), Type::Object(declared)) => {
            let names: Vec<&str> = declared.iter().map(|field| field.name).collect();
            let unknown = fields.keys().find(|name| !names.contains(&name.as_str()));
            unknown.map(|name| format!("{path}.{name} is not declared")).or_else(|| {
                declared
                    .iter()
                    .find_map(|field| mismatch(&format!("{path}.{}", field.name), fields.get(field.name), field.ty))
            })
        }
        (found, _) => Some(format!("{path}: {found:?} is no {ty:?}")),
    }
}

#[test]
fn every_declared_name_has_a_value_of_its_type_and_no_other_has() {
    let mut policy = labelled();
    policy.ceilings = vec![cost(5, HOUR, Scope::Organization).ceiling()];
    policy.subscriptions[0].users = strings(&["corp:ana"]);
    let ir = policy.build().ir;
    let values = Values::of(&ir);
    for principal in [1, 2] {
        let subject = Subject { principal: Some(principal), model: Some(0), subscription: Some(0) };
        for variable in Place::Requirement.variables() {
            let whole = values.read(&Path::new(variable.name), subject);
            assert_eq!(mismatch(variable.name, whole.as_ref(), variable.ty), None);
        }
    }
}
