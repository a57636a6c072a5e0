//! polyfind in DuckDB: scalar functions over two columns of coordinates and the file of a saved index.
//!
//! | function | type | of a point |
//! |---|---|---|
//! | `polyfind_locate(x, y, index)` | `INTEGER` | the lowest polygon that covers it |
//! | `polyfind_nearest(x, y, index)` | `INTEGER` | the nearest polygon |
//! | `polyfind_count(x, y, index)` | `UINTEGER` | how many polygons cover it |
//! | `polyfind_dwithin(x, y, index, distance)` | `BOOLEAN` | whether a polygon is at most that far |
//!
//! NULL where there is no such polygon, or an argument is NULL or a coordinate is not finite.
//!
//! DuckDB's stable C API (1.2.0) is all that is asked of it. It hands over the addresses of its functions in a structure
//! ([`engine`]) and calls the functions with chunks of 2,048 rows ([`chunk`]) from all its threads; each chunk is answered on the
//! thread it comes on ([`functions`]). Files are mapped once ([`files`]).

mod chunk;
mod engine;
mod files;
mod functions;

use std::ffi::CString;

use libduckdb_sys::{duckdb_extension_access, duckdb_extension_info};

/// What DuckDB calls when it loads `polyfind.duckdb_extension`.
///
/// # Safety
/// As DuckDB has it: `access` is its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn polyfind_init_c_api(
    info: duckdb_extension_info,
    access: *const duckdb_extension_access,
) -> bool {
    // SAFETY: as promised to us.
    unsafe {
        match engine::connect(info, access).and_then(|connection| functions::register(&connection)) {
            Ok(()) => true,
            Err(reason) => {
                let reason = CString::new(reason).unwrap_or_default();
                if let Some(set_error) = (*access).set_error {
                    set_error(info, reason.as_ptr());
                }
                false
            }
        }
    }
}
