//! `maasc approve`: binds an approval to what it approves.

use anyhow::{Context, bail};
use maasc_diagnostics::{Edit, Span, nearest};
use maasc_hir::hir::Approval;

use crate::args::ApproveArgs;
use crate::exit::ExitStatus;
use crate::io::{self, Io};
use crate::load::{self, Loaded};

/// Runs the verb.
///
/// # Errors
/// When the workspace cannot be read, no approval has the name, or nothing asks for it.
pub fn run(args: &ApproveArgs, io: &mut Io<'_>) -> anyhow::Result<ExitStatus> {
    let loaded = load::load(&args.path, &args.compile, io)?;
    let hir = &loaded.compiled.hir;
    let found = hir.approvals.iter().find(|approval| approval.header.name.value == args.name);
    let Some(approval) = found else {
        let names = hir.approvals.iter().map(|approval| approval.header.name.value.as_str());
        match nearest(&args.name, names) {
            Some(similar) => bail!("there is no approval `{}`; did you mean `{similar}`?", args.name),
            None => bail!("there is no approval `{}`", args.name),
        }
    };
    let digest = digest(&loaded, approval)?;
    let before = approval.digest.as_ref();
    if before.is_some_and(|before| before.value == digest) {
        writeln!(io.out, "{}: bound to {digest} already", args.name)?;
        return Ok(ExitStatus::Done);
    }
    let file = approval.header.span.file;
    let source = loaded.compiled.sources.get(file).context("finding the approval's file")?;
    let edit = match before {
        Some(before) => Edit { span: before.span, insert: digest.clone() },
        None => insertion(&source.text, approval, &digest)?,
    };
    let (start, end) = (edit.span.start as usize, edit.span.end as usize);
    let before = source.text.get(..start).context("finding the place to edit")?;
    let after = source.text.get(end..).context("finding the place to edit")?;
    let text = format!("{before}{}{after}", edit.insert);
    io::write_file(&loaded.folder.join(&source.path), text.as_bytes())
        .with_context(|| format!("writing `{}`", source.path))?;
    writeln!(io.out, "{}: bound to {digest} in {}", args.name, source.path)?;
    Ok(ExitStatus::Done)
}

/// Returns what the approval must be bound to.
fn digest(loaded: &Loaded, approval: &Approval) -> anyhow::Result<String> {
    let digest = maasc_ir::approval_digest(&loaded.compiled.hir, approval, loaded.compiled.at);
    let name = &approval.header.name.value;
    digest.with_context(|| format!("nothing asks for the approval `{name}`: its requirement does not hold"))
}

/// Returns the edit that writes a `digest` line after the line of `requirement`, with its indentation.
fn insertion(text: &str, approval: &Approval, digest: &str) -> anyhow::Result<Edit> {
    let span = approval.requirement.span;
    let start = span.start as usize;
    let line_start = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |index| index + 1);
    let before = text.get(line_start..start).unwrap_or("");
    let indent = before.len() - before.trim_start().len();
    if !before.trim_start().starts_with("requirement:") {
        bail!("write a line `digest: {digest}` into `spec`; its layout leaves no room to do it here");
    }
    let end = text.get(start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |index| start + index);
    let at = u32::try_from(end).context("the file is too large")?;
    let insert = format!("\n{}digest: {digest}", " ".repeat(indent));
    Ok(Edit { span: Span { file: span.file, start: at, end: at }, insert })
}
