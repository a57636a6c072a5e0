//! Floating-point expansions: an exact sum as doubles that do not overlap (Shewchuk, Adaptive Precision Floating-Point
//! Arithmetic, 1997).

use std::cmp::Ordering;

use crate::simd::two_sum;

/// At most four squares of two-term differences: six components each.
const MOST: usize = 24;

/// Components in order of magnitude.
struct Expansion {
    len: usize,
    components: [f64; MOST],
}

impl Expansion {
    /// Adds one double exactly (grow-expansion with zero elimination).
    fn add(&mut self, value: f64) {
        let mut carried = value;
        let mut kept = 0;
        for i in 0..self.len {
            let (sum, error) = two_sum(carried, self.components[i]);
            if error != 0.0 {
                self.components[kept] = error;
                kept += 1;
            }
            carried = sum;
        }
        if carried != 0.0 {
            self.components[kept] = carried;
            kept += 1;
        }
        self.len = kept;
    }

    /// Adds sign * a * b exactly; sign is 1 or -1, or a power of two.
    fn add_product(&mut self, sign: f64, a: f64, b: f64) {
        let product = a * b;
        self.add(sign * a.mul_add(b, -product));
        self.add(sign * product);
    }

    /// Adds sign * (a - b)^2 exactly.
    fn add_square(&mut self, sign: f64, a: f64, b: f64) {
        let (high, low) = two_sum(a, -b);
        if low != 0.0 {
            self.add_product(sign, low, low);
            self.add_product(2.0 * sign, high, low);
        }
        self.add_product(sign, high, high);
    }
}

/// See [`super::compare_squares`]; exact while nothing overflows or underflows.
pub(super) fn compare_squares(left: &[(f64, f64)], right: &[(f64, f64)]) -> Ordering {
    assert!(left.len() + right.len() <= 4);
    let mut sum = Expansion { len: 0, components: [0.0; MOST] };
    for &(a, b) in left {
        sum.add_square(1.0, a, b);
    }
    for &(a, b) in right {
        sum.add_square(-1.0, a, b);
    }
    let largest = if sum.len == 0 { 0.0 } else { sum.components[sum.len - 1] };
    largest.partial_cmp(&0.0).expect("finite numbers in the documented range")
}
