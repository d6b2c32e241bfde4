//! Holding stored rows against the chain, and going on with it.

use uuid::Uuid;

use super::checkpoint::{Checkpoint, PublicKey, SignedCheckpoint};
use super::fault::{Broken, Fault};
use super::{Digest, EventColumns, event_digest, link};
use crate::ids::AuditEventId;
use crate::time::Timestamp;

/// One link as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The event.
    pub event_id: Uuid,
    /// Its digest.
    pub event_digest: Digest,
    /// The link.
    pub chain_digest: Digest,
}

/// What is found where a row should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored<T> {
    /// No row.
    Absent,
    /// A row whose values have no possible form.
    Unreadable,
    /// A row.
    Present(T),
}

/// All that is stored about a position.
#[derive(Clone, Debug)]
pub struct Row {
    /// The position.
    pub position: i64,
    /// The link.
    pub entry: Stored<Entry>,
    /// The event that the link names.
    pub event: Option<EventColumns>,
    /// The checkpoint at this position; most have none.
    pub checkpoint: Stored<SignedCheckpoint>,
}

/// A genuine checkpoint from outside the database, and where it was kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Where.
    pub place: String,
    /// The checkpoint.
    pub checkpoint: SignedCheckpoint,
}

/// What was verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Links, each with its event.
    pub links: i64,
    /// Checkpoints.
    pub checkpoints: i64,
    /// The newest checkpoint; `None` before the first.
    pub last: Option<SignedCheckpoint>,
}

/// Takes the rows of a chain in the order of their positions.
#[derive(Debug)]
pub struct Verifier {
    key: PublicKey,
    kept: Vec<Kept>,
    first: Digest,
    head: Digest,
    done: Verified,
}

impl Verifier {
    /// Before the first row. Whether the kept checkpoints are genuine is for the caller to see.
    pub fn new(key: PublicKey, kept: Vec<Kept>) -> Self {
        let done = Verified::default();
        Self { key, kept, first: Digest::ORIGIN, head: Digest::ORIGIN, done }
    }

    /// Takes the next row.
    ///
    /// # Errors
    /// [`Broken`] if it is not as it was sealed; later rows prove nothing then.
    pub fn take(&mut self, row: &Row) -> Result<(), Broken> {
        let position = self.done.links.saturating_add(1);
        self.take_at(position, row).map_err(|fault| Broken { position, fault })
    }

    fn take_at(&mut self, position: i64, row: &Row) -> Result<(), Fault> {
        if row.position != position {
            return Err(if row.position > position { Fault::Gap } else { Fault::Repeated });
        }
        let entry = match (&row.entry, &row.checkpoint) {
            (Stored::Present(entry), _) => entry,
            (Stored::Absent, Stored::Present(signed)) => {
                return Err(Fault::EntryMissing { number: signed.checkpoint.number });
            }
            (Stored::Absent | Stored::Unreadable, _) => return Err(Fault::EntryUnreadable),
        };
        let event_id = AuditEventId::from_uuid(entry.event_id);
        let event = row.event.as_ref().ok_or(Fault::EventMissing(event_id))?;
        if event_digest(event) != entry.event_digest {
            return Err(Fault::EventChanged(event_id));
        }
        if link(position, &self.head, &entry.event_digest) != entry.chain_digest {
            return Err(Fault::LinkChanged);
        }
        self.head = entry.chain_digest;
        self.done.links = position;
        if position == 1 {
            self.first = self.head;
            let other =
                self.kept.iter().find(|kept| kept.checkpoint.checkpoint.chain != self.first);
            if let Some(Kept { place, .. }) = other {
                return Err(Fault::OtherChain { place: place.clone() });
            }
        }
        match &row.checkpoint {
            Stored::Absent => Ok(()),
            Stored::Unreadable => Err(Fault::CheckpointUnreadable),
            Stored::Present(signed) => self.take_checkpoint(signed),
        }
    }

    fn take_checkpoint(&mut self, signed: &SignedCheckpoint) -> Result<(), Fault> {
        let number = self.done.checkpoints.saturating_add(1);
        let stated = &signed.checkpoint;
        if stated.number != number {
            return Err(Fault::CheckpointMissing { expected: number, found: stated.number });
        }
        check_signature(signed, &self.key)?;
        let (position, head) = (self.done.links, self.head);
        if (stated.position, stated.head, stated.chain) != (position, head, self.first) {
            return Err(Fault::CheckpointDiffers(number));
        }
        for Kept { place, checkpoint } in &self.kept {
            if checkpoint.checkpoint.number == number && checkpoint != signed {
                return Err(Fault::KeptDiffers { number, place: place.clone() });
            }
        }
        self.done.checkpoints = number;
        self.done.last = Some(signed.clone());
        Ok(())
    }

    /// After the last row.
    ///
    /// # Errors
    /// [`Broken`] if the chain does not end where it should.
    pub fn finish(&self) -> Result<(), Broken> {
        let covered = self.done.last.as_ref().map_or(0, |last| last.checkpoint.position);
        if covered != self.done.links {
            let position = covered.saturating_add(1);
            return Err(Broken { position, fault: Fault::Uncovered });
        }
        check_reaches(&self.done, &self.kept)
    }

    /// What was verified so far.
    pub fn verified(self) -> Verified {
        self.done
    }
}

fn check_signature(signed: &SignedCheckpoint, key: &PublicKey) -> Result<(), Fault> {
    let number = signed.checkpoint.number;
    if signed.public_key != *key {
        return Err(Fault::OtherKey { number, expected: *key, found: signed.public_key });
    }
    if signed.is_genuine(key) { Ok(()) } else { Err(Fault::CheckpointForged(number)) }
}

fn check_reaches(done: &Verified, kept: &[Kept]) -> Result<(), Broken> {
    for Kept { place, checkpoint } in kept {
        let Checkpoint { number, position, .. } = checkpoint.checkpoint;
        if number > done.checkpoints {
            let fault = Fault::Truncated { number, position, place: place.clone() };
            return Err(Broken { position: done.links.saturating_add(1), fault });
        }
    }
    Ok(())
}

/// The end of a chain, as far as it takes to go on with it.
#[derive(Clone, Debug)]
pub struct Tail {
    /// The newest checkpoint.
    pub last: SignedCheckpoint,
    /// The newest link, if any, with its position.
    pub link: Option<(i64, Digest)>,
}

/// Refuses to go on with a chain whose end is not as it was sealed: a genuine checkpoint over damage would
/// hide it.
///
/// # Errors
/// [`Broken`] names the position.
pub fn check_tail(tail: &Tail, key: &PublicKey, kept: &[Kept]) -> Result<(), Broken> {
    let stated = &tail.last.checkpoint;
    check_signature(&tail.last, key)
        .map_err(|fault| Broken { position: stated.position, fault })?;
    match tail.link {
        Some((position, _)) if position > stated.position => {
            Err(Broken { position: stated.position.saturating_add(1), fault: Fault::Uncovered })
        }
        Some(link) if link == (stated.position, stated.head) => {
            let done = Verified {
                links: stated.position,
                checkpoints: stated.number,
                last: Some(tail.last.clone()),
            };
            check_reaches(&done, kept)
        }
        Some((position, _)) if position == stated.position => {
            Err(Broken { position, fault: Fault::CheckpointDiffers(stated.number) })
        }
        link => Err(Broken {
            position: link.map_or(0, |(position, _)| position).saturating_add(1),
            fault: Fault::EntryMissing { number: stated.number },
        }),
    }
}

/// Appends events, in this order, to a chain that ends with `last`: their links, and the checkpoint to be
/// signed. `None` without events.
pub fn extend(
    last: Option<&Checkpoint>,
    events: &[(Uuid, Digest)],
    horizon: u64,
    sealed_at: Timestamp,
) -> Option<(Vec<Entry>, Checkpoint)> {
    let (mut position, mut head) =
        last.map_or((0, Digest::ORIGIN), |last| (last.position, last.head));
    let mut entries = Vec::with_capacity(events.len());
    for &(event_id, event_digest) in events {
        position = position.saturating_add(1);
        head = link(position, &head, &event_digest);
        entries.push(Entry { event_id, event_digest, chain_digest: head });
    }
    let first = entries.first()?.chain_digest;
    let checkpoint = Checkpoint {
        number: last.map_or(0, |last| last.number).saturating_add(1),
        chain: last.map_or(first, |last| last.chain),
        position,
        head,
        horizon,
        sealed_at,
    };
    Some((entries, checkpoint))
}

#[cfg(test)]
mod tests;
