//! Index files that are open: each is mapped and checked once, and again when another file has taken its place.

use std::collections::HashMap;
use std::fs::{Metadata, metadata};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use std::time::SystemTime;

use polyfind::index::Index;
use polyfind::run::Run;

/// What tells a file from the one that takes its place.
#[derive(Clone, PartialEq)]
struct Identity {
    bytes: u64,
    modified: Option<SystemTime>,
    #[cfg(unix)]
    number: u64,
}

impl Identity {
    fn of(file: &Metadata) -> Self {
        Identity {
            bytes: file.len(),
            modified: file.modified().ok(),
            #[cfg(unix)]
            number: std::os::unix::fs::MetadataExt::ino(file),
        }
    }
}

type Open = HashMap<PathBuf, (Identity, Arc<Index>)>;

static OPEN: LazyLock<RwLock<Open>> = LazyLock::new(RwLock::default);

/// The index in a file.
pub fn open(path: &Path) -> Result<Arc<Index>, String> {
    let refused = |reason: &str| format!("{}: {reason}", path.display());
    let identity = Identity::of(&metadata(path).map_err(|error| refused(&error.to_string()))?);
    let known = |open: &Open| open.get(path).filter(|(of, _)| *of == identity).map(|(_, index)| Arc::clone(index));
    if let Some(index) = known(&OPEN.read().unwrap_or_else(PoisonError::into_inner)) {
        return Ok(index);
    }
    let mut open = OPEN.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(index) = known(&open) {
        return Ok(index); // another thread was faster
    }
    let run = Run { workers: 1, ..Run::default() };
    let index = Arc::new(Index::map(path, false, &run).map_err(|error| refused(error.message()))?);
    open.insert(path.to_owned(), (identity, Arc::clone(&index)));
    Ok(index)
}
