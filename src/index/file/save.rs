//! A file replaced as a whole: written beside the old one under another name, brought to the disk, renamed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process;

use super::{refused, regular};
use crate::error::{Error, Kind, Result};

/// Calls `write` with a new file, which then is at `path`. When anything goes wrong what was there before still is, and nothing
/// beside it. A link stays one: the file it leads to is replaced.
pub(super) fn replace(path: &Path, write: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    let refused = |error: io::Error| refused(&error);
    let (path, old) = match fs::canonicalize(path) {
        Ok(path) => (path.clone(), Some(fs::metadata(&path).map_err(refused)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (path.to_owned(), None),
        Err(error) => return Err(refused(error)),
    };
    old.as_ref().map_or(Ok(()), regular)?;
    let (mut file, temporary) = create_beside(&path)?;
    let writer = process::id();
    let written = (|| {
        if let Some(old) = old {
            file.set_permissions(old.permissions()).map_err(refused)?;
        }
        write(&mut file)?;
        file.sync_all().map_err(refused)?;
        fs::rename(&temporary, &path).map_err(refused)
    })();
    match written {
        Ok(()) => {
            sync_folder(&path);
            Ok(())
        }
        Err(error) => {
            // In the child of a fork the file is its parent's.
            if process::id() == writer {
                // If that fails, too, there is nothing left to try.
                let _ = fs::remove_file(&temporary);
            }
            Err(error)
        }
    }
}

/// A new file in the folder of `path`.
fn create_beside(path: &Path) -> Result<(File, PathBuf)> {
    let Some(name) = path.file_name() else {
        return Err(Error::new(Kind::Io, format_args!("the path names no file")));
    };
    let mut number = 0u64;
    loop {
        let mut temporary = name.to_os_string();
        temporary.push(format!(".{}-{number}.tmp", process::id()));
        let temporary = path.with_file_name(temporary);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((file, temporary)),
            // Another thread's, or what a process of the same number left behind when it was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(refused(&error)),
        }
    }
}

/// Brings the new name to the disk. The file is in its place: a folder that cannot be synced, as on some network disks, does not
/// make it less so.
fn sync_folder(path: &Path) {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}
