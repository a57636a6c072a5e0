//! Where a number falls among sorted numbers, found by one multiplication where they are even and by bisection where not.

use super::section::{Section, plain};
use crate::error::Result;
use crate::memory::{Counted, vec_filled};
use crate::run::Run;
use crate::simd::Lanes;

/// Equal intervals over a range. The interval of a number never decreases with the number, whatever the rounding, which is
/// all that lookups rely on.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Buckets {
    min: f64,
    scale: f64,
    last: u64,
}

plain!(Buckets { min: f64, scale: f64, last: u64 });

impl Buckets {
    /// `count` (at least 1) intervals from `min` to `max`.
    pub(crate) fn new(min: f64, max: f64, count: usize) -> Self {
        let scale = count as f64 / (max - min);
        // No extent, or more than a double can say: one interval does.
        Buckets { min, scale: if scale.is_finite() { scale } else { 0.0 }, last: count as u64 - 1 }
    }

    /// The interval of `value`; numbers outside the range fall into the first or the last.
    #[inline(always)]
    pub(crate) fn of(&self, value: f64) -> u32 {
        // The cast takes negative numbers and NaN (infinity times zero) to 0 and large ones to the largest.
        (((value - self.min) * self.scale) as u32).min(self.last as u32)
    }

    /// The same of four numbers, as numbers.
    #[inline(always)]
    pub(crate) fn of_four<V: Lanes>(&self, values: V) -> V {
        let places = values.sub(V::splat(self.min)).mul(V::splat(self.scale));
        // What is NaN becomes 0 here, too.
        places.max(V::splat(0.0)).min(V::splat(self.last as f64)).floor()
    }

    /// Whether intervals rise with numbers.
    pub(crate) fn is_sound(&self) -> bool {
        self.min.is_finite() && self.scale >= 0.0 && self.scale.is_finite() && self.last < u64::from(u32::MAX)
    }

    /// Number of intervals.
    pub(crate) fn count(&self) -> usize {
        self.last as usize + 1
    }
}

/// Buckets for each sorted number: most are empty, so that most lookups are done without a comparison.
const BUCKETS: usize = 8;

/// Sorted numbers with their [`Buckets`].
#[derive(Debug)]
pub(crate) struct Sorted {
    values: Section<f64>,
    buckets: Buckets,
    starts: Section<u32>,
}

impl Sorted {
    /// Takes numbers in increasing order.
    pub(crate) fn new(values: Counted<f64>, run: &Run<'_>) -> Result<Self> {
        let buckets = Self::buckets_of(&values);
        let mut starts = vec_filled(0, buckets.count() + 1)?;
        for &value in &values {
            starts[buckets.of(value) as usize] += 1;
        }
        into_starts(&mut starts);
        Ok(Sorted { values: Section::new(values, run)?, buckets, starts: Section::new(starts, run)? })
    }

    fn buckets_of(values: &[f64]) -> Buckets {
        let (min, max) = (values.first().copied().unwrap_or(0.0), values.last().copied().unwrap_or(0.0));
        Buckets::new(min, max, (BUCKETS * values.len()).max(1))
    }

    /// The numbers, and how many of them lie before each bucket and its end.
    pub(crate) fn parts(&self) -> (&[f64], &[u32]) {
        (&self.values, &self.starts)
    }

    /// The reverse of [`Sorted::parts`]; None where there are not as many starts as the numbers have buckets.
    pub(crate) fn of_parts(values: Section<f64>, starts: Section<u32>) -> Option<Self> {
        let buckets = Self::buckets_of(&values);
        (starts.len() == buckets.count() + 1).then_some(Sorted { values, buckets, starts })
    }

    /// Whether lookups are right: the numbers rise, and each lies between the starts of its bucket and of the next.
    pub(crate) fn is_sound(&self) -> bool {
        let rises = self.values.is_sorted_by(|a, b| a <= b);
        let covers = self.starts.is_sorted() && self.starts.last() == Some(&(self.values.len() as u32));
        rises
            && covers
            && self.values.iter().enumerate().all(|(i, &value)| {
                let (start, end) = self.bucket(value);
                (start..end).contains(&i)
            })
    }

    /// How many of the numbers are less than `value`.
    #[inline(always)]
    pub(crate) fn count_below(&self, value: f64) -> usize {
        let (start, end) = self.bucket(value);
        start + self.values[start..end].partition_point(|&v| v < value)
    }

    /// How many of the numbers are at most `value`.
    #[inline(always)]
    pub(crate) fn count_up_to(&self, value: f64) -> usize {
        let (start, end) = self.bucket(value);
        start + self.values[start..end].partition_point(|&v| v <= value)
    }

    /// About as many as [`Sorted::count_below`], never more, without a branch that is hard to predict.
    #[inline(always)]
    pub(crate) fn count_below_roughly(&self, value: f64) -> usize {
        const FEW: usize = 2;
        let (start, end) = self.bucket(value);
        if end - start > FEW { self.count_below(value) } else { start }
    }

    /// The numbers that share `value`'s bucket.
    #[inline(always)]
    fn bucket(&self, value: f64) -> (usize, usize) {
        let bucket = self.buckets.of(value) as usize;
        (self.starts[bucket] as usize, self.starts[bucket + 1] as usize)
    }
}

/// Makes of each number the sum of those before it.
pub(crate) fn into_starts<T: Copy + Default + std::ops::Add<Output = T>>(sizes: &mut [T]) {
    let mut start = T::default();
    for size in sizes {
        let end = start + *size;
        *size = start;
        start = end;
    }
}

/// Sorts by the upper 32 bits; what is equal in these stays in order.
pub(crate) fn sort_by_upper_half(values: &mut Counted<u64>) -> Result<()> {
    const DIGIT: u32 = 11;
    let mut sorted = vec_filled(0, values.len())?;
    for shift in (32..u64::BITS).step_by(DIGIT as usize) {
        sort_by_digit::<DIGIT, _>(values, &mut sorted, |value| (value >> shift) as usize)?;
        std::mem::swap(values, &mut sorted);
    }
    Ok(())
}

/// Writes values, in the order of the lowest so many bits of a number of theirs, to as many places; what is equal in these stays in
/// order.
#[inline(always)]
pub(crate) fn sort_by_digit<const BITS: u32, T: Copy>(
    values: &[T],
    sorted: &mut [T],
    number: impl Fn(&T) -> usize,
) -> Result<()> {
    let digit = |value: &T| number(value) & ((1 << BITS) - 1);
    let mut places = vec_filled(0u32, 1 << BITS)?;
    for value in values {
        places[digit(value)] += 1;
    }
    into_starts(&mut places);
    for value in values {
        let place = &mut places[digit(value)];
        sorted[*place as usize] = *value;
        *place += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    #[test]
    fn sorting_by_digits_is_sorting() {
        let mut random = Random(41);
        for round in 0..200 {
            let mask = if round % 2 == 0 { u64::MAX } else { 0x8000_0801_0000_0000 };
            let mut values = vec_filled(0, random.below(round * 10 + 1)).unwrap();
            for (i, value) in values.iter_mut().enumerate() {
                *value = random.bits() & mask & !0xFFFF_FFFF | i as u64;
            }
            let mut want = values.to_vec();
            want.sort();
            sort_by_upper_half(&mut values).unwrap();
            assert_eq!(values[..], want);
        }
    }
}
