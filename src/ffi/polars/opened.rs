//! The index of an expression: a file, which is opened once for the process, or one that the program has.

use std::fs::{self, Metadata};
use std::mem::forget;
use std::path::Path;
use std::process;
use std::ptr::{null_mut, without_provenance_mut};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::arrow::ArrowSchema;
use super::given::{Column, Inputs};
use super::made::{Bits, Made, Values};
use crate::error::{Error, Kind, Result};
use crate::ffi::handles::{self, Inside};
use crate::ffi::index::pf_index;
use crate::ffi::library::pf_version;
use crate::index::Index;
use crate::memory::vec_with_capacity;
use crate::run::Run;

/// Files that stay open: of more, the one that was asked for longest ago is closed.
const MOST_FILES: usize = 16;

/// The index that a parameter names.
pub(super) fn open(index: Column<'_>, run: &Run<'_>) -> Result<Inside<pf_index>> {
    if index.format() == b"L" {
        return held(index.only()?.word()?);
    }
    let mut places = Default::default();
    let path = index.only()?.rows(&mut places)?.get(0);
    let path = path.and_then(|path| str::from_utf8(path).ok());
    let path = path.ok_or_else(|| Error::new(Kind::Argument, format_args!("index is no path")))?;
    file(path, run).map_err(|error| Error::new(error.kind(), format_args!("index: {error}: {path}")))
}

/// The handle of an index, as numbers have it that leave the process: in another one, where the library lies elsewhere, it is none.
fn veil(word: u64) -> u64 {
    let place: extern "C" fn() -> *const std::ffi::c_char = pf_version;
    word ^ place as usize as u64
}

/// An index of the program's, for as long as it is there or held by an expression.
fn held(word: u64) -> Result<Inside<pf_index>> {
    let handle = usize::try_from(veil(word)).ok().map(without_provenance_mut::<pf_index>);
    handle.and_then(|handle| handles::enter_held(handle)).ok_or_else(|| {
        let text = "index is of another process, or was freed: save it, and give the file's path";
        Error::new(Kind::Argument, format_args!("{text}"))
    })
}

pub(super) fn check(_: &[&ArrowSchema]) -> Result<()> {
    Ok(())
}

/// The number that is given, in a column with which the index that it names stays.
pub(super) fn hold(inputs: &Inputs<'_>, _: &Run<'_>) -> Result<Made> {
    let word = inputs.column(0, "index")?.only()?.word()?;
    let mut words = vec_with_capacity(1)?;
    words.push(word);
    Ok(Made::new(Values::Held(words.keep(), held(word)?), Bits::new(1, |_| true)?))
}

/// What a file is known by: another, or one that was written anew, has another.
#[derive(PartialEq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
    place: (u64, u64),
}

impl Stamp {
    fn of(file: &Metadata) -> Self {
        #[cfg(unix)]
        let place = (std::os::unix::fs::MetadataExt::dev(file), std::os::unix::fs::MetadataExt::ino(file));
        #[cfg(not(unix))]
        let place = (0, 0);
        Stamp { bytes: file.len(), modified: file.modified().ok(), place }
    }
}

/// A file that is open.
struct Opened {
    path: String,
    stamp: Stamp,
    index: *mut pf_index,
}

// SAFETY: a handle is a number.
unsafe impl Send for Opened {}

impl Drop for Opened {
    /// Calls that are under way go on.
    fn drop(&mut self) {
        handles::free(self.index);
    }
}

/// The files of a process, the one that was asked for last in front. The child of a fork has its own: its parent's lock may be held in it
/// for ever.
struct Shelf {
    process: u32,
    files: Mutex<Vec<Opened>>,
    /// That of the process it was forked from.
    _before: *mut Shelf,
}

// SAFETY: the pointer is only kept.
unsafe impl Sync for Shelf {}

/// That of this process, or of one that it was forked from; never freed.
static SHELF: AtomicPtr<Shelf> = AtomicPtr::new(null_mut());

impl Shelf {
    /// Of this process.
    fn get() -> Result<&'static Shelf> {
        let process = process::id();
        loop {
            let before = SHELF.load(Ordering::Acquire);
            // SAFETY: NULL or a shelf, which are never freed. A parent's is only asked whose it is, which nobody ever changes.
            if let Some(shelf) = unsafe { before.as_ref() }
                && shelf.process == process
            {
                return Ok(shelf);
            }
            let mut room = vec_with_capacity(1)?.keep();
            let mut files = vec_with_capacity(MOST_FILES + 1)?.keep();
            files.clear();
            room.push(Shelf { process, files: Mutex::new(files), _before: before });
            // Of several threads that get here at once one is first.
            if SHELF.compare_exchange(before, room.as_mut_ptr(), Ordering::AcqRel, Ordering::Acquire).is_ok() {
                forget(room);
            }
        }
    }
}

/// The index in a file. While one thread opens it, which reads all of it, others wait.
fn file(path: &str, run: &Run<'_>) -> Result<Inside<pf_index>> {
    let found = fs::metadata(path).map_err(|error| Error::new(Kind::Io, format_args!("{error}")))?;
    let stamp = Stamp::of(&found);
    let mut files = Shelf::get()?.files.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(at) = files.iter().position(|file| file.path == path) {
        let file = files.remove(at);
        if file.stamp == stamp
            && let Some(inside) = handles::enter(file.index)
        {
            files.insert(0, file);
            return Ok(inside);
        }
    }
    let index = handles::make::<pf_index>(Index::map(Path::new(path), false, run)?)?;
    let mut name = vec_with_capacity(path.len())?;
    name.extend_from_slice(path.as_bytes());
    let path = String::from_utf8(name.keep()).unwrap_or_default();
    files.truncate(MOST_FILES - 1);
    files.insert(0, Opened { path, stamp, index });
    handles::view(index)
}

/// Does something while this thread has the lock on open files.
#[cfg(all(test, unix, not(miri)))]
pub(super) fn while_locked<T>(work: impl FnOnce() -> T) -> T {
    let _files = Shelf::get().map(|shelf| shelf.files.lock());
    work()
}
