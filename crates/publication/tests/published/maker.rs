//! Waves made from the golden people with the public test keys.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::path::PathBuf;

use hmac::{Hmac, KeyInit as _, Mac as _};
use publication::contribution::commit;
use publication::format::{
    Commitment, PlanFile, PolicyFile, PolicyParts, QuotaFile, ResultFile, RevealsFile, SeedFile,
};
use publication::log::{LogStore, SignatureLine, Trust, Witness};
use publication::write::{FolderWriter, FromEarlier, OpenedRecord, PlanParts};
use selection::digest::{DrawKey, Opening, WaveContext};
use selection::policy::Party;
use selection::quota::MaskCount;
use selection::record::{EntryTag, HIDDEN_MASK, HouseholdTag, Record, RecordParts, Weight, flags};
use selection::small_cells::published_masks;
use sha2::Sha256;
use tempfile::TempDir;

use crate::support::{golden, policy, read, secret, sha};

/// One line of `people.csv`.
#[derive(Clone)]
pub(crate) struct Someone {
    pub(crate) nik: [u8; 16],
    pub(crate) region: u16,
    pub(crate) mask: u16,
    pub(crate) weight: Weight,
    pub(crate) card: Option<[u8; 16]>,
}

/// Many people for the policy of the golden wave with households, three on a card, in cells that are
/// not small.
pub(crate) fn crowd(size: u32) -> Vec<Someone> {
    let digits = |text: String| -> [u8; 16] { text.as_bytes().try_into().unwrap() };
    let someone = |number: u32| Someone {
        nik: digits(format!("9997{number:012}")),
        region: [1571, 9401, 9471][number as usize / 3 % 3],
        mask: (number / 9 % 8) as u16,
        weight: Weight::new(1 + (number % 4) as u8).unwrap(),
        card: (number % 9 < 6).then(|| digits(format!("9997{:012}", number / 3))),
    };
    (0..size).map(someone).collect()
}

pub(crate) fn people(folder: &str) -> Vec<Someone> {
    let text = String::from_utf8(read(folder, "people.csv")).unwrap();
    let digits = |text: &str| -> [u8; 16] { text.as_bytes().try_into().unwrap() };
    let someone = |line: &str| {
        let columns: Vec<&str> = line.split(',').collect();
        Someone {
            nik: digits(columns[0]),
            region: columns[1].parse().unwrap(),
            mask: columns[2].parse().unwrap(),
            weight: Weight::new(columns[3].parse().unwrap()).unwrap(),
            card: (!columns[4].is_empty()).then(|| digits(columns[4])),
        }
    };
    text.lines().skip(1).map(someone).collect()
}

pub(crate) fn draw_key(label: &str) -> DrawKey {
    DrawKey::from_bytes(sha(format!("public test K golden {label}")))
}

pub(crate) fn blinding(ctx: &WaveContext, nik: &[u8; 16]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(&sha("public test blinding")).unwrap();
    mac.chain_update(ctx.as_bytes()).chain_update(nik).finalize().into_bytes().into()
}

/// The list of a golden wave, made from its people.
pub(crate) fn records(file: &PolicyFile, key: &DrawKey, people: &[Someone]) -> Vec<OpenedRecord> {
    let (ctx, rules) = (&file.ctx, &file.policy().get().rules);
    let mut cells: BTreeMap<u16, BTreeMap<u16, u32>> = BTreeMap::new();
    for own in people {
        *cells.entry(own.region).or_default().entry(own.mask).or_default() += 1;
    }
    let published: BTreeMap<u16, BTreeMap<u16, u16>> = cells
        .into_iter()
        .map(|(region, cells)| {
            let cells = cells.into_iter().map(|(mask, records)| MaskCount { mask, records });
            (region, published_masks(rules.small_cells, &cells.collect::<Vec<_>>()))
        })
        .collect();
    let opened = |own: &Someone| {
        let shown = published[&own.region][&own.mask];
        let hidden = shown == HIDDEN_MASK;
        let flags = flags(shown, 0).unwrap();
        let entry_tag = key.entry_tag(ctx, &own.nik);
        let card = own.card.filter(|_| rules.household_cap > 0);
        let commitment = ctx.commitment(&Opening {
            blinding: &blinding(ctx, &own.nik),
            entry_tag,
            region: own.region,
            mask: own.mask,
            weight: own.weight,
            flags,
            nik_digits: &own.nik,
        });
        let record = Record::new(RecordParts {
            entry_tag,
            commitment,
            region: own.region,
            mask: shown,
            weight: own.weight,
            flags,
            household: card.map_or(HouseholdTag::NONE, |digits| key.household_tag(ctx, &digits)),
        });
        OpenedRecord { record: record.unwrap(), true_mask: hidden.then_some(own.mask) }
    };
    let mut list: Vec<OpenedRecord> = people.iter().map(opened).collect();
    list.sort_by_key(|own| own.record.sort_key());
    list
}

pub(crate) fn parts_of(file: &PolicyFile) -> PolicyParts {
    PolicyParts {
        policy: file.policy().get().clone(),
        key_commit: file.key_commit,
        receipt_key: file.receipt_key,
        log: file.log.clone(),
        notes: file.notes.clone(),
    }
}

pub(crate) fn commitments(file: &PolicyFile) -> Vec<Commitment> {
    let contributors = file.policy().get().contributors.iter();
    let made = contributors.map(|own| {
        let value = sha(format!("value of {}", own.name.trim_start_matches("party-")));
        commit(&file.ctx, &own.name, &value, &secret(&own.name))
    });
    made.collect()
}

/// What a golden wave takes over, as its table says.
pub(crate) fn earlier(folder: &str) -> FromEarlier {
    let quota = QuotaFile::read(&read(folder, "quota.json")).unwrap();
    FromEarlier {
        carry_in: quota.table.q.carry_in,
        carry_from: quota.carry_from,
        returned: quota.returned,
        returned_from: quota.returned_from,
    }
}

/// A folder in the making.
pub(crate) struct Made {
    dir: TempDir,
    pub(crate) path: PathBuf,
    pub(crate) writer: FolderWriter,
    masks: BTreeMap<EntryTag, u16>,
}

impl Made {
    /// T0 of a golden wave, with changed rules.
    pub(crate) fn begin(folder: &str, change: impl FnOnce(&mut PolicyParts)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("wave");
        let mut parts = parts_of(&policy(folder));
        change(&mut parts);
        let writer = FolderWriter::create(&path, &parts).unwrap();
        Self { dir, path, writer, masks: BTreeMap::new() }
    }

    /// T2 with this list.
    pub(crate) fn commit(
        &mut self,
        plan: u8,
        list: &[OpenedRecord],
        earlier: FromEarlier,
    ) -> (QuotaFile, PlanFile) {
        self.masks.extend(
            list.iter().filter_map(|own| Some((own.record.parts().entry_tag, own.true_mask?))),
        );
        let rows = list.iter().map(|own| Ok::<_, Infallible>(*own));
        let committed = self.writer.entries(plan, rows).unwrap();
        let contributions = commitments(self.writer.policy());
        self.writer.plan(&committed, PlanParts { earlier, contributions }).unwrap()
    }

    /// T3 and T4 with this signature.
    pub(crate) fn draw(&self, signature: &[u8; 48]) -> ResultFile {
        self.writer.seed(signature).unwrap();
        self.writer.result(|_, record| self.masks.get(&record.parts().entry_tag).copied()).unwrap()
    }

    /// A whole golden wave, every file made anew.
    pub(crate) fn golden(folder: &str, label: &str) -> Self {
        let mut made = Self::begin(folder, |_| ());
        let list = records(made.writer.policy(), &draw_key(label), &people(folder));
        made.commit(1, &list, earlier(folder));
        if golden(folder).join("reveals.json").exists() {
            let reveals = RevealsFile::read(&read(folder, "reveals.json")).unwrap();
            made.writer.reveals(reveals.contributions).unwrap();
        }
        made.draw(&SeedFile::read(&read(folder, "seed.json")).unwrap().signature);
        made
    }

    pub(crate) fn announce(&self, name: &str, time_s: u64) {
        self.announce_all(&[name], time_s);
    }

    /// Announces files, has four witnesses sign around `time_s` (the third one then), and proves.
    pub(crate) fn announce_all(&self, names: &[&str], time_s: u64) {
        let mut log = LogStore::open(&self.log(), &self.writer.policy().log).unwrap();
        self.writer.announce(&mut log, names, &secret("log")).unwrap();
        self.cosign(&mut log, &[time_s - 2, time_s - 1, time_s, time_s + 1]);
        self.writer.prove(&log, names).unwrap();
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// Four witnesses sign the log as it is: the first ones of the policy, in its order.
    pub(crate) fn cosign(&self, log: &mut LogStore, times_s: &[u64]) {
        let trust = Trust::of_policy(self.writer.policy()).unwrap();
        let note = log.checkpoint().unwrap();
        let sign = |(witness, time_s): (&Party, &u64)| {
            let memory = tempfile::tempdir().unwrap();
            let (name, seen) = (&witness.name, memory.path().join("seen"));
            let witness = Witness::new(name, secret(name), trust.log(), &seen);
            witness.begin(0).unwrap();
            witness.cosign(&note, &[], *time_s).unwrap()
        };
        let lines: Vec<SignatureLine> = trust.witnesses().iter().zip(times_s).map(sign).collect();
        log.add_cosignatures(&lines, &trust).unwrap();
    }

    /// Announces everything that is there, each in time for plan `plan`.
    pub(crate) fn announce_everything(&self, plan: u8) {
        let times = &self.writer.policy().policy().get().times;
        self.announce("policy.json", times.t0);
        self.announce_all(&["entries.bin", "quota.json", "plan.json"], times.plan_due(plan));
        self.announce_rest(plan);
    }

    pub(crate) fn announce_rest(&self, plan: u8) {
        let times = &self.writer.policy().policy().get().times;
        if self.path.join("reveals.json").exists() {
            self.announce("reveals.json", times.t3_of(plan));
        }
        let drawn = times.t4_of(plan) + 60;
        self.announce_all(&["seed.json", "result.json", "selected.bin", "waitlist.bin"], drawn);
        for name in ["corrections.json", "revoked.json", "revoked.2.json"] {
            if self.path.join(name).exists() {
                self.announce(name, drawn + 60);
            }
        }
    }

    /// Forgets all announcements and announces what is there now.
    pub(crate) fn announce_anew(&self) {
        fs::remove_dir_all(self.log()).unwrap();
        fs::remove_dir_all(self.path.join("log")).unwrap();
        fs::remove_dir_all(self.path.join("proofs")).unwrap();
        self.announce_everything(1);
    }

    /// A golden wave with all its files, announced.
    pub(crate) fn announced(folder: &str, label: &str) -> Self {
        let made = Self::golden(folder, label);
        for name in ["corrections.json", "revoked.json"] {
            let original = golden(folder).join(name);
            if original.exists() {
                fs::copy(original, made.path.join(name)).unwrap();
            }
        }
        made.announce_everything(1);
        made
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path.join(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path.join(name), bytes).unwrap();
    }
}
