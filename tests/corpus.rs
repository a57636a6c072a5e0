//! What fuzzing found worth keeping, replayed, and some random bytes for each target: see fuzz/README.md. Half of the runs have
//! an allocator that fails.

#[path = "../fuzz/src/lib.rs"]
#[allow(dead_code)]
mod targets;

use std::fs;
use std::path::Path;

use targets::failing::{Failing, expects_panics};
use targets::{TARGETS, Target};

#[global_allocator]
static ALLOCATOR: Failing = Failing;

/// Random bytes that are the same in every run (splitmix64).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E3779B97F4A7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D049BB133111EB);
        z ^ (z >> 31)
    }

    fn bytes(&mut self) -> Vec<u8> {
        let len = self.bits() % 160;
        (0..len).map(|_| (self.bits() >> 40) as u8).collect()
    }
}

/// Calls targets with bytes; when one fails these are printed, as what to make a test of.
fn replay<'a>(inputs: impl Iterator<Item = (&'a str, fn(&[u8]), Vec<u8>)>) -> usize {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !expects_panics() {
            tell(panic)
        }
    }));
    let mut count = 0;
    for (name, target, bytes) in inputs {
        let run = std::panic::AssertUnwindSafe(|| target(&bytes));
        assert!(std::panic::catch_unwind(run).is_ok(), "target {name} with {bytes:?}");
        count += 1;
    }
    count
}

#[test]
fn the_corpus_is_answered_as_it_should_be() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut files = Vec::new();
    for (name, target) in wanted() {
        let folder = fs::read_dir(corpus.join(name)).unwrap_or_else(|_| panic!("no corpus of {name}"));
        files.extend(folder.map(|file| (name, target, fs::read(file.unwrap().path()).unwrap())));
    }
    let least = if wanted().count() == TARGETS.len() { 1000 } else { 0 };
    assert!(replay(files.into_iter()) > least);
}

#[test]
fn arguments_of_every_function_that_may_refuse_them_are_fuzzed() {
    let (_, fuzzed) = include_str!("../fuzz/src/arguments.rs").split_once("plan.call(").unwrap();
    let functions = include_str!("../include/polyfind.h").lines().filter_map(|line| line.strip_prefix("pf_status "));
    let names: Vec<_> = functions.filter_map(|line| line.split_once('(')).map(|(name, _)| name).collect();
    let missing: Vec<_> = names.iter().filter(|name| !fuzzed.contains(&format!("{name}("))).collect();
    assert!(names.len() > 30 && missing.is_empty(), "{} functions, without {missing:?}", names.len());
}

/// `POLYFIND_SEEDS=write` writes what fuzzing of whole files begins with, after a change of the format.
#[test]
fn fuzzing_of_files_begins_with_good_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/file_bytes");
    for (i, seed) in targets::seeds().into_iter().enumerate() {
        let path = folder.join(format!("seed-{i}"));
        if std::env::var_os("POLYFIND_SEEDS").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &seed).unwrap();
        }
        assert!(fs::read(&path).is_ok_and(|bytes| bytes == seed), "{path:?} is another");
        assert_eq!(replay([("file_bytes", targets::file_bytes as fn(&[u8]), seed)].into_iter()), 1);
    }
}

#[test]
fn random_bytes_are_answered_as_they_should_be() {
    random(100);
}

/// 10^6 for each target, unless `POLYFIND_FUZZ_RUNS` says otherwise.
#[test]
#[ignore = "minutes to hours"]
fn long_run_of_random_bytes() {
    let runs = std::env::var("POLYFIND_FUZZ_RUNS").ok().and_then(|runs| runs.parse().ok());
    random(runs.unwrap_or(1_000_000));
}

/// All targets, unless `POLYFIND_FUZZ_TARGET` names one.
fn wanted() -> impl Iterator<Item = Target> {
    let wanted = std::env::var("POLYFIND_FUZZ_TARGET").unwrap_or_default();
    TARGETS.into_iter().filter(move |(name, _)| wanted.is_empty() || *name == wanted)
}

fn random(runs: usize) {
    for (name, target) in wanted() {
        let mut random = Random(name.len() as u64);
        let done = replay((0..runs).map(|_| (name, target, random.bytes())));
        println!("{name}: {done} runs");
    }
}
