//! Four `f64` at a time, on whatever the machine has.
//!
//! An algorithm is written once over `Lanes` and compiled once per [`Level`]; `dispatch` picks the level at run time.
//! Every level does the same IEEE operations on the same lanes in the same order (no fused multiply-add, no reassociation),
//! so results are identical on all of them.

/// Which instructions a call may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Portable code, the reference.
    Scalar,
    /// 256-bit AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Level {
    /// The best level of this machine.
    #[inline]
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if x86::has_avx2() {
            return Level::Avx2;
        }
        Level::Scalar
    }

    /// Its name, as `pf_simd` gives it.
    pub fn name(self) -> &'static str {
        match self {
            Level::Scalar => "scalar",
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
    #[cfg(not(target_arch = "x86_64"))]
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
        Level::Scalar => task.run::<Portable>(),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => {
            assert!(x86::has_avx2(), "this machine has no AVX2");
            // SAFETY: the line above saw that this machine has what `run_avx2` is compiled for.
            unsafe { x86::run_avx2(task) }
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

/// Four numbers as an array.
#[derive(Clone, Copy)]
pub(crate) struct Portable([f64; 4]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, op: impl Fn(f64, f64) -> f64) -> Self {
        Portable(std::array::from_fn(|i| op(self.0[i], other.0[i])))
    }
}

impl Number for Portable {
    #[inline(always)]
    fn splat(value: f64) -> Self {
        Portable([value; 4])
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Portable(self.0.map(f64::abs))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Portable(self.0.map(f64::sqrt))
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Portable(self.0.map(f64::floor))
    }
}

impl Lanes for Portable {
    #[inline(always)]
    fn load(from: &[f64; 4]) -> Self {
        Portable(*from)
    }
    #[inline(always)]
    fn load_at(from: &[f64], at: usize, fill: f64) -> Self {
        Portable(std::array::from_fn(|i| from.get(at + i).copied().unwrap_or(fill)))
    }
    #[inline(always)]
    fn load_pairs(from: &[[f64; 2]; 4]) -> (Self, Self) {
        (Portable(from.map(|pair| pair[0])), Portable(from.map(|pair| pair[1])))
    }
    #[inline(always)]
    fn load_pairs_at(from: &[[f64; 2]], at: usize, fill: (f64, f64)) -> (Self, Self) {
        Self::load_pairs(&std::array::from_fn(|i| from.get(at + i).copied().unwrap_or(fill.into())))
    }
    #[inline(always)]
    fn store(self) -> [f64; 4] {
        self.0
    }
    #[inline(always)]
    fn whole(self) -> [u32; 4] {
        self.0.map(|value| value as u32)
    }
    #[inline(always)]
    fn signs(self) -> u32 {
        self.0.iter().enumerate().fold(0, |bits, (i, v)| bits | u32::from(v.is_sign_negative()) << i)
    }
    #[inline(always)]
    fn interleave(self, other: Self) -> (Self, Self) {
        let (a, b) = (self.0, other.0);
        (Portable([a[0], b[0], a[2], b[2]]), Portable([a[1], b[1], a[3], b[3]]))
    }
    #[inline(always)]
    fn shift(self, next: Self) -> Self {
        Portable([self.0[1], self.0[2], self.0[3], next.0[0]])
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn at_most(self, other: Self) -> u32 {
        let bit = |i: usize| u32::from(self.0[i] <= other.0[i]) << i;
        bit(0) | bit(1) | bit(2) | bit(3)
    }
    #[inline(always)]
    fn pack(values: &[i32; 4], mask: u32) -> [i32; 4] {
        let order = PACKED[mask as usize];
        [values[order[0]], values[order[1]], values[order[2]], values[order[3]]]
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

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{Lanes, Number, PACKED, Task};

    /// [`PACKED`] as byte shuffles.
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

    /// AVX2 and the bit instructions that came with it (Haswell, Zen and later).
    #[inline]
    pub(super) fn has_avx2() -> bool {
        use std::is_x86_feature_detected as has;
        has!("avx2") && has!("popcnt") && has!("bmi1") && has!("bmi2") && has!("lzcnt")
    }

    // Not inlined where one task dispatches another, which it does to keep rare work out of its loop.
    #[inline(never)]
    #[target_feature(enable = "avx2,popcnt,bmi1,bmi2,lzcnt")]
    pub(super) fn run_avx2<T: Task>(task: T) -> T::Output {
        task.run::<Avx2>()
    }

    /// Four numbers in one register. Values of this type exist only below [`run_avx2`].
    #[derive(Clone, Copy)]
    pub(super) struct Avx2(__m256d);

    // SAFETY (of every block in the two impls below): the intrinsics need AVX2, and only `run_avx2` names this type.
    #[allow(clippy::undocumented_unsafe_blocks)]
    impl Number for Avx2 {
        #[inline(always)]
        fn splat(value: f64) -> Self {
            Avx2(unsafe { _mm256_set1_pd(value) })
        }
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            Avx2(unsafe { _mm256_add_pd(self.0, other.0) })
        }
        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            Avx2(unsafe { _mm256_sub_pd(self.0, other.0) })
        }
        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            Avx2(unsafe { _mm256_mul_pd(self.0, other.0) })
        }
        #[inline(always)]
        fn div(self, other: Self) -> Self {
            Avx2(unsafe { _mm256_div_pd(self.0, other.0) })
        }
        #[inline(always)]
        fn abs(self) -> Self {
            Avx2(unsafe { _mm256_andnot_pd(_mm256_set1_pd(-0.0), self.0) })
        }
        #[inline(always)]
        fn sqrt(self) -> Self {
            Avx2(unsafe { _mm256_sqrt_pd(self.0) })
        }
        #[inline(always)]
        fn floor(self) -> Self {
            Avx2(unsafe { _mm256_floor_pd(self.0) })
        }
    }

    #[allow(clippy::undocumented_unsafe_blocks)]
    impl Lanes for Avx2 {
        #[inline(always)]
        fn load(from: &[f64; 4]) -> Self {
            Avx2(unsafe { _mm256_loadu_pd(from.as_ptr()) })
        }
        #[inline(always)]
        fn load_at(from: &[f64], at: usize, fill: f64) -> Self {
            unsafe {
                let left = _mm256_set1_epi64x(from.len() as i64 - at as i64);
                let inside = _mm256_cmpgt_epi64(left, _mm256_setr_epi64x(0, 1, 2, 3));
                // Lanes that are masked out are not read.
                let loaded = _mm256_maskload_pd(from.as_ptr().wrapping_add(at), inside);
                Avx2(_mm256_blendv_pd(_mm256_set1_pd(fill), loaded, _mm256_castsi256_pd(inside)))
            }
        }
        #[inline(always)]
        fn load_pairs(from: &[[f64; 2]; 4]) -> (Self, Self) {
            unsafe {
                let [a, b, c, d] = from;
                let (a, b) = (_mm_loadu_pd(a.as_ptr()), _mm_loadu_pd(b.as_ptr()));
                let (c, d) = (_mm_loadu_pd(c.as_ptr()), _mm_loadu_pd(d.as_ptr()));
                Avx2(_mm256_set_m128d(c, a)).interleave(Avx2(_mm256_set_m128d(d, b)))
            }
        }
        #[inline(always)]
        fn load_pairs_at(from: &[[f64; 2]], at: usize, fill: (f64, f64)) -> (Self, Self) {
            unsafe {
                let left = _mm256_set1_epi64x(from.len() as i64 - at as i64);
                let fill = _mm256_setr_pd(fill.0, fill.1, fill.0, fill.1);
                let start = from.as_ptr().wrapping_add(at).cast::<f64>();
                let front_inside = _mm256_cmpgt_epi64(left, _mm256_setr_epi64x(0, 0, 1, 1));
                let back_inside = _mm256_cmpgt_epi64(left, _mm256_setr_epi64x(2, 2, 3, 3));
                // Lanes that are masked out are not read.
                let front = _mm256_maskload_pd(start, front_inside);
                let back = _mm256_maskload_pd(start.wrapping_add(4), back_inside);
                let front = _mm256_blendv_pd(fill, front, _mm256_castsi256_pd(front_inside));
                let back = _mm256_blendv_pd(fill, back, _mm256_castsi256_pd(back_inside));
                let even = Avx2(_mm256_permute2f128_pd::<0x20>(front, back));
                even.interleave(Avx2(_mm256_permute2f128_pd::<0x31>(front, back)))
            }
        }
        #[inline(always)]
        fn interleave(self, other: Self) -> (Self, Self) {
            unsafe { (Avx2(_mm256_unpacklo_pd(self.0, other.0)), Avx2(_mm256_unpackhi_pd(self.0, other.0))) }
        }
        #[inline(always)]
        fn signs(self) -> u32 {
            unsafe { _mm256_movemask_pd(self.0) as u32 }
        }
        #[inline(always)]
        fn store(self) -> [f64; 4] {
            let mut to = [0.0; 4];
            unsafe { _mm256_storeu_pd(to.as_mut_ptr(), self.0) };
            to
        }
        #[inline(always)]
        fn whole(self) -> [u32; 4] {
            let mut out = [0u32; 4];
            unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), _mm256_cvttpd_epi32(self.0)) };
            out
        }
        #[inline(always)]
        fn shift(self, next: Self) -> Self {
            unsafe {
                let middle = _mm256_permute2f128_pd::<0x21>(self.0, next.0);
                Avx2(_mm256_shuffle_pd::<0b0101>(self.0, middle))
            }
        }
        #[inline(always)]
        fn min(self, other: Self) -> Self {
            Avx2(unsafe { _mm256_min_pd(self.0, other.0) })
        }
        #[inline(always)]
        fn max(self, other: Self) -> Self {
            Avx2(unsafe { _mm256_max_pd(self.0, other.0) })
        }
        #[inline(always)]
        fn at_most(self, other: Self) -> u32 {
            unsafe { _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_LE_OQ>(self.0, other.0)) as u32 }
        }
        #[inline(always)]
        fn pack(values: &[i32; 4], mask: u32) -> [i32; 4] {
            let mut packed = [0; 4];
            unsafe {
                let shuffle = _mm_loadu_si128(SHUFFLES[mask as usize].as_ptr().cast());
                let moved = _mm_shuffle_epi8(_mm_loadu_si128(values.as_ptr().cast()), shuffle);
                _mm_storeu_si128(packed.as_mut_ptr().cast(), moved);
            }
            packed
        }
    }
}

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
            let packed = (0..16u32).map(|mask| (mask, V::pack(&[7, 8, 9, 10], mask)));
            bits.extend(packed.flat_map(|(mask, p)| (0..mask.count_ones() as usize).map(move |i| p[i] as u64)));
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
                assert_eq!(run(Level::Scalar), run(Level::detect()));
            }
        }
    }
}
