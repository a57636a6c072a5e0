//! What the fuzz targets do: each is a function of some bytes, which calls the library through its C functions and holds what it
//! answers against an oracle.
//!
//! libFuzzer drives them (`fuzz_targets`, `run.py`), and `tests/corpus.rs` of the library, which includes this file, replays
//! the corpora and some random bytes on any compiler.

mod arguments;
mod asking;
mod calls;
mod columns;
pub mod failing;
mod files;
mod geojson;
mod grid;
mod index_build;
mod input;
mod measures;
mod nearest;
mod points;
mod polygons;
mod relations;
mod tables;
mod tally;

pub use arguments::arguments;
pub use calls::calls;
pub use files::{file_bytes, file_edits, file_roundtrip, seeds};
pub use index_build::index_build;
pub use measures::measures;
pub use nearest::nearest;
pub use points::points;
pub use polygons::polygons;
pub use relations::relations;
pub use tables::{geojson, wkb, wkt};
pub use tally::tally;

/// A target: its name, and what it does with some bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All targets by name.
pub const TARGETS: [Target; 15] = [
    ("arguments", arguments),
    ("calls", calls),
    ("file_bytes", file_bytes),
    ("file_edits", file_edits),
    ("file_roundtrip", file_roundtrip),
    ("geojson", geojson),
    ("index_build", index_build),
    ("measures", measures),
    ("nearest", nearest),
    ("points", points),
    ("polygons", polygons),
    ("relations", relations),
    ("tally", tally),
    ("wkb", wkb),
    ("wkt", wkt),
];

/// The program of a target for libFuzzer. Panics that the library reports as PF_ERROR_INTERNAL are judged by the target, so the hook
/// that ends the process at any panic is replaced.
#[macro_export]
macro_rules! program {
    ($target:ident) => {
        #[global_allocator]
        static ALLOCATOR: polyfind_fuzz::failing::Failing = polyfind_fuzz::failing::Failing;

        libfuzzer_sys::fuzz_target!(
            init: std::panic::set_hook(Box::new(|panic| {
                if !polyfind_fuzz::failing::expects_panics() {
                    eprintln!("{panic}");
                }
            })),
            |data: &[u8]| polyfind_fuzz::$target(data)
        );
    };
}
