//! One file: text to documents, suppressions and findings.

use maasc_diagnostics::{Diagnostic, Diagnostics, FileId};

use crate::ast::{Document, Kind, Text};
use crate::comments::{self, Suppression};
use crate::decode::{self, Decoded, Decoder};
use crate::findings::Findings;
use crate::limits::Limits;
use crate::rules;
use crate::secrets;
use crate::yaml;

/// What stands in one file.
#[derive(Clone, Debug, Default)]
pub struct Parse {
    /// The documents that can be used, each without what has findings.
    pub documents: Vec<Document>,
    /// The documents that cannot be used: a name that refers to one of these is not unknown.
    pub lost: Vec<Lost>,
    /// Findings that somebody answers for; see [`crate::apply_suppressions`].
    pub suppressions: Vec<Suppression>,
    /// What was found.
    pub diagnostics: Diagnostics,
}

/// A document of which only its name could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: Text,
}

/// Reads the documents of one file.
#[must_use]
pub fn parse(file: FileId, text: &str, limits: &Limits) -> Parse {
    let size = text.len() as u64;
    let most = limits.max_file_size.min(rules::file_too_large::MOST);
    let mut result = Parse::default();
    if size > most {
        result.diagnostics.push(rules::file_too_large("this file", size, limits));
        return result;
    }
    let mut acc = Findings::default();
    let yaml = yaml::read(file, text, limits, &mut acc);
    result.suppressions = comments::suppressions(file, text, &yaml.comments, &mut acc);
    let secrets = secrets::find(file, text, &yaml.tree, &result.suppressions, &mut acc);
    let mut decoder = Decoder { source: text, tree: &yaml.tree, secrets: &secrets, acc: &mut acc };
    for root in &yaml.roots {
        if decoder.acc.is_full() {
            break;
        }
        if root.broken {
            result.lost.extend(decode::lost(&decoder, root.node));
            continue;
        }
        match decode::document(&mut decoder, root.node) {
            Decoded::Document(document) => result.documents.push(*document),
            Decoded::Lost(lost) => result.lost.push(lost),
            Decoded::Nothing => {}
        }
    }
    result.diagnostics = acc.finish(file);
    result
}

/// Returns the text of a file's bytes, or the finding that says why it has none.
///
/// # Errors
///
/// The file is larger than the limit, or not UTF-8.
pub fn decode_bytes<'bytes>(path: &str, bytes: &'bytes [u8], limits: &Limits) -> Result<&'bytes str, Box<Diagnostic>> {
    let size = bytes.len() as u64;
    if size > limits.max_file_size {
        return Err(Box::new(rules::file_too_large(path, size, limits)));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or(&[]);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |index| index + 1);
        let of_line = std::str::from_utf8(before.get(start..).unwrap_or(&[])).unwrap_or("");
        Box::new(rules::not_utf8(path, line, of_line.chars().count() + 1))
    })
}

#[cfg(test)]
mod tests;
