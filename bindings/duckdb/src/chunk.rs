//! Rows as DuckDB hands them over: columns of one type each, with a bit for every row that is not NULL.

use std::slice;

use libduckdb_sys::*;

use crate::engine::duckdb;

/// The arguments of a call.
pub struct Chunk {
    chunk: duckdb_data_chunk,
    pub rows: usize,
}

impl Chunk {
    /// # Safety
    /// `chunk` is one that DuckDB calls a function with, and lives as long.
    pub unsafe fn new(chunk: duckdb_data_chunk) -> Self {
        // SAFETY: as promised to us.
        let rows = unsafe { duckdb!(duckdb_data_chunk_get_size(chunk)) };
        Chunk { chunk, rows: rows as usize }
    }

    /// # Safety
    /// `T` is what DuckDB has in this column.
    pub unsafe fn column<T>(&self, column: idx_t) -> Column<'_, T> {
        // SAFETY: as promised to us; columns are as long as the chunk says.
        unsafe {
            let vector = duckdb!(duckdb_data_chunk_get_vector(self.chunk, column));
            let data = duckdb!(duckdb_vector_get_data(vector)).cast::<T>();
            let bits = duckdb!(duckdb_vector_get_validity(vector));
            let values = if self.rows == 0 { &[][..] } else { slice::from_raw_parts(data, self.rows) };
            let there = (!bits.is_null()).then(|| slice::from_raw_parts(bits, self.rows.div_ceil(64)));
            Column { values, there }
        }
    }
}

pub struct Column<'a, T> {
    values: &'a [T],
    /// All are there, or those whose bit is set.
    there: Option<&'a [u64]>,
}

impl<T> Column<'_, T> {
    pub fn get(&self, row: usize) -> Option<&T> {
        let is_there = self.there.is_none_or(|bits| bits[row / 64] >> (row % 64) & 1 == 1);
        is_there.then(|| &self.values[row])
    }
}

/// The bytes of a string.
pub fn text(string: &duckdb_string_t) -> &[u8] {
    // SAFETY: the length is in the same place in both forms; short strings are in the structure itself, others at its pointer.
    unsafe {
        let length = string.value.inlined.length as usize;
        let inlined = &string.value.inlined.inlined;
        let start = if length <= inlined.len() { inlined.as_ptr() } else { string.value.pointer.ptr.cast_const() };
        slice::from_raw_parts(start.cast(), length)
    }
}

/// Where the results of a call go.
pub struct Results<T> {
    vector: duckdb_vector,
    data: *mut T,
    rows: usize,
}

impl<T: Copy> Results<T> {
    /// # Safety
    /// `vector` is where DuckDB wants so many results of this type.
    pub unsafe fn new(vector: duckdb_vector, rows: usize) -> Self {
        // SAFETY: as promised to us.
        unsafe {
            duckdb!(duckdb_vector_ensure_validity_writable(vector));
            Results { vector, data: duckdb!(duckdb_vector_get_data(vector)).cast(), rows }
        }
    }

    pub fn set(&mut self, row: usize, value: Option<T>) {
        assert!(row < self.rows);
        // SAFETY: there is a place for every row, and a bit.
        unsafe {
            match value {
                Some(value) => self.data.add(row).write(value),
                None => {
                    let bits = duckdb!(duckdb_vector_get_validity(self.vector));
                    *bits.add(row / 64) &= !(1 << (row % 64));
                }
            }
        }
    }
}
