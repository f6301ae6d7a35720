//! Expressions are parsed and their names checked.

use maasc_diagnostics::{FileId, Span};

use super::*;
use crate::hir::ForEach;

const PLACES: [Place; 5] = [
    Place::Requirement,
    Place::Invariant(ForEach::Grant),
    Place::Invariant(ForEach::Model),
    Place::Invariant(ForEach::Team),
    Place::Invariant(ForEach::Subscription),
];

/// Reads a plain scalar at byte 100.
fn read(text: &str, place: Place) -> (Option<Expression>, Diagnostics) {
    let end = 100 + u32::try_from(text.len()).unwrap();
    let text = Spanned::new(text.to_owned(), Span { file: FileId(0), start: 100, end });
    let mut acc = Diagnostics::default();
    (expression(&text, place, &mut acc), acc)
}

/// "rule: underlined: message; help".
fn findings(text: &str, place: Place) -> Vec<String> {
    let (expression, acc) = read(text, place);
    assert_eq!(expression.is_none(), !acc.is_empty());
    let describe = |finding: &Diagnostic| {
        let span = finding.primary.as_ref().unwrap().span;
        let underlined = text.get(span.start as usize - 100..span.end as usize - 100).unwrap();
        let help = finding.help.as_ref().map_or(String::new(), |help| format!("; {help}"));
        format!("{}: {underlined}: {}{help}", finding.rule.name.strip_prefix("expression-").unwrap(), finding.message)
    };
    acc.iter().map(describe).collect()
}

fn check(text: &str, expect: &[&str]) {
    assert_eq!(findings(text, Place::Requirement), expect, "{text}");
}

/// Good, and reads these paths.
fn reads(text: &str, expect: &[&str]) {
    let (expression, acc) = read(text, Place::Requirement);
    let messages: Vec<&str> = acc.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(expression.map(|expression| expression.reads).unwrap_or_default(), expect, "{text}: {messages:?}");
}

#[test]
fn what_is_read_is_named() {
    reads(r#"model.exposure == "customer-facing""#, &["model.exposure"]);
    reads("grant.ceiling.month > 10000", &["grant.ceiling.month"]);
    reads(r#"team.labels["employment"] == "contractor""#, &["team.labels.employment"]);
    reads(r#"team.labels.employment == "contractor""#, &["team.labels.employment"]);
    reads(r#"team.labels["app.kubernetes.io/name"] != """#, &["team.labels.app.kubernetes.io/name"]);
    reads("team.labels[team.name] == model.name", &["model.name", "team.labels", "team.name"]);
    reads(
        r#"model.regions.all(region, region == "eu") && model.visibility == "hidden""#,
        &["model.regions", "model.visibility"],
    );
    reads("model.upstreams.exists(u, u.provider == \"openai\" && u.weight > 50)", &["model.upstreams"]);
    reads("size(model.providers) >= 2", &["model.providers"]);
    reads("size(model.providers.filter(p, p.startsWith(\"azure\"))) == 1", &["model.providers"]);
    reads("subscription.models.map(m, m + \"!\") == [\"a!\"]", &["subscription.models"]);
    reads("subscription.models.exists_one(m, m == model.name)", &["model.name", "subscription.models"]);
    reads(r#""eu" in organization.dataRegions["restricted"]"#, &["organization.dataRegions.restricted"]);
    reads(r#"subscription.expiresAt != "" && subscription.expiresAt < "2027-01-01""#, &["subscription.expiresAt"]);
    reads("grant.limits.exists(l, l.tokens <= 1000000 && l.per == \"1h\")", &["grant.limits"]);
    reads(r#"model.dataClass in ["public", "internal"]"#, &["model.dataClass"]);
    reads("model.endpoints[0] == \"chat\"", &["model.endpoints"]);
    reads("model.price.output > 2.0 * model.price.input", &["model.price.input", "model.price.output"]);
    reads(
        "model.contextWindow > 0 ? model.maxOutputTokens < model.contextWindow : true",
        &["model.contextWindow", "model.maxOutputTokens"],
    );
    reads("!model.name.contains(\"x\")", &["model.name"]);
    reads("true", &[]);
}

#[test]
fn names_must_be_there() {
    check("model.exposur == \"x\"", &["name: exposur: `model` has no field `exposur`; did you mean `exposure`?"]);
    check("modle.exposure == \"public\"", &["name: modle: there is no `modle` here; did you mean `model`?"]);
    check("model.price.inputs > 1", &["name: inputs: `model.price` has no field `inputs`; did you mean `input`?"]);
    check(
        "model[\"exposur\"] == \"public\"",
        &["name: exposur: `model` has no field `exposur`; did you mean `exposure`?"],
    );
    check(
        "grant.ceiling.year > 1",
        &["name: year: `grant.ceiling` has no field `year`; it has `hour`, `day` and `month`"],
    );
    check("model.tags.exists(t, u == \"x\")", &["name: u: there is no `u` here; did you mean `t`?"]);
    check(
        "model.upstreams.all(u, u.wheight > 1)",
        &["name: wheight: `this object` has no field `wheight`; did you mean `weight`?"],
    );
    check(
        "model.name.startswith(\"x\")",
        &["name: startswith: there is no function `startswith`; did you mean `startsWith`?"],
    );
    check(
        "len(model.tags) > 1",
        &["name: len: there is no function `len`; there are `size`, `int`, `double`, `string` and `has`"],
    );
    check(
        "model.name.matches(\"a.*\")",
        &["name: matches: expressions have no `matches`; write `contains`, `startsWith` or `endsWith`"],
    );
    check(
        "contains(model.name, \"x\")",
        &["name: contains: `contains` is called otherwise; write `value.contains(…)`"],
    );
    // One mistake is one finding.
    check(
        "model.exposur == 3 && model.exposur < 4 || !model.exposur",
        &["name: exposur: `model` has no field `exposur`; did you mean `exposure`?"; 3],
    );
    assert_eq!(
        findings("team.name == \"x\"", Place::Invariant(ForEach::Model)),
        ["name: team: there is no `team` here; there are `organization` and `model`"]
    );
}

#[test]
fn parts_must_fit_together() {
    check("model.contextWindow < \"128000\"", &["type: <: a number is compared with a text"]);
    check("model.name == 3", &["type: ==: a text is compared with a number; the two are never equal"]);
    check(
        "model.name",
        &[
            "type: model.name: the expression is a text, not a condition; compare it with something: the result must be true or false",
        ],
    );
    check(
        "model.tags && true",
        &["type: .: a list is no condition; compare it with something: the result must be true or false"],
    );
    check("model.price.input * 2 > 1.0", &["type: *: whole numbers and decimals do not mix here; write `2.0`"]);
    check(
        "size(model.tags) * model.price.input > 1.0",
        &["type: *: whole numbers and decimals do not mix here; write `double(…)` around the whole number"],
    );
    check(
        "model.dataClass >= \"confidential\"",
        &["type: >=: words have no order in an expression; name them: `… in [\"restricted\"]`"],
    );
    check("model.tags.contains(\"x\")", &["type: contains: a list has no `contains`; write `\"x\" in list`"]);
    check("model.name in \"abc\"", &["type: in: a text has no elements; `in` needs a list"]);
    check("model.name in [1, 2]", &["type: in: a text is never in this list"]);
    check("model.name.all(c, c == \"x\")", &["type: .: a text has no elements to look at"]);
    check("model.name.length == 3", &["type: length: a text has no fields"]);
    check("model.tags[\"x\"] == \"y\"", &["type: \"x\": a list has no element by a text"]);
    check("size(model.price.input) > 1", &["type: size: a number has no size"]);
    check(
        "has(model.owner)",
        &[
            "type: owner: `has` is always true of `owner`; every field is there: compare it with its empty value, `\"\"`, `0` or `[]`",
        ],
    );
    check(
        "\"x\" in team.labels",
        &[
            "type: in: labels are not asked for with `in`; a label that is not set reads as \"\": write `….labels[\"x\"] != \"\"`",
        ],
    );
    check(
        "has(team.labels.x)",
        &[
            "type: x: `has` is always true of `x`; a label that is not set reads as \"\": write `team.labels[\"x\"] != \"\"`",
        ],
    );
    check("model == null", &["type: ==: an object is compared with null; the two are never equal"]);
}

#[test]
fn words_must_be_ones_that_the_field_has() {
    check(
        "model.exposure == \"custmer-facing\"",
        &["value: custmer-facing: the value is never `custmer-facing`; did you mean `customer-facing`?"],
    );
    check(
        "\"retierd\" != model.lifecycle.stage",
        &["value: retierd: the value is never `retierd`; did you mean `retired`?"],
    );
    check(
        "model.dataClass in [\"public\", \"secret\"]",
        &[
            "value: secret: the value is never `secret`; it is one of `public`, `internal`, `confidential` and `restricted`",
        ],
    );
    check(
        "\"embedding\" in model.endpoints",
        &["value: embedding: the value is never `embedding`; did you mean `embeddings`?"],
    );
    check(
        "model.endpoints == [\"chat\", \"mesages\"]",
        &["value: mesages: the value is never `mesages`; did you mean `messages`?"],
    );
    check(
        "model.endpoints.exists(e, e == \"chats\")",
        &["value: chats: the value is never `chats`; did you mean `chat`?"],
    );
    check(
        "subscription.expiresAt < \"next year\"",
        &["value: next year: `next year` is no time; write a date like `2026-11-01`, or `2026-11-01T12:00:00Z` in UTC"],
    );
    let (_, acc) = read("model.exposure == 'custmer-facing'", Place::Requirement);
    let fix = &acc.iter().next().unwrap().fixes[0].edits[0];
    assert_eq!((fix.span.start - 100, fix.span.end - 100, fix.insert.as_str()), (19, 33, "customer-facing"));
}

#[test]
fn syntax_errors_have_a_place_and_plain_words() {
    check("model.exposure = \"x\"", &["syntax: =: `=` is no operator of expressions; write `==`"]);
    check("model.exposure === \"x\"", &["syntax: ===: `===` is no operator of expressions; write `==`"]);
    check("model.name == \"a\" and true", &["syntax: and: `and` is no operator of expressions; write `&&`"]);
    check("model.name == \"a\" | true", &["syntax: |: `|` is no operator of expressions; write `||`"]);
    check("not model.hidden", &["syntax: not : `not ` is no operator of expressions; write `!`"]);
    check("model.", &["syntax: : the expression ends too early"]);
    check("(model.name == \"a\"", &["syntax: : the expression lacks `)` at its end"]);
    check("model.name == \"a", &["syntax: \"a: the quotation mark is never closed"]);
    check("model.name ++ \"a\"", &["syntax: +: `+` is unexpected here"]);
    check("if == 3", &["syntax: if: `if` is a reserved word"]);
    check("has(model)", &["syntax: model: `has` needs a key of a mapping: `has(organization.dataRegions.restricted)`"]);
    check(" ", &["syntax:  : the expression is empty; write a condition: `model.exposure == \"internal\"`"]);
    // Characters are not bytes, and lines are counted.
    check("\"ü\" == model.name &&\n model.", &["syntax: : the expression ends too early"]);
    check("\"üü\" == modl.name", &["name: modl: there is no `modl` here; did you mean `model`?"]);
    check(
        &"(".repeat(300),
        &["syntax: (: the expression nests more than 32 brackets; split it into several documents"],
    );
}

#[test]
fn long_expressions_are_refused_before_they_take_the_stack() {
    let long = format!("model.name == \"a\"{}", " && true".repeat(300));
    check(
        &long,
        &[&format!("syntax: {long}: the expression is longer than 2000 bytes; split it into several documents")],
    );
    for chain in ["1+", "!", "true&&", "true?true:", "\"a\"==", "-"] {
        let last = if chain == "-" || chain == "1+" { "1 == 1" } else { "true" };
        let text = format!("{}{last}", chain.repeat(1_990 / chain.len()));
        let text: String = text.chars().skip(text.len().saturating_sub(2_000)).collect();
        drop(findings(&text, Place::Requirement));
    }
}

#[test]
fn a_quoted_scalar_moves_places_by_one_and_a_folded_one_hides_them() {
    let text = "model.exposur == 1";
    let read = |extra: u32| {
        let end = 100 + u32::try_from(text.len()).unwrap() + extra;
        let scalar = Spanned::new(text.to_owned(), Span { file: FileId(0), start: 100, end });
        let mut acc = Diagnostics::default();
        assert!(expression(&scalar, Place::Requirement, &mut acc).is_none());
        let finding = acc.iter().next().unwrap().clone();
        let span = finding.primary.unwrap().span;
        (span.start, span.end, finding.fixes.len())
    };
    assert_eq!(read(0), (106, 113, 1));
    assert_eq!(read(2), (107, 114, 1));
    assert_eq!(read(9), (100, 127, 0));
}

#[test]
fn the_environment_can_be_asked_for_types() {
    let is =
        |place, path, expect: fn(&Type) -> bool| assert!(type_of(place, path).is_some_and(|ty| expect(&ty)), "{path}");
    for place in PLACES {
        is(place, "organization.name", |ty| matches!(ty, Type::Text));
    }
    is(Place::Requirement, "team.labels.app.kubernetes.io/name", |ty| matches!(ty, Type::Text));
    is(Place::Requirement, "grant.ceiling.month", |ty| matches!(ty, Type::Number));
    is(Place::Requirement, "model.upstreams", |ty| matches!(ty, Type::List(Type::Object(_))));
    assert!(type_of(Place::Invariant(ForEach::Team), "model.name").is_none());
    assert!(type_of(Place::Requirement, "model.name.x").is_none());
    assert!(type_of(Place::Requirement, "").is_none());
}

#[test]
fn words_are_those_of_the_language() {
    use maas_schemas::abi::{Count, Endpoint, Over, Scope};
    use maasc_syntax::ast::{DataClass, Exposure, Stage};
    let names = |list: &[&'static str]| list.to_vec();
    assert_eq!(names(environment::ENDPOINT), Endpoint::ALL.iter().map(|e| e.name()).collect::<Vec<_>>());
    assert_eq!(names(environment::SCOPE), Scope::ALL.iter().map(|e| e.name()).collect::<Vec<_>>());
    assert_eq!(names(environment::OVER), Over::ALL.iter().map(|e| e.name()).collect::<Vec<_>>());
    assert_eq!(names(environment::COUNT), Count::ALL.iter().map(|e| e.name()).collect::<Vec<_>>());
    assert_eq!(names(environment::EXPOSURE), Exposure::ALL.iter().map(|e| e.1).collect::<Vec<_>>());
    assert_eq!(names(environment::DATA_CLASS), DataClass::ALL.iter().map(|e| e.1).collect::<Vec<_>>());
    assert_eq!(names(environment::STAGE), Stage::ALL.iter().map(|e| e.1).collect::<Vec<_>>());
}
