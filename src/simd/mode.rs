//! How the processor rounds, and whether it flushes tiny numbers to zero: a setting of each thread that its owner may have changed.
//!
//! Everything here is decided for rounding to nearest with subnormals. (`f64` never goes through the x87 unit on x86_64: its control
//! word does not matter.)

use std::arch::asm;

/// The floating-point setting of a thread, with the flags of what has happened so far.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mode(u64);

impl Mode {
    /// Rounding to nearest, subnormals, no traps: what a program starts with.
    pub(crate) const DEFAULT: Mode = Mode(DEFAULT);

    /// That of this thread.
    #[inline(always)]
    pub(crate) fn get() -> Mode {
        Mode(read())
    }

    /// Makes it that of this thread.
    #[inline(always)]
    pub(crate) fn set(self) {
        write(self.0);
    }

    /// Whether results are as in the default mode.
    #[inline(always)]
    pub(crate) fn is_default(self) -> bool {
        self.0 & CONTROL == DEFAULT & CONTROL
    }
}

#[cfg(target_arch = "x86_64")]
const DEFAULT: u64 = 0x1F80;
/// All but the six flags.
#[cfg(target_arch = "x86_64")]
const CONTROL: u64 = 0xFFC0;

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn read() -> u64 {
    let mut word = 0u32;
    // SAFETY: it writes four bytes, which are there.
    unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut word, options(nostack, preserves_flags)) };
    word.into()
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn write(word: u64) {
    let word = word as u32;
    // SAFETY: it reads four bytes, which are there, and the word is one that was read or the default. What is computed before and after
    // does not move across: memory is taken to change here.
    unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const word, options(nostack, preserves_flags)) };
}

#[cfg(target_arch = "aarch64")]
const DEFAULT: u64 = 0;
#[cfg(target_arch = "aarch64")]
const CONTROL: u64 = u32::MAX as u64;

/// The control register below, the flags above.
#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn read() -> u64 {
    let (control, flags): (u64, u64);
    // SAFETY: it reads two registers.
    unsafe { asm!("mrs {}, fpcr", "mrs {}, fpsr", out(reg) control, out(reg) flags, options(nostack)) };
    flags << 32 | control & CONTROL
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn write(word: u64) {
    // SAFETY: the values are ones that were read or the default. What is computed before and after does not move across: memory is taken
    // to change here.
    unsafe { asm!("msr fpcr, {}", "msr fpsr, {}", in(reg) word & CONTROL, in(reg) word >> 32, options(nostack)) };
}

/// Elsewhere callers have to see to it themselves.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod elsewhere {
    pub(super) const DEFAULT: u64 = 0;
    pub(super) const CONTROL: u64 = 0;
    pub(super) fn read() -> u64 {
        0
    }
    pub(super) fn write(_: u64) {}
}
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
use elsewhere::*;
