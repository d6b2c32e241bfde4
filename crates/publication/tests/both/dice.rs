//! Choices that follow from a seed, the same on every machine.

use std::ops::RangeInclusive;

use sha2::{Digest as _, Sha256};

/// Numbers of the generator `SplitMix64`.
pub(crate) struct Dice(u64);

impl Dice {
    /// Seeds that are neighbours give unrelated numbers.
    pub(crate) fn new(seed: u64) -> Self {
        Self(u64::from_be_bytes(sha(seed.to_be_bytes())[..8].try_into().unwrap()))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of the range; the bias of the remainder is far too small to matter here.
    pub(crate) fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (start, end) = range.into_inner();
        start + self.next() % (end - start + 1)
    }

    pub(crate) fn within_u32(&mut self, range: RangeInclusive<u32>) -> u32 {
        let (start, end) = range.into_inner();
        self.within(start.into()..=end.into()) as u32
    }

    /// True in one of `number` cases.
    pub(crate) fn one_in(&mut self, number: u64) -> bool {
        self.next().is_multiple_of(number)
    }

    pub(crate) fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.within(0..=choices.len() as u64 - 1) as usize].clone()
    }

    /// Up to `number` of the choices, each once, in any order.
    pub(crate) fn some<T: Clone>(&mut self, choices: &[T], number: usize) -> Vec<T> {
        let mut left = choices.to_vec();
        for place in 0..number.min(left.len()) {
            let other = self.within(place as u64..=left.len() as u64 - 1) as usize;
            left.swap(place, other);
        }
        left.truncate(number);
        left
    }

    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        sha(self.next().to_be_bytes())
    }

    /// A text with what canonical JSON must escape, keep, or order by its 16-bit units.
    pub(crate) fn text(&mut self) -> String {
        const SIGNS: [char; 16] = [
            'a', 'Z', '0', ' ', '/', '"', '\\', '\n', '\t', '\u{1}', '\u{7f}', 'é', '€',
            '\u{2028}', '\u{fb33}', '😀',
        ];
        let size = self.within(1..=12);
        (0..size).map(|_| self.pick(&SIGNS)).collect()
    }

    /// A name that may be published.
    pub(crate) fn name(&mut self) -> String {
        let size = self.pick(&[1, 2, 8, 64]);
        (0..size).map(|_| char::from(self.within(0x20..=0x7e) as u8)).collect()
    }
}

pub(crate) fn sha(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
