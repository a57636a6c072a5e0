//! FarmHash's Fingerprint64 of whole words: the function that is defined never to change, by which other systems know rows too.
//!
//! It hashes bytes; here they come as words of 64 bits, the lowest byte first. Words need not be kept: a block of eight is
//! mixed in as soon as there is another word behind it.

const K0: u64 = 0xc3a5_c85c_97cb_3127;
const K1: u64 = 0xb492_b66f_be98_f273;
const K2: u64 = 0x9ae1_6a3b_2f90_404f;
const SEED: u64 = 81;

/// Words in a block.
const BLOCK: usize = 8;

/// A hash of the words so far.
pub(super) struct Fingerprint {
    /// Words in all.
    count: u64,
    /// The last words, `filled` of them (0 only at the very beginning).
    block: [u64; BLOCK],
    filled: usize,
    /// What the blocks before came to, and the last of these.
    mixed: Option<(State, [u64; BLOCK])>,
}

impl Fingerprint {
    pub(super) fn new() -> Self {
        Fingerprint { count: 0, block: [0; BLOCK], filled: 0, mixed: None }
    }

    #[inline(always)]
    pub(super) fn add(&mut self, word: u64) {
        if self.filled == BLOCK {
            self.mix();
        }
        self.block[self.filled] = word;
        self.filled += 1;
        self.count += 1;
    }

    fn mix(&mut self) {
        let mut state = self.mixed.take().map_or_else(|| State::new(self.block[0]), |(state, _)| state);
        state.mix(&self.block, K1, 1);
        self.mixed = Some((state, self.block));
        self.filled = 0;
    }

    pub(super) fn finish(self) -> u64 {
        let words = &self.block[..self.filled];
        match self.mixed {
            None => short(words),
            Some((state, before)) => {
                // The last block again, and as much of what comes before as makes it whole.
                let mut last = [0; BLOCK];
                let (old, new) = last.split_at_mut(BLOCK - words.len());
                old.copy_from_slice(&before[words.len()..]);
                new.copy_from_slice(words);
                state.finish(&last, (8 * self.count - 1) & 63)
            }
        }
    }
}

/// What is carried from block to block.
struct State {
    x: u64,
    y: u64,
    z: u64,
    v: (u64, u64),
    w: (u64, u64),
}

impl State {
    fn new(first: u64) -> Self {
        let y = SEED.wrapping_mul(K1).wrapping_add(113);
        let z = shift_mix(y.wrapping_mul(K2).wrapping_add(113)).wrapping_mul(K2);
        State { x: SEED.wrapping_mul(K2).wrapping_add(first), y, z, v: (0, 0), w: (0, 0) }
    }

    #[inline(always)]
    fn mix(&mut self, s: &[u64; BLOCK], mul: u64, weight: u64) {
        let State { x, y, z, v, w } = self;
        *x = sum([*x, *y, v.0, s[1]]).rotate_right(37).wrapping_mul(mul);
        *y = sum([*y, v.1, s[6]]).rotate_right(42).wrapping_mul(mul);
        *x ^= w.1.wrapping_mul(weight);
        *y = sum([*y, v.0.wrapping_mul(weight), s[5]]);
        *z = z.wrapping_add(w.0).rotate_right(33).wrapping_mul(mul);
        *v = half(s, 0, v.1.wrapping_mul(mul), x.wrapping_add(w.0));
        *w = half(s, 4, z.wrapping_add(w.1), y.wrapping_add(s[2]));
        std::mem::swap(z, x);
    }

    fn finish(mut self, last: &[u64; BLOCK], tail: u64) -> u64 {
        let mul = K1.wrapping_add((self.z & 0xff) << 1);
        self.w.0 = self.w.0.wrapping_add(tail);
        self.v.0 = self.v.0.wrapping_add(self.w.0);
        self.w.0 = self.w.0.wrapping_add(self.v.0);
        self.mix(last, mul, 9);
        let State { x, y, z, v, w } = self;
        let first = sum([pair(v.0, w.0, mul), shift_mix(y).wrapping_mul(K0), z]);
        pair(first, pair(v.1, w.1, mul).wrapping_add(x), mul)
    }
}

/// Of at most one block.
fn short(s: &[u64]) -> u64 {
    let mul = K2.wrapping_add(16 * s.len() as u64);
    match *s {
        [] => K2,
        [first] | [first, _] => {
            let (a, b) = (first.wrapping_add(K2), s[s.len() - 1]);
            let c = b.rotate_right(37).wrapping_mul(mul).wrapping_add(a);
            let d = a.rotate_right(25).wrapping_add(b).wrapping_mul(mul);
            pair(c, d, mul)
        }
        [first, second, ..] => {
            let end = |i: usize| s[s.len() - i];
            let is_long = s.len() > 4;
            let (a, b) = (first.wrapping_mul(if is_long { K2 } else { K1 }), second);
            let (c, d) = (end(1).wrapping_mul(mul), end(2).wrapping_mul(K2));
            let y = sum([a.wrapping_add(b).rotate_right(43), c.rotate_right(30), d]);
            let z = pair(y, sum([a, b.wrapping_add(K2).rotate_right(18), c]), mul);
            if !is_long {
                return z;
            }
            let (e, f) = (s[2].wrapping_mul(mul), s[3]);
            let g = y.wrapping_add(end(4)).wrapping_mul(mul);
            let h = z.wrapping_add(end(3)).wrapping_mul(mul);
            let left = sum([e.wrapping_add(f).rotate_right(43), g.rotate_right(30), h]);
            pair(left, sum([e, f.wrapping_add(a).rotate_right(18), g]), mul)
        }
    }
}

#[inline(always)]
fn sum<const N: usize>(terms: [u64; N]) -> u64 {
    terms.into_iter().fold(0, u64::wrapping_add)
}

#[inline(always)]
fn shift_mix(value: u64) -> u64 {
    value ^ (value >> 47)
}

/// Two words as one.
#[inline(always)]
fn pair(u: u64, v: u64, mul: u64) -> u64 {
    let a = shift_mix((u ^ v).wrapping_mul(mul));
    shift_mix((v ^ a).wrapping_mul(mul)).wrapping_mul(mul)
}

/// Half a block, from word `at` on.
#[inline(always)]
fn half(s: &[u64; BLOCK], at: usize, a: u64, b: u64) -> (u64, u64) {
    let a = a.wrapping_add(s[at]);
    let b = sum([b, a, s[at + 3]]).rotate_right(21);
    let c = sum([a, s[at + 1], s[at + 2]]);
    (c.wrapping_add(s[at + 3]), sum([b, c.rotate_right(44), a]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> u64 {
        let mut hash = Fingerprint::new();
        bytes.chunks_exact(8).for_each(|word| hash.add(u64::from_le_bytes(word.try_into().unwrap())));
        hash.finish()
    }

    /// Computed by Google's code, of 8 n bytes each. Of multiples of 64, where the crate of that name differs, some.
    const KNOWN: [(usize, u64); 18] = [
        (0, 0x9ae1_6a3b_2f90_404f),
        (1, 0x0c97_ecbc_1e9d_2626),
        (2, 0x20fe_aa45_bb8a_18d7),
        (3, 0xd672_3e9c_f4b2_1584),
        (4, 0x4520_dff5_1dfb_d0a8),
        (5, 0xb1c5_2fdd_0887_ff0e),
        (6, 0xa061_1599_2277_040a),
        (7, 0x3ed4_c39a_7402_bd5f),
        (8, 0xbbd7_640f_18b2_bd44),
        (9, 0xe998_975d_f8a2_fe8b),
        (12, 0x82a5_0157_f2bc_94da),
        (15, 0x21c3_101a_0efc_ca44),
        (16, 0xc222_8ab7_b320_b337),
        (17, 0xe112_7167_eabb_a6d0),
        (24, 0xfd72_18d7_0977_6677),
        (25, 0x94ed_2945_5feb_6c8e),
        (64, 0x67a5_6f16_eb84_3dcd),
        (129, 0xb148_0181_1fd1_1fe5),
    ];

    #[test]
    fn it_is_the_published_function() {
        for (words, hash) in KNOWN {
            let bytes: Vec<u8> = (0..8 * words).map(|i| (7 * i + i / 8 * 31 + 3) as u8).collect();
            assert_eq!(of(&bytes), hash, "{words}");
        }
        assert_eq!(of("test".repeat(8).as_bytes()) as i64, -4_196_240_717_365_766_262);
        assert_eq!(of("test".repeat(64).as_bytes()), 3_500_507_768_004_279_527);
    }
}
