//! The rules of this room, one pair of files each: the check with its message, and the page.

pub(crate) mod accidental_unlimited;
pub(crate) mod approval_subject;
pub(crate) mod bad_digest;
pub(crate) mod bad_hostname;
pub(crate) mod bad_unit;
pub(crate) mod bad_url;
pub(crate) mod ceiling_above_parent;
pub(crate) mod credential_in_clear_text;
pub(crate) mod data_class_not_accepted;
pub(crate) mod duplicate_alias;
pub(crate) mod duplicate_issuer;
pub(crate) mod duplicate_name;
pub(crate) mod duplicate_upstream;
pub(crate) mod empty_selector;
pub(crate) mod endpoint_not_served;
pub(crate) mod ends_before_it_starts;
pub(crate) mod enforcement_mismatch;
pub(crate) mod equal_limits;
pub(crate) mod equal_priority;
pub(crate) mod expression_name;
pub(crate) mod expression_syntax;
pub(crate) mod expression_type;
pub(crate) mod expression_value;
pub(crate) mod fallback_gap;
pub(crate) mod limit_never_binds;
pub(crate) mod limits;
pub(crate) mod malformed_identity;
pub(crate) mod misplaced_over;
pub(crate) mod misplaced_scope;
pub(crate) mod missing_audience;
pub(crate) mod missing_in_gateway;
pub(crate) mod missing_issuer;
pub(crate) mod missing_prefix;
pub(crate) mod model_without_grant;
pub(crate) mod model_without_price;
pub(crate) mod model_without_upstreams;
pub(crate) mod no_organization;
pub(crate) mod output_above_context;
pub(crate) mod parameter_bounds;
pub(crate) mod per_model_not_granted;
pub(crate) mod price_dates;
pub(crate) mod provider_incomplete;
pub(crate) mod region_not_allowed;
pub(crate) mod repeated_entry;
pub(crate) mod repeated_per_model;
pub(crate) mod replacement_cycle;
pub(crate) mod retired_model_granted;
pub(crate) mod several_organizations;
pub(crate) mod subscription_expired;
pub(crate) mod subscription_for_nobody;
pub(crate) mod subscription_without_members;
pub(crate) mod team_cycle;
pub(crate) mod team_without_cost_centre;
pub(crate) mod team_without_owners;
pub(crate) mod test_caller;
pub(crate) mod test_contradiction;
#[cfg(test)]
mod tests;
pub(crate) mod unknown_accepted_rule;
pub(crate) mod unknown_currency;
pub(crate) mod unknown_gateway;
pub(crate) mod unknown_identity_provider;
pub(crate) mod unknown_model;
pub(crate) mod unknown_pack;
pub(crate) mod unknown_provider;
pub(crate) mod unknown_quota;
pub(crate) mod unknown_requirement;
pub(crate) mod unknown_role;
pub(crate) mod unknown_subscription;
pub(crate) mod unknown_team;
pub(crate) mod unknown_time_zone;
pub(crate) mod unused_provider_setting;
pub(crate) mod zero_limit;
pub(crate) mod zero_weights;

use maasc_diagnostics::{Applicability, Diagnostic, Diagnostics, Edit, Fix, Rule, Span};
use maasc_syntax::ast::{Document, Kind, Text};

use crate::hir::Hir;
use crate::lower::Lowering;
use crate::scope::Scope;
use crate::units::Time;

/// All rules of this room by code.
pub static RULES: &[&Rule] = &[
    &unknown_model::RULE,
    &unknown_team::RULE,
    &unknown_provider::RULE,
    &unknown_quota::RULE,
    &unknown_subscription::RULE,
    &unknown_gateway::RULE,
    &unknown_requirement::RULE,
    &unknown_role::RULE,
    &unknown_identity_provider::RULE,
    &duplicate_name::RULE,
    &duplicate_alias::RULE,
    &no_organization::RULE,
    &several_organizations::RULE,
    &empty_selector::RULE,
    &missing_in_gateway::RULE,
    &unknown_accepted_rule::RULE,
    &unknown_pack::RULE,
    &missing_prefix::RULE,
    &malformed_identity::RULE,
    &repeated_entry::RULE,
    &missing_issuer::RULE,
    &missing_audience::RULE,
    &duplicate_issuer::RULE,
    &unknown_time_zone::RULE,
    &unknown_currency::RULE,
    &bad_url::RULE,
    &bad_hostname::RULE,
    &enforcement_mismatch::RULE,
    &bad_unit::RULE,
    &zero_limit::RULE,
    &limit_never_binds::RULE,
    &equal_limits::RULE,
    &ceiling_above_parent::RULE,
    &accidental_unlimited::RULE,
    &misplaced_over::RULE,
    &misplaced_scope::RULE,
    &repeated_per_model::RULE,
    &per_model_not_granted::RULE,
    &team_cycle::RULE,
    &subscription_for_nobody::RULE,
    &subscription_without_members::RULE,
    &ends_before_it_starts::RULE,
    &subscription_expired::RULE,
    &equal_priority::RULE,
    &model_without_grant::RULE,
    &retired_model_granted::RULE,
    &team_without_cost_centre::RULE,
    &team_without_owners::RULE,
    &approval_subject::RULE,
    &bad_digest::RULE,
    &expression_syntax::RULE,
    &expression_name::RULE,
    &expression_type::RULE,
    &expression_value::RULE,
    &test_caller::RULE,
    &test_contradiction::RULE,
    &model_without_price::RULE,
    &model_without_upstreams::RULE,
    &zero_weights::RULE,
    &duplicate_upstream::RULE,
    &fallback_gap::RULE,
    &replacement_cycle::RULE,
    &endpoint_not_served::RULE,
    &provider_incomplete::RULE,
    &unused_provider_setting::RULE,
    &credential_in_clear_text::RULE,
    &region_not_allowed::RULE,
    &data_class_not_accepted::RULE,
    &output_above_context::RULE,
    &price_dates::RULE,
    &parameter_bounds::RULE,
];

/// Checks the resolved model as a whole; documents with an error in themselves are left alone.
pub(crate) fn check(hir: &Hir, lowering: &mut Lowering<'_>) {
    duplicate_issuer::check(hir, lowering);
    duplicate_alias::check(hir, lowering);
    replacement_cycle::check(hir, lowering);
    equal_limits::check(hir, lowering);
    limit_never_binds::check(hir, lowering);
    ceiling_above_parent::check(hir, lowering);
    accidental_unlimited::check(hir, lowering);
    equal_priority::check(hir, lowering);
    subscription_without_members::check(hir, lowering);
    model_without_grant::check(hir, lowering);
    team_without_cost_centre::check(hir, lowering);
    team_without_owners::check(hir, lowering);
    model_without_upstreams::check(hir, lowering);
    model_without_price::check(hir, lowering);
    zero_weights::check(hir, lowering);
    duplicate_upstream::check(hir, lowering);
    fallback_gap::check(hir, lowering);
    endpoint_not_served::check(hir, lowering);
    region_not_allowed::check(hir, lowering);
    data_class_not_accepted::check(hir, lowering);
    output_above_context::check(hir, lowering);
}

/// Checks what depends on the date.
pub(crate) fn check_at(hir: &Hir, at: Time, acc: &mut Diagnostics) {
    subscription_expired::check(hir, at, acc);
    retired_model_granted::check(hir, at, acc);
}

/// Returns the finding of the rule that goes with the kind of an unknown name.
pub(crate) fn unknown(scope: &Scope<'_>, kind: Kind, document: &Document, name: &Text) -> Diagnostic {
    match kind {
        Kind::Team => unknown_team::finding(scope, document, name),
        Kind::Provider => unknown_provider::finding(scope, document, name),
        Kind::Quota => unknown_quota::finding(scope, document, name),
        Kind::Subscription => unknown_subscription::finding(scope, document, name),
        Kind::Gateway => unknown_gateway::finding(scope, document, name),
        // Nothing refers to the other kinds.
        Kind::Model | Kind::Organization | Kind::Approval | Kind::Invariant | Kind::PolicyTest => {
            unknown_model::finding(scope, document, name)
        }
    }
}

fn unknown_name(rule: &'static Rule, scope: &Scope<'_>, kind: Kind, document: &Document, name: &Text) -> Diagnostic {
    let message = format!("{} refers to unknown {} `{}`", called(document), word(kind), name.value);
    let finding = Diagnostic::new(rule, name.span, message).label(format!("no `{kind}` document has this name"));
    if let Some(meant) = scope.nearest(kind, &name.value) {
        let help = format!("a {} with a similar name exists: `{meant}`", word(kind));
        return guess(finding.help(help), name.span, meant);
    }
    if let Some(other) = scope.of_another_kind(kind, &name.value) {
        let text = format!("`{}` is a {}", name.value, word(other.kind.value));
        return finding.also(other.metadata.name.span, text);
    }
    let names: Vec<&str> = scope.names(kind).take(9).collect();
    match names.len() {
        0 => finding.help(format!("add a `{kind}` document named `{}`", name.value)),
        1..=8 => finding.help(format!("known: {}", listed(&names))),
        _ => finding,
    }
}

/// Adds "did you mean", with the edit, or the names that there are.
fn among<'n>(finding: Diagnostic, name: &Text, names: impl Iterator<Item = &'n str> + Clone) -> Diagnostic {
    if let Some(meant) = maasc_diagnostics::nearest(&name.value, names.clone()) {
        return guess(finding.help(format!("did you mean `{meant}`?")), name.span, meant);
    }
    let names: Vec<&str> = names.take(13).collect();
    match names.len() {
        0 | 13.. => finding,
        _ => finding.help(format!("known: {}", listed(&names))),
    }
}

/// Adds a fix that may be another name than was meant, and then changes who may do what.
pub(crate) fn guess(finding: Diagnostic, span: Span, meant: impl Into<String>) -> Diagnostic {
    let insert = meant.into();
    finding.fix(Fix {
        message: format!("write `{insert}`"),
        edits: vec![Edit { span, insert }],
        applicability: Applicability::Unsafe,
    })
}

/// "`a`, `b`".
fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// "`a`", "`a` and `b`", "`a`, `b` and 3 more".
fn some_of(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [one, two] => format!("`{one}` and `{two}`"),
        [one, two, rest @ ..] => format!("`{one}`, `{two}` and {} more", rest.len()),
    }
}

/// What a finding calls a document: "subscription `blue`".
pub(crate) fn called(document: &Document) -> String {
    format!("{} `{}`", word(document.kind.value), document.metadata.name.value)
}

/// What a finding calls a kind.
pub(crate) const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Organization => "organization",
        Kind::Gateway => "gateway",
        Kind::Team => "team",
        Kind::Provider => "provider",
        Kind::Model => "model",
        Kind::Quota => "quota",
        Kind::Subscription => "subscription",
        Kind::Approval => "approval",
        Kind::Invariant => "invariant",
        Kind::PolicyTest => "policy test",
    }
}
