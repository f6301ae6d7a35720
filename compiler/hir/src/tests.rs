//! The whole room at once: the example organization, orders of documents, sizes.
#![expect(clippy::disallowed_methods, reason = "reads the repository's own files")]

use std::path::{Path, PathBuf};

use maasc_diagnostics::FileId;
use maasc_syntax::Limits;
use maasc_syntax::ast::Document;

fn yaml_files(folder: &Path, acc: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.ends_with("expected") {
            yaml_files(&path, acc);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            acc.push(path);
        }
    }
}

fn documents(folder: &str) -> Vec<Document> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let mut files = Vec::new();
    yaml_files(&root, &mut files);
    let mut documents = Vec::new();
    for (index, path) in (0_u32..).zip(files) {
        let text = std::fs::read_to_string(&path).unwrap();
        let parse = maasc_syntax::parse(FileId(index), &text, &Limits::default());
        let messages: Vec<&str> = parse.diagnostics.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, Vec::<&str>::new(), "{}", path.display());
        documents.extend(parse.documents);
    }
    documents
}

#[test]
fn the_example_is_silent_in_whatever_order() {
    let mut documents = documents("examples/acme");
    let (hir, mut acc) = crate::lower(&documents);
    crate::check(&hir, crate::units::Time(1_796_083_200_000), &mut acc);
    acc.retain(|finding| finding.level != maasc_diagnostics::Level::Off);
    let messages: Vec<&str> = acc.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(messages, Vec::<&str>::new());
    let first = format!("{hir:?}");
    documents.reverse();
    assert_eq!(format!("{:?}", crate::lower(&documents).0), first);
}
