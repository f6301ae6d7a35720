//! Loads the bundle again when its file changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::disk;
use super::swap::{Bundles, digest};

/// Looked at this often in any case: a mounted ConfigMap swaps a link that no watcher follows.
const POLL: Duration = Duration::from_secs(5);
/// Files of one bundle are written one after the other: wait until they rest.
const SETTLE: Duration = Duration::from_millis(50);

/// Watches a file until `stop`.
pub(crate) async fn watch(bundles: Arc<Bundles>, path: PathBuf, stop: CancellationToken) {
    let (sender, mut changes) = mpsc::channel(1);
    // Without a watcher the poll is enough, only slower.
    let _watcher = watcher(&path, sender);
    let mut seen = bundles.current().map(|bundle| bundle.digest.clone());
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(()) = changes.recv() => tokio::time::sleep(SETTLE).await,
            () = tokio::time::sleep(POLL) => {}
        }
        let (bundles, path, before) = (Arc::clone(&bundles), path.clone(), seen.clone());
        let looked = tokio::task::spawn_blocking(move || look(&bundles, &path, before)).await;
        seen = looked.unwrap_or(seen);
    }
}

/// Loads the file if it is not the one that was seen before; returns what is seen now.
fn look(bundles: &Bundles, path: &Path, seen: Option<String>) -> Option<String> {
    let files = match disk::read(path) {
        Ok(files) => files,
        Err(error) => {
            tracing::warn!(%error, "the bundle cannot be read");
            return seen;
        }
    };
    let found = digest(&files.wasm);
    // A source map for the bundle that is running already is new text for old decisions.
    let fresh_map = bundles.current().is_some_and(|bundle| {
        bundle.digest == found
            && files.provenance.as_ref().is_some_and(|map| map.bundle == found && *map != bundle.provenance)
    });
    if seen.as_ref() == Some(&found) && !fresh_map {
        return seen;
    }
    // The outcome is logged and counted; a file that was refused is not tried again until it changes.
    drop(bundles.load(&files));
    Some(found)
}

fn watcher(path: &Path, changed: mpsc::Sender<()>) -> Option<notify::RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok() {
            // One waiting note is enough.
            let _ = changed.try_send(());
        }
    })
    .ok()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    watcher.watch(folder, RecursiveMode::NonRecursive).ok()?;
    Some(watcher)
}
