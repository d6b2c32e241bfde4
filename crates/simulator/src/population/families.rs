//! Families: runs of neighbouring numbers that share a card and a place.

use crate::plan::Mix;

/// Numbers in one block of the pattern. Also a whole number of the blocks by which sexes and findings
/// are spread.
const BLOCK: u64 = 200;

/// Families of 1, 2, 3, 4 and 5 in a block: `104 + 2·34 + 3·5 + 4·2 + 5 = 200`.
const MIXED: [u64; 5] = [104, 34, 5, 2, 1];
/// Families of 1 and 2 only: `116 + 2·42 = 200`.
const SMALL: [u64; 5] = [116, 42, 0, 0, 0];

/// The largest family.
pub(super) const MEMBERS_MAX: u64 = 5;

/// A person's place in a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Membership {
    /// Number of the family, ascending with that of its members.
    pub(super) family: u64,
    /// 0 for the first member.
    pub(super) member: u64,
    /// Members of the family.
    pub(super) size: u64,
}

/// The pattern of one block: for each number the family within the block and the member.
#[derive(Clone, Debug)]
pub(super) struct Families {
    pattern: Vec<Membership>,
    per_block: u64,
}

impl Families {
    pub(super) fn new(mix: Mix) -> Self {
        let sizes = interleave(if mix.large_families { &MIXED } else { &SMALL });
        let per_block = sizes.len() as u64;
        let pattern = sizes.iter().zip(0u64..).flat_map(|((size, _), family)| {
            let size = *size as u64 + 1;
            (0..size).map(move |member| Membership { family, member, size })
        });
        Self { pattern: pattern.collect(), per_block }
    }

    /// The family of a person.
    pub(super) fn of(&self, number: u32) -> Membership {
        let (block, at) = (u64::from(number) / BLOCK, u64::from(number) % BLOCK);
        let within = self.pattern[at as usize];
        Membership { family: block * self.per_block + within.family, ..within }
    }

    /// Families of so many people, the last block counted whole.
    pub(super) const fn count(&self, people: u64) -> u64 {
        people.div_ceil(BLOCK) * self.per_block
    }
}

/// Spreads items evenly over a sequence: of item `i` there are `counts[i]`, each in the middle of its
/// own equal stretch. Gives for each place the item and its rank among its like.
pub(super) fn interleave(counts: &[u64]) -> Vec<(usize, u64)> {
    let ranks = counts.iter().enumerate();
    let mut places: Vec<(u64, usize, u64)> = ranks
        .flat_map(|(item, count)| {
            (0..*count).map(move |rank| (((2 * rank + 1) << 32) / (2 * count), item, rank))
        })
        .collect();
    places.sort_unstable();
    places.into_iter().map(|(_, item, rank)| (item, rank)).collect()
}
