//! NEON: four numbers in two registers.

use std::arch::aarch64::*;

use super::{Lanes, Number, SHUFFLES, Task};

// Not inlined where one task dispatches another, which it does to keep rare work out of its loop.
#[inline(never)]
pub(super) fn run<T: Task>(task: T) -> T::Output {
    task.run::<Neon>()
}

/// Lanes 0 and 1, lanes 2 and 3.
#[derive(Clone, Copy)]
pub(super) struct Neon(float64x2_t, float64x2_t);

/// Bit i is set where lane i of the masks is.
#[inline(always)]
fn bits(low: uint64x2_t, high: uint64x2_t) -> u32 {
    // SAFETY: every 64-bit ARM that has a standard library has NEON; the arrays are as long as the loads.
    unsafe {
        let (ones, fours) = (vld1q_u64([1, 2].as_ptr()), vld1q_u64([4, 8].as_ptr()));
        vaddvq_u64(vorrq_u64(vandq_u64(low, ones), vandq_u64(high, fours))) as u32
    }
}

// SAFETY (of every block in the two impls below): every 64-bit ARM that has a standard library has NEON; what is loaded and
// stored are arrays of the length that the instructions ask for.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Number for Neon {
    #[inline(always)]
    fn splat(value: f64) -> Self {
        let both = unsafe { vdupq_n_f64(value) };
        Neon(both, both)
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        unsafe { Neon(vaddq_f64(self.0, other.0), vaddq_f64(self.1, other.1)) }
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        unsafe { Neon(vsubq_f64(self.0, other.0), vsubq_f64(self.1, other.1)) }
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        unsafe { Neon(vmulq_f64(self.0, other.0), vmulq_f64(self.1, other.1)) }
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        unsafe { Neon(vdivq_f64(self.0, other.0), vdivq_f64(self.1, other.1)) }
    }
    #[inline(always)]
    fn abs(self) -> Self {
        unsafe { Neon(vabsq_f64(self.0), vabsq_f64(self.1)) }
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        unsafe { Neon(vsqrtq_f64(self.0), vsqrtq_f64(self.1)) }
    }
    #[inline(always)]
    fn floor(self) -> Self {
        unsafe { Neon(vrndmq_f64(self.0), vrndmq_f64(self.1)) }
    }
}

#[allow(clippy::undocumented_unsafe_blocks)]
impl Lanes for Neon {
    #[inline(always)]
    fn load(from: &[f64; 4]) -> Self {
        let (pairs, _) = from.as_chunks::<2>();
        unsafe { Neon(vld1q_f64(pairs[0].as_ptr()), vld1q_f64(pairs[1].as_ptr())) }
    }
    #[inline(always)]
    fn load_at(from: &[f64], at: usize, fill: f64) -> Self {
        match from.get(at..).and_then(|rest| rest.first_chunk()) {
            Some(whole) => Self::load(whole),
            None => Self::load(&std::array::from_fn(|i| from.get(at + i).copied().unwrap_or(fill))),
        }
    }
    #[inline(always)]
    fn load_pairs(from: &[[f64; 2]; 4]) -> (Self, Self) {
        let [a, b, c, d] = from;
        unsafe {
            let (a, b, c, d) =
                (vld1q_f64(a.as_ptr()), vld1q_f64(b.as_ptr()), vld1q_f64(c.as_ptr()), vld1q_f64(d.as_ptr()));
            (Neon(vtrn1q_f64(a, b), vtrn1q_f64(c, d)), Neon(vtrn2q_f64(a, b), vtrn2q_f64(c, d)))
        }
    }
    #[inline(always)]
    fn load_pairs_at(from: &[[f64; 2]], at: usize, fill: (f64, f64)) -> (Self, Self) {
        match from.get(at..).and_then(|rest| rest.first_chunk()) {
            Some(whole) => Self::load_pairs(whole),
            None => Self::load_pairs(&std::array::from_fn(|i| from.get(at + i).copied().unwrap_or(fill.into()))),
        }
    }
    #[inline(always)]
    fn whole(self) -> [u32; 4] {
        let mut to = [0; 4];
        unsafe {
            let (low, high) = (vcvtq_u64_f64(self.0), vcvtq_u64_f64(self.1));
            vst1q_u32(to.as_mut_ptr(), vcombine_u32(vmovn_u64(low), vmovn_u64(high)));
        }
        to
    }
    #[inline(always)]
    fn store(self) -> [f64; 4] {
        let mut to = [[0.0; 2]; 2];
        unsafe {
            vst1q_f64(to[0].as_mut_ptr(), self.0);
            vst1q_f64(to[1].as_mut_ptr(), self.1);
        }
        let [[a, b], [c, d]] = to;
        [a, b, c, d]
    }
    #[inline(always)]
    fn interleave(self, other: Self) -> (Self, Self) {
        unsafe {
            let even = Neon(vtrn1q_f64(self.0, other.0), vtrn1q_f64(self.1, other.1));
            (even, Neon(vtrn2q_f64(self.0, other.0), vtrn2q_f64(self.1, other.1)))
        }
    }
    #[inline(always)]
    fn shift(self, next: Self) -> Self {
        unsafe { Neon(vextq_f64::<1>(self.0, self.1), vextq_f64::<1>(self.1, next.0)) }
    }
    // The instructions named so differ in zeros and NaN.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        unsafe {
            let low = vbslq_f64(vcltq_f64(self.0, other.0), self.0, other.0);
            Neon(low, vbslq_f64(vcltq_f64(self.1, other.1), self.1, other.1))
        }
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        unsafe {
            let low = vbslq_f64(vcgtq_f64(self.0, other.0), self.0, other.0);
            Neon(low, vbslq_f64(vcgtq_f64(self.1, other.1), self.1, other.1))
        }
    }
    #[inline(always)]
    fn at_most(self, other: Self) -> u32 {
        unsafe { bits(vcleq_f64(self.0, other.0), vcleq_f64(self.1, other.1)) }
    }
    #[inline(always)]
    fn signs(self) -> u32 {
        unsafe { bits(vcltzq_s64(vreinterpretq_s64_f64(self.0)), vcltzq_s64(vreinterpretq_s64_f64(self.1))) }
    }
    #[inline(always)]
    fn pack(values: &[i32; 4], mask: u32) -> [i32; 4] {
        let mut packed = [0; 4];
        unsafe {
            let places = vld1q_u8(SHUFFLES[mask as usize].as_ptr());
            let moved = vqtbl1q_u8(vld1q_u8(values.as_ptr().cast()), places);
            vst1q_u8(packed.as_mut_ptr().cast(), moved);
        }
        packed
    }
}
