//! `maasc matrix`: who may call what.

use maasc_analysis::render;
use maasc_analysis::who::matrix;
use maasc_ir::Built;

use crate::args::{MatrixArgs, MatrixFormat};
use crate::exit::ExitStatus;
use crate::io::Io;
use crate::load;

/// Runs the verb.
///
/// # Errors
/// When the workspace cannot be read.
pub fn run(args: &MatrixArgs, io: &mut Io<'_>) -> anyhow::Result<ExitStatus> {
    let loaded = load::load(&args.workspace.path, &args.workspace.compile, io)?;
    if loaded.compiled.refuse_errors(io)? {
        return Ok(ExitStatus::Invalid);
    }
    let built: Vec<&Built> = loaded.selected(&args.workspace.compile).collect();
    let answer = matrix(&built, loaded.compiled.at);
    let text = match args.format {
        MatrixFormat::Table => render::matrix::table(&answer, io.terminal.width),
        MatrixFormat::Csv => render::matrix::csv(&answer),
        MatrixFormat::Markdown => render::matrix::markdown(&answer),
        MatrixFormat::Html => render::matrix::html(&answer),
        MatrixFormat::Json => render::json(&answer),
    };
    write!(io.out, "{text}")?;
    Ok(ExitStatus::Done)
}
