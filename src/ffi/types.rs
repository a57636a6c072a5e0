//! Structures and constants that cross the boundary.

use std::ffi::c_void;

/// Elements are double.
pub const PF_F64: u32 = 1;
/// Elements are float.
pub const PF_F32: u32 = 2;
/// Elements are int32_t.
pub const PF_I32: u32 = 3;
/// Elements are int64_t.
pub const PF_I64: u32 = 4;

/// Points, or the vertices of polygons, in memory that you lend: two columns, or y = x + 1 for interleaved pairs. Frozen.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct pf_points {
    /// The first x; aligned to its type. May be NULL when len is 0.
    pub x: *const c_void,
    /// The first y.
    pub y: *const c_void,
    /// Number of points.
    pub len: usize,
    /// Bytes from one x (or y) to the next: the element's size for a plain column, or a multiple of it. Not looked at when
    /// len is 0 or 1.
    pub stride: usize,
    /// PF_F64 or PF_F32; 0 is fine when len is 0.
    pub dtype: u32,
    /// Zero.
    pub reserved: u32,
}

/// A table of polygons in memory that you lend. Offsets are given innermost first, each array one longer than its count,
/// none of them decreasing; the first need not be 0. A ring's closing vertex may be present or absent; the first ring of a
/// part is its outer ring, the others are holes; winding does not matter.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct pf_polygons {
    /// sizeof(pf_polygons)
    pub struct_size: u32,
    /// PF_I32 or PF_I64, for all three offset arrays; 0 is fine when the counts are 0.
    pub offset_type: u32,
    /// All vertices, ring after ring.
    pub vertices: pf_points,
    /// ring_count + 1 positions in vertices.
    pub ring_offsets: *const c_void,
    /// Number of rings.
    pub ring_count: usize,
    /// part_count + 1 positions in rings; NULL when every ring is a part (part_count is then 0 or ring_count).
    pub part_offsets: *const c_void,
    /// Number of parts.
    pub part_count: usize,
    /// polygon_count + 1 positions in parts; NULL when every part is a polygon (polygon_count is then 0 or that of parts).
    pub polygon_offsets: *const c_void,
    /// Number of polygons.
    pub polygon_count: usize,
}

/// Rows of bytes in memory that you lend, laid out as Arrow's binary and string arrays are.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct pf_binary {
    /// sizeof(pf_binary)
    pub struct_size: u32,
    /// PF_I32 or PF_I64; 0 is fine when len is 0.
    pub offset_type: u32,
    /// The bytes of all rows. May be NULL when data_len is 0.
    pub data: *const u8,
    /// Bytes of data.
    pub data_len: usize,
    /// len + 1 positions in data, none of them decreasing; the first need not be 0.
    pub offsets: *const c_void,
    /// Number of rows.
    pub len: usize,
    /// A bit for each row, from the lowest of each byte on: 0 where the row is missing. NULL when none is.
    pub validity: *const u8,
    /// Bits before that of row 0.
    pub validity_offset: usize,
}

/// Format of rows: well-known binary (WKB) of OGC and ISO, and the extended one (EWKB) of PostGIS, in either byte order.
pub const PF_WKB: u32 = 1;
/// Format of rows: well-known text (WKT) of OGC and ISO, and the extended one (EWKT) of PostGIS; UTF-8.
pub const PF_WKT: u32 = 2;
/// Format of rows: GeoJSON (RFC 7946), UTF-8: a Feature, a Polygon, a MultiPolygon, a GeometryCollection of these, or null.
pub const PF_GEOJSON: u32 = 3;

/// pf_table_read: a row that is no polygon becomes an empty polygon and a fault of the table, instead of an error.
pub const PF_SKIP_FAULTS: u32 = 1;

/// Fault of a row: it ends too early.
pub const PF_FAULT_END: i32 = 1;
/// Fault of a row: something follows its end.
pub const PF_FAULT_TRAILING: i32 = 2;
/// Fault of a row: it is something other than a Polygon, a MultiPolygon or a GeometryCollection of these.
pub const PF_FAULT_TYPE: i32 = 3;
/// Fault of a row: more than 32 collections lie in each other, or more than 1,024 lists of JSON.
pub const PF_FAULT_DEPTH: i32 = 4;
/// Fault of a row: a coordinate is NaN or infinite.
pub const PF_FAULT_COORDINATE: i32 = 5;
/// Fault of a row: a byte order that is neither 0 nor 1.
pub const PF_FAULT_BYTE_ORDER: i32 = 6;
/// Fault of a row: a count of more than the bytes that are left can hold.
pub const PF_FAULT_COUNT: i32 = 7;
/// Fault of a row: a number is expected.
pub const PF_FAULT_NUMBER: i32 = 8;
/// Fault of a row: a parenthesis or a comma is expected.
pub const PF_FAULT_SYNTAX: i32 = 9;
/// Fault of a row: it is no JSON from here on.
pub const PF_FAULT_JSON: i32 = 10;
/// Fault of a row: a list is expected.
pub const PF_FAULT_LIST: i32 = 11;
/// Fault of a row: a geometry or coordinates are missing, or a member is there twice.
pub const PF_FAULT_MEMBER: i32 = 12;

/// A box with sides along the axes. Frozen.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct pf_box {
    /// Smallest x.
    pub min_x: f64,
    /// Smallest y.
    pub min_y: f64,
    /// Largest x.
    pub max_x: f64,
    /// Largest y.
    pub max_y: f64,
}

/// Told how much of a call is done, up to 50 times a second and once at its end, only ever on the thread that made the call
/// (and never when there is nothing to do).
/// Anything but 0 stops the call with PF_ERROR_CANCELLED. It must return: no exception, no longjmp. It may make other calls, and free
/// the index whose call it is told of, which then goes on. If it forks and returns in the child, too, the call ends there with
/// PF_ERROR_CANCELLED; the parent's goes on.
pub type pf_progress = Option<unsafe extern "C" fn(done: u64, total: u64, data: *mut c_void) -> i32>;

/// pf_run.flags: use the portable code path even where the machine has better instructions. Results are the same.
pub const PF_RUN_PORTABLE: u32 = 1;
/// pf_run.flags: a call refused for a coordinate may have written to its outputs. Saves measures and questions, which otherwise
/// check all coordinates before they write anything, a second reading.
pub const PF_RUN_DIRECT: u32 = 2;

/// pf_run.flags: progress is not told of ends, so that a call of less than 20 ms does not call it at all. For who only wants to stop
/// calls that take long: what looks for signals in an interpreter, for instance.
pub const PF_RUN_POLL: u32 = 4;

/// How to run a call. NULL, or all zero but for struct_size: all cores, silently.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct pf_run {
    /// sizeof(pf_run)
    pub struct_size: u32,
    /// Threads to use, the calling one included; 0 means one per core. Small work runs on the calling thread alone.
    pub workers: u32,
    /// May be NULL.
    pub progress: pf_progress,
    /// Handed to progress.
    pub progress_data: *mut c_void,
    /// May be NULL; set it to non-zero from any thread to stop the call.
    pub cancel: *const i32,
    /// PF_RUN_* or 0.
    pub flags: u32,
    /// Zero.
    pub reserved: u32,
    /// PF_ERROR_LIMIT before the call takes more bytes of memory than this: for what it makes and for what it needs on the way,
    /// including results, but neither what you lend, nor the stacks of threads, nor the pages of a mapped file. 0 for no
    /// limit.
    pub max_bytes: u64,
}

/// Relation: the polygon's center (mean of its vertices) is nearer to the point than pf_query.distance, strictly. All relations
/// are decided exactly for the numbers given. Empty polygons match nothing.
pub const PF_CLOSE: u32 = 1;
/// Relation: the point is inside the polygon or on its boundary. Inside is decided by the even-odd rule over all rings of all
/// parts, so winding does not matter and invalid polygons have an answer too.
pub const PF_COVERS: u32 = 2;
/// Relation: the point is inside the polygon, not on its boundary.
pub const PF_CONTAINS: u32 = 3;
/// Relation: the point is inside the polygon, where a point on the boundary counts as a step to its right (and if that is on the
/// boundary too, a smaller one up): of the polygons of a tiling exactly one owns each point.
pub const PF_OWNS: u32 = 4;
/// Relation: the polygon is at most pf_query.distance away from the point; 0 inside and on the boundary.
pub const PF_DWITHIN: u32 = 5;

/// Order: the lowest row.
pub const PF_BY_POLYGON: u32 = 0;
/// Order: the smallest distance: to the center for PF_CLOSE, else to the polygon.
pub const PF_BY_DISTANCE: u32 = 1;
/// Order: the smallest area.
pub const PF_BY_AREA: u32 = 2;
/// Order: the smallest of pf_query.priority.
pub const PF_BY_PRIORITY: u32 = 4;
/// Order: the nearest center.
pub const PF_BY_CENTER: u32 = 5;

/// pf_query.flags: pf_index_find and pf_index_find_nearest give the distances too (see pf_result_values).
pub const PF_WITH_DISTANCES: u32 = 1;
/// pf_query.flags: pf_tally_add adds a point to the best of its matches only.
pub const PF_BEST_ONLY: u32 = 2;

/// What to ask.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct pf_query {
    /// sizeof(pf_query)
    pub struct_size: u32,
    /// PF_CLOSE to PF_DWITHIN.
    pub relation: u32,
    /// For PF_CLOSE and PF_DWITHIN, in the unit of the coordinates; not negative, and finite (but for pf_index_nearest and
    /// pf_index_find_nearest INFINITY means no limit).
    pub distance: f64,
    /// PF_BY_*: which match is best; ties go to the lowest row, always.
    pub order: u32,
    /// PF_WITH_DISTANCES, PF_BEST_ONLY or 0.
    pub flags: u32,
    /// For PF_BY_PRIORITY: one number for each polygon, none of them NaN.
    pub priority: *const f64,
    /// Elements of priority.
    pub priority_len: usize,
    /// For pf_index_find and pf_index_find_nearest: PF_ERROR_LIMIT as soon as there are more pairs than this. 0 for no limit.
    pub max_pairs: u64,
}

/// pf_index_options.flags: the index answers PF_CLOSE and nearest centers.
pub const PF_INDEX_CENTERS: u32 = 1;
/// pf_index_options.flags: the index answers PF_COVERS, PF_CONTAINS and PF_OWNS.
pub const PF_INDEX_INSIDES: u32 = 2;
/// pf_index_options.flags: the index answers PF_DWITHIN and nearest polygons, and what PF_INDEX_INSIDES gives.
pub const PF_INDEX_DISTANCES: u32 = 4;

/// How to build an index. NULL, or all zero but for struct_size: one that answers everything.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct pf_index_options {
    /// sizeof(pf_index_options)
    pub struct_size: u32,
    /// PF_INDEX_* for what it is to answer, which saves the time and memory of the rest; 0 for everything.
    pub flags: u32,
}

/// What an index is: see pf_index_describe.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct pf_index_info {
    /// sizeof(pf_index_info), set by you.
    pub struct_size: u32,
    /// The version of the file format that pf_index_save and pf_index_write use.
    pub format_version: u32,
    /// PF_INDEX_* for what it answers.
    pub flags: u32,
    /// Zero.
    pub reserved: u32,
    /// Polygons, empty ones included.
    pub polygon_count: u64,
    /// Rings of these, those without vertices left out; 0 for an index with nothing but PF_INDEX_CENTERS, which keeps none.
    pub ring_count: u64,
    /// Vertices of these, closing ones not counted.
    pub vertex_count: u64,
    /// As pf_index_byte_size.
    pub byte_size: u64,
    /// All of the vertices; NaN where there are none.
    pub bounds: pf_box,
}

/// pf_index_map and pf_index_view: the bytes are known to be an index as this library wrote it, and not checked, so that hardly any of
/// them is read. Bytes that are not lead to wrong answers or PF_ERROR_INTERNAL, never to other memory.
pub const PF_OPEN_TRUSTED: u32 = 1;
/// pf_index_view: the bytes are copied, and need neither be aligned nor stay.
pub const PF_OPEN_COPY: u32 = 2;

/// What points bring along to a tally. NULL, or all zero but for struct_size: nothing.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct pf_attributes {
    /// sizeof(pf_attributes)
    pub struct_size: u32,
    /// Zero.
    pub reserved: u32,
    /// A number for each point, finite, or NaN where it has none; or NULL. A point without a number is counted, and adds nothing else.
    pub values: *const f64,
    /// Elements of values.
    pub values_len: usize,
    /// The group of each point, less than the tally's groups, or PF_NONE for a point that is left out; NULL where there is one group.
    pub groups: *const i32,
    /// Elements of groups.
    pub groups_len: usize,
}

/// Column of a tally: how many points were added.
pub const PF_TALLY_POINTS: u32 = 1;
/// Column of a tally: how many of them brought a value.
pub const PF_TALLY_VALUES: u32 = 2;
/// Column of a tally: the sum of the values, exact but for one rounding; 0 where there are none.
pub const PF_TALLY_SUM: u32 = 3;
/// Column of a tally: the sum divided by the number of values; NaN where there are none.
pub const PF_TALLY_MEAN: u32 = 4;
/// Column of a tally: the least value; NaN where there are none.
pub const PF_TALLY_MIN: u32 = 5;
/// Column of a tally: the greatest value; NaN where there are none.
pub const PF_TALLY_MAX: u32 = 6;

/// "No polygon" where a row is expected, "no group" where a group is.
pub const PF_NONE: i32 = -1;
