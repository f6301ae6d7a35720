//! What a bundle cannot hold, found before anything is written.

use maas_schemas::abi::{MAX_CANDIDATES, MAX_LIMITS, MAX_MODELS, MAX_STRING, MAX_UPSTREAMS};
use maasc_diagnostics::{Diagnostic, Diagnostics};
use maasc_ir::Built;
use maasc_ir::ir::{Grant, Ir, Limit, MemberKind, RuleId};
use maasc_ir::normalize;

use crate::rules::bundle_bound;

/// Reports everything that exceeds a bound; says whether the table fits.
pub fn check(built: &Built, acc: &mut Diagnostics) -> bool {
    let mut findings = Vec::new();
    check_names(&built.ir, &mut findings);
    check_models(&built.ir, &mut findings);
    check_candidates(&built.ir, &mut findings);
    check_limits(&built.ir, &mut findings);
    check_counter_keys(&built.ir, &mut findings);
    let fits = findings.is_empty();
    for finding in findings {
        let diagnostic = Diagnostic::new(&bundle_bound::RULE, built.span(finding.rule), finding.message);
        acc.push(diagnostic.help(finding.help));
    }
    fits
}

/// Two counters with one key would be one counter: what one team used would be charged to another.
fn check_counter_keys(ir: &Ir, findings: &mut Vec<Finding>) {
    for (one, other) in normalize::key_collisions(&ir.limits) {
        let owner = |limit: &Limit| format!("{}/{}", limit.owner_kind.name(), limit.owner);
        let message = format!("limits of `{}` and `{}` would share one counter", owner(one), owner(other));
        findings.push(Finding { rule: other.rule, message, help: "rename one of the two documents" });
    }
}

struct Finding {
    rule: RuleId,
    message: String,
    help: &'static str,
}

fn check_names(ir: &Ir, findings: &mut Vec<Finding>) {
    let models = ir.models.iter().flat_map(|model| model.aliases.iter().map(|alias| ("alias", alias, model.rule)));
    let members = ir.members.iter().map(|member| {
        let kind = match member.kind {
            MemberKind::User => "user",
            MemberKind::Group => "group",
            MemberKind::ServiceAccount => "service account",
        };
        let principal = member.principals.first().map_or(0, |principal| *principal as usize);
        let user = || ir.users.get(principal.checked_sub(ir.teams.len())?).map(|user| user.rule);
        let rule = ir.teams.get(principal).map(|team| team.rule).or_else(user);
        (kind, &member.name, rule.unwrap_or(ir.organization.rule))
    });
    for (kind, name, rule) in models.chain(members).filter(|(_, name, _)| name.len() > MAX_STRING) {
        let start: String = name.chars().take(16).collect();
        let n = name.len();
        let message = format!("the {kind} `{start}…` has {n} bytes; requests carry at most {MAX_STRING}");
        findings.push(Finding { rule, message, help: "use a shorter name" });
    }
}

fn check_models(ir: &Ir, findings: &mut Vec<Finding>) {
    let n = ir.models.len();
    if n > MAX_MODELS as usize {
        let message = format!("the environment `{}` has {n} models; a bundle holds {MAX_MODELS}", ir.gateway.name);
        findings.push(Finding { rule: ir.gateway.rule, message, help: "limit models to environments with `gateways`" });
    }
    for model in &ir.models {
        let n = ir.routes.get(model.route as usize).map_or(0, Vec::len);
        if n > MAX_UPSTREAMS {
            let message = format!("model `{}` has {n} upstreams; a decision carries {MAX_UPSTREAMS}", model.name);
            findings.push(Finding {
                rule: model.rule,
                message,
                help: "name fewer upstreams, or put a provider before them",
            });
        }
    }
}

fn check_candidates(ir: &Ir, findings: &mut Vec<Finding>) {
    let is_large = |cell: &u32| ir.access.cells.get(*cell as usize).is_some_and(|list| list.len() > MAX_CANDIDATES);
    let columns = ir.access.rows.iter().flatten().filter(|(_, cell)| is_large(cell)).map(|(column, _)| column);
    for column in columns.collect::<std::collections::BTreeSet<_>>() {
        let Some(model) = ir.models.iter().find(|model| model.column == *column) else { continue };
        let message = format!("more than {MAX_CANDIDATES} subscriptions grant model `{}` to one team", model.name);
        findings.push(Finding { rule: model.rule, message, help: "merge subscriptions of that team" });
    }
}

fn check_limits(ir: &Ir, findings: &mut Vec<Finding>) {
    let most: Vec<Option<&Grant>> = ir.access.rows.iter().map(|row| longest(ir, row)).collect();
    for (principal, row) in (0..).zip(&ir.access.row_of) {
        let Some(Some(grant)) = most.get(*row as usize) else { continue };
        let n = grant.limits.len() + ir.ceilings_of(principal).len();
        if n <= MAX_LIMITS {
            continue;
        }
        let subscription = ir.subscriptions.get(grant.subscription as usize).map_or("", |found| &found.name);
        let name = ir.principal_name(principal);
        let message = format!(
            "subscription `{subscription}` gives `{name}` {n} limits with ceilings; a decision carries {MAX_LIMITS}"
        );
        findings.push(Finding { rule: grant.rule, message, help: "leave out limits that others imply" });
    }
}

/// Returns the grant of a row with the most limits.
fn longest<'a>(ir: &'a Ir, row: &[(u32, u32)]) -> Option<&'a Grant> {
    let lists = row.iter().filter_map(|(_, cell)| ir.access.cells.get(*cell as usize)).flatten();
    lists.filter_map(|grant| ir.access.grants.get(*grant as usize)).max_by_key(|grant| grant.limits.len())
}
