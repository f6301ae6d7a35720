//! `maasc build`: manifests, bundle, gateway configuration, provenance.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, bail};
use maasc_backend::Options;
use maasc_backend::artifact::ArtifactSet;
use maasc_backend::wasm::{self, Exports, Module};
use maasc_diagnostics::render::Format;
use maasc_diagnostics::{Diagnostics, Level};
use maasc_ir::Built;
use maasc_ir::eval::Reference;

use crate::args::BuildArgs;
use crate::compile::{Compiled, Stage};
use crate::exit::ExitStatus;
use crate::io::{self, Io};
use crate::load;

/// Names the files of a build, so that the next one knows what may go.
const LISTING: &str = ".maasc-build";

/// Runs the verb.
///
/// # Errors
/// When the workspace cannot be read or the output cannot be written.
pub fn run(args: &BuildArgs, io: &mut Io<'_>) -> anyhow::Result<ExitStatus> {
    let loaded = load::load(&args.workspace.path, &args.workspace.compile, io)?;
    if loaded.compiled.refuse_errors(io)? {
        return Ok(ExitStatus::Invalid);
    }
    let mut artifacts = ArtifactSet::default();
    let mut found = Diagnostics::default();
    for built in loaded.selected(&args.workspace.compile) {
        let (files, diagnostics) = environment(&loaded.compiled, built, args.commit.as_deref())?;
        artifacts.extend(files);
        found.extend(diagnostics);
    }
    let (found, _) = loaded.compiled.finish(found, Stage::Build);
    let mut shown = found.clone();
    shown.retain(|finding| finding.level >= Level::Warn);
    if !shown.is_empty() {
        loaded.compiled.print(&shown, Format::Full, io)?;
    }
    if found.has_errors() {
        return Ok(ExitStatus::Invalid);
    }
    let folder = io.cwd.join(&args.output);
    write(&folder, &artifacts)?;
    for built in loaded.selected(&args.workspace.compile) {
        let name = &built.ir.gateway.name;
        let prefix = format!("{name}/");
        let n_files = artifacts.iter().filter(|(path, _)| path.starts_with(&prefix)).count();
        writeln!(io.out, "{name}: {n_files} files")?;
    }
    Ok(ExitStatus::Done)
}

/// Compiles one environment into all its files; none when the table exceeds a bound, which is then a finding.
///
/// # Errors
/// When a file cannot be serialized.
pub fn environment(
    compiled: &Compiled,
    built: &Built,
    commit: Option<&str>,
) -> anyhow::Result<(ArtifactSet, Diagnostics)> {
    let name = &built.ir.gateway.name;
    let mut acc = Diagnostics::default();
    let module = wasm::compile(built, Exports::Maas, &mut Reference::new(&built.ir), &mut acc);
    let Some(module) = module else { return Ok((ArtifactSet::default(), acc)) };
    let (mut artifacts, found) = maasc_backend::emit(built, &Options { bundle_digest: Some(&module.digest), commit });
    acc.extend(found);
    let mut provenance = compiled.provenance(built, commit);
    provenance.bundle.clone_from(&module.digest);
    let mut text = serde_json::to_string_pretty(&provenance).context("writing the provenance")?;
    text.push('\n');
    artifacts.add(format!("{name}/provenance.json"), text);
    artifacts.add(format!("{name}/policy.wasm"), module.bytes);
    Ok((artifacts, acc))
}

/// Compiles the module of one environment; `None`, with the findings printed, when the table exceeds a bound.
///
/// # Errors
/// When standard error is closed.
pub fn module(compiled: &Compiled, built: &Built, io: &mut Io<'_>) -> anyhow::Result<Option<Module>> {
    let mut acc = Diagnostics::default();
    let module = wasm::compile(built, Exports::Maas, &mut Reference::new(&built.ir), &mut acc);
    let (findings, _) = compiled.finish(acc, Stage::Build);
    if findings.has_errors() || module.is_none() {
        compiled.print(&findings, Format::Full, io)?;
        return Ok(None);
    }
    Ok(module)
}

/// Makes a folder hold exactly these files: those of an earlier build go, a file that no build wrote is an error.
fn write(folder: &Path, artifacts: &ArtifactSet) -> anyhow::Result<()> {
    let mut before = BTreeSet::new();
    if folder.exists() {
        if !folder.is_dir() {
            bail!("`{}` is a file; name a folder with `--output`", folder.display());
        }
        let listing = match io::read_file(&folder.join(LISTING), u64::MAX) {
            io::FileContent::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            io::FileContent::TooLarge(_) | io::FileContent::Unreadable(_) => String::new(),
        };
        before = listing.lines().map(str::to_owned).collect();
        let mut present = Vec::new();
        files_below(folder, "", &mut present)?;
        for path in present.iter().filter(|path| *path != LISTING) {
            if !before.contains(path) {
                bail!("`{path}` in the output folder was not written by a build; remove it or name another folder");
            }
        }
    }
    for (path, bytes) in artifacts.iter() {
        io::write_file(&folder.join(path), bytes).with_context(|| format!("writing `{path}`"))?;
    }
    let listing: String = artifacts.iter().map(|(path, _)| format!("{path}\n")).collect();
    io::write_file(&folder.join(LISTING), listing.as_bytes()).with_context(|| format!("writing `{LISTING}`"))?;
    for path in before.iter().filter(|path| artifacts.get(path).is_none()) {
        let path = folder.join(path);
        if io::is_file(&path) {
            io::remove_file(&path).with_context(|| format!("removing `{}`", path.display()))?;
        }
        for parent in path.ancestors().skip(1).take_while(|parent| *parent != folder) {
            io::remove_empty_folder(parent);
        }
    }
    Ok(())
}

fn files_below(folder: &Path, prefix: &str, acc: &mut Vec<String>) -> anyhow::Result<()> {
    for (name, is_folder) in io::list(folder).with_context(|| format!("reading `{}`", folder.display()))? {
        let path = format!("{prefix}{name}");
        if is_folder {
            files_below(&folder.join(&name), &format!("{path}/"), acc)?;
        } else {
            acc.push(path);
        }
    }
    Ok(())
}
