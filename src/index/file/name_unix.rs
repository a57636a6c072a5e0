//! Files by name, on Unix. A name is copied to the stack and handed to the system from there: the standard library would put it
//! into memory that it takes without asking, and end the process where there is none.

use std::fs::{File, Permissions};
use std::io::{self, ErrorKind};
use std::os::fd::FromRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[cfg(not(target_os = "linux"))]
use libc::{open, stat};
// The plain ones know no large files on 32 bits.
#[cfg(target_os = "linux")]
use libc::{open64 as open, stat64 as stat};

/// Bytes of a path at most, with the NUL at its end.
const ROOM: usize = libc::PATH_MAX as usize;

/// See the module.
pub(super) struct Name {
    /// A string that ends with a NUL.
    bytes: [u8; ROOM],
}

impl Name {
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        Self::joined(path.as_os_str().as_bytes(), b"")
    }

    fn joined(start: &[u8], end: &[u8]) -> io::Result<Self> {
        let mut name = Name { bytes: [0; ROOM] };
        let len = start.len() + end.len();
        if len >= ROOM {
            return Err(io::Error::from_raw_os_error(libc::ENAMETOOLONG));
        }
        name.bytes[..start.len()].copy_from_slice(start);
        name.bytes[start.len()..len].copy_from_slice(end);
        if name.bytes[..len].contains(&0) {
            return Err(ErrorKind::InvalidInput.into());
        }
        Ok(name)
    }

    /// The file that it leads to, if there is one: no link, and no "..".
    pub(super) fn resolved(&self) -> io::Result<Option<Self>> {
        let mut found = Name { bytes: [0; ROOM] };
        // SAFETY: a string, and the room that the call asks for; it ends what it writes with a NUL.
        let is_found = unsafe { !libc::realpath(self.as_ptr(), found.bytes.as_mut_ptr().cast()).is_null() };
        match io::Error::last_os_error() {
            _ if is_found => Ok(Some(found)),
            error if error.kind() == ErrorKind::NotFound => Ok(None),
            error => Err(error),
        }
    }

    /// Another file in the same folder; None if this is the name of a folder.
    pub(super) fn beside(&self, file: &[u8]) -> io::Result<Option<Self>> {
        let (folder, name) = self.parts();
        if matches!(name, b"" | b"." | b"..") { Ok(None) } else { Self::joined(folder, file).map(Some) }
    }

    /// The permissions of a regular file; None if it is something else.
    pub(super) fn permissions(&self) -> io::Result<Option<Permissions>> {
        let mut status = std::mem::MaybeUninit::<stat>::uninit();
        // SAFETY: a string, and room for what is asked.
        done(unsafe { stat(self.as_ptr(), status.as_mut_ptr()) })?;
        // SAFETY: it was filled in.
        let mode = unsafe { status.assume_init() }.st_mode;
        Ok((mode & libc::S_IFMT == libc::S_IFREG).then(|| Permissions::from_mode(mode as _)))
    }

    /// Opens a file to be read. Pipes are opened, too, without waiting for anybody at their other end.
    pub(super) fn open(&self) -> io::Result<File> {
        self.open_as(libc::O_RDONLY | libc::O_NONBLOCK | libc::O_NOCTTY)
    }

    /// Makes a file to be written, which must not be there yet.
    pub(super) fn create(&self) -> io::Result<File> {
        self.open_as(libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL)
    }

    fn open_as(&self, flags: i32) -> io::Result<File> {
        const MODE: u32 = 0o666;
        loop {
            // SAFETY: a string.
            match done(unsafe { open(self.as_ptr(), flags | libc::O_CLOEXEC, MODE) }) {
                // SAFETY: just opened, and nobody else's.
                Ok(file) => return Ok(unsafe { File::from_raw_fd(file) }),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Calls this file by that name from now on; what had it before is gone.
    pub(super) fn rename(&self, to: &Self) -> io::Result<()> {
        // SAFETY: two strings.
        done(unsafe { libc::rename(self.as_ptr(), to.as_ptr()) }).map(drop)
    }

    pub(super) fn remove(&self) -> io::Result<()> {
        // SAFETY: a string.
        done(unsafe { libc::unlink(self.as_ptr()) }).map(drop)
    }

    /// Brings the names in its folder to the disk.
    pub(super) fn sync_folder(&self) -> io::Result<()> {
        let (folder, _) = self.parts();
        Self::joined(folder, b".")?.open_as(libc::O_RDONLY | libc::O_DIRECTORY)?.sync_all()
    }

    /// Folder, with the slash at its end if there is one, and file.
    fn parts(&self) -> (&[u8], &[u8]) {
        let name = before_nul(&self.bytes);
        name.split_at(name.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1))
    }

    /// As the system's functions take it.
    fn as_ptr<T>(&self) -> *const T {
        self.bytes.as_ptr().cast()
    }
}

fn before_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// What the last call came to, which answers -1 when it failed.
fn done(answer: i32) -> io::Result<i32> {
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}

/// What an error number means, in `room`: the standard library has a text, too, but takes memory for it.
pub(super) fn text_of(number: usize, room: &mut [u8; 128]) -> Option<&str> {
    let number = i32::try_from(number).ok()?;
    // SAFETY: room for so many bytes; what is written ends with a NUL.
    let status = unsafe { libc::strerror_r(number, room.as_mut_ptr().cast(), room.len()) };
    std::str::from_utf8(before_nul(room)).ok().filter(|_| status == 0)
}
