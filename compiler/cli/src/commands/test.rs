//! `maasc test`: the policy tests, asked of the compiled policy.

use maasc_analysis::policy_test::{self, Subject};
use maasc_analysis::{mutants, render};
use maasc_ir::Built;

use crate::args::{TestArgs, TestFormat};
use crate::commands::build;
use crate::exit::ExitStatus;
use crate::io::Io;
use crate::load;
use crate::wasm::{Machine, Wasm};

/// Runs the verb.
///
/// # Errors
/// When the workspace cannot be read, or the compiled policy cannot be loaded.
pub fn run(args: &TestArgs, io: &mut Io<'_>) -> anyhow::Result<ExitStatus> {
    let loaded = load::load(&args.workspace.path, &args.workspace.compile, io)?;
    if loaded.compiled.refuse_errors(io)? {
        return Ok(ExitStatus::Invalid);
    }
    let built: Vec<&Built> = loaded.selected(&args.workspace.compile).collect();
    let machine = Machine::start()?;
    let mut evaluators: Vec<Wasm> = Vec::with_capacity(built.len());
    for built in &built {
        let Some(module) = build::module(&loaded.compiled, built, io)? else { return Ok(ExitStatus::Invalid) };
        evaluators.push(machine.load(&module.bytes)?);
    }
    let mut subjects: Vec<Subject<'_>> =
        built.iter().zip(&mut evaluators).map(|(built, evaluate)| Subject { built, evaluate }).collect();
    let mut report =
        policy_test::run(&loaded.compiled.hir, &mut subjects, &loaded.compiled.sources, loaded.compiled.at);
    if args.mutants && report.n_failed == 0 {
        let compiled = &loaded.compiled;
        report.mutants = Some(mutants::mutants(&compiled.hir, &built, &compiled.sources, compiled.at));
    }
    let text = match args.format {
        TestFormat::Text => render::test_report::text(&report, io.terminal.width),
        TestFormat::Json => render::json(&report),
        TestFormat::Junit => render::test_report::junit(&report),
    };
    write!(io.out, "{text}")?;
    if report.results.is_empty() {
        writeln!(io.err, "error: there is no policy test to run; write a `PolicyTest` document")?;
        return Ok(ExitStatus::CouldNotRun);
    }
    Ok(if report.n_failed > 0 { ExitStatus::Changed } else { ExitStatus::Done })
}
