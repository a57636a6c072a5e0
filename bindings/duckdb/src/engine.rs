//! The functions of the DuckDB that loaded us.

use std::ffi::c_void;
use std::mem::{offset_of, size_of, zeroed};
use std::ptr::{copy_nonoverlapping, from_mut, null_mut};
use std::sync::OnceLock;

use libduckdb_sys::*;

/// The version of the C API whose functions are called: every DuckDB from 1.2 on has it.
const API: &std::ffi::CStr = c"v1.2.0";

/// Bytes of DuckDB's structure up to the last function that is called here; newer ones come after those of version 1.2.0, and
/// structures of older versions end there.
const BYTES: usize = offset_of!(duckdb_ext_api_v1, duckdb_scalar_function_set_error) + size_of::<usize>();

/// A copy: DuckDB's own is gone when the extension is loaded.
static FUNCTIONS: OnceLock<Box<duckdb_ext_api_v1>> = OnceLock::new();

pub fn functions() -> &'static duckdb_ext_api_v1 {
    FUNCTIONS.get().expect("DuckDB has loaded this")
}

/// Calls a function of DuckDB, one of the first `BYTES`.
///
/// # Safety
/// What that function wants.
macro_rules! duckdb {
    ($name:ident($($argument:expr),* $(,)?)) => {
        ($crate::engine::functions().$name.expect(stringify!($name)))($($argument),*)
    };
}
pub(crate) use duckdb;

/// A connection to the database that loads us, until it is dropped.
pub struct Connection(pub duckdb_connection);

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: it is open.
        unsafe { duckdb!(duckdb_disconnect(&mut self.0)) }
    }
}

/// Takes the functions of this DuckDB, and connects.
///
/// # Safety
/// `info` and `access` are what DuckDB calls the entry point with.
pub unsafe fn connect(
    info: duckdb_extension_info,
    access: *const duckdb_extension_access,
) -> Result<Connection, String> {
    // SAFETY: as promised to us.
    unsafe {
        let (Some(get_api), Some(get_database)) = ((*access).get_api, (*access).get_database) else {
            return Err("DuckDB hands over no functions".to_owned());
        };
        let api: *const c_void = get_api(info, API.as_ptr());
        if api.is_null() {
            return Err(format!("this DuckDB has no C API {}", API.to_string_lossy()));
        }
        FUNCTIONS.get_or_init(|| {
            let mut functions = Box::new(zeroed::<duckdb_ext_api_v1>()); // none of them
            copy_nonoverlapping(api.cast::<u8>(), from_mut(functions.as_mut()).cast(), BYTES);
            functions
        });
        let mut connection = null_mut();
        if duckdb!(duckdb_connect(*get_database(info), &mut connection)) != duckdb_state_DuckDBSuccess {
            return Err("polyfind cannot connect to the database".to_owned());
        }
        Ok(Connection(connection))
    }
}
