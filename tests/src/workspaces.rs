//! Workspaces for tests: from texts, from the examples, compiled for a fixed date.
#![expect(clippy::disallowed_methods, reason = "tests read the examples of this repository")]
#![expect(clippy::expect_used, clippy::panic, reason = "a test ends where its harness cannot go on")]

use std::path::{Path, PathBuf};

use maasc::compile::{At, Compiled, compile};
use maasc::workspace::{self, Sources};
use maasc_hir::units::Time;
use maasc_syntax::Limits;

/// 2026-12-01T00:00:00Z: the date for which tests compile.
pub const AT: Time = Time(1_796_083_200_000);

/// Returns the root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the repository").to_owned()
}

/// Compiles files given as (path, text).
#[must_use]
pub fn from_texts(files: &[(&str, &str)]) -> Compiled {
    let mut sources = Sources::default();
    for (path, text) in files {
        let file = sources.map.add(*path, *text);
        sources.files.push(file);
    }
    compile(sources, &At::Time(AT), &Limits::default()).unwrap_or_else(|error| panic!("{error:?}"))
}

/// Compiles a folder of the repository.
#[must_use]
pub fn from_folder(folder: &str) -> Compiled {
    let sources = workspace::read(&root().join(folder), &Limits::default()).expect("the folder can be read");
    compile(sources, &At::Time(AT), &Limits::default()).unwrap_or_else(|error| panic!("{error:?}"))
}

/// Returns the findings as `CODE file:line message`, one a line.
#[must_use]
pub fn findings(compiled: &Compiled) -> String {
    let mut text = String::new();
    for finding in compiled.diagnostics.iter() {
        let place = finding.primary.as_ref().map_or_else(String::new, |label| {
            let (path, position) = compiled.sources.locate(label.span);
            format!(" {path}:{}", position.line)
        });
        text.push_str(&format!("{}{place} {}\n", finding.rule.code, finding.message));
    }
    text
}

/// Returns the path and text of every policy file of a folder of the repository, sorted.
#[must_use]
pub fn texts(folder: &str) -> Vec<(String, String)> {
    let sources = workspace::read(&root().join(folder), &Limits::default()).expect("the folder can be read");
    sources.map.iter().map(|(_, file)| (file.path.clone(), file.text.clone())).collect()
}

/// Reads a file of the repository.
#[must_use]
pub fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
