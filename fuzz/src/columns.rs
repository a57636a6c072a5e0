//! Points and polygons in memory, in one of the layouts that the library reads.

use std::ptr::null;

use polyfind::ffi::*;

pub type Place = (f64, f64);

/// A structure that is all zero but for its size.
macro_rules! sized {
    ($name:ident { $($field:ident: $value:expr),* $(,)? }) => {{
        // SAFETY: all zero is the default of every structure.
        let mut made: $name = unsafe { std::mem::zeroed() };
        made.struct_size = size_of::<$name>() as u32;
        $(made.$field = $value;)*
        made
    }};
}
pub(super) use sized;

/// Two columns of places.
pub struct Columns {
    /// Words, so that all of it is aligned.
    memory: Vec<u64>,
    len: usize,
    stride: usize,
    y: usize,
    dtype: u32,
}

impl Columns {
    /// Layouts: side by side, pairs, threes, and as floats if these are the same numbers.
    pub const LAYOUTS: usize = 5;

    pub fn new(places: &[Place], layout: usize) -> Self {
        let len = places.len();
        let is_float = |v: f64| f64::from(v as f32).to_bits() == v.to_bits();
        let floats = places.iter().all(|&(x, y)| is_float(x) && is_float(y));
        let (dtype, size) = if layout > 2 && floats { (PF_F32, 4) } else { (PF_F64, 8) };
        let (stride, y) = match layout {
            1 | 4 => (2 * size, size),
            2 => (3 * size, 2 * size),
            _ => (size, size * len),
        };
        let mut bytes = vec![0xA5; (len * stride + size * len + 2 * size).next_multiple_of(8)];
        let mut put = |at: usize, v: f64| match dtype {
            PF_F32 => bytes[at..at + 4].copy_from_slice(&(v as f32).to_ne_bytes()),
            _ => bytes[at..at + 8].copy_from_slice(&v.to_ne_bytes()),
        };
        for (i, &(px, py)) in places.iter().enumerate() {
            put(i * stride, px);
            put(i * stride + y, py);
        }
        let memory = bytes.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap())).collect();
        Columns { memory, len, stride, y, dtype }
    }

    pub fn view(&self) -> pf_points {
        let x = self.memory.as_ptr().cast::<u8>();
        let Columns { len, stride, dtype, .. } = *self;
        pf_points { x: x.cast(), y: x.wrapping_add(self.y).cast(), len, stride, dtype, reserved: 0 }
    }
}

/// Offsets of one level, in both widths.
struct Offsets(Vec<i32>, Vec<i64>);

impl Offsets {
    fn new(positions: &[usize]) -> Self {
        Offsets(positions.iter().map(|&p| p as i32).collect(), positions.iter().map(|&p| p as i64).collect())
    }

    fn start(&self, is_wide: bool) -> *const std::ffi::c_void {
        if is_wide { self.1.as_ptr().cast() } else { self.0.as_ptr().cast() }
    }
}

/// A polygon: parts of rings of vertices.
pub type Polygon<V> = Vec<Vec<Vec<V>>>;

/// A table of polygons.
pub struct Table {
    vertices: Columns,
    rings: Offsets,
    parts: Option<Offsets>,
    polygons: Option<Offsets>,
    is_wide: bool,
}

impl Table {
    /// `how` decides the layout, the width of offsets, whether offsets that say nothing are left out, and how many vertices (of
    /// NaN), rings and parts precede those that are used.
    pub fn new(polygons: &[Polygon<Place>], how: u8) -> Self {
        let unused = usize::from(how >> 6);
        let mut vertices = vec![(f64::NAN, 1.0); unused];
        let (mut rings, mut parts, mut rows) = (vec![unused], vec![0], vec![0]);
        for polygon in polygons {
            for part in polygon {
                for ring in part {
                    vertices.extend(ring);
                    rings.push(vertices.len());
                }
                parts.push(rings.len() - 1);
            }
            rows.push(parts.len() - 1);
        }
        let leaves_out = how & 8 != 0;
        let says_nothing = |positions: &[usize]| positions.iter().enumerate().all(|(i, &p)| i == p);
        let rows_out = leaves_out && says_nothing(&rows) && rows.len() == parts.len();
        let parts_out = rows_out && says_nothing(&parts) && parts.len() == rings.len();
        Table {
            vertices: Columns::new(&vertices, usize::from(how & 7) % Columns::LAYOUTS),
            rings: Offsets::new(&rings),
            parts: (!parts_out).then(|| Offsets::new(&parts)),
            polygons: (!rows_out).then(|| Offsets::new(&rows)),
            is_wide: how & 16 != 0,
        }
    }

    pub fn view(&self) -> pf_polygons {
        let start = |offsets: &Option<Offsets>| offsets.as_ref().map_or(null(), |o| o.start(self.is_wide));
        let count = |offsets: &Option<Offsets>| offsets.as_ref().map_or(0, |o| o.0.len() - 1);
        sized!(pf_polygons {
            offset_type: if self.is_wide { PF_I64 } else { PF_I32 },
            vertices: self.vertices.view(),
            ring_offsets: self.rings.start(self.is_wide),
            ring_count: self.rings.0.len() - 1,
            part_offsets: start(&self.parts),
            part_count: count(&self.parts),
            polygon_offsets: start(&self.polygons),
            polygon_count: count(&self.polygons),
        })
    }
}

/// One thread (calls under test may not start others: only this one's allocations fail), with or without SIMD.
pub fn run(is_portable: bool) -> pf_run {
    sized!(pf_run { workers: 1, flags: if is_portable { PF_RUN_PORTABLE } else { 0 } })
}
