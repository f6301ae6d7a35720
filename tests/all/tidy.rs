//! The rules of the workspace that no compiler checks: arrows between crates, file openings, file lengths.
#![expect(clippy::disallowed_methods, reason = "reads the workspace's own files")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Who may depend on whom, besides packages of others. A new arrow is an architecture change.
const ARROWS: &[(&str, &[&str])] = &[
    ("maas-schemas", &[]),
    ("maasc-diagnostics", &["maas-schemas"]),
    ("maasc-syntax", &["maas-schemas", "maasc-diagnostics"]),
    ("maasc-hir", &["maas-schemas", "maasc-diagnostics", "maasc-syntax"]),
    ("maasc-ir", &["maas-schemas", "maasc-diagnostics", "maasc-hir"]),
    ("maas-quota", &["maas-schemas"]),
    ("maas-ledger", &["maas-schemas"]),
    ("maas-llm", &["maas-schemas"]),
    ("maas-host", &["maas-schemas"]),
    ("maasc-analysis", &["maas-schemas", "maasc-diagnostics", "maasc-hir", "maasc-ir", "maas-quota", "maas-ledger"]),
    ("maasc-plan", &["maas-schemas", "maasc-diagnostics", "maasc-hir", "maasc-ir", "maasc-analysis"]),
    ("maasc-backend", &["maas-schemas", "maasc-diagnostics", "maasc-ir"]),
    ("maas-gateway", &["maas-schemas", "maas-host", "maas-quota", "maas-llm", "maas-ledger"]),
    (
        "maasc",
        &[
            "maas-schemas",
            "maasc-diagnostics",
            "maasc-syntax",
            "maasc-hir",
            "maasc-ir",
            "maasc-analysis",
            "maasc-plan",
            "maasc-backend",
            "maas-host",
            "maas-ledger",
            "maas-gateway",
        ],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn rust_files(folder: &Path, acc: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.ends_with("target") {
            rust_files(&path, acc);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            acc.push(path);
        }
    }
}

fn all_rust_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in ["schemas", "compiler", "runtime", "tests"] {
        rust_files(&root().join(folder), &mut files);
    }
    files
}

/// Returns the normal dependencies of each of our crates, as its manifest names them.
fn arrows() -> BTreeMap<String, Vec<String>> {
    let ours: BTreeMap<&str, ()> = ARROWS.iter().map(|(name, _)| (*name, ())).collect();
    let mut found = BTreeMap::new();
    for folder in ["schemas", "compiler", "runtime"] {
        let mut manifests = vec![root().join(folder).join("Cargo.toml")];
        if let Ok(entries) = std::fs::read_dir(root().join(folder)) {
            manifests.extend(entries.map(|entry| entry.unwrap().path().join("Cargo.toml")));
        }
        for manifest in manifests.into_iter().filter(|path| path.is_file()) {
            let text = std::fs::read_to_string(&manifest).unwrap();
            let name = text.lines().find_map(|line| line.strip_prefix("name = ")).unwrap().trim_matches('"').to_owned();
            let mut section = "";
            let mut depends = Vec::new();
            for line in text.lines() {
                if line.starts_with('[') {
                    section = line;
                }
                let key = line.split(['.', ' ', '=']).next().unwrap_or("");
                if section == "[dependencies]" && ours.contains_key(key) {
                    depends.push(key.to_owned());
                }
            }
            found.insert(name, depends);
        }
    }
    found
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    for (name, depends) in arrows() {
        let allowed = allowed.get(name.as_str()).unwrap_or_else(|| panic!("`{name}` is not in the table of arrows"));
        for depend in depends {
            assert!(allowed.contains(&depend.as_str()), "`{name}` may not depend on `{depend}`");
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    for path in all_rust_files() {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//! "), "{} does not open with a `//!` sentence", path.display());
    }
}

#[test]
fn files_stay_small_enough_to_read() {
    for path in all_rust_files() {
        let name = path.to_string_lossy().into_owned();
        let is_test = name.contains("/tests/") || name.ends_with("tests.rs");
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(is_test || lines <= 700, "{name} has {lines} lines; split it before 700");
    }
}

#[test]
fn no_test_is_switched_off_and_no_module_file_is_called_mod() {
    for path in all_rust_files() {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!path.ends_with("mod.rs"), "{}: name it after its folder", path.display());
        for word in ["#[ignore", "#[should_panic"] {
            let found = text.lines().any(|line| line.trim_start().starts_with(word));
            assert!(!found, "{} holds `{word}`", path.display());
        }
    }
}

#[test]
fn every_test_file_is_listed() {
    let folder = root().join("tests/all");
    let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if let Some(module) = name.strip_suffix(".rs").filter(|module| *module != "main") {
            assert!(main.contains(&format!("mod {module};")), "tests/all/{name} is not listed in main.rs");
        }
    }
}
