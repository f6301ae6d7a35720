//! Plans of small policies, by example.

use maas_schemas::decision::{Decision, Request};
use maas_schemas::plan::{AccessChange, CallerKind, ChangeClass, Fate, Plan};
use maasc_ir::eval::Reference;
use maasc_ir::evaluate::Evaluate;

use super::random::document;
use super::{AT, Files, Gateway, HEAD, Input, Side, World, compare, compile, revision, single, world};
use crate::render;

/// Two teams, two models, one subscription.
fn acme() -> String {
    let mut out = HEAD.to_owned();
    out.push_str("  limits: [{cost: 1000, per: month, scope: organization}]\n");
    out.push_str("  changeBudget: {maxGrantedCells: 1, maxRevokedPercent: 25, maxSpendIncrease: 10, maxTeams: 1}\n");
    document(&mut out, "Provider", "azure", "{type: simulator, region: us}");
    document(&mut out, "Provider", "local", "{type: simulator, region: eu}");
    for team in ["payments", "marketing"] {
        document(&mut out, "Team", team, &format!("{{members: {{groups: [corp:{team}]}}, costCentre: c}}"));
    }
    document(
        &mut out,
        "Team",
        "platform",
        "{owners: [corp:ops@x.example], members: {groups: [corp:ops]}, costCentre: c}",
    );
    for model in ["gpt-4o", "llama"] {
        let spec = "owner: platform, endpoints: [chat], price: {input: 1, cachedInput: 1, output: 2}, \
                    upstreams: [{provider: azure, model: x}]";
        document(&mut out, "Model", model, &format!("{{{spec}}}"));
    }
    let spec = "{teams: [payments], models: [gpt-4o], limits: [{tokens: 100k, per: day, scope: team}]}";
    document(&mut out, "Subscription", "standard", spec);
    out
}

fn edited(edits: &[(&str, &str)]) -> (World, World) {
    let before = acme();
    let after = edits.iter().fold(before.clone(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    (single(&before), compile(&[("policy.yaml", &after)]).0)
}

fn planned(edits: &[(&str, &str)]) -> Plan {
    let (before, after) = edited(edits);
    compare(&before, &after)
}

fn only(plan: &Plan) -> &AccessChange {
    assert_eq!(plan.access_changes.len(), 1, "{:#?}", plan.access_changes);
    &plan.access_changes[0]
}

fn deltas(change: &AccessChange) -> Vec<String> {
    change.deltas.iter().map(|delta| format!("{}: {} → {}", delta.aspect, delta.before, delta.after)).collect()
}

#[test]
fn nothing_changes_for_comments_order_and_layout() {
    let before = acme();
    let mut documents: Vec<&str> = before.split("---\n").collect();
    documents[1..].reverse();
    let after = documents.join("---\n# moved\n").replace("simulator, region", "simulator,   region");
    let plan = compare(&single(&before), &single(&after));
    assert!(plan.equivalent);
    assert!(plan.access_changes.is_empty());
    assert!(render::text::render(&plan).contains("No effective change (6 cells compared)."));
}

#[test]
fn a_renamed_file_moves_sources_and_nothing_else() {
    let text = acme();
    let plan = compare(&world(&[("a.yaml", &text)]), &world(&[("b.yaml", &text)]));
    assert!(plan.equivalent);
    assert_eq!(only(&plan).class, ChangeClass::SourceMoved);
    let change = only(&plan);
    let files = [&change.before, &change.after].map(|effect| effect.as_ref().unwrap().sources[0].file.clone());
    assert_eq!(files, ["a.yaml", "b.yaml"]);
}

#[test]
fn a_grant_is_a_rectangle_with_lines_and_a_witness() {
    let plan =
        planned(&[("teams: [payments], models: [gpt-4o]", "teams: [payments, marketing], models: [gpt-4o, llama]")]);
    let granted: Vec<_> = plan
        .access_changes
        .iter()
        .map(|change| (change.class, change.callers.join(" "), change.models.join(" "), change.cells))
        .collect();
    assert_eq!(
        granted,
        [
            (ChangeClass::Granted, "marketing".to_owned(), "gpt-4o llama".to_owned(), 2),
            (ChangeClass::Granted, "payments".to_owned(), "llama".to_owned(), 1),
        ]
    );
    let change = &plan.access_changes[0];
    let effect = change.after.as_ref().unwrap();
    assert_eq!(effect.subscriptions, ["standard"]);
    assert_eq!(effect.limits[0].text, "100k tokens per day, each team, each model");
    assert_eq!((effect.upstreams.join(" "), effect.endpoints.join(" ")), ("azure/x".to_owned(), "chat".to_owned()));
    assert_eq!(effect.sources[0].document, "Subscription/standard");
    assert_eq!(change.witness.before, "not-granted");
    assert_eq!(change.witness.after, "allow by standard, 2 limits");
    assert_eq!(plan.summary.cells[&ChangeClass::Granted], 3);
    // Four budgets: three cells, nothing revoked, more spend, two teams.
    let gates: Vec<_> = plan.gates.iter().map(|gate| (gate.id.as_str(), gate.pass)).collect();
    assert_eq!(
        gates,
        [("maxGrantedCells", false), ("maxRevokedPercent", true), ("maxSpendIncrease", false), ("maxTeams", false)]
    );
    assert!(plan.is_blocked());
    let approver = &plan.approvals.approvers[0];
    assert_eq!((approver.name.as_str(), approver.people.join(" ")), ("platform", "corp:ops@x.example".to_owned()));
}

#[test]
fn a_revoked_cell_counts_in_percent_of_the_base() {
    let plan = planned(&[("models: [gpt-4o]", "models: [llama]")]);
    let classes: Vec<_> = plan.access_changes.iter().map(|change| (change.class, change.models[0].clone())).collect();
    assert_eq!(classes, [(ChangeClass::Granted, "llama".to_owned()), (ChangeClass::Revoked, "gpt-4o".to_owned())]);
    let gate = plan.gates.iter().find(|gate| gate.id == "maxRevokedPercent").unwrap();
    assert!(!gate.pass);
    assert_eq!(gate.reason, "1 of 1 cells revoked, at most 25 %");
}

#[test]
fn limits_widen_narrow_and_mix() {
    let check = |to: &str, class, expected: &[&str]| {
        let plan = planned(&[("{tokens: 100k, per: day, scope: team}", to)]);
        assert_eq!(
            (only(&plan).class, deltas(only(&plan))),
            (class, expected.iter().map(|text| (*text).to_owned()).collect())
        );
    };
    let words = "tokens per day, each team, each model";
    let one = |before: &str, after: &str| format!("limit: {before} {words} → {after} {words}");
    check("{tokens: 200k, per: day, scope: team}", ChangeClass::Widened, &[&one("100k", "200k")]);
    check("{tokens: 50k, per: day, scope: team}", ChangeClass::Narrowed, &[&one("100k", "50k")]);
    let new = "limit:  → 9 requests per 1h, each user, each model";
    check("{tokens: 100k, per: day, scope: team}, {requests: 9, per: 1h, scope: user}", ChangeClass::Narrowed, &[new]);
    check(
        "{tokens: 200k, per: day, scope: team}, {requests: 9, per: 1h, scope: user}",
        ChangeClass::Mixed,
        &[&one("100k", "200k"), new],
    );
}

#[test]
fn a_ceiling_moves_every_cell_below_it() {
    let plan = planned(&[("cost: 1000, per: month", "cost: 500, per: month")]);
    assert_eq!(only(&plan).class, ChangeClass::Narrowed);
    assert_eq!(
        deltas(only(&plan)),
        ["ceiling: Organization/acme: 1000 USD per month, all callers together → \
             Organization/acme: 500 USD per month, all callers together"]
    );
    assert_eq!(only(&plan).after.as_ref().unwrap().sources[0].document, "Organization/acme");
}

#[test]
fn another_provider_is_rerouted() {
    let plan = planned(&[("upstreams: [{provider: azure, model: x}]", "upstreams: [{provider: local, model: x}]")]);
    assert_eq!(only(&plan).class, ChangeClass::Rerouted);
    assert_eq!(deltas(only(&plan)), ["route: azure/x (simulator, us) → local/x (simulator, eu)"]);
    assert_eq!(only(&plan).after.as_ref().unwrap().sources[0].document, "Model/gpt-4o");
    let weight =
        planned(&[("upstreams: [{provider: azure, model: x}]", "upstreams: [{provider: azure, model: x, weight: 7}]")]);
    assert!(weight.equivalent, "{weight:#?}");
}

#[test]
fn dates() {
    let end = |date: &str| format!("models: [gpt-4o], expiresAt: {date}");
    let plan = planned(&[("models: [gpt-4o]", &end("2026-06-20"))]);
    assert_eq!(only(&plan).class, ChangeClass::Expiring);
    assert_eq!(deltas(only(&plan)), ["ends:  → 2026-06-19T22:00:00Z"]);
    assert_eq!(plan.lapsing[0].document, "Subscription/standard");
    let later = planned(&[("models: [gpt-4o]", &end("2026-09-20"))]);
    assert!(later.lapsing.is_empty());
    let past = planned(&[("models: [gpt-4o]", &end("2026-01-20"))]);
    assert_eq!(only(&past).class, ChangeClass::Revoked);
    let future = planned(&[(
        "teams: [payments], models: [gpt-4o]",
        "teams: [payments], models: [gpt-4o], startsAt: 2026-07-01",
    )]);
    assert_eq!(only(&future).class, ChangeClass::Narrowed);
    assert_eq!(deltas(only(&future)), ["starts:  → 2026-06-30T22:00:00Z"]);
}

#[test]
fn a_group_that_joins_a_team_gains_what_the_team_has() {
    let plan = planned(&[("groups: [corp:payments]", "groups: [corp:payments, corp:marketing]")]);
    let change = only(&plan);
    assert_eq!((change.class, change.kind), (ChangeClass::Granted, CallerKind::Group));
    assert_eq!((change.callers.join(" "), change.models.join(" ")), ("corp:marketing".to_owned(), "gpt-4o".to_owned()));
    assert_eq!(change.witness.caller, "group corp:marketing");
}

/// The policy with a requirement on every model, and a consent where a digest is given.
fn asking(digest: Option<&str>, until: &str) -> World {
    let required = "  approvals: {roles: {gov: {users: [corp:mia@x.example]}}, \
                    required: [{name: all, when: model.name != \"\", role: gov}]}\n  limits:";
    let mut text = acme().replace("  limits:", required);
    if let Some(digest) = digest {
        let spec = format!(
            "{{for: {{model: gpt-4o}}, requirement: all, approvedBy: corp:mia@x.example, role: gov, date: 2026-05-01, \
             expiresAt: {until}, digest: \"{digest}\"}}"
        );
        document(&mut text, "Approval", "gpt-4o-all", &spec);
    }
    compile(&[("policy.yaml", &text)]).0
}

#[test]
fn approvals_that_are_needed_missing_void_and_not_needed_any_more() {
    let missing = asking(None, "");
    let digest = missing.gateways["default"].0.ir.approvals[0].digest.clone();
    let given = asking(Some(&digest), "2026-06-20");
    let free = single(&acme());
    let removed = compare(&given, &free);
    assert_eq!(only(&removed).class, ChangeClass::ApprovalRemoved);
    assert_eq!(deltas(only(&removed))[0], "approvals: all by gov → ");
    let added = compare(&free, &given);
    assert_eq!(
        (only(&added).class, only(&added).also.clone()),
        (ChangeClass::Expiring, vec![ChangeClass::ApprovalAdded])
    );
    assert_eq!(added.lapsing[0].document, "Approval/gpt-4o-all");
    assert!(added.approvals.missing.is_empty() && added.approvals.void.is_empty());
    let lost = compare(&given, &missing);
    assert_eq!(only(&lost).class, ChangeClass::Revoked);
    let consent = &lost.approvals.missing[0];
    assert_eq!((consent.requirement.as_str(), consent.model.as_str(), consent.by_this_change), ("all", "gpt-4o", true));
    assert!(lost.gates.iter().any(|gate| gate.id == "approvals" && !gate.pass));
    let stale = asking(Some(&format!("sha256:{}", "0".repeat(64))), "2026-06-20");
    let void = compare(&given, &stale);
    assert_eq!((void.approvals.void[0].approval.as_str(), void.approvals.void[0].by_this_change), ("gpt-4o-all", true));
    assert!(!compare(&stale, &stale).approvals.void[0].by_this_change);
}

#[test]
fn counters_are_kept_reset_and_rescoped() {
    let fates = |to: &str| {
        let plan = planned(&[("{tokens: 100k, per: day, scope: team}", to)]);
        let changes = plan.counters.changes.iter().map(|change| (change.fate, change.owner.clone()));
        (plan.counters.kept, changes.map(|(fate, _)| fate).collect::<Vec<_>>())
    };
    assert_eq!(fates("{tokens: 120k, per: day, scope: team}"), (1, vec![Fate::Kept]));
    assert_eq!(fates("{scope: team, per: day, tokens: 100k}"), (2, vec![]));
    assert_eq!(fates("{tokens: 100k, per: 2h, scope: team}"), (1, vec![Fate::Reset]));
    assert_eq!(fates("{tokens: 100k, per: day, scope: user}"), (1, vec![Fate::Rescoped]));
    assert_eq!(fates("{tokens: 100k, per: day, scope: team, over: subscription}"), (1, vec![Fate::Rescoped]));
    assert_eq!(fates("{tokens: 100k, per: day, scope: team, count: output}"), (1, vec![Fate::Rescoped]));
    assert_eq!(
        fates("{tokens: 100k, per: day, scope: team}, {requests: 9, per: 1h, scope: user}"),
        (2, vec![Fate::New])
    );
}

#[test]
fn money_is_exact_over_the_tree() {
    let plan = planned(&[("teams: [payments]", "teams: [payments, marketing]")]);
    let money = &plan.money[0];
    // 100,000 tokens a day at 2 per million, 31 days.
    assert_eq!((money.before.as_str(), money.after.as_str()), ("6.20", "12.40"));
    assert_eq!((money.difference.as_str(), money.exact), ("+6.20", true));
    assert_eq!((money.teams[0].team.as_str(), money.teams[0].after.as_str()), ("marketing", "6.20"));
}

#[test]
fn money_is_the_least_of_grants_ceilings_and_the_organization() {
    let after = |edits: &[(&str, &str)]| {
        let money = planned(edits).money.remove(0);
        (money.after, money.difference, money.exact)
    };
    let texts = |after: &str, difference: &str, exact| (after.to_owned(), difference.to_owned(), exact);
    let ceiling = (
        "members: {groups: [corp:payments]},",
        "members: {groups: [corp:payments]}, limits: [{cost: 5, per: month, scope: team}],",
    );
    assert_eq!(after(&[ceiling]), texts("5.00", "-1.20", true));
    assert_eq!(after(&[("cost: 1000, per: month", "cost: 2, per: month")]), texts("2.00", "-4.20", true));
    // Nobody knows how many users a team has: only the organization bounds it, and without that nothing.
    let users = ("per: day, scope: team}", "per: day, scope: user}");
    assert_eq!(after(&[users]), texts("1000.00", "+993.80", true));
    let unbounded = ("  limits: [{cost: 1000, per: month, scope: organization}]\n", "");
    assert_eq!(after(&[users, unbounded]), texts("", "", true));
    let gate = planned(&[users, unbounded]).gates.into_iter().find(|gate| gate.id == "maxSpendIncrease").unwrap();
    assert_eq!((gate.pass, gate.reason.as_str()), (false, "spend per month may grow without bound, at most 10.00 USD"));
    // Five weeks touch a month, so a week's limit is a bound from above.
    assert_eq!(after(&[("per: day, scope: team}", "per: week, scope: team}")]), texts("1.00", "-5.20", false));
    let shared = (
        "models: [gpt-4o], limits: [{tokens: 100k, per: day, scope: team}",
        "models: [gpt-4o, llama], limits: [{cost: 3, per: month, scope: team, over: subscription}",
    );
    assert_eq!(after(&[shared]), texts("3.00", "-3.20", true));
}

#[test]
fn settings_that_act_are_said_and_texts_are_not() {
    let plan = planned(&[
        ("timeZone: Europe/Berlin", "timeZone: Europe/Paris"),
        ("owner: platform,", "owner: platform, description: new,"),
    ]);
    let settings: Vec<_> = plan.settings.iter().map(|found| (found.field.as_str(), found.after.as_str())).collect();
    assert_eq!(settings, [("timeZone", "Europe/Paris")]);
    assert!(!plan.equivalent);
}

#[test]
fn equal_changes_of_gateways_are_said_once() {
    let with_gateways = |text: &str| {
        let mut text = text.to_owned();
        for gateway in ["dev", "prod"] {
            document(&mut text, "Gateway", gateway, &format!("{{target: standalone, hostnames: [{gateway}.example]}}"));
        }
        text
    };
    let before = with_gateways(&acme());
    let after = before.replace("models: [gpt-4o]", "models: [gpt-4o, llama]");
    let plan = compare(&single(&before), &single(&after));
    assert_eq!(only(&plan).gateways, ["dev", "prod"]);
    assert_eq!(plan.domain.cells, 12);
}

#[test]
fn a_new_gateway_grants_all_that_it_allows() {
    let mut after = acme();
    document(&mut after, "Gateway", "prod", "{target: standalone, hostnames: [prod.example]}");
    let plan = compare(&single(&acme()), &single(&after));
    let classes: Vec<_> = plan.access_changes.iter().map(|change| (change.class, change.gateways.join(" "))).collect();
    assert_eq!(classes, [(ChangeClass::Granted, "prod".to_owned()), (ChangeClass::Revoked, "default".to_owned())]);
}

/// A compiled policy with a mistake in it.
struct Liar<'a>(Reference<'a>);

impl Evaluate for Liar<'_> {
    fn decide(&mut self, request: &Request) -> Decision {
        let mut decision = self.0.decide(request);
        if let Some(limit) = decision.limits.first_mut() {
            limit.amount += 1;
        }
        decision
    }

    fn visible(&mut self, request: &Request) -> Vec<bool> {
        self.0.visible(request)
    }

    fn teams(&mut self, request: &Request) -> Vec<u32> {
        self.0.teams(request)
    }
}

#[test]
fn a_compiled_policy_that_disagrees_with_its_table_stops_the_plan() {
    let (before, after) = edited(&[("models: [gpt-4o]", "models: [gpt-4o, llama]")]);
    let (base, head) = (&before.gateways["default"], &after.gateways["default"]);
    let mut honest = Reference::new(&base.0.ir);
    let mut liar = Liar(Reference::new(&head.0.ir));
    let base = Side { ir: &base.0.ir, provenance: &base.1, evaluate: &mut honest, files: Files::new() };
    let head = Side { ir: &head.0.ir, provenance: &head.1, evaluate: &mut liar, files: Files::new() };
    let gateways = vec![Gateway { name: "default", base: Some(base), head: Some(head) }];
    let input = Input { base: revision("a"), head: revision("b"), at_ms: AT, gateways, gates: Vec::new() };
    let disagreement = crate::plan(input).unwrap_err();
    assert_eq!((disagreement.side, disagreement.gateway.as_str()), ("head", "default"));
}

#[test]
fn files_are_compared_with_a_diff_of_text() {
    let (before, after) = edited(&[("models: [gpt-4o]", "models: [gpt-4o, llama]")]);
    let (base, head) = (&before.gateways["default"], &after.gateways["default"]);
    let (mut from, mut to) = (Reference::new(&base.0.ir), Reference::new(&head.0.ir));
    let old: Files<'_> = [("a.yaml", &b"x: 1\ny: 2\n"[..]), ("gone", b"z"), ("same", b"s"), ("p.wasm", b"\0a")].into();
    let new: Files<'_> = [("a.yaml", &b"x: 1\ny: 3\n"[..]), ("new", b"n"), ("same", b"s"), ("p.wasm", b"\0b")].into();
    let base = Side { ir: &base.0.ir, provenance: &base.1, evaluate: &mut from, files: old };
    let head = Side { ir: &head.0.ir, provenance: &head.1, evaluate: &mut to, files: new };
    let gateways = vec![Gateway { name: "default", base: Some(base), head: Some(head) }];
    let input = Input { base: revision("a"), head: revision("b"), at_ms: AT, gateways, gates: Vec::new() };
    let files = crate::plan(input).unwrap().manifest_changes;
    let paths: Vec<_> = files.iter().map(|file| (file.path.as_str(), file.diff.contains("+y: 3"))).collect();
    assert_eq!(paths, [("a.yaml", true), ("gone", false), ("new", false), ("p.wasm", false)]);
    assert_eq!(files[3].diff, "");
}
