//! Under a limit of the system's on memory: out of memory is a status there, too, and the process lives.
//!
//! One test only: the limit is that of the whole process.
#![cfg(target_os = "linux")]

use std::fs;
use std::process::Command;

use ndarray::ArrayView1;
use polyfind::coords::Points;
use polyfind::error::{Kind, Result};
use polyfind::index::{Index, Uses};
use polyfind::polygons::{Offsets, Polygons};
use polyfind::query::{self, Relation};
use polyfind::run::Run;

/// Makes a call with so many bytes of address space left.
fn with_bytes_left<T>(left: u64, call: impl FnOnce() -> T) -> T {
    let pages: u64 = fs::read_to_string("/proc/self/statm").unwrap().split(' ').next().unwrap().parse().unwrap();
    let limit = |bytes| {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: room for what is read, and what is written.
        unsafe {
            assert_eq!(libc::getrlimit(libc::RLIMIT_AS, &mut limit), 0);
            limit.rlim_cur = limit.rlim_max.min(bytes);
            assert_eq!(libc::setrlimit(libc::RLIMIT_AS, &limit), 0);
        }
    };
    // SAFETY: a number that the system knows.
    limit(pages * unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64 + left);
    let answer = call();
    limit(u64::MAX);
    answer
}

/// Squares on a grid, each of which overlaps its neighbours.
fn squares(side: usize) -> (Vec<f64>, Vec<f64>, Vec<i64>) {
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for i in 0..side * side {
        let (left, bottom) = ((i % side) as f64, (i / side) as f64);
        x.extend([left, left + 1.5, left + 1.5, left]);
        y.extend([bottom, bottom, bottom + 1.5, bottom + 1.5]);
    }
    (x, y, (0..=side * side).map(|i| 4 * i as i64).collect())
}

#[test]
fn a_limit_on_memory_is_a_status() {
    // Else glibc keeps what is given back, and reserves more than it was asked for: it is told so when a process begins.
    const TOLD: &str = "MALLOC_ARENA_MAX";
    if std::env::var_os(TOLD).is_none() {
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--nocapture", "--test-threads=1"]).env(TOLD, "1").env("MALLOC_MMAP_THRESHOLD_", "16384");
        assert!(again.status().unwrap().success());
        return;
    }
    let (x, y, rings) = squares(150);
    let points = Points::from_f64(ArrayView1::from(&x), ArrayView1::from(&y)).unwrap();
    let table = Polygons::new(points, Offsets::I64(&rings), None, None).unwrap();
    let run = Run { workers: 1, ..Run::default() };
    let index = Index::build(&table, Uses::ALL, &run).unwrap();
    let path = std::env::temp_dir().join(format!("polyfind-limit-{}", std::process::id()));
    index.save(&path, &run).unwrap();
    let asked = Points::from_f64(ArrayView1::from(&x[..40_000]), ArrayView1::from(&y[..40_000])).unwrap();
    let find = |relation| {
        query::find(&index, &asked, relation, query::Wanted::all(true), &run).map(|pairs| pairs.polygons().len())
    };
    let len = |opened: Result<Index>| opened.map(|index| index.len());
    let calls: [(&str, &dyn Fn() -> Result<usize>); 6] = [
        ("build", &|| len(Index::build(&table, Uses::ALL, &run))),
        ("load", &|| len(Index::load(&path, &run))),
        ("map", &|| len(Index::map(&path, false, &run))),
        ("covers", &|| find(Relation::Covers)),
        ("dwithin", &|| find(Relation::Dwithin { distance: 1.0 })),
        ("close", &|| find(Relation::Close { distance: 2.0 })),
    ];
    for (name, call) in calls {
        let want = call().unwrap();
        let mut refused = 0;
        let mut left = 1 << 14;
        loop {
            match with_bytes_left(left, call) {
                Ok(found) => {
                    assert_eq!(found, want, "{name} with {left} bytes left");
                    break;
                }
                Err(error) => assert_eq!(error.kind(), Kind::Memory, "{name} with {left} bytes left: {error}"),
            }
            refused += 1;
            left *= 2;
            assert_eq!(call().unwrap(), want, "{name} after {left} bytes were too few");
        }
        println!("{name}: {refused} limits were too low");
        assert!(refused > 0, "{name}");
    }
    fs::remove_file(&path).unwrap();
}
