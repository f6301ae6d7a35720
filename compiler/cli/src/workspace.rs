//! Finding a workspace and collecting its sources, from disk or from a Git revision.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ignore::WalkBuilder;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use maasc_diagnostics::{Diagnostics, FileId, SourceMap};
use maasc_syntax::{Limits, rules as findings};

use crate::git::{Blob, Repository};
use crate::io::{self, FileContent};

/// The file that makes a folder a workspace.
pub const MARKER: &str = "maasc.yaml";

/// The texts of a workspace, and what was found while reading them.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// All files that could be read, in the order of their paths.
    pub map: SourceMap,
    /// Those of them that hold policy.
    pub files: Vec<FileId>,
    /// Files that could not be read.
    pub diagnostics: Diagnostics,
}

/// Returns the folder of the nearest `maasc.yaml` at or above a path.
///
/// # Errors
/// When there is none, or the path does not exist.
pub fn find(path: &Path) -> anyhow::Result<PathBuf> {
    let path = io::canonical(path).with_context(|| format!("looking for a workspace at `{}`", path.display()))?;
    let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(&path) };
    for folder in folder.ancestors() {
        if io::is_file(&folder.join(MARKER)) {
            return Ok(folder.to_owned());
        }
    }
    bail!("there is no `{MARKER}` in `{}` or above it; that file makes a folder a workspace", path.display())
}

/// Reads all policy files below a folder: `*.yaml` and `*.yml` but hidden folders, nested workspaces and what
/// `.gitignore` or `.maascignore` names.
///
/// # Errors
/// When the folder itself cannot be read.
pub fn read(folder: &Path, limits: &Limits) -> anyhow::Result<Sources> {
    let root = folder.to_owned();
    let walk = WalkBuilder::new(folder)
        .hidden(true)
        .follow_links(false)
        .require_git(false)
        .git_global(false)
        .git_exclude(false)
        .parents(true)
        .add_custom_ignore_filename(".maascignore")
        .filter_entry(move |entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            !(is_folder && entry.path() != root && io::is_file(&entry.path().join(MARKER)))
        })
        .build();
    let mut paths = Vec::new();
    for entry in walk {
        let entry = entry.with_context(|| format!("reading `{}`", folder.display()))?;
        let is_file = entry.file_type().is_some_and(|kind| kind.is_file() || kind.is_symlink());
        let Ok(relative) = entry.path().strip_prefix(folder) else { continue };
        let relative =
            relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        if is_file && is_policy(&relative) {
            paths.push((relative, entry.path().to_owned()));
        }
    }
    paths.sort();
    let mut sources = Sources::default();
    for (relative, path) in paths {
        let content = io::read_file(&path, limits.max_file_size);
        sources.add(relative, content, limits);
    }
    Ok(sources)
}

/// Reads the policy files of a commit below the folder of a repository.
///
/// # Errors
/// When Git cannot read them.
pub fn read_commit(repository: &Repository, commit: &str, limits: &Limits) -> anyhow::Result<Sources> {
    let accept = |path: &str| is_policy(path) || name(path) == ".maascignore";
    let blobs = repository.files(commit, accept)?;
    let markers: BTreeSet<String> =
        blobs.iter().filter(|blob| name(&blob.path) == MARKER).map(|blob| parent(&blob.path).to_owned()).collect();
    let ignores = ignore_files(&blobs);
    let mut sources = Sources::default();
    for blob in blobs {
        let hidden = blob.path.split('/').any(|part| part.starts_with('.'));
        let nested = ancestors(&blob.path).any(|folder| !folder.is_empty() && markers.contains(folder));
        let ignored = ignores.iter().any(|(folder, matcher)| {
            let below = blob.path.strip_prefix(folder.as_str()).filter(|_| blob.path.starts_with(folder.as_str()));
            below.is_some_and(|path| {
                matcher.matched_path_or_any_parents(path.trim_start_matches('/'), false).is_ignore()
            })
        });
        if hidden || nested || ignored {
            continue;
        }
        let size = blob.bytes.len() as u64;
        let content =
            if size > limits.max_file_size { FileContent::TooLarge(size) } else { FileContent::Bytes(blob.bytes) };
        sources.add(blob.path, content, limits);
    }
    Ok(sources)
}

impl Sources {
    fn add(&mut self, path: String, content: FileContent, limits: &Limits) {
        match content {
            FileContent::Bytes(bytes) => match maasc_syntax::decode_bytes(&path, &bytes, limits) {
                Ok(text) => {
                    let file = self.map.add(path, text);
                    self.files.push(file);
                }
                Err(finding) => self.diagnostics.push(*finding),
            },
            FileContent::TooLarge(size) => self.diagnostics.push(findings::file_too_large(&path, size, limits)),
            FileContent::Unreadable(cause) => self.diagnostics.push(findings::unreadable_file(&path, &cause)),
        }
    }
}

/// Returns the matchers of all `.maascignore` files with their folders.
fn ignore_files(blobs: &[Blob]) -> Vec<(String, Gitignore)> {
    let mut matchers = Vec::new();
    for blob in blobs.iter().filter(|blob| name(&blob.path) == ".maascignore") {
        let mut builder = GitignoreBuilder::new("");
        for line in String::from_utf8_lossy(&blob.bytes).lines() {
            // A line that is no pattern ignores nothing, as on disk.
            drop(builder.add_line(None, line));
        }
        if let Ok(matcher) = builder.build() {
            matchers.push((parent(&blob.path).to_owned(), matcher));
        }
    }
    matchers
}

fn is_policy(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Returns the folders of a path, from the nearest up; the last one is empty.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(parent(path)), |folder| (!folder.is_empty()).then(|| parent(folder)))
}
