//! A decision table as stable text, for people and snapshots: one fact per line, nothing twice.

use std::fmt::{self, Display, Formatter};

use maas_schemas::abi::Endpoint;

use crate::cel::time;
use crate::ir::{ALWAYS, ApprovalAnswer, Grant, Ir, MemberKind, Model, NEVER};
use crate::normalize::money;

/// Returns something that prints a decision table.
#[must_use]
pub const fn print(ir: &Ir) -> impl Display + '_ {
    Printed { ir }
}

struct Printed<'a> {
    ir: &'a Ir,
}

impl Display for Printed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let ir = self.ir;
        let organization = &ir.organization;
        writeln!(f, "gateway {}: {}, {}", ir.gateway.name, ir.gateway.target, ir.gateway.enforcement)?;
        writeln!(f, "organization {}: {}, {}", organization.name, organization.currency, organization.time_zone)?;
        self.limits(f, "ceiling", &organization.ceilings)?;
        for provider in &ir.identity_providers {
            writeln!(f, "identity provider {}: {}", provider.name, provider.issuer)?;
        }
        self.teams(f)?;
        for member in &ir.members {
            let kind = match member.kind {
                MemberKind::User => "user",
                MemberKind::Group => "group",
                MemberKind::ServiceAccount => "service account",
            };
            let names: Vec<&str> = member.principals.iter().map(|number| ir.principal_name(*number)).collect();
            writeln!(f, "member {kind} {}: {}", member.name, names.join(", "))?;
        }
        for model in &ir.models {
            self.model(f, model)?;
        }
        self.subscriptions(f)?;
        self.approvals(f)?;
        self.access(f)
    }
}

impl Printed<'_> {
    fn teams(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (team, number) in self.ir.teams.iter().zip(0..) {
            write!(f, "team {}: row {}", team.name, self.row(number))?;
            if let Some(parent) = team.parent.and_then(|parent| self.ir.teams.get(parent as usize)) {
                write!(f, ", parent {}", parent.name)?;
            }
            if !team.cost_centre.is_empty() {
                write!(f, ", cost centre {}", team.cost_centre)?;
            }
            writeln!(f)?;
            self.limits(f, "ceiling", &team.own_ceilings)?;
        }
        for (user, number) in self.ir.users.iter().zip(self.ir.teams.len()..) {
            writeln!(f, "user {}: row {}", user.name, self.row(number))?;
        }
        Ok(())
    }

    fn row(&self, principal: usize) -> u32 {
        self.ir.access.row_of.get(principal).copied().unwrap_or(u32::MAX)
    }

    fn model(&self, f: &mut Formatter<'_>, model: &Model) -> fmt::Result {
        let visibility = if model.hidden { ", hidden" } else { "" };
        let endpoints = endpoints(model.endpoints);
        writeln!(f, "model {}: column {}, {}, {endpoints}{visibility}", model.name, model.column, model.stage)?;
        writeln!(f, "  {}, {}", model.exposure, model.data_class)?;
        for alias in &model.aliases {
            writeln!(f, "  alias {alias}")?;
        }
        if model.retires_at_ms != NEVER && model.retires_at_ms != ALWAYS {
            writeln!(f, "  retires {}", time(model.retires_at_ms))?;
        }
        let prices = model.price.and_then(|price| self.ir.prices.get(price as usize));
        for price in prices.into_iter().flat_map(|prices| &prices.entries) {
            let [input, cached, output] = [price.input, price.cached_input, price.output].map(money);
            let from = if price.from_ms == ALWAYS { String::new() } else { format!(" from {}", time(price.from_ms)) };
            writeln!(f, "  price {input} input, {cached} cached, {output} output{from}")?;
        }
        for choice in self.ir.routes.get(model.route as usize).into_iter().flatten() {
            let upstream = self.ir.upstreams.get(choice.upstream as usize);
            let provider = upstream.and_then(|upstream| self.ir.providers.get(upstream.provider as usize));
            if let Some((upstream, provider)) = upstream.zip(provider) {
                let (tier, weight) = (choice.tier, choice.weight);
                writeln!(f, "  upstream {} {}: tier {tier}, weight {weight}", provider.name, upstream.model)?;
            }
        }
        Ok(())
    }

    fn subscriptions(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for subscription in &self.ir.subscriptions {
            let (n_principals, n_models) = (subscription.principals.len(), subscription.models.len());
            let priority = subscription.priority;
            writeln!(f, "subscription {}: priority {priority}, {n_principals} × {n_models}", subscription.name)?;
        }
        Ok(())
    }

    fn approvals(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (state, number) in self.ir.approvals.iter().zip(0_usize..) {
            write!(f, "approval {number}: {} by {}", state.requirement, state.role)?;
            for (kind, name) in [("model", &state.model), ("subscription", &state.subscription)] {
                if !name.is_empty() {
                    write!(f, ", {kind} {name}")?;
                }
            }
            let answer = match &state.answer {
                ApprovalAnswer::Missing => "missing".to_owned(),
                ApprovalAnswer::Void { approval, .. } => format!("void {approval}"),
                ApprovalAnswer::Given { approval, until_ms: NEVER, .. } => approval.clone(),
                ApprovalAnswer::Given { approval, until_ms, .. } => format!("{approval} until {}", time(*until_ms)),
            };
            writeln!(f, ": {answer}")?;
        }
        Ok(())
    }

    fn access(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let access = &self.ir.access;
        for (grant, number) in access.grants.iter().zip(0_usize..) {
            self.grant(f, number, grant)?;
        }
        for (row, number) in access.rows.iter().zip(0_usize..) {
            writeln!(f, "row {number}:")?;
            for (column, cell) in row {
                let grants: Vec<String> =
                    access.cells.get(*cell as usize).into_iter().flatten().map(u32::to_string).collect();
                writeln!(f, "  column {column}: grant {}", grants.join(", "))?;
            }
        }
        Ok(())
    }

    fn grant(&self, f: &mut Formatter<'_>, number: usize, grant: &Grant) -> fmt::Result {
        let subscription = self.ir.subscriptions.get(grant.subscription as usize);
        let name = subscription.map_or("", |subscription| &subscription.name);
        write!(f, "grant {number}: {name}, {}", endpoints(grant.endpoints))?;
        if grant.from_ms != ALWAYS {
            write!(f, ", from {}", time(grant.from_ms))?;
        }
        match grant.until_ms {
            NEVER => {}
            ALWAYS => write!(f, ", never ({})", grant.after)?,
            until => write!(f, ", until {} ({})", time(until), grant.after)?,
        }
        if grant.max_output_tokens != 0 {
            write!(f, ", at most {} output tokens", grant.max_output_tokens)?;
        }
        for approval in &grant.approvals {
            write!(f, ", approval {approval}")?;
        }
        writeln!(f)?;
        self.limits(f, "limit", &grant.limits)
    }

    fn limits(&self, f: &mut Formatter<'_>, kind: &str, numbers: &[u32]) -> fmt::Result {
        for limit in numbers.iter().filter_map(|number| self.ir.limits.get(*number as usize)) {
            let name = self.ir.names.get(limit.name as usize).map_or("", String::as_str);
            let shorten = if limit.shorten { ", shorten" } else { "" };
            writeln!(f, "  {kind} {name}{shorten}")?;
        }
        Ok(())
    }
}

fn endpoints(bits: u16) -> String {
    let names = Endpoint::ALL.iter().filter(|endpoint| bits & endpoint.bit() != 0).map(|endpoint| endpoint.name());
    names.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
