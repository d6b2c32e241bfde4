//! A wave of made-up people, published as the product publishes waves, with keys of its own.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use publication::format::{LogName, PlanFile, PolicyParts, QuotaFile, ResultFile};
use publication::key::SecretKey;
use publication::log::{LogStore, SignatureLine, Trust, Witness};
use publication::receipt::SignedReceipt;
use publication::write::{FolderWriter, FromEarlier, OpenedRecord, PlanParts};
use selection::beacon::{BeaconSchedule, TestBeacon};
use selection::digest::DrawKey;
use selection::policy::{
    ApportionLevels, ApportionMethod, ApportionRule, BeaconFacts, Carryover, Guarantee, OPEN_POOL,
    Party, Policy, Pool, PoolOrder, Region, SeatRules, Share, SmallCellMode, SmallCells, Timetable,
    Trait,
};
use selection::receipt::{Receipt, ReceiptKind};
use selection::record::Record;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::sample::{TRAITS, sample_records, sample_regions};

/// One person in five gets a seat.
const PEOPLE_PER_SEAT: u64 = 5;
/// Guaranteed percentage of the seats for each trait: less than its holders among the people for the
/// first, more for the others, so that guarantees bind and compete.
const GUARANTEED_PERCENT: [u32; TRAITS as usize] = [40, 30, 15, 10];
/// Beneficiaries a family card may have.
const HOUSEHOLD_CAP: u8 = 2;
/// Witnesses, of whom two must sign.
const WITNESSES: [&str; 3] = ["first.example", "second.example", "third.example"];
/// Time of the draw, Unix seconds; everything else happens in the days before.
const T4: u64 = 1_800_000_000;
const DAY_S: u64 = 86_400;
/// The first plan; nobody corrects this wave.
const PLAN: u8 = 1;

/// The folder of a wave with everything that is kept beside it, removed when dropped.
#[derive(Debug)]
pub(crate) struct SampleWave {
    place: TempDir,
    regions: Vec<(u16, u64)>,
    writer: FolderWriter,
}

impl SampleWave {
    /// Publishes policy, list, tree, seats, plan and seed in a folder of its own below `dir`.
    ///
    /// # Errors
    /// Writing fails.
    pub(crate) fn commit(dir: &Path, people: u64) -> Result<Self> {
        let place = tempfile::tempdir_in(dir)
            .with_context(|| format!("could not make a folder in {}", dir.display()))?;
        let regions = sample_regions(people);
        let parts = PolicyParts {
            policy: policy(&regions),
            key_commit: DrawKey::from_bytes(secret("draw")).commitment(),
            receipt_key: key("receipts").public(),
            log: LogName { key: key("log").public(), origin: "log.example/bench".to_owned() },
            notes: BTreeMap::new(),
        };
        let writer = FolderWriter::create(&place.path().join("wave"), &parts)?;
        let own = Self { place, regions, writer };
        let records = sample_records(&own.regions)
            .map(|record| Ok::<_, Infallible>(OpenedRecord { record, true_mask: None }));
        let list = own.writer.entries(PLAN, records)?;
        let parts = PlanParts { earlier: FromEarlier::default(), contributions: Vec::new() };
        let (_, plan) = own.writer.plan(&list, parts)?;
        own.publish_seed(&plan)?;
        Ok(own)
    }

    fn publish_seed(&self, plan: &PlanFile) -> Result<()> {
        let beacon = &self.writer.policy().policy().get().beacon;
        let schedule = BeaconSchedule::new(beacon.genesis_s, beacon.period_s)?;
        let chain = TestBeacon::new(beacon.chain_hash, schedule);
        self.writer.seed(&chain.signature(plan.round))?;
        Ok(())
    }

    /// Draws and publishes the outcome.
    ///
    /// # Errors
    /// Writing fails.
    pub(crate) fn draw(&self) -> Result<ResultFile> {
        Ok(self.writer.result(|_, _| None)?)
    }

    /// Announces every file in a log that all witnesses see in time, with its proof.
    ///
    /// # Errors
    /// Writing fails.
    pub(crate) fn announce(&self) -> Result<()> {
        let log = &self.writer.policy().log;
        let mut log = LogStore::open(&self.place.path().join("log"), log)?;
        self.announce_at(&mut log, &["policy.json"], T4 - 4 * DAY_S)?;
        self.announce_at(&mut log, &["entries.bin", "quota.json", "plan.json"], T4 - 2 * DAY_S)?;
        let drawn = ["seed.json", "result.json", "selected.bin", "waitlist.bin"];
        self.announce_at(&mut log, &drawn, T4 + 60)
    }

    fn announce_at(&self, log: &mut LogStore, names: &[&str], time_s: u64) -> Result<()> {
        self.writer.announce(log, names, &key("log"))?;
        let trust = Trust::of_policy(self.writer.policy())?;
        let note = log.checkpoint().context("the log has a checkpoint")?;
        // Each is a witness of this one checkpoint, so it needs no proof of what came before.
        let sign = |name: &&str| -> Result<SignatureLine> {
            let memory = tempfile::tempdir()?;
            let seen = memory.path().join("seen");
            let witness = Witness::new(name, key(name), trust.log(), &seen);
            witness.begin(0)?;
            Ok(witness.cosign(&note, &[], time_s)?)
        };
        let lines = WITNESSES.iter().map(sign).collect::<Result<Vec<_>>>()?;
        log.add_cosignatures(&lines, &trust)?;
        Ok(self.writer.prove(log, names)?)
    }

    /// The published folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.place.path().join("wave")
    }

    /// The seats of every region.
    ///
    /// # Errors
    /// `quota.json` cannot be read.
    pub(crate) fn quota(&self) -> Result<QuotaFile> {
        Ok(QuotaFile::read(&std::fs::read(self.folder().join("quota.json"))?)?)
    }

    /// The receipt of a person in the list.
    pub(crate) fn receipt(&self, record: &Record) -> Vec<u8> {
        let parts = record.parts();
        let receipt = Receipt {
            kind: ReceiptKind::Entered,
            entry_tag: parts.entry_tag,
            commitment: parts.commitment,
            blinding: [0; 32],
            region: parts.region,
            mask: parts.mask,
            weight: parts.weight,
            flags: parts.flags,
            registered_at_s: T4 - 3 * DAY_S,
        };
        SignedReceipt::sign(&self.writer.policy().ctx, receipt, &key("receipts")).write()
    }
}

fn policy(regions: &[(u16, u64)]) -> Policy {
    let people: u64 = regions.iter().map(|(_, people)| people).sum();
    Policy {
        programme: "Bench".to_owned(),
        wave: 1,
        times: Timetable {
            t0: T4 - 4 * DAY_S,
            t1: T4 - 3 * DAY_S,
            t2: T4 - 2 * DAY_S,
            t3: T4 - DAY_S,
            t4: T4,
            margin_s: 3600,
            correction_shift_s: 3600,
            max_corrections: 0,
        },
        beacon: BeaconFacts {
            chain_hash: secret("chain"),
            public_key: None,
            scheme: TestBeacon::SCHEME.to_owned(),
            genesis_s: T4 - 30 * DAY_S,
            period_s: 3,
            test: true,
        },
        witnesses: WITNESSES
            .iter()
            .map(|name| Party { key: key(name).public(), name: (*name).to_owned() })
            .collect(),
        quorum: 2,
        contributors: Vec::new(),
        rules: seat_rules(regions, (people / PEOPLE_PER_SEAT) as u32),
    }
}

/// One pool for everybody with four overlapping guarantees, seats by people, a cap a family card.
pub(crate) fn seat_rules(regions: &[(u16, u64)], base: u32) -> SeatRules {
    let region = |&(code, people): &(u16, u64)| Region {
        code,
        province: code / 100,
        weight: people.max(1),
        floor: 0,
        cap: None,
    };
    let guarantees = (0..).zip(GUARANTEED_PERCENT);
    let guarantees =
        guarantees.map(|(trait_bit, num)| Guarantee { trait_bit, share: Share { num, den: 100 } });
    SeatRules {
        base,
        carryover: Carryover::Pooled,
        reserve: Share::NONE,
        apportionment: ApportionRule {
            method: ApportionMethod::SainteLague,
            levels: ApportionLevels::Two,
        },
        regions: regions.iter().map(region).collect(),
        traits: (0..TRAITS).map(|bit| Trait { bit, name: format!("trait {bit}") }).collect(),
        small_cells: SmallCells { k: 0, mode: SmallCellMode::Off },
        household_cap: HOUSEHOLD_CAP,
        max_weight: 1,
        waitlist: true,
        pools: vec![Pool {
            name: OPEN_POOL.to_owned(),
            need: 0,
            order: PoolOrder::GuaranteesFirst,
            share: None,
            guarantees: guarantees.collect(),
        }],
        national: Vec::new(),
    }
}

/// Secrets of this bench alone.
fn secret(name: &str) -> [u8; 32] {
    Sha256::digest(format!("key of the bench: {name}")).into()
}

fn key(name: &str) -> SecretKey {
    SecretKey::from_bytes(&secret(name))
}
