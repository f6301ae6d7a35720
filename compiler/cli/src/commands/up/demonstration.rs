//! What `maasc up` prints first: who is simulated, a key, and two requests to try.

use anyhow::Context;
use maas_gateway::RunningGateway;
use maas_schemas::abi::{Endpoint, Reason};
use maas_schemas::decision::Request;
use maasc_ir::eval::Reference;
use maasc_ir::evaluate::Evaluate;
use maasc_ir::ir::Ir;
use secrecy::ExposeSecret;

use super::{Policy, nothing_to_show, short};
use crate::args::UpArgs;
use crate::io::Io;

/// A team with a model that it may use and one that it may not.
struct Pair<'a> {
    team: &'a str,
    subscription: &'a str,
    allowed: &'a str,
    refused: Option<&'a str>,
}

/// Prints the greeting.
pub(super) async fn print(
    args: &UpArgs,
    built: &maasc_ir::Built,
    policy: &Policy,
    gateway: &RunningGateway,
    io: &mut Io<'_>,
) -> anyhow::Result<()> {
    let address = gateway.local_address();
    writeln!(io.out, "gateway `{}` on http://{address}, bundle {}", policy.gateway, short(&policy.digest))?;
    if let Some(admin) = gateway.admin_address() {
        writeln!(io.out, "health and metrics on http://{admin}")?;
    }
    let stand_ins = gateway.stand_ins();
    if !stand_ins.is_empty() {
        let heading = if args.no_simulator {
            "these providers cannot be asked:"
        } else {
            "answered by the simulator, not by the provider:"
        };
        writeln!(io.out, "\n{heading}")?;
        for line in stand_ins {
            writeln!(io.out, "  {line}")?;
        }
    }
    let Some(pair) = pair(&built.ir, io.now_ms) else { return nothing_to_show() };
    let key = gateway.demonstration_key(pair.team, pair.subscription).await.context("making a demonstration key")?;
    let key = key.text.expose_secret();
    writeln!(io.out, "\nteam `{}` may use `{}`; add \"stream\": true for a stream:\n", pair.team, pair.allowed)?;
    curl(address, key, pair.allowed, io)?;
    if let Some(refused) = pair.refused {
        writeln!(io.out, "\nit may not use `{refused}`, and is told which line says so:\n")?;
        curl(address, key, refused, io)?;
    }
    writeln!(io.out, "\nedit the policy and save: the next request is decided by it. Ctrl-C stops.")?;
    Ok(())
}

/// One line, so that it can be copied from any terminal.
fn curl(address: std::net::SocketAddr, key: &str, model: &str, io: &mut Io<'_>) -> anyhow::Result<()> {
    writeln!(
        io.out,
        "curl -sS http://{address}/v1/chat/completions -H 'Authorization: Bearer {key}' \
         -H 'Content-Type: application/json' \
         -d '{{\"model\": \"{model}\", \"messages\": [{{\"role\": \"user\", \"content\": \"Say hello.\"}}]}}'"
    )?;
    Ok(())
}

/// Returns the first team by name that may chat with a model now, preferring one that is refused another.
fn pair(ir: &Ir, now_ms: i64) -> Option<Pair<'_>> {
    let mut reference = Reference::new(ir);
    let mut found: Option<Pair<'_>> = None;
    for team in &ir.teams {
        let mut request =
            Request { endpoint: Some(Endpoint::Chat), now_ms, teams: vec![team.name.clone()], ..Request::default() };
        let mut allowed = None;
        for model in &ir.models {
            request.model = Some(model.name.clone());
            let decision = reference.decide(&request);
            let subscription = decision.subscription.and_then(|index| ir.subscriptions.get(index as usize));
            if decision.is_allowed() {
                allowed = subscription.map(|subscription| (model.name.as_str(), subscription.name.as_str()));
                break;
            }
        }
        let Some((allowed, subscription)) = allowed else { continue };
        request.subscription = Some(subscription.to_owned());
        let refused = ir.models.iter().find(|model| {
            request.model = Some(model.name.clone());
            !model.hidden && reference.decide(&request).reason == Reason::NotGranted
        });
        let pair = Pair { team: &team.name, subscription, allowed, refused: refused.map(|model| model.name.as_str()) };
        if pair.refused.is_some() {
            return Some(pair);
        }
        found = found.or(Some(pair));
    }
    found
}
