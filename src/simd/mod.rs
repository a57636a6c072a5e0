//! Four `f64` at a time, on whatever the machine has.
//!
//! An algorithm is written once over `Lanes` and compiled once per [`Level`]; `dispatch` picks the level at run time.
//! Every level does the same IEEE operations on the same lanes in the same order (no fused multiply-add, no reassociation),
//! so results are identical on all of them.

#[cfg(target_arch = "x86_64")]
mod avx2;
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
}

impl Level {
    /// The levels of this machine, the best first.
    pub fn all() -> impl Iterator<Item = Level> {
        let levels = [
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
            Level::Avx2 => avx2::is_here(),
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

    /// Adds 1 to each of `counts` whose value is more than `than`.
    #[inline(always)]
    fn count_more(counts: &mut [u32; 8], values: &[i32; 8], than: i32) {
        for (count, value) in counts.iter_mut().zip(values) {
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
        Level::Avx2 => {
            assert!(avx2::is_here(), "this machine has no AVX2");
            // SAFETY: the line above saw that this machine has what `avx2::run` is compiled for.
            unsafe { avx2::run(task) }
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
            let mut counts = [5; 8];
            V::count_more(&mut counts, &[7, -8, 9, i32::MIN, i32::MAX, 8, 0, 10], 8);
            bits.extend(counts.map(u64::from));
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
