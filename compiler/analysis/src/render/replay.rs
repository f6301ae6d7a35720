//! Past traffic under another policy for a terminal.

use maas_schemas::replay::ReplayReport;
use maasc_diagnostics::render::{clean, plural};

use super::columns;
use crate::words::money;

/// Returns the counts, the money, and who would have been refused.
#[must_use]
pub fn text(report: &ReplayReport) -> String {
    let amount = |nanos: u64| money(nanos, &report.currency);
    let mut out = format!("{} from {} until {}", plural(report.n_requests, "request"), report.from, report.until);
    if report.n_elsewhere > 0 {
        out.push_str(&format!("; {} of other gateways left out", report.n_elsewhere));
    }
    out.push_str(&format!(
        "\nrefused: {} then, {} now ({} newly refused, {} newly allowed)\n",
        report.n_refused_then, report.n_refused_now, report.n_newly_refused, report.n_newly_allowed
    ));
    out.push_str(&format!("cost: {} then, {} now\n", amount(report.cost_then), amount(report.cost_now)));
    if report.n_newly_allowed > 0 {
        out.push_str("what the newly allowed would have used is not known and not in the cost\n");
    }
    if !report.refusals.is_empty() {
        let head = ["requests", "team", "model", "reason", "first", "line"].map(ToOwned::to_owned).to_vec();
        let rows = report.refusals.iter().map(|refusal| {
            let place = refusal.source.as_ref().map(ToString::to_string).unwrap_or_default();
            let count = refusal.n_requests.to_string();
            vec![
                count,
                refusal.team.clone(),
                refusal.model.clone(),
                refusal.reason.clone(),
                refusal.first.clone(),
                place,
            ]
        });
        out.push_str("\nnewly refused\n");
        out.push_str(&columns(&std::iter::once(head).chain(rows).collect::<Vec<_>>()));
    }
    if !report.teams.is_empty() {
        let head = ["team", "requests", "newly refused", "cost then", "cost now"].map(ToOwned::to_owned).to_vec();
        let rows = report.teams.iter().map(|team| {
            let counts = [team.n_requests.to_string(), team.n_newly_refused.to_string()];
            let [n_requests, n_newly_refused] = counts;
            vec![team.team.clone(), n_requests, n_newly_refused, amount(team.cost_then), amount(team.cost_now)]
        });
        out.push('\n');
        out.push_str(&columns(&std::iter::once(head).chain(rows).collect::<Vec<_>>()));
    }
    clean(&out).into_owned()
}
