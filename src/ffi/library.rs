//! What this library is.

use std::ffi::{CStr, c_char};

use super::status::pf_status;
use crate::simd::Level;

/// The number in the soname; it changes only when programs built against an older header would break.
pub const PF_ABI: u32 = 0;

/// The version of the library as "major.minor.patch". Static: do not free.
#[unsafe(no_mangle)]
pub extern "C" fn pf_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// The PF_ABI the library was built with; compare it with the header's when loading at run time.
#[unsafe(no_mangle)]
pub extern "C" fn pf_abi() -> u32 {
    PF_ABI
}

/// The best instructions this machine has: "avx512", "avx2", "neon" or "scalar". Static: do not free. Results do not depend on it.
#[unsafe(no_mangle)]
pub extern "C" fn pf_simd() -> *const c_char {
    let name: &CStr = match Level::detect() {
        Level::Scalar => c"scalar",
        #[cfg(target_arch = "aarch64")]
        Level::Neon => c"neon",
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => c"avx2",
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => c"avx512",
    };
    name.as_ptr()
}

/// The name of a status, such as "PF_ERROR_NULL"; "PF_ERROR_UNKNOWN" for any other number. Static: do not free.
#[unsafe(no_mangle)]
pub extern "C" fn pf_status_name(status: pf_status) -> *const c_char {
    super::status::describe(status).0.as_ptr()
}

/// What a status means, in one English clause. Static: do not free.
#[unsafe(no_mangle)]
pub extern "C" fn pf_status_text(status: pf_status) -> *const c_char {
    super::status::describe(status).1.as_ptr()
}
