//! An index and what it can be asked, through the C functions.

use std::ptr::{null, null_mut};
use std::slice::from_raw_parts;

use polyfind::ffi::*;

use super::columns::{run, sized};
use super::failing::Plan;

pub const RELATIONS: [u32; 5] = [PF_CLOSE, PF_COVERS, PF_CONTAINS, PF_OWNS, PF_DWITHIN];
pub const ORDERS: [u32; 5] = [PF_BY_POLYGON, PF_BY_DISTANCE, PF_BY_AREA, PF_BY_PRIORITY, PF_BY_CENTER];

/// An index that is freed at the end.
pub struct Index(pub *mut pf_index);

impl Drop for Index {
    fn drop(&mut self) {
        // SAFETY: it is ours, and nobody uses it any more.
        unsafe { pf_index_free(self.0) }
    }
}

pub type Answer<T> = Result<T, pf_status>;

/// What a status stands for.
pub fn done(status: pf_status) -> Answer<()> {
    if status == PF_OK { Ok(()) } else { Err(status) }
}

/// A handle that a call made; after a refusal it must be as it was.
pub fn made<T>(plan: &Plan, call: impl Fn(*mut *mut T, *mut pf_error) -> pf_status) -> Answer<*mut T> {
    let before = std::ptr::dangling_mut::<T>();
    let handle = std::cell::Cell::new(before);
    match plan.call(|err| {
        handle.set(before);
        call(handle.as_ptr(), err)
    }) {
        PF_OK => {
            assert!(!handle.get().is_null() && handle.get() != before);
            Ok(handle.get())
        }
        status => {
            let stopped = matches!(status, PF_ERROR_CANCELLED | PF_ERROR_LIMIT | PF_ERROR_MEMORY);
            assert_eq!(handle.get(), if stopped { null_mut() } else { before });
            Err(status)
        }
    }
}

pub fn build(polygons: &pf_polygons, flags: u32, is_portable: bool, plan: &Plan) -> Answer<Index> {
    let options = sized!(pf_index_options { flags: flags });
    // SAFETY: all structures are ours and say what is true.
    made(plan, |out, err| unsafe { pf_index_build(polygons, &options, &run(is_portable), out, err) }).map(Index)
}

/// All bytes of an index, at a multiple of 64.
pub struct Bytes {
    room: Vec<u8>,
    start: usize,
    len: usize,
}

impl Bytes {
    pub fn new(bytes: &[u8]) -> Self {
        let mut room = vec![0; bytes.len() + 64];
        let start = room.as_ptr().align_offset(64);
        room[start..start + bytes.len()].copy_from_slice(bytes);
        Bytes { room, start, len: bytes.len() }
    }

    pub fn of(index: &Index, plan: &Plan) -> Self {
        // SAFETY: it is an index.
        let mut bytes = Bytes::new(&vec![0xEE; unsafe { pf_index_byte_size(index.0) }]);
        let (start, len) = (bytes.get_mut().as_mut_ptr(), bytes.len);
        // SAFETY: so much room there is.
        let status = plan.call(|err| unsafe { pf_index_write(index.0, null(), start.cast(), len, err) });
        assert_eq!(status, PF_OK);
        bytes
    }

    pub fn get(&self) -> &[u8] {
        &self.room[self.start..self.start + self.len]
    }

    pub fn get_mut(&mut self) -> &mut [u8] {
        &mut self.room[self.start..self.start + self.len]
    }

    /// The index that they are, which must not outlive them.
    pub fn open(&self, flags: u32, plan: &Plan) -> Answer<Index> {
        let bytes = self.get();
        // SAFETY: the bytes are there.
        let open =
            |out, err| unsafe { pf_index_view(bytes.as_ptr().cast(), bytes.len(), flags, &run(false), out, err) };
        made(plan, open).map(Index)
    }
}

/// Pairs: offsets, polygons, distances if they were asked for.
#[derive(Clone, Debug)]
pub struct Pairs {
    pub offsets: Vec<i64>,
    pub polygons: Vec<i32>,
    pub distances: Vec<f64>,
}

impl Pairs {
    fn take(result: *mut pf_result, rows: usize, measures: bool) -> Self {
        // SAFETY: a result of the library's has columns as long as it says, and is freed once.
        unsafe {
            let pairs = pf_result_pairs(result);
            assert_eq!(pf_result_rows(result), rows);
            assert_eq!(pf_result_values(result).is_null(), !measures);
            let taken = Pairs {
                offsets: from_raw_parts(pf_result_offsets(result), rows + 1).to_vec(),
                polygons: from_raw_parts(pf_result_polygons(result), pairs).to_vec(),
                distances: match measures {
                    true => from_raw_parts(pf_result_values(result), pairs).to_vec(),
                    false => Vec::new(),
                },
            };
            pf_result_free(result);
            assert!(taken.offsets.is_sorted() && taken.offsets[0] == 0 && taken.offsets[rows] == pairs as i64);
            taken
        }
    }

    pub fn row(&self, i: usize) -> &[i32] {
        &self.polygons[self.offsets[i] as usize..self.offsets[i + 1] as usize]
    }

    pub fn distances_of(&self, i: usize) -> &[f64] {
        &self.distances[self.offsets[i] as usize..self.offsets[i + 1] as usize]
    }
}

/// Polygons and numbers, `k` for each point.
pub type Ranked = (Vec<i32>, Vec<f64>);

/// Questions about some points.
pub struct Asking<'a> {
    pub index: &'a Index,
    pub points: &'a pf_points,
    pub distance: f64,
    pub priority: &'a [f64],
    pub is_portable: bool,
    pub plan: Plan,
}

impl Asking<'_> {
    fn query(&self, relation: u32, order: u32, flags: u32) -> pf_query {
        sized!(pf_query {
            relation: relation,
            distance: self.distance,
            order: order,
            flags: flags,
            priority: self.priority.as_ptr(),
            priority_len: self.priority.len(),
        })
    }

    /// What a call wrote to `len` elements; those of a refused call must be as they were.
    fn filled<T: Copy + PartialEq>(
        &self,
        len: usize,
        before: T,
        call: impl Fn(*mut T, *mut pf_error) -> pf_status,
    ) -> Answer<Vec<T>> {
        // One more, which nobody may touch.
        let mut out = vec![before; len + 1];
        let start = out.as_mut_ptr();
        let status = self.plan.call(|err| call(start, err));
        assert!(out[len] == before);
        let stopped = matches!(status, PF_ERROR_CANCELLED | PF_ERROR_LIMIT | PF_ERROR_MEMORY | PF_ERROR_INTERNAL);
        assert!(status == PF_OK || stopped || out.iter().all(|v| *v == before), "a refused call wrote");
        out.pop();
        done(status).map(|()| out)
    }

    pub fn any(&self, relation: u32) -> Answer<Vec<u8>> {
        let (query, run, len) = (self.query(relation, 0, 0), run(self.is_portable), self.points.len);
        // SAFETY: all structures are ours and say what is true.
        self.filled(len, 7, |out, err| unsafe { pf_index_any(self.index.0, self.points, &query, &run, out, len, err) })
    }

    pub fn count(&self, relation: u32) -> Answer<Vec<u32>> {
        let (query, run, len) = (self.query(relation, 0, 0), run(self.is_portable), self.points.len);
        // SAFETY: as above.
        self.filled(len, 77, |out, err| unsafe {
            pf_index_count(self.index.0, self.points, &query, &run, out, len, err)
        })
    }

    fn ranked(&self, len: usize, call: impl Fn(*mut i32, *mut f64, *mut pf_error) -> pf_status) -> Answer<Ranked> {
        let mut values = vec![-77.0; len];
        let start = values.as_mut_ptr();
        let polygons = self.filled(len, -77, |out, err| call(out, start, err))?;
        for (polygon, value) in polygons.iter().zip(&values) {
            // Bytes that were vouched for may say anything.
            assert!(self.plan.allows_internal || (*polygon == PF_NONE) == value.is_nan(), "{polygon} {value}");
        }
        Ok((polygons, values))
    }

    pub fn best(&self, relation: u32, order: u32) -> Answer<Ranked> {
        let (query, run, len) = (self.query(relation, order, 0), run(self.is_portable), self.points.len);
        // SAFETY: as above.
        self.ranked(len, |polygons, values, err| unsafe {
            pf_index_best(self.index.0, self.points, &query, &run, polygons, values, len, err)
        })
    }

    pub fn nearest(&self, relation: u32, k: usize) -> Answer<Ranked> {
        let (query, run, len) = (self.query(relation, 0, 0), run(self.is_portable), self.points.len * k);
        // SAFETY: as above.
        self.ranked(len, |polygons, values, err| unsafe {
            pf_index_nearest(self.index.0, self.points, k, &query, &run, polygons, values, len, err)
        })
    }

    pub fn find(&self, relation: u32, measures: bool) -> Answer<Pairs> {
        let query = self.query(relation, 0, if measures { PF_WITH_DISTANCES } else { 0 });
        let run = run(self.is_portable);
        // SAFETY: as above.
        let result =
            made(&self.plan, |out, err| unsafe { pf_index_find(self.index.0, self.points, &query, &run, out, err) })?;
        Ok(Pairs::take(result, self.points.len, measures))
    }

    pub fn find_nearest(&self, k: usize) -> Answer<Pairs> {
        let (query, run) = (self.query(PF_DWITHIN, 0, PF_WITH_DISTANCES), run(self.is_portable));
        // SAFETY: as above.
        let result = made(&self.plan, |out, err| unsafe {
            pf_index_find_nearest(self.index.0, self.points, k, &query, &run, out, err)
        })?;
        Ok(Pairs::take(result, self.points.len, true))
    }

    /// Everything, as numbers to be compared.
    pub fn all(&self) -> Vec<Answer<Vec<u64>>> {
        let pairs = |pairs: Pairs| -> Vec<u64> {
            let numbers = pairs.offsets.iter().map(|&v| v as u64).chain(pairs.polygons.iter().map(|&v| v as u64));
            numbers.chain(pairs.distances.iter().map(|v| v.to_bits())).collect()
        };
        let ranked = |(polygons, values): Ranked| -> Vec<u64> {
            polygons.iter().map(|&v| v as u64).chain(values.iter().map(|v| v.to_bits())).collect()
        };
        let mut all = Vec::new();
        for relation in RELATIONS {
            all.push(self.any(relation).map(|out| out.iter().map(|&v| v.into()).collect()));
            all.push(self.count(relation).map(|out| out.iter().map(|&v| v.into()).collect()));
            all.push(self.find(relation, false).map(pairs));
            all.push(self.find(relation, true).map(pairs));
            all.extend(ORDERS.map(|order| self.best(relation, order).map(ranked)));
        }
        for k in [1, 3] {
            all.push(self.nearest(PF_CLOSE, k).map(ranked));
            all.push(self.nearest(PF_DWITHIN, k).map(ranked));
            all.push(self.find_nearest(k).map(pairs));
        }
        all
    }
}
