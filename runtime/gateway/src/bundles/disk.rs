//! Bundles on disk: the source file, and the last good ones in the state folder.
#![expect(clippy::disallowed_methods, reason = "bundles are read and kept here")]

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use maas_schemas::provenance::Provenance;

use super::LoadError;
use super::bundle::short;

/// How many bundles are kept.
const KEPT: usize = 3;
const CURRENT: &str = "current";

/// The bytes of a bundle and its source map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) wasm: Vec<u8>,
    pub(crate) provenance: Option<Provenance>,
}

/// Reads a bundle and the source map beside it.
pub(crate) fn read(path: &Path) -> Result<Files, LoadError> {
    let wasm = fs::read(path).map_err(|source| LoadError::File { path: path.to_owned(), source })?;
    let provenance = read_provenance(&path.with_file_name("provenance.json"))?;
    Ok(Files { wasm, provenance })
}

/// Reads the bundle that served last; `None` when there is none.
pub(crate) fn read_current(folder: &Path) -> Result<Option<Files>, LoadError> {
    let path = folder.join(CURRENT);
    let name = match fs::read_to_string(&path) {
        Ok(name) => name,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(LoadError::File { path, source }),
    };
    let stem: String = name.trim().chars().filter(char::is_ascii_hexdigit).collect();
    let path = folder.join(format!("{stem}.wasm"));
    let wasm = fs::read(&path).map_err(|source| LoadError::File { path, source })?;
    let provenance = read_provenance(&folder.join(format!("{stem}.json")))?;
    Ok(Some(Files { wasm, provenance }))
}

/// Keeps a bundle as the last good one; older ones beyond the kept number are removed.
pub(crate) fn keep(folder: &Path, digest: &str, files: &Files) -> Result<(), LoadError> {
    let lost = |path: PathBuf| move |source| LoadError::File { path, source };
    fs::create_dir_all(folder).map_err(lost(folder.to_owned()))?;
    let stem = short(digest);
    write(&folder.join(format!("{stem}.wasm")), &files.wasm)?;
    let provenance = folder.join(format!("{stem}.json"));
    match &files.provenance {
        Some(map) => {
            let text = serde_json::to_vec(map).map_err(|error| LoadError::Provenance(error.to_string()))?;
            write(&provenance, &text)?;
        }
        None => {
            if let Err(source) = fs::remove_file(&provenance)
                && source.kind() != ErrorKind::NotFound
            {
                return Err(LoadError::File { path: provenance, source });
            }
        }
    }
    write(&folder.join(CURRENT), stem.as_bytes())?;
    prune(folder, stem).map_err(lost(folder.to_owned()))
}

fn read_provenance(path: &Path) -> Result<Option<Provenance>, LoadError> {
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| LoadError::Provenance(error.to_string())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(LoadError::File { path: path.to_owned(), source }),
    }
}

/// Writes beside, then renames: a crash leaves the old file or the new one.
fn write(path: &Path, bytes: &[u8]) -> Result<(), LoadError> {
    let beside = path.with_extension("new");
    let written = fs::File::create(&beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    written.map_err(|source| LoadError::File { path: path.to_owned(), source })
}

fn prune(folder: &Path, current: &str) -> std::io::Result<()> {
    let mut kept: Vec<(std::time::SystemTime, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_other = path.extension().is_some_and(|extension| extension == "wasm")
            && path.file_stem().is_some_and(|stem| stem != current);
        if is_other {
            kept.push((fs::metadata(&path)?.modified()?, path));
        }
    }
    kept.sort_unstable_by(|left, right| right.cmp(left));
    for (_, path) in kept.into_iter().skip(KEPT - 1) {
        let map = path.with_extension("json");
        fs::remove_file(&path)?;
        if map.exists() {
            fs::remove_file(map)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(content: &str, rules: bool) -> Files {
        Files { wasm: content.into(), provenance: rules.then(Provenance::default) }
    }

    #[test]
    fn the_last_kept_is_current_and_three_stay() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("bundles");
        assert_eq!(read_current(&folder).unwrap(), None);
        for number in 0..5u8 {
            let digest = format!("sha256:{}", format!("{number}a").repeat(32));
            keep(&folder, &digest, &files(&number.to_string(), number % 2 == 0)).unwrap();
        }
        assert_eq!(read_current(&folder).unwrap(), Some(files("4", true)));
        let n_wasm =
            fs::read_dir(&folder).unwrap().filter(|e| e.as_ref().unwrap().path().extension() == Some("wasm".as_ref()));
        assert_eq!(n_wasm.count(), KEPT);
        keep(&folder, &format!("sha256:{}", "4a".repeat(32)), &files("4", false)).unwrap();
        assert_eq!(read_current(&folder).unwrap(), Some(files("4", false)));
    }

    #[test]
    fn a_broken_source_map_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.wasm");
        assert!(matches!(read(&path), Err(LoadError::File { .. })));
        fs::write(&path, "x").unwrap();
        assert_eq!(read(&path).unwrap(), files("x", false));
        fs::write(folder.path().join("provenance.json"), "{").unwrap();
        assert!(matches!(read(&path), Err(LoadError::Provenance(_))));
    }
}
