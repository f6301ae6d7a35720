//! What every rendering shows, in which order: sections of items, each a head and labelled facts.

use maas_schemas::plan::{
    AccessChange, CallerKind, ChangeClass, Consent, CounterChange, Delta, Effect, FileAction, Gate, GateLevel,
    ManifestChange, Money, Plan,
};
use maas_schemas::provenance::Source;
use maasc_diagnostics::render::plural;

/// How many names or lines are spelled out before the rest is counted.
const MOST: usize = 5;

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Words of ours.
    Text(String),
    /// Something that a user wrote.
    Code(String),
}

/// A line.
pub(super) type Line = Vec<Part>;

/// One thing that is said, with its details.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Item {
    /// One character for a quick look: `+`, `-`, `~`, `!`, `=`.
    pub(super) mark: &'static str,
    pub(super) head: Line,
    pub(super) facts: Vec<(&'static str, Line)>,
    /// A unified diff, folded where that is possible.
    pub(super) diff: String,
}

/// Things of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) title: &'static str,
    /// What an item is, for counting those that are left out.
    pub(super) noun: &'static str,
    pub(super) items: Vec<Item>,
    /// Details for whoever wants them.
    pub(super) folded: bool,
}

/// The whole plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct View {
    /// Between which revisions, for which time.
    pub(super) subject: Line,
    /// In one sentence.
    pub(super) headline: String,
    /// Closed gates, or nothing.
    pub(super) blocked: String,
    pub(super) sections: Vec<Section>,
    /// What was compared, and the limit of the proof.
    pub(super) domain: String,
}

pub(super) fn view(plan: &Plan) -> View {
    let mut sections = vec![
        Section { title: "Access", noun: "access change", items: access(plan), folded: false },
        Section { title: "Spend per month", noun: "gateway", items: money(plan), folded: false },
        Section { title: "Approvals", noun: "approval", items: approvals(plan), folded: false },
        Section { title: "Gates", noun: "gate", items: gates(plan), folded: false },
        Section { title: "Counters", noun: "counter", items: counters(plan), folded: false },
        Section { title: "Settings", noun: "setting", items: settings(plan), folded: false },
        Section { title: "Ends within 30 days", noun: "end", items: lapsing(plan), folded: false },
        Section { title: "Same effect, other lines", noun: "move", items: moved(plan), folded: true },
        Section { title: "Files", noun: "file", items: files(plan), folded: true },
    ];
    sections.retain(|section| !section.items.is_empty());
    let subject =
        vec![code(&plan.base.reference), text(" → "), code(&plan.head.reference), text(&format!(", for {}", plan.at))];
    View { subject, headline: headline(plan), blocked: blocked(plan), sections, domain: domain(plan) }
}

fn text(text: &str) -> Part {
    Part::Text(text.to_owned())
}

fn code(text: &str) -> Part {
    Part::Code(text.to_owned())
}

fn headline(plan: &Plan) -> String {
    if plan.equivalent {
        return format!("No effective change ({} compared).", plural(plan.domain.cells, "cell"));
    }
    let effective = plan.summary.cells.iter().filter(|(class, _)| **class != ChangeClass::SourceMoved);
    let counts: Vec<String> = effective.map(|(class, cells)| format!("{cells} {}", class.name())).collect();
    if counts.is_empty() {
        return format!("No cell changes ({} compared), but something else does.", plural(plan.domain.cells, "cell"));
    }
    let (callers, models) = (plural(plan.summary.callers, "caller"), plural(plan.summary.models, "model"));
    format!("{} of {}; {callers}, {models}.", counts.join(", "), plural(plan.domain.cells, "cell"))
}

fn blocked(plan: &Plan) -> String {
    let closed: Vec<&str> = closed(plan).map(|gate| gate.id.as_str()).collect();
    match closed.as_slice() {
        [] => String::new(),
        names => format!("Blocked by {}.", names.join(", ")),
    }
}

fn closed(plan: &Plan) -> impl Iterator<Item = &Gate> {
    plan.gates.iter().filter(|gate| gate.level == GateLevel::Error && !gate.pass)
}

fn domain(plan: &Plan) -> String {
    let domain = &plan.domain;
    format!(
        "Compared exactly: {} × {} in {} ({}), every endpoint, named subscription and time from then on. \
         Who is in a group is the identity provider's business.",
        plural(domain.callers, "caller"),
        plural(domain.models, "model"),
        plural(u64::try_from(domain.gateways.len()).unwrap_or(u64::MAX), "gateway"),
        plural(domain.cells, "cell"),
    )
}

fn access(plan: &Plan) -> Vec<Item> {
    let effective = plan.access_changes.iter().filter(|change| change.class != ChangeClass::SourceMoved);
    effective.map(|change| access_item(change, &plan.domain.gateways)).collect()
}

fn moved(plan: &Plan) -> Vec<Item> {
    let moved = plan.access_changes.iter().filter(|change| change.class == ChangeClass::SourceMoved);
    moved.map(|change| access_item(change, &plan.domain.gateways)).collect()
}

const fn mark(class: ChangeClass) -> &'static str {
    match class {
        ChangeClass::Granted => "+",
        ChangeClass::Revoked => "-",
        ChangeClass::ApprovalRemoved => "!",
        ChangeClass::SourceMoved => "=",
        ChangeClass::Widened
        | ChangeClass::Mixed
        | ChangeClass::Rerouted
        | ChangeClass::Narrowed
        | ChangeClass::Expiring
        | ChangeClass::ApprovalAdded => "~",
    }
}

fn access_item(change: &AccessChange, gateways: &[String]) -> Item {
    let also = change.also.iter().map(|class| format!(", {}", class.name())).collect::<String>();
    let noun = match change.kind {
        CallerKind::Team => "team",
        kind => kind.noun(),
    };
    let mut head = vec![text(&format!("{}{also}: {noun} ", change.class.name()))];
    head.extend(names(&change.callers));
    head.push(text(" × "));
    head.extend(names(&change.models));
    if change.cells > 1 {
        head.push(text(&format!(" ({} cells)", change.cells)));
    }
    if change.gateways.len() < gateways.len() {
        head.push(text(" in "));
        head.extend(names(&change.gateways));
    }
    let mut facts: Vec<(&'static str, Line)> = Vec::new();
    match (&change.before, &change.after) {
        (None, Some(effect)) => facts.extend(allowed(effect)),
        (Some(effect), None) => facts.extend(allowed(effect)),
        _ => facts.extend(change.deltas.iter().map(delta)),
    }
    facts.extend(lines(change));
    let witness = &change.witness;
    if !witness.caller.is_empty() {
        let mut line = vec![code(&witness.caller), text(" asks "), code(&witness.model)];
        line.push(text(&format!(" ({}) at {}", witness.endpoint, witness.at)));
        if !witness.subscription.is_empty() {
            line.extend([text(" by "), code(&witness.subscription)]);
        }
        let answer = |answer: &String| if answer.is_empty() { "no gateway".to_owned() } else { answer.clone() };
        line.push(text(&format!(": {} → {}", answer(&witness.before), answer(&witness.after))));
        facts.push(("witness", line));
    }
    Item { mark: mark(change.class), head, facts, diff: String::new() }
}

/// What a new grant gives, or an old one gave.
fn allowed(effect: &Effect) -> Vec<(&'static str, Line)> {
    let mut facts = vec![("by", names(&effect.subscriptions))];
    if effect.limits.is_empty() {
        facts.push(("limit", vec![text("none of its own")]));
    }
    facts.extend(effect.limits.iter().map(|limit| ("limit", vec![text(&limit.text)])));
    facts.push((
        "serves",
        vec![text(&effect.endpoints.join(", ")), text(" from ")].into_iter().chain(names(&effect.upstreams)).collect(),
    ));
    for need in &effect.approvals {
        facts.push(("needs", vec![code(&need.requirement), text(" by "), code(&need.role)]));
    }
    let dates = match (&*effect.from, &*effect.until) {
        ("", "") => return facts,
        (from, "") => format!("from {from}"),
        ("", until) => format!("until {until}"),
        (from, until) => format!("from {from} until {until}"),
    };
    facts.push(("when", vec![text(&dates)]));
    facts
}

fn delta(delta: &Delta) -> (&'static str, Line) {
    let label = match &*delta.aspect {
        "limit" => "limit",
        "ceiling" => "ceiling",
        "subscription" => "by",
        "endpoints" => "serves",
        "maxOutputTokens" => "output cap",
        "route" => "route",
        "dataClass" => "data class",
        "approvals" => "needs",
        "starts" => "starts",
        "ends" => "ends",
        "deprecated" => "deprecated",
        _ => "also",
    };
    if delta.aspect == "endpoints" {
        let part = |sign: &str, names: &str| if names.is_empty() { String::new() } else { format!("{sign}{names} ") };
        let both = format!("{}{}", part("not any more: ", &delta.before), part("now also: ", &delta.after));
        return (label, vec![text(both.trim_end())]);
    }
    (label, from_to(&delta.before, &delta.after))
}

fn from_to(before: &str, after: &str) -> Line {
    let part = |words: &str| if words.is_empty() { text("none") } else { code(words) };
    vec![part(before), text(" → "), part(after)]
}

fn lines(change: &AccessChange) -> Option<(&'static str, Line)> {
    let of = |effect: &Option<Effect>| effect.as_ref().map(|effect| places(&effect.sources, effect.more_sources));
    let (before, after) = (of(&change.before), of(&change.after));
    let line = match (before, after) {
        (Some(before), Some(after)) if before == after => before,
        (Some(before), Some(after)) => before.into_iter().chain([text(" → ")]).chain(after).collect(),
        (one, other) => one.or(other)?,
    };
    Some(("lines", line))
}

fn places(sources: &[Source], n_more: u64) -> Line {
    let places: Vec<String> = sources.iter().map(Source::to_string).collect();
    let mut line = names(&places);
    let hidden = u64::try_from(places.len().saturating_sub(MOST)).unwrap_or(u64::MAX);
    if n_more > 0 {
        if hidden > 0 {
            line.pop();
        }
        line.push(text(&format!(" and {} more", hidden.saturating_add(n_more))));
    }
    line
}

/// Returns the first names and how many more there are.
fn names(all: &[String]) -> Line {
    let mut line = Line::new();
    for (place, name) in all.iter().take(MOST).enumerate() {
        if place > 0 {
            line.push(text(", "));
        }
        line.push(code(name));
    }
    if all.len() > MOST {
        line.push(text(&format!(" and {} more", all.len() - MOST)));
    }
    line
}

fn money(plan: &Plan) -> Vec<Item> {
    let changed = plan.money.iter().filter(|money| money.before != money.after || !money.teams.is_empty());
    changed.map(money_item).collect()
}

fn money_item(money: &Money) -> Item {
    let amount = |amount: &str| {
        if amount.is_empty() { "without bound".to_owned() } else { format!("{amount} {}", money.currency) }
    };
    let bound = if money.exact { "" } else { ", a bound from above" };
    let change = match &*money.difference {
        "" => String::new(),
        difference => format!(" ({difference}{bound})"),
    };
    let head = vec![
        code(&money.gateway),
        text(&format!(": at most {} → {}{change}", amount(&money.before), amount(&money.after))),
    ];
    let teams = money.teams.iter().take(MOST).map(|team| {
        ("caller", vec![code(&team.team), text(&format!(": {} → {}", amount(&team.before), amount(&team.after)))])
    });
    let mut facts: Vec<(&'static str, Line)> = teams.collect();
    if money.teams.len() > MOST {
        facts.push(("caller", vec![text(&format!("and {} more", money.teams.len() - MOST))]));
    }
    Item { mark: "~", head, facts, diff: String::new() }
}

fn approvals(plan: &Plan) -> Vec<Item> {
    let consent = |consent: &Consent, state: &str| {
        let mut head =
            vec![text(&format!("{state}: ")), code(&consent.requirement), text(" by role "), code(&consent.role)];
        for (what, name) in [("model", &consent.model), ("subscription", &consent.subscription)] {
            if !name.is_empty() {
                head.extend([text(&format!(", {what} ")), code(name)]);
            }
        }
        if !consent.approval.is_empty() {
            head.extend([text(", given by "), code(&consent.approval)]);
        }
        if consent.by_this_change {
            head.push(text(", by this change"));
        }
        Item { mark: "!", head, facts: vec![("lines", vec![code(&consent.source.to_string())])], diff: String::new() }
    };
    let missing = plan.approvals.missing.iter().map(|found| consent(found, "missing"));
    let void = plan.approvals.void.iter().map(|found| consent(found, "void"));
    let approvers = plan.approvals.approvers.iter().map(|approver| {
        let mut head = vec![text(if approver.kind == "owner" { "asks the owners of " } else { "asks role " })];
        if approver.kind == "owner" {
            head.extend(names(&approver.models));
            head.extend([text(": team "), code(&approver.name)]);
            if !approver.people.is_empty() {
                head.push(text(" ("));
                head.extend(names(&approver.people));
                head.push(text(")"));
            }
        } else {
            head.extend([code(&approver.name), text(" for ")]);
            head.extend(names(&approver.requirements));
            head.push(text(" on "));
            head.extend(names(&approver.models));
        }
        Item { mark: "?", head, facts: Vec::new(), diff: String::new() }
    });
    missing.chain(void).chain(approvers).collect()
}

fn gates(plan: &Plan) -> Vec<Item> {
    let gates = plan.gates.iter().map(|gate| {
        let state = match (gate.pass, gate.level) {
            (true, _) => "open",
            (false, GateLevel::Error) => "closed",
            (false, GateLevel::Warn) => "warning",
        };
        let head = vec![text(&format!("{state}: ")), code(&gate.id), text(&format!(", {}", gate.reason))];
        let facts = gate.source.iter().map(|source| ("lines", vec![code(&source.to_string())])).collect();
        Item { mark: if gate.pass { "✓" } else { "!" }, head, facts, diff: String::new() }
    });
    gates.collect()
}

fn counters(plan: &Plan) -> Vec<Item> {
    plan.counters.changes.iter().map(|change| counter_item(change, &plan.domain.gateways)).collect()
}

fn counter_item(change: &CounterChange, gateways: &[String]) -> Item {
    let mut head = vec![text(&format!("{}: ", change.fate.name())), code(&change.owner), text(", ")];
    head.extend(from_to(&change.before, &change.after));
    head.push(text(&format!(": {}", change.note)));
    if change.gateways.len() < gateways.len() {
        head.push(text(" in "));
        head.extend(names(&change.gateways));
    }
    Item { mark: "~", head, facts: Vec::new(), diff: String::new() }
}

fn settings(plan: &Plan) -> Vec<Item> {
    let items = plan.settings.iter().map(|setting| {
        let mut head = vec![code(&setting.document), text(&format!(" {}: ", setting.field))];
        head.extend(from_to(&setting.before, &setting.after));
        let place = setting.source.to_string();
        let facts = if setting.source.file.is_empty() { Vec::new() } else { vec![("lines", vec![code(&place)])] };
        Item { mark: "~", head, facts, diff: String::new() }
    });
    items.collect()
}

fn lapsing(plan: &Plan) -> Vec<Item> {
    let items = plan.lapsing.iter().map(|lapse| {
        let head = vec![text(&format!("{} ", lapse.on)), code(&lapse.document), text(&format!(": {}", lapse.what))];
        Item { mark: "⏳", head, facts: vec![("lines", vec![code(&lapse.source.to_string())])], diff: String::new() }
    });
    items.collect()
}

fn files(plan: &Plan) -> Vec<Item> {
    plan.manifest_changes.iter().map(file_item).collect()
}

fn file_item(file: &ManifestChange) -> Item {
    let (mark, action) = match file.action {
        FileAction::Create => ("+", "create"),
        FileAction::Update => ("~", "update"),
        FileAction::Delete => ("-", "delete"),
    };
    let sizes = format!(", {} → {} bytes", file.bytes_before, file.bytes_after);
    let head = vec![text(&format!("{action} ")), code(&file.path), text(&sizes)];
    Item { mark, head, facts: Vec::new(), diff: file.diff.clone() }
}
