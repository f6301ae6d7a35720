//! Renderings: fixed by snapshot, bounded in size, safe against hostile names.

use std::collections::BTreeMap;

use maas_schemas::plan::{
    AccessChange, Approvals, CallerKind, ChangeClass, Counters, Delta, Domain, Effect, FORMAT, FileAction, Gate,
    GateLevel, ManifestChange, Plan, Revision, Summary, Witness,
};
use maas_schemas::provenance::Source;

use super::{html, json, markdown, text};

fn change(caller: &str, model: &str) -> AccessChange {
    AccessChange {
        class: ChangeClass::Widened,
        also: vec![ChangeClass::Expiring],
        gateways: vec!["prod".to_owned()],
        kind: CallerKind::Team,
        callers: vec![caller.to_owned()],
        models: vec![model.to_owned(), "m2".to_owned()],
        cells: 2,
        deltas: vec![Delta {
            aspect: "limit".to_owned(),
            before: "1k tokens per 1h".to_owned(),
            after: "2k tokens per 1h".to_owned(),
        }],
        before: Some(effect("teams/old.yaml")),
        after: Some(effect("teams/new.yaml")),
        witness: Witness {
            caller: caller.to_owned(),
            model: model.to_owned(),
            endpoint: "chat".to_owned(),
            at: "2026-06-01T00:00:00Z".to_owned(),
            before: "allow by s, 1 limit".to_owned(),
            after: "allow by s, 1 limit".to_owned(),
            ..Witness::default()
        },
    }
}

fn effect(file: &str) -> Effect {
    let source = Source { file: file.to_owned(), line: 7, column: 1, document: "Subscription/s".to_owned() };
    Effect { subscriptions: vec!["s".to_owned()], sources: vec![source], ..Effect::default() }
}

fn plan(access_changes: Vec<AccessChange>) -> Plan {
    let cells = access_changes.iter().map(|change| change.cells).sum();
    Plan {
        format: FORMAT.to_owned(),
        at: "2026-06-01T00:00:00Z".to_owned(),
        base: Revision { reference: "main".to_owned(), ..Revision::default() },
        head: Revision { reference: "working tree".to_owned(), ..Revision::default() },
        equivalent: access_changes.is_empty(),
        summary: Summary { cells: BTreeMap::from([(ChangeClass::Widened, cells)]), callers: 1, models: 2 },
        access_changes,
        settings: Vec::new(),
        money: Vec::new(),
        counters: Counters::default(),
        approvals: Approvals::default(),
        gates: vec![Gate {
            id: "maxTeams".to_owned(),
            level: GateLevel::Error,
            pass: false,
            reason: "9 teams and callers touched, at most 1".to_owned(),
            source: None,
        }],
        lapsing: Vec::new(),
        manifest_changes: vec![ManifestChange {
            path: "prod/a.yaml".to_owned(),
            action: FileAction::Update,
            bytes_before: 10,
            bytes_after: 12,
            diff: "@@ -1 +1 @@\n-```\n+b\n".to_owned(),
        }],
        domain: Domain { gateways: vec!["prod".to_owned()], callers: 3, models: 4, cells: 12, exact: true },
    }
}

#[test]
fn text_of_a_plan() {
    insta::assert_snapshot!(text::render(&plan(vec![change("payments", "gpt-4o")])), @r"
    maasc plan main → working tree, for 2026-06-01T00:00:00Z

    2 widened of 12 cells; 1 caller, 2 models.
    Blocked by maxTeams.

    Access
      ~ widened, expiring: team payments × gpt-4o, m2 (2 cells)
          limit      1k tokens per 1h → 2k tokens per 1h
          lines      teams/old.yaml:7 → teams/new.yaml:7
          witness    payments asks gpt-4o (chat) at 2026-06-01T00:00:00Z: allow by
                       s, 1 limit → allow by s, 1 limit

    Gates
      ! closed: maxTeams, 9 teams and callers touched, at most 1

    Files
      ~ update prod/a.yaml, 10 → 12 bytes

    Compared exactly: 3 callers × 4 models in 1 gateway (12 cells), every endpoint,
    named subscription and time from then on. Who is in a group is the identity
    provider's business.
    ");
}

#[test]
fn markdown_of_a_plan() {
    insta::assert_snapshot!(markdown::render(&plan(vec![change("payments", "gpt-4o")])), @r"
    <!-- maasc plan -->
    **2 widened of 12 cells; 1 caller, 2 models.**

    **Blocked by maxTeams.**

    `main` → `working tree`, for 2026-06-01T00:00:00Z

    #### Access

    - widened, expiring: team `payments` × `gpt-4o`, `m2` (2 cells)
      - limit: `1k tokens per 1h` → `2k tokens per 1h`
      - lines: `teams/old.yaml:7` → `teams/new.yaml:7`
      - witness: `payments` asks `gpt-4o` (chat) at 2026-06-01T00:00:00Z: allow by s, 1 limit → allow by s, 1 limit

    #### Gates

    - closed: `maxTeams`, 9 teams and callers touched, at most 1

    <details><summary>Files (1)</summary>

    - update `prod/a.yaml`, 10 → 12 bytes

      ````diff
      @@ -1 +1 @@
      -```
      +b
      ````

    </details>

    <sub>Compared exactly: 3 callers × 4 models in 1 gateway (12 cells), every endpoint, named subscription and time from then on. Who is in a group is the identity provider's business.</sub>
    ");
}

#[test]
fn json_is_read_back() {
    let plan = plan(vec![change("payments", "gpt-4o")]);
    let text = json::render(&plan);
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    assert!(text.contains("\"class\": \"widened\"") && text.ends_with("}\n"));
}

#[test]
fn text_is_never_wider_than_eighty_columns() {
    let long = format!("corp:{}@example.com", "x".repeat(200));
    let text = text::render(&plan(vec![change(&long, &long)]));
    let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= text::WIDTH, "{widest}\n{text}");
}

#[test]
fn markdown_has_an_end_and_says_what_it_left_out() {
    let many = (0..5_000).map(|number| change(&format!("team-{number}"), "gpt-4o")).collect();
    let out = markdown::render(&plan(many));
    assert!(out.chars().count() < markdown::MOST);
    assert!(out.contains("Left out, because a comment has an end: ") && out.contains("access changes"));
    // What is decided by them stays visible.
    assert!(out.contains("`maxTeams`"));
    let few = markdown::render(&plan(vec![change("payments", "gpt-4o")]));
    assert!(!few.contains("Left out"));
}

#[test]
fn names_cannot_break_out() {
    let hostile = "`</code><script>alert(1)</script> @everyone\n# x\u{1b}[31m";
    let plan = plan(vec![change(hostile, hostile)]);
    let page = html::render(&plan);
    assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"));
    assert!(page.contains("<!doctype html>") && page.contains("</html>"));
    let comment = markdown::render(&plan);
    assert!(comment.contains("`'</code><script>alert(1)</script> @everyone # x"));
    assert!(!comment.lines().any(|line| line.starts_with("# x")));
    for out in [text::render(&plan), comment] {
        assert!(!out.contains('\u{1b}'));
    }
    // A diff cannot end its own fence.
    assert!(markdown::render(&plan).contains("````diff"));
}
