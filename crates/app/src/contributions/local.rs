//! A contributor within this process, for rehearsals and replays: whoever runs the programme gives its values too.

use domain::wave::WaveNumber;
use publication::contribution::commit;
use publication::format::{ContributionFile, Given, PolicyFile, Reveal};
use publication::key::SecretKey;
use selection::policy::Party;
use sha2::{Digest as _, Sha256};
use storage::database::Database;
use storage::reference::wave_find;

use super::{ContributionRefusal, RevealTimes, asking_policy, keep_contribution};
use crate::act::{Act, ActError};

/// A contributor whose values follow from its key, so that a rehearsal done again is the same.
#[derive(Debug)]
pub struct LocalContributor {
    name: String,
    key: SecretKey,
}

impl LocalContributor {
    /// A contributor with its key.
    pub fn new(name: &str, key: SecretKey) -> Self {
        Self { name: name.to_owned(), key }
    }

    /// As the rules of waves name it.
    pub fn party(&self) -> Party {
        Party { key: self.key.public(), name: self.name.clone() }
    }

    /// Commits itself to its value for a wave.
    ///
    /// # Errors
    /// As [`keep_contribution`].
    pub async fn commit(&self, act: &mut Act<'_>, wave: WaveNumber) -> Result<(), ActError> {
        let rules = rules_of(act.database, wave).await?;
        let own = commit(&rules.ctx, &self.name, &self.value(&rules), &self.key);
        keep(act, wave, &rules, Given::Commitment(own)).await
    }

    /// Reveals it.
    ///
    /// # Errors
    /// As [`keep_contribution`].
    pub async fn reveal(&self, act: &mut Act<'_>, wave: WaveNumber) -> Result<(), ActError> {
        let rules = rules_of(act.database, wave).await?;
        let own = Reveal { name: self.name.clone(), value: self.value(&rules) };
        keep(act, wave, &rules, Given::Reveal(own)).await
    }

    fn value(&self, rules: &PolicyFile) -> [u8; 32] {
        Sha256::digest(self.key.sign(rules.ctx.as_bytes())).into()
    }
}

/// When values are revealed for a wave.
///
/// # Errors
/// [`ActError`] if its rules name no contributor.
pub async fn reveal_times(database: &Database, wave: WaveNumber) -> Result<RevealTimes, ActError> {
    let rules = rules_of(database, wave).await?;
    let row = wave_find(&mut *database.begin().await?, wave).await?;
    Ok(RevealTimes::of_wave(&row.ok_or(ActError::UnknownWave(wave))?, &rules))
}

async fn rules_of(database: &Database, wave: WaveNumber) -> Result<PolicyFile, ActError> {
    let rules = asking_policy(&mut *database.begin().await?, wave).await?;
    Ok(rules.ok_or(ContributionRefusal::NotAsked(wave))?)
}

async fn keep(
    act: &mut Act<'_>,
    wave: WaveNumber,
    rules: &PolicyFile,
    given: Given,
) -> Result<(), ActError> {
    let file = ContributionFile { ctx: *rules.ctx.as_bytes(), given };
    keep_contribution(act, wave, &file).await.map(|_| ())
}
