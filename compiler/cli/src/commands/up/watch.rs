//! Tells when files of a workspace have changed and then were left alone for a moment.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Editors write in several steps; what comes within this time is one save.
const QUIET: Duration = Duration::from_millis(60);

/// Watches a workspace until it is dropped.
pub(super) struct Watch {
    _watcher: RecommendedWatcher,
    changes: UnboundedReceiver<()>,
}

impl Watch {
    /// Starts watching a folder; what happens in the state folder does not count.
    pub(super) fn start(folder: &Path, state: &Path) -> notify::Result<Self> {
        let (sender, changes) = unbounded_channel();
        let state: PathBuf = state.canonicalize().unwrap_or_else(|_| state.to_owned());
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let counts = event.as_ref().map_or(true, |event| {
                !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(|path| !path.starts_with(&state))
            });
            if counts {
                // The receiver is gone only when the process ends.
                let _sent = sender.send(());
            }
        })?;
        watcher.watch(folder, RecursiveMode::Recursive)?;
        Ok(Self { _watcher: watcher, changes })
    }

    /// Returns after the next save.
    pub(super) async fn next(&mut self) {
        if self.changes.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
        while let Ok(Some(())) = tokio::time::timeout(QUIET, self.changes.recv()).await {}
    }
}
