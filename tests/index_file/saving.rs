//! Saves that are interrupted: there is the old file or the new one, whole. And files that cannot be read.
//!
//! Saves are made by other processes, which are this test program again. Killed as often as a release asks for:
//! `cargo test --release --test index_file long_run -- --ignored --nocapture`

use std::ffi::CStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use polyfind::error::{Kind, Result};
use polyfind::index::{Index, Uses};
use polyfind::run::Run;

use super::files::Folder;
use super::tables::{Random, stars};

/// The folder that a process is to save to, as long as it lives.
const SAVE_TO: &str = "POLYFIND_TEST_SAVE_TO";

/// The folder in which a process, which has `faulty_calls.c` loaded, is to save and load.
const FAIL_IN: &str = "POLYFIND_TEST_FAIL_IN";

const RUN: Run<'_> =
    Run { level: polyfind::simd::Level::Scalar, workers: 1, progress: None, cancel: None, is_direct: false };

/// Two files in a folder to be saved one over the other.
fn make_two(folder: &Folder, most: usize) -> [Vec<u8>; 2] {
    [("a", 21), ("b", 22)].map(|(name, seed)| {
        let index = Index::build(&stars(seed, 90, most, 1.0).view(), Uses::ALL, &RUN).unwrap();
        index.save(&folder.at(name), &RUN).unwrap();
        fs::read(folder.at(name)).unwrap()
    })
}

fn two_of(folder: &Path) -> [Index; 2] {
    ["a", "b"].map(|name| Index::load(&folder.join(name), &RUN).unwrap())
}

/// This program again, running one test only.
fn again(test: &str, variable: &str, folder: &Folder) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(variable, folder.at(""));
    command
}

#[test]
fn saves_for_ever_where_it_is_asked_to() {
    let Some(folder) = std::env::var_os(SAVE_TO).map(PathBuf::from) else { return };
    let two = two_of(&folder);
    eprintln!("saving");
    loop {
        two.iter().for_each(|index| index.save(&folder.join("index"), &RUN).unwrap());
    }
}

fn kill(times: usize) {
    let folder = Folder::new("killed");
    let whole = make_two(&folder, 1500);
    let (mut random, mut left, mut seen) = (Random(31), 0, [0; 2]);
    for round in 0..times {
        let mut command = again("saving::saves_for_ever_where_it_is_asked_to", SAVE_TO, &folder);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(lines.any(|line| line.is_ok_and(|line| line == "saving")), "it began");
        sleep(Duration::from_micros(random.below(30_000) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        if let Ok(bytes) = fs::read(folder.at("index")) {
            let which = whole.iter().position(|whole| *whole == bytes);
            seen[which.unwrap_or_else(|| panic!("kill {round} left {} bytes of neither", bytes.len()))] += 1;
        }
        let names = folder.names();
        let temporaries: Vec<_> = names.iter().filter(|name| name.ends_with(".tmp")).collect();
        assert!(temporaries.len() <= 1 && names.len() <= 4, "{names:?}");
        left += temporaries.len();
        temporaries.into_iter().for_each(|name| fs::remove_file(folder.at(name)).unwrap());
    }
    println!("{times} kills: {seen:?} of the two, {left} temporary files");
    assert!(times < 100 || seen[0] > 0 && seen[1] > 0 && left > 0, "killed at all moments");
}

#[test]
fn a_killed_process_leaves_a_whole_file() {
    kill(20);
}

#[test]
#[ignore = "takes minutes"]
fn long_run_of_kills() {
    kill(1000);
}

const ENOSPC: i32 = 28;
const ENODEV: i32 = 19;
const EEXIST: i32 = 17;
const EIO: i32 = 5;
const EINTR: i32 = 4;
const SHORT: i32 = 0;

/// A system call in the order of `faulty_calls.c`, and how it may fail.
type Faulty = (Call, &'static [i32]);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    Open,
    Write,
    Fsync,
    Rename,
    Fchmod,
    Realpath,
    Stat,
    Fdatasync,
    Read,
    Lseek,
    Mmap,
}

const SAVING: [Faulty; 7] = [
    (Call::Open, &[ENOSPC, EIO, EINTR, EEXIST]),
    (Call::Write, &[ENOSPC, EIO, EINTR, SHORT]),
    (Call::Fsync, &[ENOSPC, EIO, EINTR]),
    (Call::Rename, &[ENOSPC, EIO]),
    (Call::Fchmod, &[EIO, EINTR]),
    (Call::Realpath, &[EIO]),
    (Call::Stat, &[EIO]),
];

/// Of a file of several pieces, each of which is brought to the disk.
const SAVING_PIECES: [Faulty; 1] = [(Call::Fdatasync, &[ENOSPC, EIO, EINTR])];

const LOADING: [Faulty; 4] =
    [(Call::Open, &[EIO, EINTR]), (Call::Stat, &[EIO]), (Call::Read, &[EIO, EINTR, SHORT]), (Call::Lseek, &[EIO])];

const MAPPING: [Faulty; 1] = [(Call::Mmap, &[ENODEV])];

/// What is interrupted or done by half is done again; a temporary name that is taken is left to who has it.
fn is_mended(error: i32) -> bool {
    matches!(error, EINTR | SHORT | EEXIST)
}

/// What `faulty_calls.c` has.
struct Faults {
    arm: extern "C" fn(i32, i32, i32),
    count: extern "C" fn() -> i32,
}

#[cfg(target_os = "linux")]
impl Faults {
    fn loaded() -> Self {
        let function = |name: &CStr| {
            // SAFETY: a string.
            let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
            assert!(!address.is_null(), "{name:?} is loaded");
            address
        };
        // SAFETY: functions of these types.
        unsafe {
            Faults {
                arm: std::mem::transmute::<*mut libc::c_void, extern "C" fn(i32, i32, i32)>(function(
                    c"faulty_calls_arm",
                )),
                count: std::mem::transmute::<*mut libc::c_void, extern "C" fn() -> i32>(function(
                    c"faulty_calls_count",
                )),
            }
        }
    }
}

impl Faults {
    /// Does something while such a call of it fails; also gives whether there was one.
    fn during<T>(&self, call: Call, number: i32, error: i32, work: impl FnOnce() -> T) -> (T, bool) {
        (self.arm)(call as i32, number, error);
        let done = work();
        let calls = (self.count)();
        (self.arm)(-1, 0, 0);
        (done, calls > number)
    }

    /// Each call of a save fails in turn, with and without an old file; how many did, and how many saves were refused for it.
    fn save(&self, old: &Index, new: &Index, folder: &Path, faulty: &[Faulty]) -> [usize; 2] {
        let path = folder.join("index");
        let [old_bytes, new_bytes] = [old, new].map(|index| index.memory());
        let others = fs::read_dir(folder).unwrap().count();
        let (mut faults, mut failed) = (0, 0);
        for &(call, errors) in faulty {
            for &error in errors {
                for (number, is_there) in (0..).flat_map(|number| [(number, true), (number, false)]) {
                    let _ = fs::remove_file(&path);
                    if is_there {
                        old.save(&path, &RUN).unwrap();
                    }
                    let (saved, is_made) = self.during(call, number, error, || new.save(&path, &RUN));
                    let what = format!("{call:?} {number} with {error}, old file {is_there}: {saved:?}");
                    let found = fs::read(&path).ok();
                    match &saved {
                        Ok(()) => assert!(found.as_deref() == Some(new_bytes), "{what}"),
                        Err(refused) => {
                            failed += 1;
                            assert_eq!((refused.kind(), refused.item()), (Kind::Io, Some(error as usize)), "{what}");
                            assert!(found.as_deref() == is_there.then_some(old_bytes), "{what}");
                        }
                    }
                    // The file is in its place before its folder is opened and synced.
                    let is_last = matches!(call, Call::Open | Call::Fsync) && number == 1;
                    assert_eq!(saved.is_ok(), is_mended(error) || is_last || !is_made, "{what}");
                    let names = fs::read_dir(folder).unwrap().count();
                    assert_eq!(names, others + usize::from(found.is_some()), "{what}");
                    if !is_made && is_there {
                        break;
                    }
                    faults += 1;
                }
            }
        }
        let _ = fs::remove_file(&path);
        [faults, failed]
    }

    /// Each call of what opens a file fails in turn, of which it is told, or which it mends; how many of each there were.
    fn open(&self, bytes: &[u8], faulty: &[Faulty], open: impl Fn() -> Result<Index>) -> [usize; 2] {
        let mut counts = [0, 0];
        for &(call, errors) in faulty {
            for &error in errors {
                for number in 0.. {
                    let (opened, is_made) = self.during(call, number, error, &open);
                    if !is_made {
                        assert!(opened.is_ok() && number > 0, "{call:?} is made {number} times");
                        break;
                    }
                    counts[usize::from(is_mended(error))] += 1;
                    let told = opened.map_err(|refused| (refused.kind(), refused.item()));
                    let told = told.map(|index| assert!(index.memory() == bytes, "{call:?} {number} with {error}"));
                    let wanted = if is_mended(error) { Ok(()) } else { Err((Kind::Io, Some(error as usize))) };
                    assert_eq!(told, wanted, "{call:?} {number}");
                }
            }
        }
        counts
    }
}

#[cfg(target_os = "linux")]
#[test]
fn fails_where_it_is_asked_to() {
    let Some(folder) = std::env::var_os(FAIL_IN).map(PathBuf::from) else { return };
    let faults = Faults::loaded();
    let [old, new] = two_of(&folder);
    let [count, failed] = faults.save(&old, &new, &folder, &SAVING);
    assert!(failed > 50, "{failed}");
    println!("{count} faults, {failed} of them refused");
}

/// With files of more than 4 MiB, which are read and written in pieces.
#[cfg(target_os = "linux")]
#[test]
fn fails_in_pieces_where_it_is_asked_to() {
    let Some(folder) = std::env::var_os(FAIL_IN).map(PathBuf::from) else { return };
    let faults = Faults::loaded();
    let [old, new] = two_of(&folder);
    let [count, failed] = faults.save(&old, &new, &folder, &SAVING_PIECES);
    assert!(count > failed && failed > 3, "{failed}");
    let (path, bytes) = (folder.join("b"), new.memory());
    let loading = faults.open(bytes, &LOADING, || Index::load(&path, &RUN));
    assert!(loading[0] > 5 && loading[1] > 5, "{loading:?}");
    assert_eq!(faults.open(bytes, &MAPPING, || Index::map(&path, false, &RUN)), [1, 0]);
    println!("{count} faults, {failed} of them refused; loading {loading:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_system_call_that_fails_leaves_a_whole_file() {
    with_faulty_calls("saving::fails_where_it_is_asked_to", 60);
}

#[cfg(target_os = "linux")]
#[test]
fn a_system_call_that_fails_in_a_large_file_is_told() {
    with_faulty_calls("saving::fails_in_pieces_where_it_is_asked_to", 9000);
}

/// Runs a test in a process that has `faulty_calls.c` loaded, in a folder of two files.
#[cfg(target_os = "linux")]
fn with_faulty_calls(test: &str, most: usize) {
    let folder = Folder::new(&test.replace(':', "-"));
    make_two(&folder, most);
    let tools = Folder::new(&format!("{}-calls", test.replace(':', "-")));
    let (source, library) = ("tests/index_file/faulty_calls.c", tools.at("faulty_calls.so"));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    let compiler = std::env::var("CC").unwrap_or("cc".into());
    let compile =
        Command::new(&compiler).args(["-shared", "-fPIC", "-o"]).args([&library, &source]).arg("-ldl").status();
    match compile {
        Ok(status) => assert!(status.success(), "{compiler}: {status}"),
        Err(error) => return println!("skipped: {compiler}: {error}"),
    }
    let start = Instant::now();
    let mut command = again(test, FAIL_IN, &folder);
    let done = command.env("LD_PRELOAD", &library).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    assert!(said.contains(" faults, "), "it ran: {said}");
    println!("{said}{:?}", start.elapsed());
}
