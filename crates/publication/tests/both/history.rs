//! Waves of one programme, one after the other, each written through its whole timeline.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::path::PathBuf;

use publication::contribution::commit;
use publication::format::{
    CarrySource, Commitment, LogName, PlanFile, PolicyFile, PolicyParts, ReturnSource, Reveal,
    revoked_name,
};
use publication::key::SecretKey;
use publication::log::LogStore;
use publication::write::{FolderWriter, FromEarlier, OpenedRecord, PlanParts};
use selection::digest::DrawKey;
use selection::policy::{Party, Policy};
use selection::quota::ReturnedSeats;
use selection::record::EntryTag;
use tempfile::TempDir;

use crate::after::{self, Places};
use crate::announcer::Announcer;
use crate::calendar::{beacon_and_times, signature};
use crate::dice::{Dice, sha};
use crate::people::{Person, list, people};
use crate::rules::rules;

/// What is there of a wave, the secrets of its operator included.
pub(crate) struct Wave {
    pub(crate) path: PathBuf,
    pub(crate) writer: FolderWriter,
    pub(crate) key: DrawKey,
    pub(crate) people: Vec<Person>,
    pub(crate) list: Vec<OpenedRecord>,
    pub(crate) plan: u8,
    /// Names of its batches of revocations that no later wave has used.
    unused: Vec<String>,
}

pub(crate) struct History {
    pub(crate) dir: TempDir,
    pub(crate) waves: Vec<Wave>,
    programme: String,
    announcer: Announcer,
}

/// The key of a log, a witness or a contributor.
pub(crate) fn secret(name: &str) -> SecretKey {
    SecretKey::from_bytes(&sha(format!("public test key: {name}")))
}

fn parties(names: &[&str], number: u64) -> Vec<Party> {
    let names = names.iter().take(number as usize);
    names.map(|name| Party { key: secret(name).public(), name: (*name).to_owned() }).collect()
}

impl History {
    pub(crate) fn begin(dice: &mut Dice) -> Self {
        // In memory where there is such a place: each published file is forced onto the disk.
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let name = LogName { key: secret("log").public(), origin: "log.example/draw".to_owned() };
        let log = LogStore::open(&dir.path().join("log"), &name).unwrap();
        let announcer = Announcer::new(log, name, dir.path().join("memories"));
        Self { dir, waves: Vec::new(), programme: dice.name(), announcer }
    }

    /// Writes the next wave, which is the last of its history or not.
    pub(crate) fn add(&mut self, dice: &mut Dice, last: bool) {
        let before = self.waves.last().map(|wave| wave.writer.policy().wave().1);
        let number = before.unwrap_or(0) + dice.pick(&[1, 1, 2, 1_000]);
        let size = match dice.within(0..=24) {
            0 => 0,
            // More than one tile.
            1 => dice.pick(&[256, 257, 290]),
            _ => dice.within_u32(1..=120),
        };
        let mut wave = self.publish_policy(dice, number, size);
        let earlier = self.earlier(dice, number);
        self.commit(dice, &mut wave, &earlier);
        self.draw(dice, &mut wave);
        self.settle(dice, &mut wave, last);
        self.waves.push(wave);
    }

    /// T0.
    fn publish_policy(&mut self, dice: &mut Dice, number: u32, size: u32) -> Wave {
        let (beacon, times) = beacon_and_times(dice);
        let witnesses =
            parties(&["w1.example", "w2.example", "w3.example", "w4.example"], dice.within(1..=4));
        let policy = Policy {
            programme: self.programme.clone(),
            wave: number,
            times,
            beacon,
            quorum: dice.within(1..=witnesses.len() as u64) as u8,
            witnesses,
            contributors: parties(&["party a", "Party b", "c"], dice.pick(&[0, 0, 1, 3])),
            rules: rules(dice, size),
        };
        let people = people(dice, &policy.rules, size);
        let key = DrawKey::from_bytes(dice.bytes());
        let notes = (0..dice.within(0..=3)).map(|_| (dice.text(), dice.text()));
        let parts = PolicyParts {
            policy,
            key_commit: key.commitment(),
            receipt_key: secret("receipts").public(),
            log: self.announcer.name().clone(),
            notes: notes.collect(),
        };
        let path = self.dir.path().join(format!("wave-{number}"));
        let writer = FolderWriter::create(&path, &parts).unwrap();
        self.announcer.announce(dice, &writer, &["policy.json"], times.t0);
        self.announcer.add_strangers(dice, &writer);
        Wave { path, writer, key, people, list: Vec::new(), plan: 0, unused: Vec::new() }
    }

    /// Seats from earlier waves: those of this history, or of folders that nobody here has.
    fn earlier(&mut self, dice: &mut Dice, number: u32) -> FromEarlier {
        let mut batches: Vec<(PathBuf, String)> = Vec::new();
        for wave in &mut self.waves {
            let taken = dice.within(0..=wave.unused.len() as u64) as usize;
            batches.extend(wave.unused.drain(..taken).map(|name| (wave.path.clone(), name)));
        }
        if let Some(before) = self.waves.last() {
            let batches: Vec<_> =
                batches.iter().map(|(path, name)| (path.as_path(), name.as_str())).collect();
            return FromEarlier::take(&before.path, &batches).unwrap();
        }
        if number == 1 || dice.one_in(2) {
            return FromEarlier::default();
        }
        let wave = number - 1;
        let regions = dice.some(&[1, 1101, 1571, 7777], 2).into_iter().collect::<BTreeSet<_>>();
        let returned = regions
            .into_iter()
            .map(|region| ReturnedSeats { region, count: dice.within_u32(1..=9) });
        let returned = returned.collect();
        let file = revoked_name(dice.within_u32(1..=12));
        FromEarlier {
            carry_in: dice.within(0..=20),
            carry_from: Some(CarrySource { digest: dice.bytes(), wave }),
            returned,
            returned_from: vec![ReturnSource { digest: dice.bytes(), file, wave }],
        }
    }

    /// T2, and the corrections after it.
    fn commit(&mut self, dice: &mut Dice, wave: &mut Wave, earlier: &FromEarlier) {
        let times = wave.writer.policy().policy().get().times;
        let plans = if dice.one_in(3) { 1 + times.max_corrections } else { 1 };
        for plan in 1..=plans {
            // Whoever is late is missing from the list until it is corrected.
            let late = if plan < plans { dice.within(0..=wave.people.len() as u64) } else { 0 };
            let people = &wave.people[late as usize / 4..];
            wave.list = list(wave.writer.policy(), &wave.key, people);
            let rows = wave.list.iter().map(|own| Ok::<_, Infallible>(*own));
            let committed = wave.writer.entries(plan, rows).unwrap();
            let contributions = commitments(wave.writer.policy(), plan);
            let parts = PlanParts { earlier: earlier.clone(), contributions };
            wave.writer.plan(&committed, parts).unwrap();
            let files = ["entries.bin", "quota.json", "plan.json"];
            self.announcer.announce(dice, &wave.writer, &files, times.plan_due(plan));
        }
        wave.plan = plans;
    }

    /// T3 and T4.
    fn draw(&mut self, dice: &mut Dice, wave: &mut Wave) {
        let policy = wave.writer.policy().policy().get();
        let (times, drawn) = (policy.times, policy.times.t4_of(wave.plan));
        if !policy.contributors.is_empty() {
            let reveals = policy.contributors.iter().filter(|_| !dice.one_in(3));
            let reveals = reveals.map(|own| Reveal {
                name: own.name.clone(),
                value: contribution(&own.name, wave.plan),
            });
            wave.writer.reveals(reveals.collect()).unwrap();
            self.announcer.announce(dice, &wave.writer, &["reveals.json"], times.t3_of(wave.plan));
        }
        let plan = PlanFile::read(&wave.read("plan.json")).unwrap();
        wave.writer.seed(&signature(&policy.beacon, plan.round)).unwrap();
        let masks = wave.true_masks();
        wave.writer.result(|_, record| masks.get(&record.parts().entry_tag).copied()).unwrap();
        let files = ["seed.json", "result.json", "selected.bin", "waitlist.bin"];
        self.announcer.announce(dice, &wave.writer, &files, drawn + 60);
    }

    /// Appeals and revocations.
    fn settle(&mut self, dice: &mut Dice, wave: &mut Wave, last: bool) {
        let mut places = Places::of(wave);
        let drawn = wave.writer.policy().policy().get().times.t4_of(wave.plan);
        let reserve = wave.writer.policy().policy().get().rules.reserve_seats();
        if (reserve > 0 && !last) || !dice.one_in(3) {
            let file = after::corrections(dice, wave, &mut places, reserve);
            wave.writer.corrections(&file).unwrap();
            self.announcer.announce(dice, &wave.writer, &["corrections.json"], drawn + 120);
        }
        for number in 1..=dice.pick(&[0, 0, 1, 1, 2, 3]) {
            let file = after::revoked(dice, wave, &mut places, drawn + 1_000);
            let name = wave.writer.revoked(number, &file).unwrap();
            self.announcer.announce(dice, &wave.writer, &[&name], drawn + 2_000);
            wave.unused.push(name);
        }
    }
}

impl Wave {
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path.join(name)).unwrap()
    }

    /// True masks of the people whose class is hidden.
    pub(crate) fn true_masks(&self) -> BTreeMap<EntryTag, u16> {
        let hidden = |own: &OpenedRecord| Some((own.record.parts().entry_tag, own.true_mask?));
        self.list.iter().filter_map(hidden).collect()
    }
}

fn contribution(name: &str, plan: u8) -> [u8; 32] {
    sha(format!("value of {name} for plan {plan}"))
}

fn commitments(file: &PolicyFile, plan: u8) -> Vec<Commitment> {
    let parties = file.policy().get().contributors.iter();
    let commitment = |own: &Party| {
        commit(&file.ctx, &own.name, &contribution(&own.name, plan), &secret(&own.name))
    };
    parties.map(commitment).collect()
}
