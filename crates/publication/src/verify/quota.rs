//! Step 3: the seat table follows from the records and the rules (sections 6 and 16.5).

use selection::quota::{
    HiddenClasses, QuotaTable, RegionCounts, RegionQuota, StatedGuarantee, StatedRegion, solve,
};
use selection::record::HIDDEN_MASK;
use sha2::{Digest as _, Sha256};

use super::entries::EntriesCheck;
use super::folder::Folder;
use super::report::{Fault, Verdict};
use super::{Span, fail};
use crate::format::QuotaFile;

/// What step 3 found, and the table to draw by.
#[derive(Debug)]
pub(super) struct QuotaCheck {
    pub(super) verdict: Verdict,
    /// The table that follows, or the published one if none does.
    pub(super) table: Option<QuotaTable>,
}

pub(super) fn check(folder: &Folder, entries: &EntriesCheck) -> QuotaCheck {
    let (stated, digest) = match folder.quota.get("quota.json") {
        Ok(found) => found,
        Err(fault) => return QuotaCheck { verdict: Err(fault), table: None },
    };
    let published = || Some(stated.table.clone());
    let Some(regions) = &entries.regions else {
        let verdict = fail("entries.bin cannot be counted, so no seats follow");
        return QuotaCheck { verdict, table: published() };
    };
    if entries.sample.is_some() {
        return QuotaCheck { verdict: check_part(stated, regions), table: published() };
    }
    match solve_table(folder, stated, regions) {
        Ok(table) => {
            let verdict = compare(folder, stated, digest, &table);
            QuotaCheck { verdict, table: Some(table) }
        }
        Err(fault) => QuotaCheck { verdict: Err(fault), table: published() },
    }
}

fn solve_table(
    folder: &Folder,
    stated: &QuotaFile,
    regions: &[(Span, RegionCounts)],
) -> Result<QuotaTable, Fault> {
    let counts: Vec<RegionCounts> =
        regions.iter().map(|(_, counts)| with_stated(counts, stated)).collect();
    let rules = folder.policy.policy().rules();
    let solved = solve(rules, &counts, &stated.incoming());
    solved.map_err(|error| {
        Fault::new(format!("entries.bin: no seats follow from the records: {error}"))
    })
}

/// Adds what the published table says of hidden classes, which only auditors can count.
fn with_stated(counts: &RegionCounts, stated: &QuotaFile) -> RegionCounts {
    let hidden = counts.masks.iter().any(|cell| cell.mask == HIDDEN_MASK);
    let mut regions = stated.table.regions.iter();
    let own = regions.find(|own| hidden && own.code == counts.code);
    let hidden = own.map_or(HiddenClasses::None, |own| HiddenClasses::Stated(stated_region(own)));
    RegionCounts { hidden, ..counts.clone() }
}

fn stated_region(own: &RegionQuota) -> StatedRegion {
    let guarantees = own.pools.iter().map(|pool| {
        let guarantees = pool.guarantees.iter();
        guarantees.map(|own| StatedGuarantee { seats: own.seats, reason: own.reason }).collect()
    });
    StatedRegion { holders: own.holders.clone(), guarantees: guarantees.collect() }
}

fn compare(folder: &Folder, stated: &QuotaFile, digest: [u8; 32], table: &QuotaTable) -> Verdict {
    let expected = QuotaFile { table: table.clone(), ..stated.clone() };
    if *stated != expected {
        return fail(difference(stated, &expected));
    }
    if digest != <[u8; 32]>::from(Sha256::digest(expected.write())) {
        return fail(
            "quota.json lists holders of a region that hides no class, or leaves them out",
        );
    }
    let (plan, _) = folder.plan.get("plan.json")?;
    if plan.quota != digest {
        return fail("quota.json has not the digest that plan.json names");
    }
    let hidden = table.regions.iter().filter(|own| !own.public).count();
    let seats = table.regions.iter().map(|own| u64::from(own.seats)).sum::<u64>();
    let note = match hidden {
        0 => String::new(),
        hidden => format!("; {hidden} regions hide classes, whose guarantees auditors count"),
    };
    Ok(format!("{seats} seats in {} regions as the rules give them{note}", table.regions.len()))
}

fn difference(stated: &QuotaFile, expected: &QuotaFile) -> String {
    let regions = stated.table.regions.iter().zip(&expected.table.regions);
    for (found, own) in regions {
        if found != own {
            return format!(
                "quota.json differs in region {}: {} seats for {} people in play, not {} for {}",
                own.code, found.seats, found.n, own.seats, own.n
            );
        }
    }
    if stated.table.regions.len() != expected.table.regions.len() {
        return "quota.json has not every region of the policy once".to_owned();
    }
    "quota.json differs in its totals or national guarantees".to_owned()
}

/// A quick look holds the counts of some regions against the table and solves nothing.
fn check_part(stated: &QuotaFile, regions: &[(Span, RegionCounts)]) -> Verdict {
    for (span, counts) in regions {
        let mut table = stated.table.regions.iter();
        let own = table.find(|own| own.code == counts.code);
        let fits = own.is_some_and(|own| u64::from(own.records) == span.len() && own.n == counts.n);
        if !fits {
            return fail(format!("quota.json counts other people in region {}", counts.code));
        }
    }
    Ok(format!("people of {} regions as counted; seats not computed", regions.len()))
}
