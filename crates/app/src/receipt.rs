//! Receipts: with one, its holder proves to have joined a published wave, and checks what the draw did with her
//! (selection.md section 16.9). Signed when asked for; the same receipt comes out each time.
//!
//! What is handed out before the list is fixed is kept for the registration log first, so that nobody who has a receipt
//! can be left out of the list unseen.

use std::sync::Arc;

use domain::ids::PersonId;
use domain::time::Timestamp;
use domain::wave::{WaveNumber, WaveState};
use publication::key::SecretKey;
use publication::receipt::SignedReceipt;
use selection::digest::{DrawKey, Opening, WaveContext};
use selection::receipt::{Receipt, ReceiptKind};
use selection::record::{EntryTag, HIDDEN_MASK, RecordError, Weight, flags};
use sqlx::PgConnection;
use storage::classes::{CommitmentRow, MemberClass};
use storage::database::Database;
use storage::error::StorageError;
use storage::receipts::{ReceiptFacts, receipt_facts_find};
use storage::reference::{WaveRow, wave_find};
use storage::registration_receipts::registration_receipt_insert;
use storage::vault::KeyRing;

use crate::act::ActError;
use crate::folders::public_policy;
use crate::reference::Policies;
use crate::roll::{selection_error, wave_context, wave_draw_key};

/// Random bytes of receipts from before the list is fixed, when no entry has its own: a receipt of that time may differ
/// from the entry in this (section 16.9).
const BEFORE_THE_LIST: [u8; 32] = [0; 32];

/// Who signs receipts.
pub type ReceiptKey = Arc<SecretKey>;

/// What receipts are made with.
#[derive(Debug)]
pub struct ReceiptDesk<'a> {
    /// The database.
    pub database: &'a Database,
    /// Keys of identities and draws.
    pub keys: &'a KeyRing,
    /// The policies of the waves.
    pub policies: &'a Policies,
    /// Who signs.
    pub key: &'a SecretKey,
}

/// Hands out the receipt of a person's join of a wave as a file; `None` if there is none: the wave is not published, the
/// person is not in it, or another key signs its receipts.
///
/// # Errors
/// [`ActError`].
pub async fn hand_out_receipt(
    desk: &ReceiptDesk<'_>,
    number: WaveNumber,
    person: PersonId,
    now: Timestamp,
) -> Result<Option<Vec<u8>>, ActError> {
    let mut tx = desk.database.begin().await?;
    let Some(wave) = wave_find(&mut tx, number).await? else { return Ok(None) };
    let Some(receipt) = sign_receipt(desk, &mut tx, &wave, person).await? else { return Ok(None) };
    // Whoever the list leaves out is still given the receipt of the registration, too late for the log.
    let is_unlisted = matches!(wave.state, WaveState::Open { .. } | WaveState::Closed { .. });
    if is_unlisted && receipt.receipt.kind == ReceiptKind::Registered {
        registration_receipt_insert(&mut tx, number, &receipt.digest(), now).await?;
    }
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Some(receipt.write()))
}

async fn sign_receipt(
    desk: &ReceiptDesk<'_>,
    conn: &mut PgConnection,
    wave: &WaveRow,
    person: PersonId,
) -> Result<Option<SignedReceipt>, ActError> {
    let number = wave.wave;
    let Some(policy) = public_policy(conn, number).await? else { return Ok(None) };
    if policy.receipt_key != desk.key.public() {
        return Ok(None);
    }
    let Some(facts) = receipt_facts_find(conn, number, person).await? else { return Ok(None) };
    let shares = &desk.policies.for_wave(number)?.version.selection().shares;
    let class = facts.class.unwrap_or(match facts.commitment {
        // Who is of no class has no row once the list is fixed.
        Some(_) => MemberClass::PLAIN,
        None => MemberClass {
            mask: shares.mask_of(facts.class_facts),
            weight: shares.weight_of(facts.class_facts),
        },
    });
    let writing = Writing {
        context: wave_context(wave)?,
        draw_key: wave_draw_key(desk.keys, wave)?,
        nik: *desk.keys.open(person, &facts.wrapped_key, &facts.sealed)?.nik.expose(),
        class,
        facts: &facts,
    };
    let receipt = writing.receipt().map_err(|error| selection_error(number, &error))?;
    let receipt = receipt
        .ok_or(StorageError::Inconsistency { table: "roll_commitments", column: "commitment" })?;
    Ok(Some(SignedReceipt::sign(&writing.context, receipt, desk.key)))
}

/// What a receipt is made of.
struct Writing<'a> {
    context: WaveContext,
    draw_key: DrawKey,
    nik: [u8; 16],
    class: MemberClass,
    facts: &'a ReceiptFacts,
}

impl Writing<'_> {
    /// The receipt; `None` if what is kept does not open the entry's commitment.
    fn receipt(&self) -> Result<Option<Receipt>, RecordError> {
        let mask = self.class.mask;
        let Some(CommitmentRow { commitment, random }) = self.facts.commitment else {
            let flags = flags(mask, 0)?;
            let mut receipt = self.open(ReceiptKind::Registered, &BEFORE_THE_LIST, flags)?;
            receipt.commitment = self.commitment(&receipt);
            return Ok(Some(receipt));
        };
        // Whether the list shows the class hangs on all others in the region; the commitment knows.
        for shown in [mask, HIDDEN_MASK] {
            let flags = flags(shown, self.facts.places_left)?;
            let mut receipt = self.open(ReceiptKind::Entered, &random, flags)?;
            receipt.commitment = commitment;
            if self.commitment(&receipt) == commitment {
                return Ok(Some(receipt));
            }
        }
        Ok(None)
    }

    fn open(
        &self,
        kind: ReceiptKind,
        random: &[u8; 32],
        flags: u8,
    ) -> Result<Receipt, RecordError> {
        let entry_tag = EntryTag(self.facts.entry_tag);
        Ok(Receipt {
            kind,
            entry_tag,
            commitment: [0; 32],
            blinding: self.draw_key.blinding(&self.context, &entry_tag, random),
            region: self.facts.class_facts.region.get(),
            mask: self.class.mask,
            weight: Weight::new(self.class.weight)?,
            flags,
            registered_at_s: u64::try_from(self.facts.joined_at.unix_seconds()).unwrap_or(0),
        })
    }

    fn commitment(&self, receipt: &Receipt) -> [u8; 32] {
        self.context.commitment(&Opening {
            blinding: &receipt.blinding,
            entry_tag: receipt.entry_tag,
            region: receipt.region,
            mask: receipt.mask,
            weight: receipt.weight,
            flags: receipt.flags,
            nik_digits: &self.nik,
        })
    }
}
