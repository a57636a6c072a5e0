//! The level that needs nothing of the machine, and the reference for the others.

use super::{Lanes, Number, PACKED};

/// Four numbers as an array.
#[derive(Clone, Copy)]
pub(crate) struct Scalar([f64; 4]);

impl Scalar {
    #[inline(always)]
    fn zip(self, other: Self, op: impl Fn(f64, f64) -> f64) -> Self {
        Scalar(std::array::from_fn(|i| op(self.0[i], other.0[i])))
    }
}

impl Number for Scalar {
    #[inline(always)]
    fn splat(value: f64) -> Self {
        Scalar([value; 4])
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
        Scalar(self.0.map(f64::abs))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Scalar(self.0.map(f64::sqrt))
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Scalar(self.0.map(f64::floor))
    }
}

impl Lanes for Scalar {
    #[inline(always)]
    fn load(from: &[f64; 4]) -> Self {
        Scalar(*from)
    }
    #[inline(always)]
    fn load_at(from: &[f64], at: usize, fill: f64) -> Self {
        Scalar(std::array::from_fn(|i| from.get(at + i).copied().unwrap_or(fill)))
    }
    #[inline(always)]
    fn load_pairs(from: &[[f64; 2]; 4]) -> (Self, Self) {
        (Scalar(from.map(|pair| pair[0])), Scalar(from.map(|pair| pair[1])))
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
        (Scalar([a[0], b[0], a[2], b[2]]), Scalar([a[1], b[1], a[3], b[3]]))
    }
    #[inline(always)]
    fn shift(self, next: Self) -> Self {
        Scalar([self.0[1], self.0[2], self.0[3], next.0[0]])
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
