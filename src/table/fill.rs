//! Where rows are read to: counts first, then the columns of a table.

use crate::error::Result;
use crate::memory::{Counted, vec_filled};

/// What takes the vertices, rings and parts of a row, in order.
pub(super) trait Sink {
    /// Whether it makes any difference what vertices it is given, as long as they are finite.
    const WANTS_VALUES: bool;

    /// The next vertices of a ring; answers whether they can be taken: they are finite.
    fn vertices(&mut self, vertices: impl Iterator<Item = (f64, f64)>) -> bool;
    /// The vertices since the last are a ring.
    fn end_ring(&mut self);
    /// The rings since the last are a part.
    fn end_part(&mut self);
}

/// How much there is.
#[derive(Clone, Copy, Default)]
pub(super) struct Count {
    pub(super) vertices: usize,
    pub(super) rings: usize,
    pub(super) parts: usize,
    /// Whether any row has two rings or more, or two parts.
    has_holes: bool,
    has_parts: bool,
}

impl Count {
    /// The next after `self`.
    pub(super) fn add(&mut self, next: &Count) {
        self.vertices += next.vertices;
        self.rings += next.rings;
        self.parts += next.parts;
        self.has_holes |= next.has_holes;
        self.has_parts |= next.has_parts;
    }

    /// What was counted since `before` is a row.
    pub(super) fn end_row(&mut self, before: &Count) {
        self.has_holes |= self.rings - before.rings > 1;
        self.has_parts |= self.parts - before.parts > 1;
    }

    /// Levels of offsets that this takes: where no row has two of something, a level says nothing.
    fn depth(&self) -> usize {
        match (self.has_parts, self.has_holes) {
            (true, _) => 3,
            (false, true) => 2,
            (false, false) => 1,
        }
    }
}

impl Sink for Count {
    const WANTS_VALUES: bool = false;

    #[inline(always)]
    fn vertices(&mut self, vertices: impl Iterator<Item = (f64, f64)>) -> bool {
        let mut is_finite = true;
        let mut count = 0;
        for (x, y) in vertices {
            is_finite &= x.is_finite() & y.is_finite();
            count += 1;
        }
        self.vertices += count;
        is_finite
    }

    #[inline(always)]
    fn end_ring(&mut self) {
        self.rings += 1;
    }

    #[inline(always)]
    fn end_part(&mut self) {
        self.parts += 1;
    }
}

/// What an offset is stored as.
pub(super) trait Position: Copy + Default + Send {
    /// It was counted before that all of them fit.
    fn of(position: usize) -> Self;
}

impl Position for i32 {
    fn of(position: usize) -> Self {
        position as i32
    }
}

impl Position for i64 {
    fn of(position: usize) -> Self {
        position as i64
    }
}

/// Offsets of rings, parts and polygons, as far as there have to be any.
#[derive(Debug)]
pub(super) struct Levels<P>(pub(super) [Option<Vec<P>>; 3]);

/// The columns of a table, to be filled.
pub(super) struct Columns<P> {
    x: Counted<f64>,
    y: Counted<f64>,
    levels: [Option<Counted<P>>; 3],
}

impl<P: Position> Columns<P> {
    /// For as much as `total` says, in `rows` rows.
    pub(super) fn new(total: &Count, rows: usize) -> Result<Self> {
        let lens: &[usize] = match total.depth() {
            1 => &[rows],
            2 => &[total.rings, rows],
            _ => &[total.rings, total.parts, rows],
        };
        let mut levels = [None, None, None];
        for (level, len) in levels.iter_mut().zip(lens) {
            *level = Some(vec_filled(P::default(), len + 1)?);
        }
        Ok(Columns { x: vec_filled(0.0, total.vertices)?, y: vec_filled(0.0, total.vertices)?, levels })
    }

    /// All places that are to be filled.
    pub(super) fn places(&mut self) -> Places<'_, P> {
        let depth = self.levels.iter().flatten().count();
        // The first position of each level is 0.
        let levels = self.levels.each_mut().map(|level| level.as_mut().map_or(&mut [][..], |level| &mut level[1..]));
        Places { depth, x: &mut self.x, y: &mut self.y, levels }
    }

    pub(super) fn keep(self) -> (Vec<f64>, Vec<f64>, Levels<P>) {
        (self.x.keep(), self.y.keep(), Levels(self.levels.map(|level| level.map(Counted::keep))))
    }
}

/// Places in the columns of a table that nobody has taken.
pub(super) struct Places<'a, P> {
    depth: usize,
    x: &'a mut [f64],
    y: &'a mut [f64],
    levels: [&'a mut [P]; 3],
}

impl<'a, P: Position> Places<'a, P> {
    /// Takes the next places, for what `count` says in `rows` rows; before them is what `start` says.
    pub(super) fn take(&mut self, start: &Count, count: &Count, rows: usize) -> Fill<'a, P> {
        let Count { vertices, rings, parts, .. } = *count;
        let lens = match self.depth {
            1 => [rows, 0, 0],
            2 => [rings, rows, 0],
            _ => [rings, parts, rows],
        };
        let mut lens = lens.iter();
        Fill {
            depth: self.depth,
            x: Next::take(&mut self.x, vertices),
            y: Next::take(&mut self.y, vertices),
            levels: self.levels.each_mut().map(|level| Next::take(level, *lens.next().unwrap_or(&0))),
            start: *start,
        }
    }
}

/// Places that are filled one after the other.
struct Next<'a, T> {
    places: &'a mut [T],
    filled: usize,
}

impl<'a, T> Next<'a, T> {
    /// The first `len` of `places`, of which the others are left.
    fn take(places: &mut &'a mut [T], len: usize) -> Self {
        let (taken, left) = std::mem::take(places).split_at_mut(len);
        *places = left;
        Next { places: taken, filled: 0 }
    }

    #[inline(always)]
    fn push(&mut self, value: T) {
        self.places[self.filled] = value;
        self.filled += 1;
    }
}

/// Fills some rows of a table.
pub(super) struct Fill<'a, P> {
    depth: usize,
    x: Next<'a, f64>,
    y: Next<'a, f64>,
    levels: [Next<'a, P>; 3],
    /// What lies before these rows.
    start: Count,
}

impl<P: Position> Fill<'_, P> {
    /// What came since the last is a row.
    #[inline(always)]
    pub(super) fn end_row(&mut self) {
        let end = match self.depth {
            1 => self.vertex_end(),
            2 => P::of(self.start.rings + self.levels[0].filled),
            _ => P::of(self.start.parts + self.levels[1].filled),
        };
        self.levels[self.depth - 1].push(end);
    }

    fn vertex_end(&self) -> P {
        P::of(self.start.vertices + self.x.filled)
    }
}

impl<P: Position> Sink for Fill<'_, P> {
    const WANTS_VALUES: bool = true;

    #[inline(always)]
    fn vertices(&mut self, vertices: impl Iterator<Item = (f64, f64)>) -> bool {
        let free = self.x.places[self.x.filled..].iter_mut().zip(&mut self.y.places[self.y.filled..]);
        let mut count = 0;
        for ((place_x, place_y), (x, y)) in free.zip(vertices) {
            (*place_x, *place_y) = (x, y);
            count += 1;
        }
        self.x.filled += count;
        self.y.filled += count;
        true
    }

    #[inline(always)]
    fn end_ring(&mut self) {
        if self.depth > 1 {
            self.levels[0].push(self.vertex_end());
        }
    }

    #[inline(always)]
    fn end_part(&mut self) {
        if self.depth > 2 {
            self.levels[1].push(P::of(self.start.rings + self.levels[0].filled));
        }
    }
}
