//! Writing a published wave's folder, its announcements and their proofs. Blocking: files only, and in-process witnesses.

use std::path::{Path, PathBuf};

use domain::wave::WaveNumber;
use publication::log::{LogStore, Trust};
use publication::write::{FolderWriter, PlanParts, WriteError, publish_batch};
use storage::public_folders::PublicFile;

use super::contents::{Contents, List};
use super::rules::{PLAN_FILES, instant};
use super::{FolderDesk, FolderError};

/// The files of one step of the timeline, which are announced together.
type Step = Vec<String>;

/// Name of a wave's folder.
pub(crate) fn folder_name(wave: WaveNumber) -> String {
    format!("gelombang-{wave}")
}

/// A folder in the making.
pub(super) struct Folder<'a> {
    desk: &'a FolderDesk,
    /// Number of the plan of list and seats.
    plan: u8,
    writer: FolderWriter,
    trust: Trust,
}

impl<'a> Folder<'a> {
    /// Takes up the folder of a wave, or begins it.
    pub(super) fn open(desk: &'a FolderDesk, contents: &Contents) -> Result<Self, FolderError> {
        let path = desk.root.join(folder_name(contents.wave));
        let writer = FolderWriter::create(&path, &contents.policy.parts())?;
        let trust = Trust::of_policy(writer.policy())?;
        Ok(Self { desk, plan: contents.plan, writer, trust })
    }

    /// Writes what is to be published by now; gives the files by the step they belong to.
    pub(super) fn write(&self, contents: &Contents) -> Result<Vec<Step>, FolderError> {
        let mut steps = vec![names(["policy.json"])];
        if let Some(list) = &contents.list {
            steps.push(self.write_list(contents, list)?);
        }
        if let Some(reveals) = &contents.reveals {
            self.writer.reveals(reveals.clone())?;
            steps.push(names(["reveals.json"]));
        }
        if let Some(draw) = &contents.draw {
            steps.push(self.write_draw(contents, draw)?);
        }
        for (number, file) in (1..).zip(&contents.batches) {
            steps.push(vec![self.writer.revoked(number, file)?]);
        }
        if let Some(file) = &contents.corrections {
            self.writer.corrections(file)?;
            steps.push(names(["corrections.json"]));
        }
        Ok(steps)
    }

    fn write_list(&self, contents: &Contents, list: &List) -> Result<Step, FolderError> {
        let records = list.records.iter().map(|own| Ok::<_, WriteError>(*own));
        let committed = self.writer.entries(contents.plan, records)?;
        let parts =
            PlanParts { earlier: list.earlier.clone(), contributions: list.contributions.clone() };
        self.writer.plan(&committed, parts)?;
        for (wave, batch, file) in &contents.foreign {
            publish_batch(&self.desk.root.join(folder_name(*wave)), *batch, file)?;
        }
        Ok(names(PLAN_FILES))
    }

    fn write_draw(
        &self,
        contents: &Contents,
        (signature, waitlist): &([u8; 48], [u8; 32]),
    ) -> Result<Step, FolderError> {
        self.writer.seed(signature)?;
        let hidden = contents.hidden_masks();
        self.writer.result(|_, record| hidden.get(&record.parts().entry_tag).copied())?;
        if self.digest("waitlist.bin")? != *waitlist {
            return Err(FolderError::OtherOutcome { wave: contents.wave });
        }
        Ok(names(["seed.json", "result.json", "selected.bin", "waitlist.bin"]))
    }

    /// The files of a step that witnesses have seen already, with their proofs in the folder.
    pub(super) fn seen(&self, step: &[String]) -> Result<Option<Vec<PublicFile>>, FolderError> {
        let mut seen = Vec::with_capacity(step.len());
        for name in step {
            let Some(time_s) = self.writer.witnessed(name, &self.trust)? else { return Ok(None) };
            seen.push(PublicFile {
                name: name.clone(),
                plan: plan_of(name, self.plan),
                digest: self.digest(name)?,
                witnessed_at: instant(time_s),
            });
        }
        Ok(Some(seen))
    }

    /// Puts the files of a step into the log, unless it has them.
    pub(super) fn announce(&self, step: &[String]) -> Result<(), FolderError> {
        let names: Vec<&str> = step.iter().map(String::as_str).collect();
        Ok(self.writer.announce(&mut self.log()?, &names, &self.desk.log_key)?)
    }

    /// Proves the files of a step by the log as witnesses have signed it.
    pub(super) fn prove(&self, step: &[String]) -> Result<(), FolderError> {
        let names: Vec<&str> = step.iter().map(String::as_str).collect();
        Ok(self.writer.prove(&self.log()?, &names)?)
    }

    /// Whose signatures count.
    pub(super) fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The log as it is.
    pub(super) fn log(&self) -> Result<LogStore, FolderError> {
        Ok(LogStore::open(&log_folder(&self.desk.root), self.trust.log())?)
    }

    fn digest(&self, name: &str) -> Result<[u8; 32], FolderError> {
        Ok(self.writer.digest(name)?)
    }
}

/// Where the announcement log of all waves lies.
pub(crate) fn log_folder(root: &Path) -> PathBuf {
    root.join("log")
}

fn names<const N: usize>(names: [&str; N]) -> Step {
    names.map(str::to_owned).to_vec()
}

/// The plan that a file belongs to, if list and seats are of this one.
pub(super) fn plan_of(name: &str, plan: u8) -> u8 {
    if PLAN_FILES.contains(&name) { plan } else { 1 }
}
