//! Size: the work follows classes and rows, not cells.

use std::fmt::Write;

use maas_schemas::plan::ChangeClass;

use super::random::document;
use super::{HEAD, compare, single};

fn policy(n_teams: usize, n_models: usize, limit: &str) -> String {
    let mut out = HEAD.to_owned();
    document(&mut out, "Provider", "p", "{type: simulator}");
    let mut teams = String::new();
    for number in 0..n_teams {
        document(
            &mut out,
            "Team",
            &format!("t{number}"),
            &format!("{{members: {{groups: [corp:g{number}]}}, costCentre: c}}"),
        );
        write!(teams, "t{number}, ").unwrap();
    }
    let mut models = String::new();
    for number in 0..n_models {
        let spec =
            "{endpoints: [chat], price: {input: 1, cachedInput: 1, output: 1}, upstreams: [{provider: p, model: x}]}";
        document(&mut out, "Model", &format!("m{number}"), spec);
        write!(models, "m{number}, ").unwrap();
    }
    let spec = format!("{{teams: [{teams}], models: [{models}], limits: [{{tokens: {limit}, per: 1h, scope: team}}]}}");
    document(&mut out, "Subscription", "all", &spec);
    out
}

#[test]
fn a_limit_of_everybody_is_one_rectangle() {
    let plan = compare(&single(&policy(300, 60, "1k")), &single(&policy(300, 60, "2k")));
    assert_eq!(plan.access_changes.len(), 1);
    let change = &plan.access_changes[0];
    assert_eq!((change.class, change.cells), (ChangeClass::Widened, 18_000));
    assert_eq!((change.callers.len(), change.models.len()), (300, 60));
    assert_eq!(plan.domain.cells, 18_000);
}
