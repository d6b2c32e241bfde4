//! What the random waves had, counted from what was published.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use publication::format::{
    CorrectionsFile, PlanFile, QuotaFile, RegionOutcome, ResultFile, RevealsFile, RevokedFile,
    revoked_name,
};
use selection::policy::{
    ApportionLevels, ApportionMethod, Carryover, Pool, PoolOrder, SeatRules, SmallCellMode,
};
use selection::quota::LoweredReason;
use selection::record::{EntryTag, HouseholdTag};

use crate::history::Wave;

/// How many waves had each feature.
#[derive(Debug, Default)]
pub(crate) struct Coverage(BTreeMap<&'static str, u64>);

impl Coverage {
    fn add(&mut self, feature: &'static str, had: bool) {
        *self.0.entry(feature).or_default() += u64::from(had);
    }

    /// Counts a wave of a history, verified with `given` of its earlier ones.
    pub(crate) fn count(&mut self, wave: &Wave, place: usize, given: usize, pinned: bool) {
        self.add("all waves", true);
        self.add("keys pinned", pinned);
        self.add("earlier folder given", given > 0);
        self.add("earlier folder not given", given < place);
        let rules = &wave.writer.policy().policy().get().rules;
        let quota = QuotaFile::read(&wave.read("quota.json")).unwrap();
        self.count_rules(rules);
        self.count_people(wave, rules);
        self.count_seats(&quota, rules);
        self.count_seed(wave);
        self.count_result(&ResultFile::read(&wave.read("result.json")).unwrap(), rules);
        self.count_later(wave);
    }

    fn count_rules(&mut self, rules: &SeatRules) {
        self.add("regions: one", rules.regions.len() == 1);
        self.add("regions: six", rules.regions.len() == 6);
        self.add("floors", rules.regions.iter().any(|own| own.floor > 0));
        let one = rules.apportionment.levels == ApportionLevels::One;
        let divisors = rules.apportionment.method == ApportionMethod::SainteLague;
        self.add("apportionment: sainte_lague, one level", divisors && one);
        self.add("apportionment: sainte_lague, two levels", divisors && !one);
        self.add("apportionment: largest_remainder, one level", !divisors && one);
        self.add("apportionment: largest_remainder, two levels", !divisors && !one);
        self.add("pools beside open", rules.pools.len() > 1);
        self.add("pool after open", !ends_with_open(rules));
        self.add(
            "pool that needs two traits",
            rules.pools.iter().any(|own| own.need.count_ones() > 1),
        );
        let ordered = |order| move |own: &Pool| own.order == order && !own.guarantees.is_empty();
        self.add("guarantees_first", rules.pools.iter().any(ordered(PoolOrder::GuaranteesFirst)));
        self.add("open_first", rules.pools.iter().any(ordered(PoolOrder::OpenFirst)));
    }

    fn count_people(&mut self, wave: &Wave, rules: &SeatRules) {
        self.add("people: none", wave.list.is_empty());
        self.add("people: more than one tile", wave.list.len() > 256);
        let masks: BTreeSet<u16> = wave.people.iter().map(|own| own.mask).collect();
        self.add("four classes or more", masks.len() >= 4);
        let records = || wave.list.iter().map(|own| own.record.parts());
        self.add("weights", records().any(|own| own.weight.get() > 1));
        self.add("households", records().any(|own| own.household != HouseholdTag::NONE));
        let left = wave.list.iter().any(|own| own.record.places_left() > 0);
        self.add("households with places left", left);
        self.add("classes hidden", wave.list.iter().any(|own| own.true_mask.is_some()));
        let (key, ctx) = (&wave.key, &wave.writer.policy().ctx);
        let true_masks = wave.people.iter().map(|own| (key.entry_tag(ctx, &own.nik), own.mask));
        let true_masks: BTreeMap<EntryTag, u16> = true_masks.collect();
        let coarser = rules.small_cells.mode == SmallCellMode::Generalise
            && records().any(|own| true_masks[&own.entry_tag] != own.mask);
        self.add("classes coarsened", coarser);
    }

    fn count_seats(&mut self, quota: &QuotaFile, rules: &SeatRules) {
        let (q, regions) = (&quota.table.q, &quota.table.regions);
        self.add("seats: reserve", q.reserve > 0);
        self.add("seats: carried in", q.carry_in > 0);
        let same_region = rules.carryover == Carryover::SameRegion;
        self.add("seats: returned, same_region", q.returned > 0 && same_region);
        self.add("seats: returned, pooled", q.returned > 0 && !same_region);
        let lost = |code: u16| !rules.regions.iter().any(|own| own.code == code);
        self.add(
            "seats: returned by a lost region",
            quota.returned.iter().any(|own| lost(own.region)),
        );
        let mut caps = regions.iter().zip(&rules.regions);
        let reached = caps.any(|(own, rule)| own.seats > 0 && rule.cap == Some(own.seats));
        self.add("cap reached", reached);
        let national = &quota.table.national;
        self.add("national guarantee: placed", national.iter().any(|own| own.placed > 0));
        self.add("national guarantee: short", national.iter().any(|own| own.placed < own.asked));
        let guarantees = || regions.iter().flat_map(|own| &own.pools).map(|own| &own.guarantees);
        let several = guarantees().any(|own| own.iter().filter(|own| own.seats > 0).count() > 1);
        self.add("overlapping guarantees", several);
        let lowered = |reason| guarantees().flatten().any(|own| own.reason == Some(reason));
        self.add("guarantee lowered: people", lowered(LoweredReason::People));
        self.add("guarantee lowered: seats", lowered(LoweredReason::Seats));
    }

    fn count_seed(&mut self, wave: &Wave) {
        let beacon = &wave.writer.policy().policy().get().beacon;
        self.add("beacon: quicknet", !beacon.test);
        self.add("beacon: test chain with a key", beacon.test && beacon.public_key.is_some());
        let plan = PlanFile::read(&wave.read("plan.json")).unwrap();
        self.add("corrected list", plan.plan > 1);
        let committed = plan.contributions.len();
        self.add("contributions", committed > 0);
        let revealed = || RevealsFile::read(&wave.read("reveals.json")).unwrap().contributions;
        self.add("contribution withheld", committed > 0 && revealed().len() < committed);
    }

    fn count_result(&mut self, result: &ResultFile, rules: &SeatRules) {
        self.add("seats: left over", result.totals.carry > 0);
        self.add("people capped", result.totals.capped > 0);
        let pools = || result.regions.iter().flat_map(|own| &own.pools);
        self.add("guarantee short in the draw", pools().any(|own| own.short > 0));
        let passes = |own: &RegionOutcome| own.pools.iter().any(|own| own.filled < own.seats);
        self.add("pool passes seats to open", result.regions.iter().any(passes));
        let hidden = result.regions.iter().any(|own| passes(own) && !own.public);
        self.add("the same, pool after open, classes hidden", hidden && !ends_with_open(rules));
    }

    fn count_later(&mut self, wave: &Wave) {
        let corrections = wave.path.join("corrections.json").exists();
        let corrections = corrections.then(|| wave.read("corrections.json"));
        let granted = corrections.map(|file| CorrectionsFile::read(&file).unwrap().granted);
        let granted = granted.unwrap_or_default().into_iter().map(|own| own.entry_tag);
        let granted: BTreeSet<EntryTag> = granted.collect();
        self.add("appeals granted", !granted.is_empty());
        let names = (1..).map(revoked_name).take_while(|name| wave.path.join(name).exists());
        let batches = names.map(|name| RevokedFile::read(&name, &wave.read(&name)).unwrap());
        let batches: Vec<RevokedFile> = batches.collect();
        self.add("revocations: two batches or more", batches.len() > 1);
        let all = || batches.iter().flat_map(|file| &file.revocations);
        let followers: BTreeSet<EntryTag> = all().filter_map(|own| own.replaced_by).collect();
        self.add("revocations", all().next().is_some());
        self.add("revocations: replaced", !followers.is_empty());
        let among = |tags: &BTreeSet<EntryTag>| all().any(|own| tags.contains(&own.entry_tag));
        self.add("revocations: of a follower", among(&followers));
        self.add("revocations: of a granted appeal", among(&granted));
    }

    /// Fails unless each feature was there in a fair part of the waves.
    pub(crate) fn check(&self, seeds: u64) {
        let rare: Vec<_> = self.0.iter().filter(|(_, waves)| **waves < seeds / 50).collect();
        assert!(rare.is_empty(), "too few waves had {rare:?}; all of them:\n{self}");
    }
}

fn ends_with_open(rules: &SeatRules) -> bool {
    rules.pools.last().is_some_and(Pool::is_open)
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(feature, waves)| writeln!(f, "{waves:5} {feature}"))
    }
}
