//! Integer arithmetic wide enough for the square of any difference of finite doubles, in units of 2^-1074 and 2^-2148.

use std::cmp::Ordering;

/// 64-bit digits of a difference: 2,099 bits.
const DIGITS: usize = 33;

/// 64-bit digits of a sum of squares.
const SQUARE_DIGITS: usize = 2 * DIGITS + 1;

/// Digits from the lowest up.
type Difference = [u64; DIGITS];
type Square = [u64; SQUARE_DIGITS];

/// See [`super::compare_squares`]; exact for every finite double.
pub(super) fn compare_squares(left: &[(f64, f64)], right: &[(f64, f64)]) -> Ordering {
    let sum = |pairs: &[(f64, f64)]| {
        let mut sum = [0; SQUARE_DIGITS];
        for &(a, b) in pairs {
            add_square(&mut sum, &difference(a, b));
        }
        sum
    };
    sum(left).iter().rev().cmp(sum(right).iter().rev())
}

/// |a - b| in units of 2^-1074.
fn difference(a: f64, b: f64) -> Difference {
    let (mut large, mut small) = (digits(a), digits(b));
    if a.is_sign_negative() != b.is_sign_negative() {
        let mut carry = 0;
        for (large, small) in large.iter_mut().zip(small) {
            let sum = u128::from(*large) + u128::from(small) + carry;
            *large = sum as u64;
            carry = sum >> 64;
        }
        return large;
    }
    if a.abs() < b.abs() {
        std::mem::swap(&mut large, &mut small);
    }
    let mut borrow = false;
    for (large, small) in large.iter_mut().zip(small) {
        let (rest, first) = large.overflowing_sub(small);
        let (rest, second) = rest.overflowing_sub(borrow.into());
        *large = rest;
        borrow = first || second;
    }
    large
}

/// |value| in units of 2^-1074.
fn digits(value: f64) -> Difference {
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as usize;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, shift) = if exponent == 0 { (fraction, 0) } else { (fraction | 1 << 52, exponent - 1) };
    let wide = u128::from(mantissa) << (shift % 64);
    let mut digits = [0; DIGITS];
    digits[shift / 64] = wide as u64;
    if let Some(next) = digits.get_mut(shift / 64 + 1) {
        *next = (wide >> 64) as u64;
    }
    digits
}

fn add_square(sum: &mut Square, value: &Difference) {
    for (i, &a) in value.iter().enumerate().filter(|&(_, &a)| a != 0) {
        let mut carry = 0u128;
        for (j, &b) in value.iter().enumerate() {
            let digit = &mut sum[i + j];
            let next = u128::from(a) * u128::from(b) + u128::from(*digit) + carry;
            *digit = next as u64;
            carry = next >> 64;
        }
        for digit in &mut sum[i + DIGITS..] {
            let next = u128::from(*digit) + carry;
            *digit = next as u64;
            carry = next >> 64;
        }
    }
}
