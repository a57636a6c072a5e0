//! Decisions on doubles that are right whatever the rounding.

mod expansion;
mod fixed;
pub(crate) mod integer;
pub(crate) mod orient;

use std::cmp::Ordering;

/// Compares sums of squared differences exactly: the sum of (a - b)^2 over `left` with that over `right`.
///
/// Within [2^-400, 2^480] this uses floating-point expansions (Shewchuk 1997), beyond it integer arithmetic wide enough for
/// every finite double.
pub(crate) fn compare_squares(left: &[(f64, f64)], right: &[(f64, f64)]) -> Ordering {
    let is_moderate = |v: f64| v == 0.0 || (2f64.powi(-400)..2f64.powi(480)).contains(&v.abs());
    if left.iter().chain(right).all(|&(a, b)| is_moderate(a) && is_moderate(b)) {
        expansion::compare_squares(left, right)
    } else {
        fixed::compare_squares(left, right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    /// A number with few bits, so that equality and near-equality are common, from a range of exponents.
    fn number(random: &mut Random, exponents: std::ops::Range<i32>) -> f64 {
        let exponent = exponents.start + random.below(exponents.len()) as i32;
        let mut value = random.below(17) as f64 - 8.0;
        if value != 0.0 && random.below(4) == 0 {
            value = f64::from_bits(value.to_bits() ^ random.below(4) as u64);
        }
        value * 2f64.powi(exponent)
    }

    #[test]
    fn both_ways_agree_where_both_hold() {
        let mut random = Random(1);
        let mut equal = 0;
        for round in 0..100_000 {
            let exponents = if round % 2 == 0 { 0..3 } else { -60..60 };
            let mut pair = || (number(&mut random, exponents.clone()), number(&mut random, exponents.clone()));
            let (left, right) = ([pair(), pair()], [pair(), pair()]);
            let right = if round % 3 == 0 { &right[..1] } else { &right[..] };
            let want = fixed::compare_squares(&left, right);
            assert_eq!(expansion::compare_squares(&left, right), want, "{left:?} {right:?}");
            equal += usize::from(want == Ordering::Equal);
        }
        assert!(equal > 20, "only {equal} ties");
    }

    #[test]
    fn scaling_by_a_power_of_two_changes_nothing() {
        // 3-4-5 triangles and their one-ulp neighbours from subnormal to huge.
        for exponent in [-1071, -1000, -500, -401, -1, 0, 300, 481, 700, 1019] {
            let s = 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2);
            let five = 5.0 * s;
            let at = |r: f64| compare_squares(&[(3.0 * s, 0.0), (s, 5.0 * s)], &[(r, 0.0)]);
            assert_eq!(at(five), Ordering::Equal, "2^{exponent}");
            assert_eq!(at(five.next_up()), Ordering::Less, "2^{exponent}");
            assert_eq!(at(five.next_down()), Ordering::Greater, "2^{exponent}");
        }
    }

    #[test]
    fn a_difference_that_no_double_holds_decides() {
        let tiny = f64::from_bits(1);
        assert_eq!(compare_squares(&[(1.0, tiny)], &[(1.0, 0.0)]), Ordering::Less);
        assert_eq!(compare_squares(&[(1.0, -tiny)], &[(1.0, 0.0)]), Ordering::Greater);
        assert_eq!(compare_squares(&[(f64::MAX, f64::MIN)], &[(f64::MAX, 0.0)]), Ordering::Greater);
        assert_eq!(compare_squares(&[(1.0, 0.0), (tiny, 0.0)], &[(1.0, 0.0)]), Ordering::Greater);
        assert_eq!(compare_squares(&[], &[]), Ordering::Equal);
    }
}
