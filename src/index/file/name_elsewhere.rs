//! Files by name where there is no Unix below: as the standard library has them, which ends the process where memory for a name
//! cannot be had.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// See the module, and that for Unix for what the functions do.
pub(super) struct Name(PathBuf);

impl Name {
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        Ok(Name(path.to_owned()))
    }

    pub(super) fn resolved(&self) -> io::Result<Option<Self>> {
        match fs::canonicalize(&self.0) {
            Ok(path) => Ok(Some(Name(path))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn beside(&self, file: &[u8]) -> io::Result<Option<Self>> {
        let file = std::str::from_utf8(file).map_err(|_| ErrorKind::InvalidInput)?;
        Ok(self.0.file_name().map(|_| Name(self.0.with_file_name(file))))
    }

    pub(super) fn permissions(&self) -> io::Result<Option<Permissions>> {
        let metadata = fs::metadata(&self.0)?;
        Ok(metadata.is_file().then(|| metadata.permissions()))
    }

    pub(super) fn open(&self) -> io::Result<File> {
        File::open(&self.0)
    }

    pub(super) fn create(&self) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(&self.0)
    }

    pub(super) fn rename(&self, to: &Self) -> io::Result<()> {
        fs::rename(&self.0, &to.0)
    }

    pub(super) fn remove(&self) -> io::Result<()> {
        fs::remove_file(&self.0)
    }

    /// Nothing: the system does so by itself.
    pub(super) fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The standard library's text is as good.
pub(super) fn text_of(_: usize, _: &mut [u8; 128]) -> Option<&str> {
    None
}
