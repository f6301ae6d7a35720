//! `maasc why`: a decision with every line that made it.

use anyhow::bail;
use maas_schemas::abi::Endpoint;
use maasc_analysis::explain::{Question, why};
use maasc_analysis::render;
use maasc_diagnostics::nearest;
use maasc_ir::Built;

use crate::args::{AnswerFormat, WhyArgs};
use crate::exit::ExitStatus;
use crate::io::Io;
use crate::load;

/// Runs the verb.
///
/// # Errors
/// When the workspace cannot be read, or the caller or the endpoint is not known.
pub fn run(args: &WhyArgs, io: &mut Io<'_>) -> anyhow::Result<ExitStatus> {
    let loaded = load::load(&args.path, &args.compile, io)?;
    if loaded.compiled.refuse_errors(io)? {
        return Ok(ExitStatus::Invalid);
    }
    let endpoint = args.endpoint.as_deref().map(endpoint).transpose()?;
    let question = Question {
        who: &args.who,
        groups: &args.groups,
        model: &args.model,
        endpoint,
        subscription: args.subscription.as_deref(),
        at: loaded.compiled.at,
    };
    let built: Vec<&Built> = loaded.selected(&args.compile).collect();
    let answer = why(&loaded.compiled.hir, &built, &loaded.compiled.sources, &question)?;
    let text = match args.format {
        AnswerFormat::Text => render::why::text(&answer, io.terminal.width),
        AnswerFormat::Json => render::json(&answer),
    };
    write!(io.out, "{text}")?;
    Ok(ExitStatus::Done)
}

fn endpoint(name: &str) -> anyhow::Result<Endpoint> {
    if let Some(endpoint) = Endpoint::from_name(name) {
        return Ok(endpoint);
    }
    let names = Endpoint::ALL.iter().map(|endpoint| endpoint.name());
    match nearest(name, names.clone()) {
        Some(similar) => bail!("there is no endpoint `{name}`; did you mean `{similar}`?"),
        None => bail!("there is no endpoint `{name}`; there are {}", names.collect::<Vec<_>>().join(", ")),
    }
}
