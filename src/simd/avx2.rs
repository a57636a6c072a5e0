//! AVX2: four numbers in one register.

use std::arch::x86_64::*;
use std::is_x86_feature_detected as has;

use super::{Lanes, Number, SHUFFLES, Task};

/// AVX2 and the bit instructions that came with it (Haswell, Zen and later).
#[inline]
pub(super) fn is_here() -> bool {
    has!("avx2") && has!("popcnt") && has!("bmi1") && has!("bmi2") && has!("lzcnt")
}

// Not inlined where one task dispatches another, which it does to keep rare work out of its loop.
#[inline(never)]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2,lzcnt")]
pub(super) fn run<T: Task>(task: T) -> T::Output {
    task.run::<Avx2>()
}

/// Four numbers in one register. Values of this type exist only below [`run`].
#[derive(Clone, Copy)]
pub(super) struct Avx2(__m256d);

// SAFETY (of every block in the two impls below): the intrinsics need AVX2, and only `run` names this type.
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
        let start = from.as_ptr().wrapping_add(at);
        // Lanes that are masked out are not read.
        unsafe {
            let fill = _mm256_set1_pd(fill);
            let left = _mm256_set1_epi64x(from.len() as i64 - at as i64);
            let inside = _mm256_cmpgt_epi64(left, _mm256_setr_epi64x(0, 1, 2, 3));
            Avx2(_mm256_blendv_pd(fill, _mm256_maskload_pd(start, inside), _mm256_castsi256_pd(inside)))
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
        let start = from.as_ptr().wrapping_add(at).cast::<f64>();
        let next = start.wrapping_add(4);
        // Lanes that are masked out are not read.
        unsafe {
            let fill = _mm256_setr_pd(fill.0, fill.1, fill.0, fill.1);
            let left = _mm256_set1_epi64x(from.len() as i64 - at as i64);
            let front_inside = _mm256_cmpgt_epi64(left, _mm256_setr_epi64x(0, 0, 1, 1));
            let back_inside = _mm256_cmpgt_epi64(left, _mm256_setr_epi64x(2, 2, 3, 3));
            let front = _mm256_maskload_pd(start, front_inside);
            let back = _mm256_maskload_pd(next, back_inside);
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
        let mut to = [0; 4];
        unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), _mm256_cvttpd_epi32(self.0)) };
        to
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
            let values = _mm_loadu_si128(values.as_ptr().cast());
            let places = _mm_loadu_si128(SHUFFLES[mask as usize].as_ptr().cast());
            let moved = _mm_shuffle_epi8(values, places);
            _mm_storeu_si128(packed.as_mut_ptr().cast(), moved);
        }
        packed
    }
    #[inline(always)]
    fn count_more(counts: &mut [u32; 8], values: &[i32; 8], than: i32) {
        unsafe {
            let is_more = _mm256_cmpgt_epi32(_mm256_loadu_si256(values.as_ptr().cast()), _mm256_set1_epi32(than));
            let before = _mm256_loadu_si256(counts.as_ptr().cast());
            _mm256_storeu_si256(counts.as_mut_ptr().cast(), _mm256_sub_epi32(before, is_more));
        }
    }
}
