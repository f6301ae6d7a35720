//! `file-too-large`: a file above the size limit.

use maasc_diagnostics::{Diagnostic, Level, Rule};

use super::quote;
use crate::limits::Limits;

/// A file above the size limit.
pub(crate) static RULE: Rule = Rule {
    code: "MAAS0003",
    name: "file-too-large",
    summary: "a file above the size limit",
    level: Level::Error,
    page: include_str!("file_too_large.md"),
};

/// Returns the finding for a file of so many bytes.
#[must_use]
pub fn file_too_large(path: &str, size: u64, limits: &Limits) -> Diagnostic {
    let limit = limits.max_file_size.min(MOST);
    let finding =
        Diagnostic::global(&RULE, format!("`{}` has {size} bytes, more than the limit of {limit}", quote(path)));
    if size > MOST {
        return finding.help("split the file");
    }
    finding.help("split the file, or raise the limit with `--max-file-size`")
}

/// Places are 32-bit offsets, so no flag goes above this.
pub(crate) const MOST: u64 = u32::MAX as u64 - 1;
