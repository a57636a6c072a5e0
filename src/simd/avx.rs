//! AVX2 and AVX-512: four numbers in one register, and with the latter eight where an algorithm takes so many.

use std::arch::x86_64::*;
use std::is_x86_feature_detected as has;
use std::mem::MaybeUninit;

use super::{Lanes, Number, SHUFFLES, Task, near_by_fours, pack_by_fours};

/// AVX2 and the bit instructions that came with it (Haswell, Zen and later).
#[inline]
pub(super) fn has_avx2() -> bool {
    has!("avx2") && has!("popcnt") && has!("bmi1") && has!("bmi2") && has!("lzcnt")
}

/// AVX-512 as all have it that have more than its foundation (Skylake's servers, Zen 4 and later).
#[inline]
pub(super) fn has_avx512() -> bool {
    has_avx2() && has!("avx512f") && has!("avx512vl") && has!("avx512dq") && has!("avx512bw")
}

// Not inlined where one task dispatches another, which it does to keep rare work out of its loop.
#[inline(never)]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2,lzcnt")]
pub(super) fn run_avx2<T: Task>(task: T) -> T::Output {
    task.run::<Avx<false>>()
}

/// [`run_avx2`] with AVX-512.
#[inline(never)]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2,lzcnt,avx512f,avx512vl,avx512dq,avx512bw")]
pub(super) fn run_avx512<T: Task>(task: T) -> T::Output {
    task.run::<Avx<true>>()
}

/// Four numbers in one register. Values of this type exist only below the two functions above, those with `HAS_512` below the latter.
#[derive(Clone, Copy)]
struct Avx<const HAS_512: bool>(__m256d);

// SAFETY (of every block in the two impls below): only the two functions above name this type, each for what it is compiled for, and
// what needs AVX-512 stands where `HAS_512` is. What is loaded and stored are arrays of the length that the instructions ask for; of
// `count_more`, two of N that follow each other, as 2i + 1 < N.
#[allow(clippy::undocumented_unsafe_blocks)]
impl<const HAS_512: bool> Number for Avx<HAS_512> {
    #[inline(always)]
    fn splat(value: f64) -> Self {
        Avx(unsafe { _mm256_set1_pd(value) })
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Avx(unsafe { _mm256_add_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Avx(unsafe { _mm256_sub_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Avx(unsafe { _mm256_mul_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Avx(unsafe { _mm256_div_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Avx(unsafe { _mm256_andnot_pd(_mm256_set1_pd(-0.0), self.0) })
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Avx(unsafe { _mm256_sqrt_pd(self.0) })
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Avx(unsafe { _mm256_floor_pd(self.0) })
    }
}

#[allow(clippy::undocumented_unsafe_blocks)]
impl<const HAS_512: bool> Lanes for Avx<HAS_512> {
    #[inline(always)]
    fn load(from: &[f64; 4]) -> Self {
        Avx(unsafe { _mm256_loadu_pd(from.as_ptr()) })
    }
    #[inline(always)]
    fn load_at(from: &[f64], at: usize, fill: f64) -> Self {
        let start = from.as_ptr().wrapping_add(at);
        // Lanes that are masked out are not read.
        unsafe {
            let fill = _mm256_set1_pd(fill);
            let left = _mm256_set1_epi64x(from.len() as i64 - at as i64);
            let inside = _mm256_cmpgt_epi64(left, _mm256_setr_epi64x(0, 1, 2, 3));
            Avx(_mm256_blendv_pd(fill, _mm256_maskload_pd(start, inside), _mm256_castsi256_pd(inside)))
        }
    }
    #[inline(always)]
    fn load_pairs(from: &[[f64; 2]; 4]) -> (Self, Self) {
        unsafe {
            let [a, b, c, d] = from;
            let (a, b) = (_mm_loadu_pd(a.as_ptr()), _mm_loadu_pd(b.as_ptr()));
            let (c, d) = (_mm_loadu_pd(c.as_ptr()), _mm_loadu_pd(d.as_ptr()));
            Avx(_mm256_set_m128d(c, a)).interleave(Avx(_mm256_set_m128d(d, b)))
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
            let even = Avx(_mm256_permute2f128_pd::<0x20>(front, back));
            even.interleave(Avx(_mm256_permute2f128_pd::<0x31>(front, back)))
        }
    }
    #[inline(always)]
    fn interleave(self, other: Self) -> (Self, Self) {
        unsafe { (Avx(_mm256_unpacklo_pd(self.0, other.0)), Avx(_mm256_unpackhi_pd(self.0, other.0))) }
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
            Avx(_mm256_shuffle_pd::<0b0101>(self.0, middle))
        }
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Avx(unsafe { _mm256_min_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Avx(unsafe { _mm256_max_pd(self.0, other.0) })
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
    fn near(x: [&[f64; 4]; 2], y: [&[f64; 4]; 2], point: (Self, Self), limits: (Self, Self)) -> (u32, u32) {
        if !HAS_512 {
            return near_by_fours(x, y, point, limits);
        }
        unsafe {
            let dx = _mm512_sub_pd(both(Self::load(x[0]), Self::load(x[1])), both(point.0, point.0));
            let dy = _mm512_sub_pd(both(Self::load(y[0]), Self::load(y[1])), both(point.1, point.1));
            let squares = _mm512_add_pd(_mm512_mul_pd(dx, dx), _mm512_mul_pd(dy, dy));
            let outer = _mm512_cmp_pd_mask::<_CMP_LE_OQ>(squares, both(limits.0, limits.0));
            let inner = _mm512_cmp_pd_mask::<_CMP_LE_OQ>(squares, both(limits.1, limits.1));
            (outer.into(), inner.into())
        }
    }
    #[inline(always)]
    fn pack_eight(values: [&[i32; 4]; 2], mask: u32, to: &mut [MaybeUninit<i32>; 8]) {
        if !HAS_512 {
            return pack_by_fours::<Self>(values, mask, to);
        }
        unsafe {
            let front = _mm_loadu_si128(values[0].as_ptr().cast());
            let back = _mm_loadu_si128(values[1].as_ptr().cast());
            let packed = _mm256_maskz_compress_epi32(mask as __mmask8, _mm256_set_m128i(back, front));
            _mm256_storeu_si256(to.as_mut_ptr().cast(), packed);
        }
    }
    #[inline(always)]
    fn count_more<const N: usize>(counts: &mut [[u32; 8]; N], values: &[[i32; 8]; N], than: i32) {
        let sixteens = if HAS_512 { N / 2 } else { 0 };
        for i in 0..sixteens {
            unsafe {
                let (values, counts) = (values.as_ptr().add(2 * i).cast(), counts.as_mut_ptr().add(2 * i).cast());
                let is_more = _mm512_cmpgt_epi32_mask(_mm512_loadu_si512(values), _mm512_set1_epi32(than));
                let before = _mm512_loadu_si512(counts);
                _mm512_storeu_si512(counts, _mm512_mask_add_epi32(before, is_more, before, _mm512_set1_epi32(1)));
            }
        }
        for i in 2 * sixteens..N {
            let (values, counts) = (values[i].as_ptr().cast(), counts[i].as_mut_ptr().cast());
            unsafe {
                let is_more = _mm256_cmpgt_epi32(_mm256_loadu_si256(values), _mm256_set1_epi32(than));
                _mm256_storeu_si256(counts, _mm256_sub_epi32(_mm256_loadu_si256(counts), is_more));
            }
        }
    }
}

/// Eight numbers in one register.
///
/// # Safety
/// Below [`run_avx512`].
#[inline(always)]
unsafe fn both<const HAS_512: bool>(front: Avx<HAS_512>, back: Avx<HAS_512>) -> __m512d {
    // SAFETY: as above.
    unsafe { _mm512_insertf64x4::<1>(_mm512_castpd256_pd512(front.0), back.0) }
}
