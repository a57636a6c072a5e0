//! What can be asked in SQL.

use std::ffi::{CStr, CString};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use libduckdb_sys::*;
use ndarray::ArrayView1;
use polyfind::coords::Points;
use polyfind::error::Result;
use polyfind::index::Index;
use polyfind::query::{NONE, Order, Ranked, Relation, any, best, count, nearest_polygons};
use polyfind::run::Run;

use crate::chunk::{Chunk, Results, text};
use crate::engine::{Connection, duckdb};
use crate::files;

/// A function of SQL, and what it answers about points, all of one index.
trait Ask {
    const NAME: &'static CStr;
    /// DuckDB's type of `Answer`.
    const TYPE: duckdb_type;
    /// Whether a distance comes fourth.
    const HAS_DISTANCE: bool = false;
    /// The answer that is NULL in SQL.
    const NULL: Option<Self::Answer> = None;
    type Answer: Copy + Default + PartialEq;

    fn ask(index: &Index, points: &Points<'_>, distance: f64, run: &Run<'_>, out: &mut [Self::Answer]) -> Result<()>;
}

struct Locate;

impl Ask for Locate {
    const NAME: &'static CStr = c"polyfind_locate";
    const TYPE: duckdb_type = DUCKDB_TYPE_DUCKDB_TYPE_INTEGER;
    const NULL: Option<i32> = Some(NONE);
    type Answer = i32;

    fn ask(index: &Index, points: &Points<'_>, _: f64, run: &Run<'_>, out: &mut [i32]) -> Result<()> {
        best(index, points, Relation::Covers, Order::Polygon, run, Ranked::new(1, out, None))
    }
}

struct Nearest;

impl Ask for Nearest {
    const NAME: &'static CStr = c"polyfind_nearest";
    const TYPE: duckdb_type = DUCKDB_TYPE_DUCKDB_TYPE_INTEGER;
    const NULL: Option<i32> = Some(NONE);
    type Answer = i32;

    fn ask(index: &Index, points: &Points<'_>, _: f64, run: &Run<'_>, out: &mut [i32]) -> Result<()> {
        nearest_polygons(index, points, 1, f64::INFINITY, run, Ranked::new(1, out, None))
    }
}

struct Count;

impl Ask for Count {
    const NAME: &'static CStr = c"polyfind_count";
    const TYPE: duckdb_type = DUCKDB_TYPE_DUCKDB_TYPE_UINTEGER;
    type Answer = u32;

    fn ask(index: &Index, points: &Points<'_>, _: f64, run: &Run<'_>, out: &mut [u32]) -> Result<()> {
        count(index, points, Relation::Covers, run, out)
    }
}

struct Dwithin;

impl Ask for Dwithin {
    const NAME: &'static CStr = c"polyfind_dwithin";
    const TYPE: duckdb_type = DUCKDB_TYPE_DUCKDB_TYPE_BOOLEAN;
    const HAS_DISTANCE: bool = true;
    type Answer = u8;

    fn ask(index: &Index, points: &Points<'_>, distance: f64, run: &Run<'_>, out: &mut [u8]) -> Result<()> {
        any(index, points, Relation::Dwithin { distance }, run, out)
    }
}

/// Makes all functions known to a database.
pub fn register(connection: &Connection) -> std::result::Result<(), String> {
    register_one::<Locate>(connection)?;
    register_one::<Nearest>(connection)?;
    register_one::<Count>(connection)?;
    register_one::<Dwithin>(connection)
}

fn register_one<A: Ask>(connection: &Connection) -> std::result::Result<(), String> {
    let number = DUCKDB_TYPE_DUCKDB_TYPE_DOUBLE;
    let arguments = [number, number, DUCKDB_TYPE_DUCKDB_TYPE_VARCHAR, number];
    // SAFETY: what is created is destroyed; DuckDB copies the function.
    let state = unsafe {
        let mut function = duckdb!(duckdb_create_scalar_function());
        duckdb!(duckdb_scalar_function_set_name(function, A::NAME.as_ptr()));
        for kind in &arguments[..3 + usize::from(A::HAS_DISTANCE)] {
            let mut argument = duckdb!(duckdb_create_logical_type(*kind));
            duckdb!(duckdb_scalar_function_add_parameter(function, argument));
            duckdb!(duckdb_destroy_logical_type(&mut argument));
        }
        let mut result = duckdb!(duckdb_create_logical_type(A::TYPE));
        duckdb!(duckdb_scalar_function_set_return_type(function, result));
        duckdb!(duckdb_destroy_logical_type(&mut result));
        duckdb!(duckdb_scalar_function_set_function(function, Some(call::<A>)));
        let state = duckdb!(duckdb_register_scalar_function(connection.0, function));
        duckdb!(duckdb_destroy_scalar_function(&mut function));
        state
    };
    if state != duckdb_state_DuckDBSuccess {
        return Err(format!("{} cannot be registered", A::NAME.to_string_lossy()));
    }
    Ok(())
}

/// What DuckDB calls with every chunk of rows.
unsafe extern "C" fn call<A: Ask>(info: duckdb_function_info, chunk: duckdb_data_chunk, out: duckdb_vector) {
    // SAFETY: the columns are as registered.
    let answer = catch_unwind(AssertUnwindSafe(|| unsafe {
        let chunk = Chunk::new(chunk);
        let mut results = Results::new(out, chunk.rows);
        answer::<A>(&chunk, &mut results)
    }));
    if let Err(reason) = answer.unwrap_or_else(|_| Err("an error of polyfind itself".to_owned())) {
        let reason = CString::new(reason.replace('\0', " ")).unwrap_or_default();
        // SAFETY: DuckDB copies the text.
        unsafe { duckdb!(duckdb_scalar_function_set_error(info, reason.as_ptr())) }
    }
}

/// Answers rows that follow each other and have the same index and distance together.
///
/// # Safety
/// The columns are those of `A`, and so are the results.
unsafe fn answer<A: Ask>(chunk: &Chunk, results: &mut Results<A::Answer>) -> std::result::Result<(), String> {
    // SAFETY: as promised to us.
    let (x, y, index, distance) = unsafe {
        let distance = A::HAS_DISTANCE.then(|| chunk.column::<f64>(3));
        (chunk.column::<f64>(0), chunk.column::<f64>(1), chunk.column::<duckdb_string_t>(2), distance)
    };
    let finite = |value: Option<&f64>| value.copied().filter(|value| value.is_finite());
    let mut together = Together::<A>::default();
    for row in 0..chunk.rows {
        let within = distance.as_ref().map_or(Some(0.0), |column| column.get(row).copied());
        let (Some(x), Some(y), Some(path), Some(within)) =
            (finite(x.get(row)), finite(y.get(row)), index.get(row), within)
        else {
            results.set(row, None);
            continue;
        };
        if together.path != text(path) || together.distance.to_bits() != within.to_bits() {
            together.answer(results)?;
            together.path.clear();
            together.path.extend_from_slice(text(path));
            together.distance = within;
        }
        together.rows.push(row);
        together.x.push(x);
        together.y.push(y);
    }
    together.answer(results)
}

/// Rows with the same index and distance.
struct Together<A: Ask> {
    path: Vec<u8>,
    distance: f64,
    rows: Vec<usize>,
    x: Vec<f64>,
    y: Vec<f64>,
    out: Vec<A::Answer>,
}

impl<A: Ask> Default for Together<A> {
    fn default() -> Self {
        Together { path: vec![], distance: 0.0, rows: vec![], x: vec![], y: vec![], out: vec![] }
    }
}

impl<A: Ask> Together<A> {
    /// Answers these rows, and forgets them.
    fn answer(&mut self, results: &mut Results<A::Answer>) -> std::result::Result<(), String> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let path = std::str::from_utf8(&self.path).expect("DuckDB's strings are UTF-8");
        let index = files::open(Path::new(path))?;
        self.out.clear();
        self.out.resize(self.rows.len(), A::Answer::default());
        let run = Run { workers: 1, ..Run::default() };
        Points::from_f64(ArrayView1::from(&self.x), ArrayView1::from(&self.y))
            .and_then(|points| A::ask(&index, &points, self.distance, &run, &mut self.out))
            .map_err(|error| format!("{path}: {}", error.message()))?;
        for (row, answer) in self.rows.drain(..).zip(&self.out) {
            results.set(row, (A::NULL != Some(*answer)).then_some(*answer));
        }
        self.x.clear();
        self.y.clear();
        Ok(())
    }
}
