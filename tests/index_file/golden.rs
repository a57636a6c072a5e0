//! Files of every version of the format, which must stay readable for ever, with what they answered when they were written.
//!
//! `POLYFIND_GOLDEN=write cargo test --release --test index_file golden` writes those of the present version anew: only before
//! it is released, never after.

use std::fs;
use std::path::PathBuf;

use polyfind::index::{Index, Uses};
use polyfind::run::Run;

use super::tables::{Answer, answers, tables};

/// Tables and uses of the golden files.
const FILES: [(&str, usize, Uses); 5] = [
    ("v1-few", 1, Uses::ALL),
    ("v1-few-centers", 1, Uses::CENTERS),
    ("v1-stars", 4, Uses::ALL),
    ("v1-no-grid", 7, Uses::ALL),
    ("v1-spikes", 8, Uses::ALL),
];

/// A number for all that was answered (FNV-1a).
fn digest(answers: &[Answer]) -> u64 {
    let text = format!("{answers:?}");
    text.bytes().fold(0xCBF29CE484222325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100000001B3))
}

#[test]
fn golden_files_answer_as_ever() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let writes = std::env::var("POLYFIND_GOLDEN").is_ok_and(|word| word == "write");
    for (name, which, uses) in FILES {
        let (_, table, points) = tables().swap_remove(which);
        let (path, answers_path) = (folder.join(format!("{name}.polyfind")), folder.join(format!("{name}.answers")));
        if writes {
            let index = Index::build(&table.view(), uses, &Run::default()).unwrap();
            fs::create_dir_all(&folder).unwrap();
            index.save(&path, &Run::default()).unwrap();
            fs::write(&answers_path, format!("{:016x}\n", digest(&answers(&index, &points)))).unwrap();
        }
        let index = Index::load(&path, &Run::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let want = fs::read_to_string(&answers_path).unwrap();
        assert_eq!(format!("{:016x}", digest(&answers(&index, &points))), want.trim(), "{name}");
        let built = Index::build(&table.view(), uses, &Run::default()).unwrap();
        assert!(answers(&built, &points) == answers(&index, &points), "{name}: as what is built today");
    }
}
