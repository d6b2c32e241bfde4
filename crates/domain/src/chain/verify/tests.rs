//! Tampering with an in-memory chain, at every position.

#![expect(clippy::arithmetic_side_effects, reason = "a test counts to ten")]

use super::*;
use crate::chain::checkpoint::SealingKey;
use crate::chain::tests::event;

/// Lengths of the batches: a checkpoint at positions 3, 4, 9 and 10.
const BATCHES: [u64; 4] = [3, 1, 5, 1];

fn key() -> SealingKey {
    SealingKey::from_secret(&[5; 32])
}

fn id(number: u64) -> Uuid {
    Uuid::from_u64_pair(0x0707_0707_0707_0707, number)
}

/// A sealed chain as its rows.
fn chain(key: &SealingKey, first: u64) -> Vec<Row> {
    let (mut rows, mut last, mut number) = (Vec::<Row>::new(), None::<SignedCheckpoint>, first);
    for length in BATCHES {
        let numbers: Vec<u64> = (number..number + length).collect();
        number += length;
        let events: Vec<_> = numbers.iter().map(|n| (id(*n), event_digest(&event(*n)))).collect();
        let before = last.as_ref().map(|last| &last.checkpoint);
        let sealed_at = Timestamp::from_micros(1_767_225_600_000_000);
        let (entries, checkpoint) = extend(before, &events, number, sealed_at).unwrap();
        let signed = key.sign(checkpoint);
        for (entry, number) in entries.into_iter().zip(numbers) {
            let position = i64::try_from(rows.len()).unwrap() + 1;
            rows.push(Row {
                position,
                entry: Stored::Present(entry),
                event: Some(event(number)),
                checkpoint: Stored::Absent,
            });
        }
        rows.last_mut().unwrap().checkpoint = Stored::Present(signed.clone());
        last = Some(signed);
    }
    rows
}

fn checkpoint_of(row: &Row) -> SignedCheckpoint {
    let Stored::Present(signed) = &row.checkpoint else { panic!("no checkpoint at {row:?}") };
    signed.clone()
}

fn verify(rows: &[Row], kept: &[SignedCheckpoint]) -> Result<Verified, Broken> {
    let kept = kept.iter().map(|signed| Kept { place: "here".into(), checkpoint: signed.clone() });
    let mut verifier = Verifier::new(key().public_key(), kept.collect());
    for row in rows {
        verifier.take(row)?;
    }
    verifier.finish()?;
    Ok(verifier.verified())
}

/// Applies a change to each position it is for and demands the fault there.
#[track_caller]
fn check(
    change: impl Fn(&mut Vec<Row>, usize) -> bool,
    position: impl Fn(i64) -> i64,
    words: &str,
) {
    let mut tried = 0;
    for at in 0..chain(&key(), 1).len() {
        let mut rows = chain(&key(), 1);
        if change(&mut rows, at) {
            tried += 1;
            let broken = verify(&rows, &[]).expect_err("tampering was found");
            let expected = position(i64::try_from(at).unwrap() + 1);
            assert_eq!(broken.position, expected, "{broken}");
            assert!(broken.to_string().contains(words), "{broken}");
        }
    }
    assert!(tried > 0);
}

/// What was sealed verifies, in whole and with every checkpoint kept from it; nothing sealed is no fault.
#[test]
fn untouched_chains() {
    let rows = chain(&key(), 1);
    let verified = verify(&rows, &[]).unwrap();
    assert_eq!((verified.links, verified.checkpoints), (10, 4));
    assert_eq!(verified.last, Some(checkpoint_of(&rows[9])));
    for at in [2, 3, 8, 9] {
        verify(&rows, &[checkpoint_of(&rows[at])]).unwrap();
    }
    assert_eq!(verify(&[], &[]).unwrap(), Verified::default());
}

/// Events edited in any column, removed, exchanged, or doubled.
#[test]
fn tampered_events() {
    for column in 0..crate::chain::COLUMNS.len() {
        let edit = |rows: &mut Vec<Row>, at: usize| {
            rows[at].event.as_mut().unwrap()[column] = Some(b"else".to_vec());
            true
        };
        check(edit, |at| at, "is not what was sealed");
    }
    let remove = |rows: &mut Vec<Row>, at: usize| rows[at].event.take().is_some();
    check(remove, |at| at, "is missing from audit_events");
    let swap = |rows: &mut Vec<Row>, at: usize| {
        let next = (at + 1) % rows.len();
        let event = rows[at].event.clone();
        rows[at].event = rows[next].event.clone();
        rows[next].event = event;
        next > at
    };
    check(swap, |at| at, "is not what was sealed");
    let double = |rows: &mut Vec<Row>, at: usize| {
        rows.insert(at, rows[at].clone());
        true
    };
    check(double, |at| at + 1, "several");
}

/// Links removed, cut off, swapped with what they link, or computed anew without the key.
#[test]
fn tampered_links() {
    let remove = |rows: &mut Vec<Row>, at: usize| {
        rows.remove(at);
        at < rows.len()
    };
    check(remove, |at| at, "missing");
    let empty = |rows: &mut Vec<Row>, at: usize| {
        rows[at].entry = Stored::Absent;
        rows[at].event = None;
        matches!(rows[at].checkpoint, Stored::Present(_))
    };
    check(empty, |at| at, "the link is missing from audit_chain");
    let swap = |rows: &mut Vec<Row>, at: usize| {
        let next = (at + 1) % rows.len();
        let (entry, event) = (rows[at].entry.clone(), rows[at].event.clone());
        (rows[at].entry, rows[at].event) = (rows[next].entry.clone(), rows[next].event.clone());
        (rows[next].entry, rows[next].event) = (entry, event);
        next > at
    };
    check(swap, |at| at, "the link does not follow");
    let end_of_batch = |at: i64| [3, 4, 9, 10].into_iter().find(|end| *end >= at).unwrap();
    let rechain = |rows: &mut Vec<Row>, at: usize| {
        rows[at].event = Some(event(77));
        rechain(rows);
        true
    };
    check(rechain, end_of_batch, "was signed over another link");
    // Cutting links off leaves a position without a checkpoint, unless a whole batch goes.
    let truncate = |rows: &mut Vec<Row>, at: usize| {
        rows.truncate(at);
        ![0, 3, 4, 9].contains(&at)
    };
    let covered = |at: i64| [9, 4, 3, 0].into_iter().find(|end| *end < at - 1).unwrap_or(0) + 1;
    check(truncate, covered, "no checkpoint covers");
}

/// Computes all digests anew from the events, as anybody can.
fn rechain(rows: &mut [Row]) {
    let mut head = Digest::ORIGIN;
    for row in rows {
        let digest = event_digest(row.event.as_ref().unwrap());
        head = link(row.position, &head, &digest);
        let Stored::Present(entry) = &mut row.entry else { panic!("no entry") };
        (entry.event_digest, entry.chain_digest) = (digest, head);
    }
}

/// Checkpoints removed, edited in any field, moved, or signed by another key.
#[test]
fn tampered_checkpoints() {
    let change = |edit: fn(&mut SignedCheckpoint)| {
        move |rows: &mut Vec<Row>, at: usize| match &mut rows[at].checkpoint {
            Stored::Present(signed) => {
                edit(signed);
                true
            }
            Stored::Absent | Stored::Unreadable => false,
        }
    };
    let edits: [(fn(&mut SignedCheckpoint), &str); 8] = [
        (|signed| signed.checkpoint.number += 1, "was expected and"),
        (|signed| signed.checkpoint.position += 1, "does not hold"),
        (|signed| signed.checkpoint.head = Digest::ORIGIN, "does not hold"),
        (|signed| signed.checkpoint.chain = Digest::ORIGIN, "does not hold"),
        (|signed| signed.checkpoint.horizon += 1, "does not hold"),
        (|signed| signed.checkpoint.sealed_at = Timestamp::from_micros(1), "does not hold"),
        (|signed| signed.signature[0] ^= 1, "does not hold"),
        (
            |signed| *signed = SealingKey::from_secret(&[6; 32]).sign(signed.checkpoint.clone()),
            "names the key",
        ),
    ];
    for (edit, words) in edits {
        check(change(edit), |at| at, words);
    }
    // The next checkpoint misses it; the last one leaves its links uncovered.
    let remove = |last: bool| {
        move |rows: &mut Vec<Row>, at: usize| {
            let there = rows[at].checkpoint != Stored::Absent;
            rows[at].checkpoint = Stored::Absent;
            there && (at == 9) == last
        }
    };
    let next = |at: i64| [3, 4, 9, 10].into_iter().find(|end| *end > at).unwrap();
    check(remove(false), next, "was expected and");
    check(remove(true), |at| at, "no checkpoint covers");
    let spoil = |rows: &mut Vec<Row>, at: usize| {
        let there = rows[at].checkpoint != Stored::Absent;
        rows[at].checkpoint = Stored::Unreadable;
        there
    };
    check(spoil, |at| at, "values that no checkpoint can have");
}

/// What only a copy from outside shows: an end cut off cleanly, all of it, or a chain made anew.
#[test]
fn kept_checkpoints() {
    let rows = chain(&key(), 1);
    let kept = [checkpoint_of(&rows[8])];
    for (end, position) in [(4, 5), (3, 4), (0, 1)] {
        let broken = verify(&rows[..end], &kept).unwrap_err();
        assert_eq!(broken.position, position);
        assert!(
            broken.to_string().contains("checkpoint 3 kept in here is at position 9"),
            "{broken}"
        );
    }
    let broken = verify(&chain(&key(), 2), &kept).unwrap_err();
    assert_eq!(broken.position, 1);
    assert!(broken.to_string().contains("begins otherwise"), "{broken}");
    let mut forked = checkpoint_of(&rows[8]).checkpoint;
    forked.horizon += 1;
    let broken = verify(&rows, &[key().sign(forked)]).unwrap_err();
    assert!(broken.to_string().contains("is not the one kept in here"), "{broken}");
}

/// A sealer goes on from an untouched end only.
#[test]
fn ends_to_go_on_from() {
    let rows = chain(&key(), 1);
    let last = checkpoint_of(&rows[8]);
    let head = last.checkpoint.head;
    let tail = |link| Tail { last: last.clone(), link };
    let check = |tail: &Tail, kept: &[Kept]| check_tail(tail, &key().public_key(), kept);
    check(&tail(Some((9, head))), &[]).unwrap();
    for (link, position) in
        [(None, 1), (Some((8, head)), 9), (Some((9, Digest::ORIGIN)), 9), (Some((10, head)), 10)]
    {
        assert_eq!(check(&tail(link), &[]).unwrap_err().position, position);
    }
    let mut forged = tail(Some((9, head)));
    forged.last.signature[0] ^= 1;
    assert_eq!(check(&forged, &[]).unwrap_err().fault, Fault::CheckpointForged(3));
    let kept = Kept { place: "here".into(), checkpoint: checkpoint_of(&rows[9]) };
    let broken = check(&tail(Some((9, head))), &[kept]).unwrap_err();
    assert!(matches!(broken.fault, Fault::Truncated { number: 4, .. }), "{broken}");
}
