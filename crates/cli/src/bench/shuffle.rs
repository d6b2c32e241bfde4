//! The draw as housing lotteries publish it: one seeded shuffle of all applications, then a walk along
//! it for each preference and at last for everybody.
//!
//! Own equivalent, for comparison only. It has no family cards and no matching of overlapping
//! guarantees: whoever comes first takes the seat of the first preference that fits. A place hangs on
//! the whole list, so that one application more changes everybody's, and nobody can check theirs alone.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::Path;

use anyhow::{Result, ensure};
use rand_core::Rng as _;
use selection::quota::RegionQuota;
use selection::record::{RECORD_SIZE_BYTES, Record};

use super::random::SplitMix;

/// What the walk needs of an application.
#[derive(Clone, Copy)]
struct Application {
    /// Place of the region in the table.
    region: u16,
    mask: u16,
}

/// Seats of a region that are left: all of them, and those of each preference.
struct SeatsLeft {
    all: u32,
    preferences: Vec<(u8, u32)>,
}

/// Draws `entries` and writes a rank for each application, 0 = selected; gives the number selected.
///
/// # Errors
/// Reading or writing fails.
pub(crate) fn shuffle_draw(
    entries: &Path,
    waitlist: &Path,
    regions: &[RegionQuota],
    seed: u64,
) -> Result<u64> {
    let applications = read_applications(entries, regions)?;
    let mut left: Vec<SeatsLeft> = regions.iter().map(seats_of).collect();
    let order = shuffled(u32::try_from(applications.len())?, seed);
    let mut ranks = vec![u32::MAX; applications.len()];
    let preferences = left.iter().map(|own| own.preferences.len()).max().unwrap_or(0);
    let mut selected = 0;
    for preference in 0..preferences {
        for &number in &order {
            let own = applications[number as usize];
            let left = &mut left[usize::from(own.region)];
            let Some((bit, seats)) = left.preferences.get_mut(preference) else { continue };
            let fits = own.mask & (1 << *bit) != 0 && ranks[number as usize] != 0;
            if fits && *seats > 0 && left.all > 0 {
                *seats -= 1;
                left.all -= 1;
                ranks[number as usize] = 0;
                selected += 1;
            }
        }
    }
    let mut waiting = vec![0; left.len()];
    for &number in &order {
        let region = usize::from(applications[number as usize].region);
        let rank = &mut ranks[number as usize];
        if *rank == 0 {
            continue;
        }
        if left[region].all > 0 {
            left[region].all -= 1;
            *rank = 0;
            selected += 1;
        } else {
            waiting[region] += 1;
            *rank = waiting[region];
        }
    }
    let mut output = BufWriter::with_capacity(1 << 20, File::create(waitlist)?);
    for rank in ranks {
        output.write_all(&rank.to_be_bytes())?;
    }
    output.into_inner()?.sync_all()?;
    Ok(selected)
}

fn seats_of(region: &RegionQuota) -> SeatsLeft {
    let guarantees = region.pools.iter().flat_map(|pool| &pool.guarantees);
    SeatsLeft {
        all: region.seats,
        preferences: guarantees.map(|own| (own.trait_bit, own.seats)).collect(),
    }
}

fn read_applications(entries: &Path, regions: &[RegionQuota]) -> Result<Vec<Application>> {
    let records = fs::metadata(entries)?.len() / RECORD_SIZE_BYTES as u64;
    let mut input = BufReader::with_capacity(1 << 20, File::open(entries)?);
    let mut applications = Vec::with_capacity(usize::try_from(records)?);
    let mut region = 0;
    for _ in 0..records {
        let mut bytes = [0; RECORD_SIZE_BYTES];
        input.read_exact(&mut bytes)?;
        let record = Record::from_bytes(&bytes)?;
        while regions.get(region).is_some_and(|own| own.code < record.parts().region) {
            region += 1;
        }
        ensure!(region < regions.len(), "region {} has no seats", record.parts().region);
        applications.push(Application { region: region as u16, mask: record.parts().mask });
    }
    Ok(applications)
}

/// Fisher and Yates: all numbers below `count`, each order as likely as any other.
fn shuffled(count: u32, seed: u64) -> Vec<u32> {
    let mut random = SplitMix::new(seed);
    let mut order: Vec<u32> = (0..count).collect();
    for last in (1..count).rev() {
        // The high half of the product is below `last + 1`, and even to one part in 2^32.
        let other = (u128::from(random.next_u64()) * (u128::from(last) + 1)) >> 64;
        order.swap(last as usize, other as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: nobody is lost or doubled, and another seed gives another order; method: shuffle 1,000.
    #[test]
    fn shuffles_permute() {
        let order = shuffled(1_000, 1);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1_000).collect::<Vec<_>>());
        assert_ne!(order, sorted);
        assert_ne!(order, shuffled(1_000, 2));
    }
}
