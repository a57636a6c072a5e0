//! The C ABI: check, convert, call, hand back. `include/polyfind.h` is generated from this folder and is its manual.
//!
//! Every entry point runs inside `guard`, reads its arguments through `buffers` (which makes no slice before every
//! check on it has passed) and calls the core. Functions are written out one by one because the header generator does not
//! see what macros make.

#![allow(non_camel_case_types)] // C's names
#![allow(clippy::missing_safety_doc)] // the header states the contract of each function, and its preamble that of all

mod buffers;
mod file;
mod guard;
mod handles;
mod index;
mod library;
mod measures;
mod polars;
mod query;
mod result;
mod status;
mod table;
mod tally;
mod types;

pub use buffers::{pf_points_check, pf_polygons_check, pf_polygons_check_layout};
pub use file::*;
pub use index::{pf_index, pf_index_build, pf_index_free, pf_index_len};
pub use library::*;
pub use measures::*;
pub use query::*;
pub use result::*;
pub use status::*;
pub use table::*;
pub use tally::*;
pub use types::*;

#[cfg(test)]
mod tests;
