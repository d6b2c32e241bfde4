//! The announcement log of a history and its witnesses.

use std::path::PathBuf;

use publication::format::LogName;
use publication::log::{LogStore, SignatureLine, Trust, Witness};
use publication::write::FolderWriter;
use selection::announce::file_entry;

use crate::dice::Dice;
use crate::history::secret;

pub(crate) struct Announcer {
    log: LogStore,
    name: LogName,
    /// Where each witness remembers the one checkpoint that it signs.
    memories: PathBuf,
    signed: u32,
}

impl Announcer {
    pub(crate) fn new(log: LogStore, name: LogName, memories: PathBuf) -> Self {
        Self { log, name, memories, signed: 0 }
    }

    pub(crate) fn name(&self) -> &LogName {
        &self.name
    }

    /// Entries of other programmes, of other forms, and of the registration log; many now and then.
    pub(crate) fn add_strangers(&mut self, dice: &mut Dice, writer: &FolderWriter) {
        let number = if dice.one_in(40) { 260 } else { dice.within(0..=3) };
        let (programme, wave) = writer.policy().wave();
        let entry = |_| match dice.within(0..=2) {
            0 => dice.text().into_bytes(),
            1 => file_entry("another programme", wave, "plan.json", &dice.bytes()).unwrap(),
            _ => file_entry(programme, wave, "registration-checkpoint", &dice.bytes()).unwrap(),
        };
        let entries: Vec<Vec<u8>> = (0..number).map(entry).collect();
        if !entries.is_empty() {
            self.log.append(&entries, &secret("log")).unwrap();
        }
    }

    /// Announces files and has enough witnesses sign by `due_s`, perhaps more of them later.
    pub(crate) fn announce(
        &mut self,
        dice: &mut Dice,
        writer: &FolderWriter,
        names: &[&str],
        due_s: u64,
    ) {
        writer.announce(&mut self.log, names, &secret("log")).unwrap();
        let trust = Trust::of_policy(writer.policy()).unwrap();
        let (note, witnesses) = (self.log.checkpoint().unwrap(), trust.witnesses());
        let signers = dice.within(trust.quorum() as u64..=witnesses.len() as u64) as usize;
        let mut lines: Vec<SignatureLine> = Vec::with_capacity(signers);
        for (place, own) in dice.some(witnesses, signers).iter().enumerate() {
            let before_s = dice.within(0..=2);
            let time_s = if place < trust.quorum() { due_s - before_s } else { due_s + before_s };
            self.signed += 1;
            let memory = self.memories.join(self.signed.to_string());
            let witness = Witness::new(&own.name, secret(&own.name), &self.name, &memory);
            witness.begin(0).unwrap();
            lines.push(witness.cosign(&note, &[], time_s).unwrap());
        }
        self.log.add_cosignatures(&lines, &trust).unwrap();
        writer.prove(&self.log, names).unwrap();
    }
}
