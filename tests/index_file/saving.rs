//! Saves that are interrupted: there is the old file or the new one, whole.
//!
//! They are made by other processes, which are this test program again. Killed as often as a release asks for:
//! `cargo test --release --test index_file long_run -- --ignored --nocapture`

use std::ffi::CStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use polyfind::error::Kind;
use polyfind::index::{Index, Uses};
use polyfind::run::Run;

use super::files::Folder;
use super::tables::{Random, stars};

/// The folder that a process is to save to, as long as it lives.
const SAVE_TO: &str = "POLYFIND_TEST_SAVE_TO";

/// The folder in which a process, which has `faulty_calls.c` loaded, is to save.
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
const EIO: i32 = 5;
const EINTR: i32 = 4;
const SHORT: i32 = 0;

/// Kinds of calls in the order of `faulty_calls.c`, and how each may fail.
const CALLS: [(&str, &[i32]); 7] = [
    ("open", &[ENOSPC, EIO, EINTR]),
    ("write", &[ENOSPC, EIO, EINTR, SHORT]),
    ("fsync", &[ENOSPC, EIO, EINTR]),
    ("rename", &[ENOSPC, EIO]),
    ("fchmod", &[EIO, EINTR]),
    ("realpath", &[EIO]),
    ("stat", &[EIO]),
];

#[cfg(target_os = "linux")]
#[test]
fn fails_where_it_is_asked_to() {
    let Some(folder) = std::env::var_os(FAIL_IN).map(PathBuf::from) else { return };
    let function = |name: &CStr| {
        // SAFETY: a string.
        let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        assert!(!address.is_null(), "{name:?} is loaded");
        address
    };
    // SAFETY: functions of these types, in faulty_calls.c.
    let (arm, count) = unsafe {
        (
            std::mem::transmute::<*mut libc::c_void, extern "C" fn(i32, i32, i32)>(function(c"faulty_calls_arm")),
            std::mem::transmute::<*mut libc::c_void, extern "C" fn() -> i32>(function(c"faulty_calls_count")),
        )
    };
    let [old, new] = two_of(&folder);
    let [old_bytes, new_bytes] = ["a", "b"].map(|name| fs::read(folder.join(name)).unwrap());
    let path = folder.join("index");
    let (mut faults, mut failed) = (0, 0);
    for ((name, errors), kind) in CALLS.into_iter().zip(0..) {
        for &error in errors {
            for (number, is_there) in (0..).flat_map(|number| [(number, true), (number, false)]) {
                let _ = fs::remove_file(&path);
                if is_there {
                    old.save(&path, &RUN).unwrap();
                }
                arm(kind, number, error);
                let saved = new.save(&path, &RUN);
                let calls = count();
                arm(-1, 0, 0);
                let what = format!("{name} {number} with {error}, old file {is_there}: {saved:?}");
                let found = fs::read(&path).ok();
                match &saved {
                    Ok(()) => assert!(found.as_ref() == Some(&new_bytes), "{what}"),
                    Err(refused) => {
                        failed += 1;
                        assert_eq!((refused.kind(), refused.item()), (Kind::Io, Some(error as usize)), "{what}");
                        assert!(found == is_there.then(|| old_bytes.clone()), "{what}");
                    }
                }
                // What is interrupted is done again; and the file is in its place before its folder is opened and synced.
                let is_last = matches!(name, "open" | "fsync") && number == 1;
                if matches!(error, EINTR | SHORT) || is_last || calls <= number {
                    assert!(saved.is_ok(), "{what}");
                } else {
                    assert!(saved.is_err(), "{what}");
                }
                assert_eq!(fs::read_dir(&folder).unwrap().count(), 2 + usize::from(found.is_some()), "{what}");
                if calls <= number && is_there {
                    break;
                }
                faults += 1;
            }
        }
    }
    println!("{faults} faults, {failed} of them refused");
    assert!(failed > 50, "{failed}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_system_call_that_fails_leaves_a_whole_file() {
    let folder = Folder::new("faults");
    make_two(&folder, 60);
    let tools = Folder::new("faulty-calls");
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
    let mut command = again("saving::fails_where_it_is_asked_to", FAIL_IN, &folder);
    let done = command.env("LD_PRELOAD", &library).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    assert!(said.contains(" faults, "), "it ran: {said}");
    println!("{said}{:?}", start.elapsed());
}
