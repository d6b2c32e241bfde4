//! The way back of an administrator who has lost the credential: a code kept on paper, and another administrator.
//!
//! A code only proposes, and only a new credential of the officer it belongs to; the proposal is approved by another
//! administrator like any other, so two persons stand behind each credential. It ends with the credential it was made
//! under, so it replaces one once, and who replaces a stolen credential also voids a code that the thief has made.

use std::collections::BTreeSet;

use domain::ids::{OfficerId, ProposalId};
use domain::officers::{Officer, TwoPersonAct};
use rand_core::Rng;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use storage::credentials::{
    office_lock, officer_of_credential, recovery_code_matches, recovery_code_replace,
};
use storage::error::StorageError;
use storage::keys::{from_hex, to_hex};
use zeroize::Zeroizing;

use crate::act::{Act, ActError, Event};
use crate::credential::Credential;
use crate::officers::{Empowerment, OfficerRefusal, empower_request, in_office, subject};
use crate::proposals::propose_within;

/// Hexadecimal digits that stand together on paper.
const GROUP: usize = 4;

/// 128 random bits, written as 32 hexadecimal digits in groups of four.
pub struct RecoveryCode(Zeroizing<[u8; 16]>);

impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCode(***)")
    }
}

impl RecoveryCode {
    /// A new code.
    pub fn make(rng: &mut (impl Rng + ?Sized)) -> Self {
        let mut bits = Zeroizing::new([0; 16]);
        rng.fill_bytes(bits.as_mut_slice());
        Self(bits)
    }

    /// Reads a code as somebody types it from paper: blanks, hyphens and capitals do not count.
    pub fn parse(text: &str) -> Option<Self> {
        let counts = |c: &char| !c.is_whitespace() && *c != '-';
        let digits: String = text.chars().filter(counts).map(|c| c.to_ascii_lowercase()).collect();
        from_hex(&Zeroizing::new(digits)).map(|bits| Self(Zeroizing::new(bits)))
    }

    /// The code as it is written on paper.
    pub fn text(&self) -> Zeroizing<String> {
        let digits = Zeroizing::new(to_hex(self.0.as_slice()));
        let mut text = Zeroizing::new(String::new());
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && place.is_multiple_of(GROUP) {
                text.push('-');
            }
            text.push(digit);
        }
        text
    }

    /// What the database keeps of it.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_slice()).into()
    }
}

/// Keeps the digest of an administrator's new code in place of the one before.
///
/// # Errors
/// [`ActError`]: the credential is not in force, or not of an administrator; nothing changes then.
pub async fn keep_recovery_code(
    act: &mut Act<'_>,
    credential: &Credential,
    code_sha256: [u8; 32],
) -> Result<(), ActError> {
    let mut tx = act.database.begin().await?;
    office_lock(&mut tx).await?;
    let (holder, sha256) = (credential.officer(), credential.sha256());
    let officer = officer_of_credential(&mut tx, holder, sha256).await?;
    let officer = officer.ok_or(OfficerRefusal::UnknownCredential)?;
    officer.require(TwoPersonAct::Empower.proposer())?;
    recovery_code_replace(&mut tx, officer.id, code_sha256, act.now).await?;
    record(act, &mut tx, &officer, "recovery_code_make", "asked by its holder").await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// Proposes a new credential, known by its SHA-256, of an administrator who shows the code.
///
/// # Errors
/// [`OfficerRefusal::WrongCode`] if it is not the one in force, and whatever keeps a proposal from being made.
pub async fn propose_recovery(
    act: &mut Act<'_>,
    officer: OfficerId,
    (code, new_sha256): (&RecoveryCode, [u8; 32]),
    reason: &str,
) -> Result<ProposalId, ActError> {
    let mut tx = act.database.begin().await?;
    office_lock(&mut tx).await?;
    let found = in_office(&mut tx, |one| one.id == officer).await?;
    let officer = found.ok_or_else(|| OfficerRefusal::Unknown(officer.to_string()))?;
    if !recovery_code_matches(&mut tx, officer.id, code.sha256()).await? {
        return Err(OfficerRefusal::WrongCode.into());
    }
    officer.require(TwoPersonAct::Empower.proposer())?;
    let power = Empowerment {
        officer: officer.id,
        name: officer.name.clone(),
        roles: BTreeSet::new(),
        credential: Some(new_sha256),
    };
    let request = empower_request(&power);
    let proposal = propose_within(act, &mut tx, &officer, (&request, reason)).await?;
    record(act, &mut tx, &officer, "credential_recover", reason).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(proposal)
}

async fn record(
    act: &mut Act<'_>,
    conn: &mut sqlx::PgConnection,
    officer: &Officer,
    name: &str,
    reason: &str,
) -> Result<(), ActError> {
    let (subject, detail) = (subject(officer.id), json!({}));
    act.record(conn, Event { act: name, subject, from: None, to: None, reason, detail }).await
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    /// Goal: a code reads back as it is written and as people copy it, and nothing else does. Method: its text changed
    /// in one way each.
    #[test]
    fn codes_on_paper() {
        let code = RecoveryCode::make(&mut ChaCha8Rng::seed_from_u64(3));
        let text = code.text().to_string();
        assert_eq!((text.len(), text.matches('-').count()), (39, 7));
        for copied in [&text, &text.to_uppercase(), &text.replace('-', " "), &format!(" {text}\n")]
        {
            assert_eq!(RecoveryCode::parse(copied).unwrap().sha256(), code.sha256());
        }
        for bad in ["", &text[1..], &format!("{text}0"), &text.replacen('-', "x", 1)] {
            assert!(RecoveryCode::parse(bad).is_none(), "{bad}");
        }
        assert!(!format!("{code:?}").contains(&text[..4]));
    }
}
