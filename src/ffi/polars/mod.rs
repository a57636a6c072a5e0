//! Expressions for Polars, by the C symbols that it looks for in a plugin.
//!
//! Polars hands over columns as Arrow's C data interface has them, in a structure of its own, and takes one back (`arrow`, `given`,
//! `made`). What it needs of these was the same in all versions from 1.0 on. An expression is a function of such columns (`asked`,
//! `measured`); parameters are columns of one row, since those that are no columns come as a pickle. What is wrong is told by a message
//! that belongs to the thread, as the interface has it.
//!
//! `bindings/python/polyfind/polars.py` makes the expressions, and is their manual.

mod arrow;
mod asked;
mod given;
mod made;
mod measured;
mod opened;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::ffi::{c_char, c_void};

use super::guard::guard;
use super::status::{PF_MESSAGE_BYTES, PF_OK, pf_error};
use crate::error::Result;
use crate::memory::within;
use crate::run::Run;
use arrow::{ArrowSchema, SeriesExport};
use given::{Inputs, fields};
use made::{Dtype, Made, schema, series};

/// Version 0.1 of the interface: expressions get six arguments, functions of fields five.
#[unsafe(no_mangle)]
extern "C" fn _polars_plugin_get_version() -> u32 {
    1
}

thread_local! {
    /// Why the last expression on this thread failed.
    static SAID: Cell<[c_char; PF_MESSAGE_BYTES]> = const { Cell::new([0; PF_MESSAGE_BYTES]) };
}

/// Yours to read until the next call on this thread.
#[unsafe(no_mangle)]
extern "C" fn _polars_plugin_get_last_error_message() -> *const c_char {
    SAID.with(|said| said.as_ptr().cast())
}

/// No limit, but in tests of what happens where there is no memory.
fn most_bytes() -> Option<usize> {
    #[cfg(test)]
    return tests::MOST_BYTES.get();
    #[cfg(not(test))]
    None
}

/// Runs the body of an entry point; what goes wrong is said on this thread.
fn saying(body: impl FnOnce() -> Result<()>) {
    let mut error = pf_error { status: PF_OK, reserved: 0, item: -1, message: [0; PF_MESSAGE_BYTES] };
    // SAFETY: the error is ours.
    if unsafe { guard(&mut error, || within(most_bytes(), body)) } != PF_OK {
        SAID.set(error.message);
    }
}

/// What an expression is: the type of its column, what columns it takes, and what it makes of them.
struct Expression {
    dtype: Dtype,
    check: fn(&[&ArrowSchema]) -> Result<()>,
    make: fn(&Inputs<'_>, &Run<'_>) -> Result<Made>,
}

impl Expression {
    /// Calls it.
    ///
    /// # Safety
    /// The pointers are as Polars gives them: columns that are ours from here on, room for one, and NULL or a word of flags.
    unsafe fn call(&self, inputs: *mut SeriesExport, count: usize, out: *mut SeriesExport, context: *const c_void) {
        // SAFETY: as promised to us. They are released at the end, whatever happens.
        let inputs = unsafe { Inputs::take(inputs, count) };
        // SAFETY: as promised to us. The lowest bit, which is in the first byte, says that other threads call us for other rows.
        let is_parallel = unsafe { context.cast::<u8>().as_ref() }.is_some_and(|flags| flags & 1 == 1);
        saying(|| {
            let run = Run { workers: workers(is_parallel, inputs.rows()), ..Run::default() };
            let made = if inputs.are_empty() { Made::none(self.dtype)? } else { (self.make)(&inputs, &run)? };
            let made = series(self.dtype, inputs.name(), made)?;
            // SAFETY: as promised to us.
            unsafe { out.write(made) };
            Ok(())
        });
    }

    /// Says the type of its column.
    ///
    /// # Safety
    /// The pointers are as Polars gives them: fields that stay Polars', and room for one.
    unsafe fn field(&self, inputs: *const ArrowSchema, count: usize, out: *mut ArrowSchema) {
        saying(|| {
            // SAFETY: as promised to us.
            let inputs = unsafe { fields(inputs, count)? };
            (self.check)(&inputs)?;
            let name = inputs.first().map_or(&[][..], |first| first.name());
            let made = schema(self.dtype, name)?;
            // SAFETY: as promised to us.
            unsafe { out.write(made) };
            Ok(())
        });
    }
}

/// Rows that are few enough for one thread. Polars' streaming engine hands out about 100,000 at a time, to all its threads.
const FEW_ROWS: usize = 1 << 18;

/// Threads to use: all cores are Polars' already when it calls for pieces of a column.
fn workers(is_parallel: bool, rows: usize) -> usize {
    if is_parallel || rows <= FEW_ROWS { 1 } else { 0 }
}

/// The two symbols of an expression.
macro_rules! expression {
    ($call:literal, $field:literal, $expression:expr) => {
        const _: () = {
            static EXPRESSION: Expression = $expression;

            #[unsafe(export_name = $call)]
            unsafe extern "C" fn call(
                inputs: *mut SeriesExport,
                count: usize,
                _: *const u8,
                _: usize,
                out: *mut SeriesExport,
                context: *const c_void,
            ) {
                // SAFETY: Polars calls as it says.
                unsafe { EXPRESSION.call(inputs, count, out, context) }
            }

            #[unsafe(export_name = $field)]
            unsafe extern "C" fn field(
                inputs: *const ArrowSchema,
                count: usize,
                out: *mut ArrowSchema,
                _: *const u8,
                _: usize,
            ) {
                // SAFETY: Polars calls as it says.
                unsafe { EXPRESSION.field(inputs, count, out) }
            }
        };
    };
}

expression!(
    "_polars_plugin_locate",
    "_polars_plugin_field_locate",
    Expression { dtype: Dtype::Row, check: asked::check, make: asked::best }
);
expression!(
    "_polars_plugin_count",
    "_polars_plugin_field_count",
    Expression { dtype: Dtype::Row, check: asked::check, make: asked::count }
);
expression!(
    "_polars_plugin_nearest",
    "_polars_plugin_field_nearest",
    Expression { dtype: Dtype::Row, check: asked::check, make: asked::nearest }
);
expression!(
    "_polars_plugin_nearest_with_distance",
    "_polars_plugin_field_nearest_with_distance",
    Expression { dtype: Dtype::Nearest, check: asked::check, make: asked::nearest_with_distance }
);
expression!(
    "_polars_plugin_dwithin",
    "_polars_plugin_field_dwithin",
    Expression { dtype: Dtype::Flag, check: asked::check, make: asked::any }
);
expression!(
    "_polars_plugin_area",
    "_polars_plugin_field_area",
    Expression { dtype: Dtype::Number, check: measured::check, make: measured::area }
);
expression!(
    "_polars_plugin_center",
    "_polars_plugin_field_center",
    Expression { dtype: Dtype::Place, check: measured::check, make: measured::center }
);
expression!(
    "_polars_plugin_centroid",
    "_polars_plugin_field_centroid",
    Expression { dtype: Dtype::Place, check: measured::check, make: measured::centroid }
);
expression!(
    "_polars_plugin_fingerprint",
    "_polars_plugin_field_fingerprint",
    Expression { dtype: Dtype::Word, check: measured::check, make: measured::fingerprint }
);
expression!(
    "_polars_plugin_hold",
    "_polars_plugin_field_hold",
    Expression { dtype: Dtype::Word, check: opened::check, make: opened::hold }
);
