//! What may name what, and where unsafe code may live.

use std::fs;
use std::path::{Path, PathBuf};

/// Modules from the lowest up; each may use itself and those before it.
const LAYERS: [&str; 16] = [
    "error",
    "pages",
    "memory",
    "simd",
    "pool",
    "run",
    "coords",
    "polygons",
    "table",
    "predicates",
    "distance",
    "measure",
    "index",
    "tally",
    "query",
    "ffi",
];

/// Where buffers, SIMD or the ABI are touched.
const UNSAFE: [&str; 10] = [
    "src/pages.rs",
    "src/memory.rs",
    "src/pool.rs",
    "src/coords.rs",
    "src/simd/",
    "src/measure/mod.rs",
    "src/index/section.rs",
    "src/index/file/",
    "src/query/find.rs",
    "src/ffi/",
];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    walk(&root.join("src"), &mut paths);
    assert!(paths.len() > 20);
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"), text)
    };
    paths.into_iter().map(read).collect()
}

/// The code of a file: no comments, no tests.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.split("#[cfg(test)]\nmod tests {").next().unwrap().lines().enumerate();
    lines.map(|(i, line)| (i + 1, line.split("//").next().unwrap())).filter(|(_, line)| !line.trim().is_empty())
}

fn is_test(path: &str) -> bool {
    path.ends_with("tests.rs") || path.ends_with("testing.rs")
}

#[test]
fn modules_use_only_what_lies_below_them() {
    for (path, text) in sources().iter().filter(|(path, _)| !is_test(path) && path != "src/lib.rs") {
        let module = path["src/".len()..].split(['/', '.']).next().unwrap();
        let rank = LAYERS.iter().position(|layer| *layer == module).unwrap_or_else(|| panic!("{path} has no layer"));
        for (line, code) in code(text) {
            for used in code.split("crate::").skip(1) {
                let used = used.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                let used_rank = LAYERS.iter().position(|layer| *layer == used);
                let planted = (module, used) == ("run", "planted");
                assert!(
                    planted || used_rank.is_some_and(|r| r <= rank),
                    "{path}:{line} uses crate::{used}, which lies above it"
                );
            }
        }
    }
}

#[test]
fn only_the_boundary_knows_c() {
    // Threads are started as the system has it, in C.
    let knows_c = |path: &str| path.starts_with("src/ffi/") || path == "src/pool.rs";
    for (path, text) in sources().iter().filter(|(path, _)| !knows_c(path) && !is_test(path)) {
        for (line, code) in code(text) {
            for word in ["pf_", "PF_", "c_void", "c_char", "c_int", "extern \"C\"", "no_mangle", "std::ffi"] {
                assert!(!code.contains(word), "{path}:{line} knows C: {word}");
            }
        }
    }
}

#[test]
fn unsafe_code_lives_at_the_edges_and_says_why() {
    for (path, text) in sources().iter().filter(|(path, _)| !is_test(path)) {
        let lines: Vec<&str> = text.lines().collect();
        for (number, code) in code(text) {
            if !(code.contains("unsafe {") || code.contains("unsafe impl")) {
                continue;
            }
            assert!(UNSAFE.iter().any(|place| path.starts_with(place)), "{path}:{number} is no place for unsafe code");
            // The impls of lanes state it once for all their one-line blocks.
            let reasoned =
                path.starts_with("src/simd/") && text.contains("SAFETY (of every block in the two impls below)");
            let above = lines[number.saturating_sub(5)..number].join("\n");
            assert!(reasoned || above.contains("SAFETY"), "{path}:{number} does not say why it is sound");
        }
    }
}

#[test]
fn files_hold_one_idea() {
    for (path, text) in sources() {
        assert!(text.lines().count() <= 700, "{path} is longer than 700 lines");
    }
}
