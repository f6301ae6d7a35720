//! `maasc plan`: what a change means, compared with a Git revision or a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, bail};
use maas_schemas::plan::{Gate, GateLevel, Plan, Revision};
use maas_schemas::provenance::Provenance;
use maasc_backend::artifact::ArtifactSet;
use maasc_diagnostics::Level;
use maasc_diagnostics::render::Format;
use maasc_ir::Built;
use maasc_plan::{Files, Gateway, Input, Side, render};

use crate::args::{PlanArgs, PlanFormat};
use crate::commands::build;
use crate::compile::{At, Compiled};
use crate::exit::ExitStatus;
use crate::git::Repository;
use crate::io::Io;
use crate::load::{self, Loaded};
use crate::wasm::{Machine, Wasm};
use crate::workspace::{self, Sources};

/// What one side has for one environment.
struct Compared<'a> {
    built: &'a Built,
    provenance: Provenance,
    files: ArtifactSet,
    evaluate: Wasm,
}

/// Runs the verb.
///
/// # Errors
/// When a side cannot be read, or a compiled policy does not answer as its table says.
pub fn run(args: &PlanArgs, io: &mut Io<'_>) -> anyhow::Result<ExitStatus> {
    let head = load::load(&args.workspace.path, &args.workspace.compile, io)?;
    if is_beyond_compare(&head.compiled) {
        head.compiled.refuse_errors(io)?;
        return Ok(ExitStatus::Invalid);
    }
    // Errors of access, approvals and invariants close a gate; what the change means is still worth reading.
    let blocked = head.compiled.refuse_errors(io)?;
    let (sources, revision) = base(args, &head, io)?;
    let base = load::compile_base(sources, &At::Time(head.compiled.at), &args.workspace.compile)?;
    if base.diagnostics.has_errors() {
        writeln!(io.err, "note: the base has errors of its own; it is compared as far as it compiles")?;
    }
    let plan = compare(args, &base, revision, &head, io)?;
    let text = match args.format {
        PlanFormat::Text => render::text::render(&plan),
        PlanFormat::Markdown => render::markdown::render(&plan),
        PlanFormat::Json => render::json::render(&plan),
        PlanFormat::Html => render::html::render(&plan),
    };
    write!(io.out, "{text}")?;
    Ok(if blocked || plan.is_blocked() {
        ExitStatus::Invalid
    } else if args.detailed_exitcode && !plan.equivalent {
        ExitStatus::Changed
    } else {
        ExitStatus::Done
    })
}

/// Says whether errors leave nothing to compare: all but those of access, approvals and invariants.
fn is_beyond_compare(compiled: &Compiled) -> bool {
    compiled.diagnostics.iter().any(|finding| finding.level == Level::Error && !finding.rule.code.starts_with("MAAS04"))
}

/// Reads the base: a folder if one has the name, else a Git revision at its merge base with `HEAD`.
fn base(args: &PlanArgs, head: &Loaded, io: &Io<'_>) -> anyhow::Result<(Sources, Revision)> {
    let limits = load::limits(&args.workspace.compile);
    if let Some(name) = &args.base {
        let folder = io.cwd.join(Path::new(name));
        if folder.is_dir() && folder.join(workspace::MARKER).is_file() {
            let sources = workspace::read(&folder, &limits)?;
            return Ok((sources, revision(name, "")));
        }
    }
    let Some(repository) = Repository::open(&head.folder) else {
        bail!("the workspace is not in a Git repository; name a folder with `--base`");
    };
    let name = args.base.clone().unwrap_or_else(|| repository.default_base());
    let commit = repository.merge_base(&name)?;
    let sources = workspace::read_commit(&repository, &commit, &limits)
        .with_context(|| format!("reading the revision `{name}`"))?;
    if !sources.map.iter().any(|(_, file)| file.path == workspace::MARKER) {
        bail!("the revision `{name}` has no workspace in this folder; name its folder then with `--base DIR`");
    }
    Ok((sources, revision(&name, &commit)))
}

fn revision(reference: &str, commit: &str) -> Revision {
    Revision { reference: reference.to_owned(), commit: commit.to_owned(), ir_digests: BTreeMap::new() }
}

fn compare(
    args: &PlanArgs,
    base: &Compiled,
    mut before: Revision,
    head: &Loaded,
    io: &mut Io<'_>,
) -> anyhow::Result<Plan> {
    let machine = Machine::start()?;
    let wanted = args.workspace.compile.gateway.as_deref();
    let mut base_sides = sides(base, wanted, &machine, io)?;
    let mut head_sides = sides(&head.compiled, wanted, &machine, io)?;
    let mut after = revision("working tree", "");
    before.ir_digests = digests(&base_sides);
    after.ir_digests = digests(&head_sides);
    let names: BTreeSet<&str> = base_sides.keys().chain(head_sides.keys()).copied().collect();
    let mut base_sides: BTreeMap<&str, Side<'_>> =
        base_sides.iter_mut().map(|(name, side)| (*name, side.side())).collect();
    let mut head_sides: BTreeMap<&str, Side<'_>> =
        head_sides.iter_mut().map(|(name, side)| (*name, side.side())).collect();
    let gateways =
        names.into_iter().map(|name| Gateway { name, base: base_sides.remove(name), head: head_sides.remove(name) });
    let input = Input {
        base: before,
        head: after,
        at_ms: head.compiled.at.0,
        gateways: gateways.collect(),
        gates: gates(&head.compiled),
    };
    maasc_plan::plan(input).map_err(|disagreement| {
        anyhow::anyhow!("there is no plan: a compiled policy does not answer as its table says: {disagreement}")
    })
}

/// Returns the gates that findings close: each rule of access, approvals and invariants with an error.
fn gates(compiled: &Compiled) -> Vec<Gate> {
    let errors = compiled.diagnostics.iter().filter(|finding| finding.level == Level::Error);
    let mut gates: Vec<Gate> = Vec::new();
    for finding in errors {
        let source = finding.primary.as_ref().map(|label| {
            let (file, position) = compiled.sources.locate(label.span);
            maas_schemas::provenance::Source {
                file: file.to_owned(),
                line: position.line,
                column: position.column,
                document: String::new(),
            }
        });
        gates.push(Gate {
            id: finding.rule.name.to_owned(),
            level: GateLevel::Error,
            pass: false,
            reason: finding.message.clone(),
            source,
        });
    }
    gates
}

fn sides<'a>(
    compiled: &'a Compiled,
    wanted: Option<&str>,
    machine: &Machine,
    io: &mut Io<'_>,
) -> anyhow::Result<BTreeMap<&'a str, Compared<'a>>> {
    let mut sides = BTreeMap::new();
    for built in &compiled.built {
        let name = built.ir.gateway.name.as_str();
        if wanted.is_some_and(|wanted| wanted != name) {
            continue;
        }
        let (files, findings) = build::environment(compiled, built, None)?;
        let module = files.get(&format!("{name}/policy.wasm"));
        let Some(module) = module else {
            compiled.print(&findings, Format::Full, io)?;
            bail!("the policy of `{name}` cannot be compiled");
        };
        let evaluate = machine.load(module)?;
        sides.insert(name, Compared { built, provenance: compiled.provenance(built, None), files, evaluate });
    }
    Ok(sides)
}

fn digests(sides: &BTreeMap<&str, Compared<'_>>) -> BTreeMap<String, String> {
    sides.iter().map(|(name, side)| ((*name).to_owned(), maasc_ir::digest::of_ir(&side.built.ir))).collect()
}

impl Compared<'_> {
    fn side(&mut self) -> Side<'_> {
        // The bundle's digest is in the base and head of the plan; the provenance changes whenever a line moves.
        let files: Files<'_> = self.files.iter().filter(|(path, _)| path.contains("/manifests/")).collect();
        Side { ir: &self.built.ir, provenance: &self.provenance, evaluate: &mut self.evaluate, files }
    }
}
