//! Who may call what: the access matrix, and the callers of one model.

use std::collections::BTreeMap;

use maas_schemas::abi::{Endpoint, Reason};
use maas_schemas::answers::{
    MATRIX, Matrix, MatrixCell, MatrixRow, MatrixTable, WHO_CAN, WhoCan, WhoCanAnswer, WhoCanCaller,
};
use maas_schemas::decision::{Decision, Request};
use maasc_diagnostics::{SourceMap, nearest};
use maasc_hir::units::Time;
use maasc_ir::Built;
use maasc_ir::eval::Reference;
use maasc_ir::evaluate::Evaluate;
use maasc_ir::ir::{Ir, MemberKind, Model};

use crate::words::{LimitWords, merge, source, time};

/// A name that no model has, in any of the environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownModel {
    /// The name.
    pub name: String,
    /// A model or alias with a similar name.
    pub similar: Option<String>,
}

impl std::fmt::Display for UnknownModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no model or alias has the name `{}`", self.name)?;
        match &self.similar {
            Some(similar) => write!(f, "; a similar one exists: `{similar}`"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnknownModel {}

/// Returns who may call what.
#[must_use]
pub fn matrix(built: &[&Built], at: Time) -> Matrix {
    let tables = merge(built.iter().map(|built| (built.ir.gateway.name.clone(), table(&built.ir, at))));
    let tables = tables.into_iter().map(|(gateways, (models, rows))| MatrixTable { gateways, models, rows });
    Matrix { format: MATRIX.to_owned(), at: time(at.0), tables: tables.collect() }
}

fn table(ir: &Ir, at: Time) -> (Vec<String>, Vec<MatrixRow>) {
    let mut reference = Reference::new(ir);
    // Principals of one row have equal candidates, so equal answers.
    let mut known: BTreeMap<u32, Vec<MatrixCell>> = BTreeMap::new();
    let mut rows = Vec::with_capacity(ir.n_principals());
    for (principal, row) in (0..).zip(&ir.access.row_of) {
        let name = ir.principal_name(principal);
        let cells = known.entry(*row).or_insert_with(|| cells(ir, &mut reference, principal, at)).clone();
        rows.push(MatrixRow { name: name.to_owned(), cells });
    }
    (ir.models.iter().map(|model| model.name.clone()).collect(), rows)
}

fn cells(ir: &Ir, reference: &mut Reference<'_>, principal: u32, at: Time) -> Vec<MatrixCell> {
    let models = (0..).zip(&ir.models).filter(|(index, _)| ir.candidates(principal, *index).next().is_some());
    models
        .map(|(_, model)| {
            let decision = reference.decide(&request(ir, principal, model, at));
            MatrixCell {
                model: model.name.clone(),
                reason: decision.reason.name().to_owned(),
                subscription: subscription_name(ir, &decision).to_owned(),
            }
        })
        .collect()
}

/// Returns what a principal would ask of a model's first endpoint.
pub(crate) fn request(ir: &Ir, principal: u32, model: &Model, at: Time) -> Request {
    Request {
        endpoint: Endpoint::from_code(model.first_endpoint),
        now_ms: at.0,
        model: Some(model.name.clone()),
        teams: vec![ir.principal_name(principal).to_owned()],
        ..Request::default()
    }
}

/// Returns the name of the subscription that granted or came closest, or an empty one.
pub(crate) fn subscription_name<'a>(ir: &'a Ir, decision: &Decision) -> &'a str {
    let subscription = decision.subscription.and_then(|index| ir.subscriptions.get(index as usize));
    subscription.map_or("", |subscription| &subscription.name)
}

/// Returns who may call a model, and who nearly may.
///
/// # Errors
/// When no environment has the model.
pub fn who_can(built: &[&Built], sources: &SourceMap, model: &str, at: Time) -> Result<WhoCan, UnknownModel> {
    let found = built.iter().filter_map(|built| {
        let index = Reference::new(&built.ir).model(model)?;
        Some((*built, index, built.ir.models.get(index as usize)?))
    });
    let found: Vec<(&Built, u32, &Model)> = found.collect();
    let Some((_, _, first)) = found.first() else { return Err(unknown_model(built, model)) };
    let name = first.name.clone();
    let answers = merge(
        found
            .into_iter()
            .map(|(built, index, model)| (built.ir.gateway.name.clone(), callers(built, sources, index, model, at))),
    );
    let answers = answers.into_iter().map(|(gateways, callers)| WhoCanAnswer { gateways, callers }).collect();
    Ok(WhoCan { format: WHO_CAN.to_owned(), at: time(at.0), model: name, answers })
}

/// Returns the error about a name that no model has.
pub(crate) fn unknown_model(built: &[&Built], name: &str) -> UnknownModel {
    let models = built.iter().flat_map(|built| &built.ir.models);
    let names = models.flat_map(|model| model.aliases.iter().chain([&model.name]).map(String::as_str));
    UnknownModel { name: name.to_owned(), similar: nearest(name, names).map(ToOwned::to_owned) }
}

fn callers(built: &Built, sources: &SourceMap, index: u32, model: &Model, at: Time) -> Vec<WhoCanCaller> {
    let ir = &built.ir;
    let mut reference = Reference::new(ir);
    let members = members(ir);
    let n_principals = u32::try_from(ir.n_principals()).unwrap_or(u32::MAX);
    (0..n_principals)
        .filter_map(|principal| {
            ir.candidates(principal, index).next()?;
            let decision = reference.decide(&request(ir, principal, model, at));
            let grant = ir
                .candidates(principal, index)
                .find(|grant| Some(grant.subscription) == decision.subscription && Some(grant.rule) == decision.rule)?;
            let limits = grant.limits.iter().chain(ir.ceilings_of(principal));
            let limits = limits.filter_map(|limit| ir.limits.get(*limit as usize));
            let limits = limits.map(|limit| maasc_ir::eval::limit_record(limit, None));
            Some(WhoCanCaller {
                name: ir.principal_name(principal).to_owned(),
                members: members.get(&principal).cloned().unwrap_or_default(),
                reason: decision.reason.name().to_owned(),
                subscription: subscription_name(ir, &decision).to_owned(),
                endpoints: endpoints(grant.endpoints),
                limits: limits.map(|limit| LimitWords::from(&limit).text(&ir.organization.currency)).collect(),
                from: time(grant.from_ms),
                until: time(grant.until_ms),
                source: source(built, sources, grant.rule),
            })
        })
        .collect()
}

/// Returns how somebody comes to be each principal.
fn members(ir: &Ir) -> BTreeMap<u32, Vec<String>> {
    let mut members: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for member in &ir.members {
        let text = format!("{} {}", kind_name(member.kind), member.name);
        for principal in &member.principals {
            members.entry(*principal).or_default().push(text.clone());
        }
    }
    members
}

/// Returns the word for an attribute of an identity.
pub(crate) const fn kind_name(kind: MemberKind) -> &'static str {
    match kind {
        MemberKind::User => "user",
        MemberKind::Group => "group",
        MemberKind::ServiceAccount => "service account",
    }
}

/// Returns the names of a set of endpoints.
pub(crate) fn endpoints(bits: u16) -> Vec<String> {
    Endpoint::ALL
        .iter()
        .filter(|endpoint| bits & endpoint.bit() != 0)
        .map(|endpoint| endpoint.name().to_owned())
        .collect()
}

/// Says whether a reason in an answer is the one of an allowed request.
pub(crate) fn is_allow(reason: &str) -> bool {
    reason == Reason::Allow.name()
}

#[cfg(test)]
mod tests;
