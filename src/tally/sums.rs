//! Exact sums of doubles, one for each of many rows.
//!
//! A sum is an integer of a few 64-bit digits, in two's complement, in a unit that all rows share; so it does not depend on the order
//! of what was added. There are as many digits as the values need: three where they are alike, 35 for any doubles at all.

use crate::error::Result;
use crate::memory::vec_filled;

const BITS: i32 = u64::BITS as i32;

/// The bits of some values: none of them has one below `low` or above `high`. The default has none at all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reach {
    low: i32,
    high: i32,
}

impl Default for Reach {
    fn default() -> Self {
        Reach { low: i32::MAX, high: i32::MIN }
    }
}

impl Reach {
    /// Takes in a finite value.
    #[inline(always)]
    pub(crate) fn add(&mut self, value: f64) {
        let (mantissa, exponent) = parts(value);
        if mantissa != 0 {
            self.low = self.low.min(exponent);
            self.high = self.high.max(exponent + mantissa.ilog2() as i32);
        }
    }

    pub(crate) fn and(self, other: Reach) -> Reach {
        Reach { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// The first digit that 2^64 values of this reach need for their sum and its sign, and how many.
    fn digits(self) -> (i32, usize) {
        if self.low > self.high {
            return (0, 0);
        }
        let (first, end) = (self.low.div_euclid(BITS), (self.high + BITS + 1).div_euclid(BITS) + 1);
        (first, (end - first) as usize)
    }
}

/// |value| = mantissa * 2^exponent, for an odd mantissa; 0 has the mantissa 0.
#[inline(always)]
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) };
    let zeros = if mantissa == 0 { 0 } else { mantissa.trailing_zeros() };
    (mantissa >> zeros, exponent + zeros as i32)
}

/// Sums of as many rows as there are.
#[derive(Debug)]
pub(crate) struct Sums {
    reach: Reach,
    /// What digit 0 of each row counts: 2^(64 first).
    first: i32,
    /// Digits of each row, from the lowest up.
    width: usize,
    digits: Vec<u64>,
}

impl Sums {
    /// Zeros, to which values within `reach` can be added.
    pub(crate) fn new(rows: usize, reach: Reach) -> Result<Self> {
        let (first, width) = reach.digits();
        Ok(Sums { reach, first, width, digits: vec_filled(0, rows * width)?.keep() })
    }

    pub(crate) fn reach(&self) -> Reach {
        self.reach
    }

    /// The same sums with room for values within `reach`, too.
    pub(crate) fn widened(&self, rows: usize, reach: Reach) -> Result<Option<Self>> {
        let reach = self.reach.and(reach);
        if reach.digits() == (self.first, self.width) {
            return Ok(None);
        }
        let mut wide = Sums::new(rows, reach)?;
        wide.merge(self);
        Ok(Some(wide))
    }

    /// Adds a finite value, which is within reach.
    #[inline(always)]
    pub(crate) fn add(&mut self, row: usize, value: f64) {
        let (mantissa, exponent) = parts(value);
        if mantissa == 0 {
            return;
        }
        let place = (exponent - BITS * self.first) as usize;
        let wide = i128::from(mantissa) << (place % 64);
        let wide = if value < 0.0 { -wide } else { wide };
        let digits = &mut self.digits[row * self.width..][..self.width];
        add(&mut digits[place / 64..], &[wide as u64, (wide >> 64) as u64]);
    }

    /// Adds the sums of other values, which are within reach.
    pub(crate) fn merge(&mut self, other: &Sums) {
        if other.width == 0 {
            return;
        }
        let skip = (other.first - self.first) as usize;
        let rows = self.digits.chunks_exact_mut(self.width).zip(other.digits.chunks_exact(other.width));
        rows.for_each(|(to, from)| add(&mut to[skip..], from));
    }

    /// A sum, rounded once.
    pub(crate) fn rounded(&self, row: usize) -> f64 {
        let digits = &self.digits[row * self.width..][..self.width];
        let Some(lowest) = digits.iter().position(|&digit| digit != 0) else { return 0.0 };
        let is_negative = is_negative(digits);
        let magnitude = |i: usize| match is_negative {
            true if i > lowest => !digits[i],
            true => digits[i].wrapping_neg(),
            false => digits[i],
        };
        let top = (lowest..self.width).rev().find(|&i| magnitude(i) != 0).unwrap_or(lowest);
        // Of these 128 bits at least 65 mean something: the last of them stands for all that follow.
        let below = if top > 0 { magnitude(top - 1) } else { 0 };
        let leading = u128::from(magnitude(top)) << 64 | u128::from(below) | u128::from(lowest + 1 < top);
        // What is so small that it is subnormal has no more bits than that, and is not rounded again.
        let exponent = BITS * (self.first + top as i32 - 1);
        let half = exponent / 2;
        let value = leading as f64 * power_of_two(half) * power_of_two(exponent - half);
        if is_negative { -value } else { value }
    }
}

/// Whether a number in two's complement is.
#[inline(always)]
fn is_negative(digits: &[u64]) -> bool {
    digits.last().is_some_and(|&digit| (digit as i64) < 0)
}

/// Adds a number in two's complement to another of as many digits or more.
#[inline(always)]
fn add(to: &mut [u64], from: &[u64]) {
    let (low, high) = to.split_at_mut(from.len());
    let mut carry = false;
    for (to, &from) in low.iter_mut().zip(from) {
        let (sum, first) = to.overflowing_add(from);
        let (sum, second) = sum.overflowing_add(carry.into());
        (*to, carry) = (sum, first || second);
    }
    let is_negative = is_negative(from);
    for to in high {
        // A carry and the sign of a negative number make nothing.
        if carry == is_negative {
            return;
        }
        let step = if carry { u64::overflowing_add } else { u64::overflowing_sub };
        let (sum, is_over) = step(*to, 1);
        (*to, carry) = (sum, is_over != is_negative);
    }
}

/// 2^exponent, a normal number.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    /// The sum of some values.
    fn sum(values: &[f64]) -> f64 {
        let mut reach = Reach::default();
        values.iter().for_each(|&value| reach.add(value));
        let mut sums = Sums::new(1, reach).unwrap();
        values.iter().for_each(|&value| sums.add(0, value));
        sums.rounded(0)
    }

    #[test]
    fn sums_are_rounded_once() {
        let (tiny, huge, half_ulp) = (f64::from_bits(1), f64::MAX, 2f64.powi(-53));
        let cases: [(&[f64], f64); 14] = [
            (&[], 0.0),
            (&[-0.0, 0.0], 0.0),
            (&[1.0, half_ulp], 1.0),
            (&[1.0, half_ulp, tiny], 1.0 + 2.0 * half_ulp),
            (&[1.0, 3.0 * half_ulp], 1.0 + 4.0 * half_ulp),
            (&[1.0, 3.0 * half_ulp, -tiny], 1.0 + 2.0 * half_ulp),
            (&[-1.0, -half_ulp, -tiny], -1.0 - 2.0 * half_ulp),
            (&[1e300, 1.0, -1e300], 1.0),
            (&[huge, huge, -huge], huge),
            (&[huge, huge], f64::INFINITY),
            (&[huge, -huge, -tiny], -tiny),
            (&[tiny, tiny, tiny], f64::from_bits(3)),
            (&[0.1; 10], 1.0),
            (&[-0.3; 4], -1.2),
        ];
        for (values, wanted) in cases {
            assert_eq!(sum(values).to_bits(), wanted.to_bits(), "{values:?}");
        }
    }

    /// A double of any exponent within `spread` of 0.
    fn any(random: &mut Random, spread: i32) -> f64 {
        let exponent = (random.below(2 * spread as usize) as i32 - spread).min(1000);
        (random.unit() - 0.5) * 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2)
    }

    #[test]
    fn sums_are_those_of_whole_numbers() {
        let mut random = Random(1);
        for round in 0..2000 {
            let unit = 2f64.powi(round % 900 - 450);
            let values: Vec<i64> =
                (0..random.below(40)).map(|_| random.bits() as i64 >> (11 + random.below(50))).collect();
            let wanted = values.iter().map(|&value| i128::from(value)).sum::<i128>() as f64 * unit;
            let values: Vec<f64> = values.iter().map(|&value| value as f64 * unit).collect();
            assert_eq!(sum(&values), wanted, "{values:?}");
        }
    }

    #[test]
    fn neither_order_nor_merging_nor_the_width_matters() {
        let mut random = Random(2);
        for spread in [1, 40, 300, 1070] {
            for _ in 0..200 {
                let mut values: Vec<f64> = (0..1 + random.below(60)).map(|_| any(&mut random, spread)).collect();
                let wanted = sum(&values);
                // Cut into two, the second of which is added in two steps, to sums that grow as they must.
                let cut = random.below(values.len() + 1);
                let mut parts: Vec<Sums> = Vec::new();
                for part in [&values[..cut], &values[cut..]] {
                    let mut sums = Sums::new(1, Reach::default()).unwrap();
                    for &value in part {
                        let mut reach = Reach::default();
                        reach.add(value);
                        sums = sums.widened(1, reach).unwrap().unwrap_or(sums);
                        sums.add(0, value);
                    }
                    parts.push(sums);
                }
                let [first, second] = &parts[..] else { unreachable!() };
                let mut both = first.widened(1, second.reach()).unwrap().unwrap_or_else(|| {
                    let mut same = Sums::new(1, first.reach()).unwrap();
                    same.merge(first);
                    same
                });
                both.merge(second);
                assert_eq!(both.rounded(0).to_bits(), wanted.to_bits());
                values.reverse();
                assert_eq!(sum(&values).to_bits(), wanted.to_bits());
                values.extend(values.clone().iter().map(|value| -value));
                assert_eq!(sum(&values).to_bits(), 0);
            }
        }
    }
}
