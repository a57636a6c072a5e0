//! Integers wide enough for any polynomial of degree four in finite doubles.

use std::cmp::Ordering;

/// 64-bit digits: a double is at most 2,098 bits in units of the smallest double, a difference one more; twice the sum of two
/// squares of products of two of these has at most 8,402.
const DIGITS: usize = 132;

/// Sign and magnitude, digits from the lowest up; those from `len` on have no meaning.
#[derive(Clone)]
pub(crate) struct Integer {
    negative: bool,
    len: usize,
    digits: [u64; DIGITS],
}

/// The exponent of the lowest bit that is set in any of these numbers: all are multiples of its power of two.
pub(crate) fn common_unit(values: &[f64]) -> i32 {
    let lowest = |value: &f64| {
        let (mantissa, exponent) = parts(*value);
        if mantissa == 0 { i32::MAX } else { exponent + mantissa.trailing_zeros() as i32 }
    };
    values.iter().map(lowest).min().unwrap_or(0)
}

/// |value| = mantissa * 2^exponent.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as i32;
    let fraction = bits & ((1 << 52) - 1);
    if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) }
}

impl Integer {
    const ZERO: Integer = Integer { negative: false, len: 0, digits: [0; DIGITS] };

    /// `value` in units of 2^unit, of which it is a multiple.
    pub(crate) fn new(value: f64, unit: i32) -> Self {
        let (mantissa, exponent) = parts(value);
        let mut integer = Integer { negative: value.is_sign_negative(), ..Integer::ZERO };
        if mantissa == 0 {
            return integer;
        }
        let lowest = mantissa.trailing_zeros();
        let shift = (exponent + lowest as i32 - unit) as usize;
        let wide = u128::from(mantissa >> lowest) << (shift % 64);
        integer.digits[shift / 64] = wide as u64;
        integer.digits[shift / 64 + 1] = (wide >> 64) as u64;
        integer.len = shift / 64 + 2;
        integer.trim()
    }

    fn trim(mut self) -> Self {
        while self.len > 0 && self.digits[self.len - 1] == 0 {
            self.len -= 1;
        }
        self
    }

    fn magnitude(&self) -> &[u64] {
        &self.digits[..self.len]
    }

    fn compare_magnitudes(&self, other: &Integer) -> Ordering {
        self.len.cmp(&other.len).then_with(|| self.magnitude().iter().rev().cmp(other.magnitude().iter().rev()))
    }

    pub(crate) fn sign(&self) -> Ordering {
        match (self.len, self.negative) {
            (0, _) => Ordering::Equal,
            (_, true) => Ordering::Less,
            (_, false) => Ordering::Greater,
        }
    }

    pub(crate) fn minus(&self, other: &Integer) -> Integer {
        let mut negated = other.clone();
        negated.negative = !negated.negative;
        self.plus(&negated)
    }

    pub(crate) fn plus(&self, other: &Integer) -> Integer {
        if self.compare_magnitudes(other) == Ordering::Less {
            return other.plus(self);
        }
        let mut sum = self.clone();
        let mut carry = false;
        for i in 0..self.len {
            let digit = if i < other.len { other.digits[i] } else { 0 };
            let step = if self.negative == other.negative { u64::overflowing_add } else { u64::overflowing_sub };
            let (value, first) = step(sum.digits[i], digit);
            let (value, second) = step(value, carry.into());
            sum.digits[i] = value;
            carry = first || second;
        }
        if carry {
            sum.digits[sum.len] = 1;
            sum.len += 1;
        }
        sum.trim()
    }

    pub(crate) fn times(&self, other: &Integer) -> Integer {
        let mut product = Integer { negative: self.negative != other.negative, ..Integer::ZERO };
        for (i, &a) in self.magnitude().iter().enumerate() {
            let mut carry = 0u128;
            for (j, &b) in other.magnitude().iter().enumerate() {
                let next = u128::from(a) * u128::from(b) + u128::from(product.digits[i + j]) + carry;
                product.digits[i + j] = next as u64;
                carry = next >> 64;
            }
            if carry > 0 {
                product.digits[i + other.len] = carry as u64;
            }
        }
        product.len = (self.len + other.len).min(DIGITS);
        product.trim()
    }

    /// (high, low, e): this number is (high + low) * 2^e, but for about its 107th bit and what follows; |high| < 2^64.
    pub(crate) fn leading(&self) -> (f64, f64, i32) {
        let Some(top) = self.len.checked_sub(1) else { return (0.0, 0.0, 0) };
        let below = |by: usize| top.checked_sub(by).map_or(0, |i| self.digits[i]);
        // The 128 bits from the highest on.
        let wide = u128::from(below(0)) << 64 | u128::from(below(1));
        let gap = wide.leading_zeros();
        let wide = wide << gap | u128::from(below(2)) >> 1 >> (63 - gap);
        let first = (wide >> 75 << 75, wide & ((1 << 75) - 1));
        let sign = if self.negative { -1.0 } else { 1.0 };
        let unit = 2f64.powi(-64);
        (sign * first.0 as f64 * unit, sign * first.1 as f64 * unit, 64 * top as i32 - gap as i32)
    }
}
