//! Why somebody may, or may not, call a model: the decision with every line that made it.

use maas_schemas::abi::{Endpoint, Reason};
use maas_schemas::answers::{Step, Topic, WHY, Why, WhyAnswer};
use maas_schemas::decision::{Decision, Request};
use maas_schemas::provenance::Source;
use maasc_diagnostics::{SourceMap, nearest};
use maasc_hir::hir::Hir;
use maasc_hir::units::Time;
use maasc_ir::Built;
use maasc_ir::eval::Reference;
use maasc_ir::evaluate::Evaluate;
use maasc_ir::ir::{ApprovalAnswer, Grant, Ir, MemberKind, Model};

use crate::words::{LimitWords, list, merge, source, source_at, time};

mod changes;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// A team, `provider:subject` or `namespace/name`.
    pub who: &'a str,
    /// Groups that the token would list, `provider:group`.
    pub groups: &'a [String],
    /// A model or alias.
    pub model: &'a str,
    /// The model's first when it says nothing.
    pub endpoint: Option<Endpoint>,
    /// A subscription that the caller names.
    pub subscription: Option<&'a str>,
    /// When.
    pub at: Time,
}

/// A team that no document has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownTeam {
    /// The name.
    pub name: String,
    /// A team with a similar name.
    pub similar: Option<String>,
}

impl std::fmt::Display for UnknownTeam {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no team has the name `{}`", self.name)?;
        if let Some(similar) = &self.similar {
            return write!(f, "; a similar one exists: `{similar}`");
        }
        f.write_str(" (a person is `provider:subject`, a service account `namespace/name`)")
    }
}

impl std::error::Error for UnknownTeam {}

/// One environment with what is asked of it.
struct Scene<'a> {
    hir: &'a Hir,
    built: &'a Built,
    ir: &'a Ir,
    sources: &'a SourceMap,
    request: Request,
    reference: Reference<'a>,
    /// The caller in words: ``team `payments` ``.
    caller: String,
}

/// Explains a decision in every environment.
///
/// # Errors
/// When the caller is given as a team that no document has.
pub fn why(hir: &Hir, built: &[&Built], sources: &SourceMap, question: &Question<'_>) -> Result<Why, UnknownTeam> {
    let (request, caller) = request(hir, question)?;
    let answers = merge(built.iter().map(|built| {
        let mut request = request.clone();
        let reference = Reference::new(&built.ir);
        if request.endpoint.is_none() {
            let model = reference.model(question.model).and_then(|index| built.ir.models.get(index as usize));
            let first = model.and_then(|model| Endpoint::from_code(model.first_endpoint));
            request.endpoint = Some(first.unwrap_or(Endpoint::Chat));
        }
        let scene = Scene { hir, built, ir: &built.ir, sources, request, reference, caller: caller.clone() };
        (built.ir.gateway.name.clone(), scene.answer())
    }));
    let answers = answers.into_iter().map(|(gateways, answer)| WhyAnswer { gateways, ..answer }).collect();
    Ok(Why {
        format: WHY.to_owned(),
        at: time(question.at.0),
        who: question.who.to_owned(),
        groups: request.groups,
        model: question.model.to_owned(),
        answers,
    })
}

/// Returns the request and the caller in words.
fn request(hir: &Hir, question: &Question<'_>) -> Result<(Request, String), UnknownTeam> {
    let only = match hir.organization.identity_providers.as_slice() {
        [only] => Some(only.name.value.as_str()),
        _ => None,
    };
    let full = |name: &str| match only {
        Some(only) if !name.contains(':') => format!("{only}:{name}"),
        _ => name.to_owned(),
    };
    let mut request = Request {
        endpoint: question.endpoint,
        now_ms: question.at.0,
        model: Some(question.model.to_owned()),
        subscription: question.subscription.map(ToOwned::to_owned),
        groups: question.groups.iter().map(|group| full(group)).collect(),
        ..Request::default()
    };
    let who = question.who;
    let caller = if who.contains(':') || (who.contains('@') && only.is_some()) {
        request.user = Some(full(who));
        format!("`{}`", full(who))
    } else if who.contains('/') {
        request.service_account = Some(who.to_owned());
        format!("service account `{who}`")
    } else {
        let names = || hir.teams.iter().map(|team| team.header.name.value.as_str());
        if !names().any(|name| name == who) {
            let similar = nearest(who, names()).map(ToOwned::to_owned);
            return Err(UnknownTeam { name: who.to_owned(), similar });
        }
        request.teams = vec![who.to_owned()];
        format!("team `{who}`")
    };
    Ok((request, caller))
}

impl Scene<'_> {
    fn answer(mut self) -> WhyAnswer {
        let request = self.request.clone();
        let decision = self.reference.decide(&request);
        let model = decision.model.and_then(|index| Some((index, self.ir.models.get(index as usize)?)));
        let mut steps = self.caller_steps();
        steps.push(self.model_step(model));
        if let Some((index, _)) = model {
            steps.extend(self.grant_steps(index, &decision));
        }
        if let Some(grant) = model.and_then(|(index, _)| self.answering(index, &decision)) {
            steps.extend(grant.approvals.iter().filter_map(|index| self.approval_step(*index)));
        }
        steps.extend(decision.limits.iter().map(|limit| {
            let text = LimitWords::from(limit).text(&self.ir.organization.currency);
            let whose = self.source(limit.rule).document;
            self.step(Topic::Limit, format!("{text} ({whose})"), limit.rule)
        }));
        steps.extend(decision.upstreams.iter().filter_map(|choice| {
            let upstream = self.ir.upstreams.get(choice.upstream as usize)?;
            let provider = self.ir.providers.get(upstream.provider as usize)?;
            let how = match choice.tier {
                0 => format!("weight {}", choice.weight),
                tier => format!("fallback {tier}"),
            };
            let text = format!("`{}` as `{}`, {how}", provider.name, upstream.model);
            Some(self.step(Topic::Upstream, text, choice.rule))
        }));
        let changes = if decision.is_allowed() { Vec::new() } else { self.changes(&decision) };
        WhyAnswer {
            gateways: Vec::new(),
            endpoint: self.endpoint().name().to_owned(),
            reason: decision.reason.name().to_owned(),
            status: decision.http,
            summary: self.summary(&decision),
            steps,
            changes,
        }
    }

    fn endpoint(&self) -> Endpoint {
        self.request.endpoint.unwrap_or(Endpoint::Chat)
    }

    fn source(&self, rule: u32) -> Source {
        source(self.built, self.sources, rule)
    }

    fn step(&self, topic: Topic, text: String, rule: u32) -> Step {
        Step { topic, text, source: Some(self.source(rule)) }
    }

    fn summary(&self, decision: &Decision) -> String {
        let model = self.request.model.as_deref().unwrap_or("");
        let endpoint = self.endpoint();
        if decision.is_allowed() {
            let subscription = crate::who::subscription_name(self.ir, decision);
            return format!("{} may call `{model}` ({endpoint}): `{subscription}` grants it", self.caller);
        }
        let because = because(decision.reason);
        let (reason, status) = (decision.reason.name(), decision.http);
        format!("{} may not call `{model}` ({endpoint}): {because} ({reason}, HTTP {status})", self.caller)
    }

    fn caller_steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for name in &self.request.teams {
            let team = self.ir.teams.iter().find(|team| team.name == *name);
            steps.push(match team {
                Some(team) => self.step(Topic::Caller, format!("team `{name}`"), team.rule),
                None => no_source(Topic::Caller, format!("team `{name}` is not for this gateway")),
            });
        }
        let user = self.request.user.iter().map(|name| (MemberKind::User, name));
        let groups = self.request.groups.iter().map(|name| (MemberKind::Group, name));
        let account = self.request.service_account.iter().map(|name| (MemberKind::ServiceAccount, name));
        if self.request.teams.is_empty() {
            for (kind, name) in user.chain(groups).chain(account) {
                steps.extend(self.member_steps(kind, name));
            }
        }
        steps
    }

    fn member_steps(&self, kind: MemberKind, name: &str) -> Vec<Step> {
        let noun = crate::who::kind_name(kind);
        let member = self.ir.members.iter().find(|member| member.kind == kind && member.name == name);
        let principals = member.map(|member| member.principals.as_slice()).unwrap_or_default();
        let mut steps: Vec<Step> = principals
            .iter()
            .filter_map(|principal| {
                let team = self.ir.teams.get(*principal as usize)?;
                let text = format!("{noun} `{name}` belongs to team `{}`", team.name);
                let place = self.member_place(kind, name, &team.name);
                Some(Step { topic: Topic::Caller, text, source: place.or_else(|| Some(self.source(team.rule))) })
            })
            .collect();
        if kind == MemberKind::User
            && let Some(user) = self.ir.users.iter().find(|user| user.name == name)
        {
            steps.push(self.step(Topic::Caller, format!("user `{name}` has grants of their own"), user.rule));
        }
        if steps.is_empty() {
            steps.push(no_source(Topic::Caller, format!("{noun} `{name}` belongs to no team")));
        }
        steps
    }

    /// Returns the line of a team that names a member.
    fn member_place(&self, kind: MemberKind, name: &str, team: &str) -> Option<Source> {
        let team = self.hir.teams.iter().find(|known| known.header.name.value == team)?;
        let span = match kind {
            MemberKind::User => team.users.iter().find(|user| user.value.text == name)?.span,
            MemberKind::Group => team.groups.iter().find(|group| group.value == name)?.span,
            MemberKind::ServiceAccount => team.service_accounts.iter().find(|account| account.value == name)?.span,
        };
        Some(source_at(self.sources, span, &format!("Team/{}", team.header.name.value)))
    }

    fn model_step(&self, model: Option<(u32, &Model)>) -> Step {
        let asked = self.request.model.as_deref().unwrap_or("");
        let Some((_, model)) = model else {
            return no_source(Topic::Model, format!("no model or alias has the name `{asked}`"));
        };
        let mut text = if model.name == asked {
            format!("`{asked}`")
        } else {
            format!("`{asked}` is an alias of `{}`", model.name)
        };
        if model.stage != "approved" {
            text.push_str(&format!(", {}", model.stage));
        }
        text.push_str(&format!("; it serves {}", list(&crate::who::endpoints(model.endpoints))));
        self.step(Topic::Model, text, model.rule)
    }

    /// Returns the candidates in the order in which they are looked at.
    fn candidates(&self, model: u32) -> Vec<(u32, &Grant)> {
        let principals = self.reference.principals(&self.request);
        let mut candidates: Vec<(u32, &Grant)> = principals
            .iter()
            .flat_map(|principal| self.ir.candidates(*principal, model).map(|grant| (*principal, grant)))
            .collect();
        candidates.sort_by_key(|(principal, grant)| (grant.subscription, *principal));
        candidates
    }

    fn answering(&self, model: u32, decision: &Decision) -> Option<&Grant> {
        let mut candidates = self.candidates(model).into_iter();
        let is_it = |(principal, grant): &(u32, &Grant)| {
            Some(*principal) == decision.team && Some(grant.subscription) == decision.subscription
        };
        candidates.find(is_it).map(|(_, grant)| grant)
    }

    fn grant_steps(&self, model: u32, decision: &Decision) -> Vec<Step> {
        let candidates = self.candidates(model);
        let has_several = candidates.len() > 1;
        let steps = candidates.into_iter().map(|(principal, grant)| {
            let subscription = self.ir.subscriptions.get(grant.subscription as usize);
            let (name, priority) = subscription.map_or(("", 0), |found| (&found.name, found.priority));
            let to = self.ir.principal_name(principal);
            let is_answer = Some(principal) == decision.team && Some(grant.subscription) == decision.subscription;
            let mut text = match self.obstacle(grant) {
                None if is_answer => format!("`{name}` grants it to `{to}`"),
                None => format!("`{name}` grants it to `{to}` too, but comes later"),
                Some(obstacle) => format!("`{name}` does not grant it to `{to}`: {obstacle}"),
            };
            if has_several {
                text.push_str(&format!(" (priority {priority})"));
            }
            self.step(Topic::Grant, text, grant.rule)
        });
        let steps: Vec<Step> = steps.collect();
        if steps.is_empty() {
            return vec![no_source(Topic::Grant, "no subscription grants it".to_owned())];
        }
        steps
    }

    /// Returns why a candidate does not answer; the tests are those of the reference evaluator.
    fn obstacle(&self, grant: &Grant) -> Option<String> {
        let subscription = self.ir.subscriptions.get(grant.subscription as usize);
        if let Some(named) = &self.request.subscription
            && subscription.is_none_or(|subscription| subscription.name != *named)
        {
            return Some(format!("the caller names `{named}`"));
        }
        let now = self.request.now_ms;
        if now >= grant.until_ms {
            let since = ended(&time(grant.until_ms));
            return Some(format!("{}{since}", because(grant.after)));
        }
        if now < grant.from_ms {
            return Some(format!("{}, it starts at {}", because(grant.before), time(grant.from_ms)));
        }
        if grant.endpoints & self.endpoint().bit() == 0 {
            let endpoints = list(&crate::who::endpoints(grant.endpoints));
            return Some(format!("it is for {endpoints}, not for {}", self.endpoint()));
        }
        None
    }

    fn approval_step(&self, index: u32) -> Option<Step> {
        let state = self.ir.approvals.get(index as usize)?;
        let (answer, rule) = match &state.answer {
            ApprovalAnswer::Missing => ("nobody has consented".to_owned(), state.rule),
            ApprovalAnswer::Void { approval, rule } => {
                (format!("`{approval}` is void: what it approved has changed"), *rule)
            }
            ApprovalAnswer::Given { approval, approved_by, until_ms, ticket, rule, .. } => {
                let ticket = if ticket.is_empty() { String::new() } else { format!(", {ticket}") };
                let until = match time(*until_ms) {
                    until if until.is_empty() => String::new(),
                    until => format!(" until {until}"),
                };
                (format!("given by `{approved_by}` in `{approval}`{until}{ticket}"), *rule)
            }
        };
        let text = format!("`{}` of role `{}`: {answer}", state.requirement, state.role);
        Some(self.step(Topic::Approval, text, rule))
    }
}

fn ended(until: &str) -> String {
    if until.is_empty() { String::new() } else { format!(", since {until}") }
}

fn no_source(topic: Topic, text: String) -> Step {
    Step { topic, text, source: None }
}

/// Returns a reason in words.
const fn because(reason: Reason) -> &'static str {
    match reason {
        Reason::NotIdentified => "nobody is named",
        Reason::NoTeam => "the caller belongs to no team",
        Reason::UnknownModel => "no such model is offered",
        Reason::NotGranted => "no subscription grants it",
        Reason::NotStarted => "the subscription has not started",
        Reason::Ended => "the subscription has ended",
        Reason::ApprovalLapsed => "an approval has lapsed",
        Reason::OtherSubscription => "the named subscription does not grant it",
        Reason::EndpointNotServed => "the endpoint is not served",
        Reason::ModelRetired => "the model is retired",
        Reason::Malformed => "the request is larger than a request may be",
        _ => "it is refused",
    }
}

#[cfg(test)]
mod tests;
