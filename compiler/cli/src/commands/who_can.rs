//! `maasc who-can`: the callers of a model.

use maasc_analysis::render;
use maasc_analysis::who::who_can;
use maasc_ir::Built;

use crate::args::{AnswerFormat, WhoCanArgs};
use crate::exit::ExitStatus;
use crate::io::Io;
use crate::load;

/// Runs the verb.
///
/// # Errors
/// When the workspace cannot be read, or no model has the name.
pub fn run(args: &WhoCanArgs, io: &mut Io<'_>) -> anyhow::Result<ExitStatus> {
    let loaded = load::load(&args.path, &args.compile, io)?;
    if loaded.compiled.refuse_errors(io)? {
        return Ok(ExitStatus::Invalid);
    }
    let built: Vec<&Built> = loaded.selected(&args.compile).collect();
    let answer = who_can(&built, &loaded.compiled.sources, &args.model, loaded.compiled.at)?;
    let text = match args.format {
        AnswerFormat::Text => render::who_can::text(&answer, io.terminal.width),
        AnswerFormat::Json => render::json(&answer),
    };
    write!(io.out, "{text}")?;
    Ok(ExitStatus::Done)
}
