//! A file replaced as a whole: written beside the old one under another name, brought to the disk, renamed.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process;

use super::name::Name;
use super::{not_regular, refused};
use crate::error::{Error, Kind, Result};

/// Calls `write` with a new file, which then is at `path`. When anything goes wrong what was there before still is, and nothing
/// beside it. A link stays one: the file it leads to is replaced.
pub(super) fn replace(path: &Path, write: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    let refused = |error: io::Error| refused(&error);
    let name = Name::new(path).map_err(refused)?;
    let (name, old) = match name.resolved().map_err(refused)? {
        Some(name) => {
            let permissions = name.permissions().map_err(refused)?;
            (name, Some(permissions.ok_or_else(not_regular)?))
        }
        None => (name, None),
    };
    let (mut file, temporary) = create_beside(&name)?;
    let writer = process::id();
    let written = (|| {
        if let Some(permissions) = old {
            file.set_permissions(permissions).map_err(refused)?;
        }
        write(&mut file)?;
        file.sync_all().map_err(refused)?;
        temporary.rename(&name).map_err(refused)
    })();
    match written {
        // The file is in its place: a folder that cannot be synced, as on some network disks, does not make it less so.
        Ok(()) => drop(name.sync_folder()),
        // If that fails, too, there is nothing left to try.
        Err(_) if process::id() == writer => drop(temporary.remove()),
        // In the child of a fork the file is its parent's.
        Err(_) => {}
    }
    written
}

/// A new file in the folder of `name`. Its own name is short, so that it fits wherever any does.
fn create_beside(name: &Name) -> Result<(File, Name)> {
    let refused = |error: io::Error| refused(&error);
    let mut number = 0u64;
    loop {
        let mut room = [0; 64];
        let mut rest = &mut room[..];
        write!(rest, "polyfind-{}-{number}.tmp", process::id()).map_err(refused)?;
        let unused = rest.len();
        let Some(temporary) = name.beside(&room[..room.len() - unused]).map_err(refused)? else {
            return Err(Error::new(Kind::Io, format_args!("the path names no file")));
        };
        match temporary.create() {
            Ok(file) => return Ok((file, temporary)),
            // Another thread's, or what a process of the same number left behind when it was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(refused(error)),
        }
    }
}
