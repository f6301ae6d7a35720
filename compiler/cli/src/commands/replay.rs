//! `maasc replay`: recorded requests under this policy.

use std::path::Path;

use anyhow::{Context, bail};
use maas_schemas::usage::UsageRecord;
use maasc_analysis::render;
use maasc_analysis::replay::replay;
use maasc_ir::Built;

use crate::args::{AnswerFormat, ReplayArgs};
use crate::exit::ExitStatus;
use crate::io::{self, FileContent, Io};
use crate::load;

/// Runs the verb.
///
/// # Errors
/// When the workspace or the ledger cannot be read; a ledger that was changed is not replayed.
pub fn run(args: &ReplayArgs, io: &mut Io<'_>) -> anyhow::Result<ExitStatus> {
    let loaded = load::load(&args.path, &args.compile, io)?;
    if loaded.compiled.refuse_errors(io)? {
        return Ok(ExitStatus::Invalid);
    }
    let records = records(&io.cwd.join(&args.ledger))?;
    let built: Vec<&Built> = loaded.selected(&args.compile).collect();
    let report = replay(&built, &loaded.compiled.sources, &records, loaded.compiled.at);
    let text = match args.format {
        AnswerFormat::Text => render::replay::text(&report),
        AnswerFormat::Json => render::json(&report),
    };
    write!(io.out, "{text}")?;
    Ok(if report.n_newly_refused > 0 { ExitStatus::Changed } else { ExitStatus::Done })
}

/// Reads one file of the ledger, or all files of its folder in the order of their names, which are dates.
fn records(path: &Path) -> anyhow::Result<Vec<UsageRecord>> {
    if !path.is_dir() {
        return file(path);
    }
    let mut records = Vec::new();
    for (name, is_folder) in io::list(path).with_context(|| format!("reading `{}`", path.display()))? {
        if !is_folder && name.ends_with(".jsonl") {
            records.extend(file(&path.join(name))?);
        }
    }
    Ok(records)
}

fn file(path: &Path) -> anyhow::Result<Vec<UsageRecord>> {
    let name = path.display();
    let bytes = match io::read_file(path, u64::MAX) {
        FileContent::Bytes(bytes) => bytes,
        FileContent::TooLarge(_) => bail!("`{name}` is too large"),
        FileContent::Unreadable(cause) => bail!("`{name}` cannot be read: {cause}"),
    };
    let records = maas_ledger::chain::records(&bytes).collect::<Result<_, _>>();
    records.with_context(|| format!("reading the ledger `{name}`"))
}
