//! Four `f64` at a time, on whatever the machine has.
//!
//! An algorithm is written once over `Lanes` and compiled once per [`Level`]; `dispatch` picks the level at run time.
//! Every level does the same IEEE operations on the same lanes in the same order (no fused multiply-add, no reassociation),
//! so results are identical on all of them.

use std::mem::MaybeUninit;

#[cfg(target_arch = "x86_64")]
mod avx;
pub(crate) mod mode;
#[cfg(target_arch = "aarch64")]
mod neon;
pub(crate) mod scalar;

/// Which instructions a call may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Portable code, the reference.
    Scalar,
    /// Pairs of 128-bit registers, which every 64-bit ARM has.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// 256-bit AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX2, and AVX-512 where eight numbers are taken at a time.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// The levels of this machine, the best first.
    pub fn all() -> impl Iterator<Item = Level> {
        let levels = [
            #[cfg(target_arch = "x86_64")]
            Level::Avx512,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2,
            #[cfg(target_arch = "aarch64")]
            Level::Neon,
            Level::Scalar,
        ];
        levels.into_iter().filter(|level| level.is_here())
    }

    /// The best level of this machine.
    #[inline]
    pub fn detect() -> Self {
        Level::all().next().unwrap_or(Level::Scalar)
    }

    fn is_here(self) -> bool {
        match self {
            Level::Scalar => true,
            #[cfg(target_arch = "aarch64")]
            Level::Neon => true,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => avx::has_avx2(),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => avx::has_avx512(),
        }
    }

    /// Its name, as `pf_simd` gives it.
    pub fn name(self) -> &'static str {
        match self {
            Level::Scalar => "scalar",
            #[cfg(target_arch = "aarch64")]
            Level::Neon => "neon",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => "avx512",
        }
    }
}

/// Arithmetic that a formula needs, on one number or on four.
pub(crate) trait Number: Copy {
    fn splat(value: f64) -> Self;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    fn abs(self) -> Self;
    fn sqrt(self) -> Self;
    fn floor(self) -> Self;
}

/// a + b as the rounded sum and its exact error (Knuth).
#[inline(always)]
pub(crate) fn two_sum<N: Number>(a: N, b: N) -> (N, N) {
    let sum = a.add(b);
    let b_part = sum.sub(a);
    let error = a.sub(sum.sub(b_part)).add(b.sub(b_part));
    (sum, error)
}

/// Four numbers.
pub(crate) trait Lanes: Number {
    fn load(from: &[f64; 4]) -> Self;
    /// The numbers of `from` from place `at` on; `fill` in the lanes behind its end.
    fn load_at(from: &[f64], at: usize, fill: f64) -> Self;
    /// x and y of four pairs.
    fn load_pairs(from: &[[f64; 2]; 4]) -> (Self, Self);
    /// [`Lanes::load_at`] of pairs.
    fn load_pairs_at(from: &[[f64; 2]], at: usize, fill: (f64, f64)) -> (Self, Self);
    fn store(self) -> [f64; 4];
    /// Whole numbers from 0 to 2^31 - 1 as such.
    fn whole(self) -> [u32; 4];
    /// The even lanes of both as [a0, b0, a2, b2], and the odd ones as [a1, b1, a3, b3].
    fn interleave(self, other: Self) -> (Self, Self);
    /// Lanes 1 to 3, then the first of `next`.
    fn shift(self, next: Self) -> Self;
    /// `self < other ? self : other` in each lane.
    fn min(self, other: Self) -> Self;
    /// `self > other ? self : other` in each lane.
    fn max(self, other: Self) -> Self;
    /// Bit i is set where `self[i] <= other[i]`; never for a NaN.
    fn at_most(self, other: Self) -> u32;
    /// Bit i is set where the sign of `self[i]` is.
    fn signs(self) -> u32;

    /// The `values` whose bits are set in `mask` (below 16), moved to the front; what is behind them has no meaning.
    fn pack(values: &[i32; 4], mask: u32) -> [i32; 4];

    /// Which of eight places are near `point`: bit i of the first where the square of the distance is at most the first of `limits`,
    /// of the second where it is at most the second.
    #[inline(always)]
    fn near(x: [&[f64; 4]; 2], y: [&[f64; 4]; 2], point: (Self, Self), limits: (Self, Self)) -> (u32, u32) {
        near_by_fours(x, y, point, limits)
    }

    /// [`Lanes::pack`] of eight, with a mask below 256: as many of `to` as it has bits are written, perhaps more.
    #[inline(always)]
    fn pack_eight(values: [&[i32; 4]; 2], mask: u32, to: &mut [MaybeUninit<i32>; 8]) {
        pack_by_fours::<Self>(values, mask, to);
    }

    /// Adds 1 to each of `counts` whose value is more than `than`.
    #[inline(always)]
    fn count_more<const N: usize>(counts: &mut [[u32; 8]; N], values: &[[i32; 8]; N], than: i32) {
        for (count, value) in counts.as_flattened_mut().iter_mut().zip(values.as_flattened()) {
            *count += u32::from(*value > than);
        }
    }

    /// The sum (0 + 1) + (2 + 3) of the lanes.
    #[inline(always)]
    fn total(self) -> f64 {
        let [a, b, c, d] = self.store();
        (a + b) + (c + d)
    }
}

#[inline(always)]
fn near_by_fours<V: Lanes>(x: [&[f64; 4]; 2], y: [&[f64; 4]; 2], point: (V, V), limits: (V, V)) -> (u32, u32) {
    let mut masks = (0, 0);
    for i in 0..2 {
        let (dx, dy) = (V::load(x[i]).sub(point.0), V::load(y[i]).sub(point.1));
        let squares = dx.mul(dx).add(dy.mul(dy));
        masks.0 |= squares.at_most(limits.0) << (4 * i);
        masks.1 |= squares.at_most(limits.1) << (4 * i);
    }
    masks
}

#[inline(always)]
fn pack_by_fours<V: Lanes>(values: [&[i32; 4]; 2], mask: u32, to: &mut [MaybeUninit<i32>; 8]) {
    let mut start = 0;
    for (values, mask) in [(values[0], mask & 15), (values[1], mask >> 4)] {
        for (to, value) in to[start..start + 4].iter_mut().zip(V::pack(values, mask)) {
            to.write(value);
        }
        start = mask.count_ones().min(4) as usize;
    }
}

/// The bits of the first `count` lanes; all four where there are more.
#[inline(always)]
pub(crate) fn first_lanes(count: usize) -> u32 {
    (1 << count.min(4)) - 1
}

/// Asks for the cache line of `values[at]`, if there is one, before it is needed.
#[inline(always)]
pub(crate) fn prefetch<T>(values: &[T], at: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86-64 has SSE, and a prefetch reads nothing, wherever it points.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(values.as_ptr().wrapping_add(at).cast()) };
    }
    #[cfg(target_arch = "aarch64")]
    {
        let address = values.as_ptr().wrapping_add(at);
        // SAFETY: a prefetch reads nothing, wherever it points, and changes nothing that a program sees.
        unsafe {
            std::arch::asm!("prfm pldl1keep, [{}]", in(reg) address, options(nostack, preserves_flags, readonly))
        };
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = (values, at);
}

/// Work that is compiled for every level.
pub(crate) trait Task {
    type Output;

    /// Whether it takes eight numbers at a time somewhere. Nothing else was ever faster for AVX-512, and gets no code for it.
    const HAS_EIGHTS: bool = false;

    /// Implementations are `#[inline(always)]`, as is what they call in their inner loops, so that the level's
    /// instructions reach them.
    fn run<V: Lanes>(self) -> Self::Output;
}

/// Runs `task` with the instructions of `level`.
#[inline]
pub(crate) fn dispatch<T: Task>(level: Level, task: T) -> T::Output {
    match level {
        Level::Scalar => task.run::<scalar::Scalar>(),
        #[cfg(target_arch = "aarch64")]
        Level::Neon => neon::run(task),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 if T::HAS_EIGHTS => {
            assert!(avx::has_avx512(), "this machine has no AVX-512");
            // SAFETY: the line above saw that this machine has what `run_avx512` is compiled for.
            unsafe { avx::run_avx512(task) }
        }
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 | Level::Avx512 => {
            assert!(avx::has_avx2(), "this machine has no AVX2");
            // SAFETY: as above.
            unsafe { avx::run_avx2(task) }
        }
    }
}

impl Number for f64 {
    #[inline(always)]
    fn splat(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self + other
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self - other
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self * other
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self / other
    }
    #[inline(always)]
    fn abs(self) -> Self {
        f64::abs(self)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    #[inline(always)]
    fn floor(self) -> Self {
        f64::floor(self)
    }
}

/// For every mask the places of its bits, in order.
const PACKED: [[usize; 4]; 16] = {
    let mut table = [[0; 4]; 16];
    let mut mask = 0;
    while mask < 16 {
        let (mut place, mut bit) = (0, 0);
        while bit < 4 {
            if mask >> bit & 1 == 1 {
                table[mask][place] = bit;
                place += 1;
            }
            bit += 1;
        }
        mask += 1;
    }
    table
};

/// [`PACKED`] as places of bytes.
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
const SHUFFLES: [[u8; 16]; 16] = {
    let mut table = [[0; 16]; 16];
    let mut i = 0;
    while i < 16 * 16 {
        let (mask, byte) = (i / 16, i % 16);
        table[mask][byte] = (4 * PACKED[mask][byte / 4] + byte % 4) as u8;
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    struct Everything([f64; 4], [f64; 4]);

    impl Task for Everything {
        type Output = Vec<u64>;

        const HAS_EIGHTS: bool = true;

        #[inline(always)]
        fn run<V: Lanes>(self) -> Vec<u64> {
            let (a, b) = (V::load(&self.0), V::load(&self.1));
            let all = [
                a.add(b),
                a.sub(b),
                a.mul(b),
                a.div(b),
                a.abs(),
                a.abs().sqrt(),
                a.floor(),
                a.min(b),
                a.max(b),
                a.shift(b),
                V::splat(self.0[2]),
            ];
            let fronts = (0..=6).map(|at| V::load_at(&self.0[..], at, 7.0));
            let pairs = [self.0, self.1].concat();
            let pairs = pairs.as_chunks().0;
            let whole = [a.interleave(b), V::load_pairs(pairs.first_chunk().unwrap())];
            let pairs = (0..=6).map(|at| V::load_pairs_at(pairs, at, (7.0, 8.0)));
            let fronts = fronts.chain(whole.into_iter().chain(pairs).flat_map(|(a, b)| [a, b]));
            let mut bits: Vec<u64> = all.into_iter().chain(fronts).flat_map(|v| v.store()).map(canonical).collect();
            let is_nan = (0..4).filter(|&i| self.0[i].is_nan()).map(|i| 1 << i).sum::<u32>();
            bits.extend([a.at_most(b), a.signs() & !is_nan].map(u64::from));
            let whole = a.max(V::splat(0.0)).min(V::splat(f64::from(i32::MAX))).whole();
            bits.extend(whole.map(u64::from));
            let packed = (0..16u32).map(|mask| (mask, V::pack(&[7, 8, 9, 10], mask)));
            bits.extend(packed.flat_map(|(mask, p)| (0..mask.count_ones() as usize).map(move |i| p[i] as u64)));
            let near = V::near([&self.0, &self.1], [&self.1, &self.0], (a, V::splat(1.0)), (b, V::splat(4.0)));
            bits.extend([near.0, near.1].map(u64::from));
            for mask in 0..256u32 {
                let mut eight = [const { MaybeUninit::new(0) }; 8];
                V::pack_eight([&[7, 8, 9, 10], &[11, 12, 13, 14]], mask, &mut eight);
                // SAFETY: they were zeros before anything was written.
                bits.extend(
                    eight[..mask.count_ones() as usize].iter().map(|value| unsafe { value.assume_init() } as u64),
                );
            }
            let mut counts = [[5; 8], [6; 8], [7; 8]];
            let values = [7, -8, 9, i32::MIN, i32::MAX, 8, 0, 10];
            V::count_more(&mut counts, &[values, [8; 8], values], 8);
            bits.extend(counts.as_flattened().iter().map(|&count| u64::from(count)));
            bits.push(canonical(a.total()));
            bits
        }
    }

    /// NaNs are alike: which payload comes out is not ours to promise.
    fn canonical(value: f64) -> u64 {
        if value.is_nan() { u64::MAX } else { value.to_bits() }
    }

    #[test]
    fn every_level_computes_the_same() {
        let odd = [0.0, -0.0, 1.0, -2.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 5e-324, 1e308];
        for shift in 0..odd.len() {
            let pick = |by: usize| std::array::from_fn(|i| odd[(i * by + shift) % odd.len()]);
            for by in 1..5 {
                let run = |level| dispatch(level, Everything(pick(by), pick(1)));
                for level in Level::all() {
                    assert_eq!(run(Level::Scalar), run(level), "{level:?}");
                }
            }
        }
    }
}
