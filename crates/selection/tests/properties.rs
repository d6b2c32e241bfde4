//! Laws of the draw and of the apportionment, against slow and plain references.
#![expect(clippy::unwrap_used, reason = "a broken fixture must stop the test")]

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use selection::apportion::{Claim, sainte_lague};
use selection::digest::Seed;
use selection::draw::{Outcome, RegionDraw, Seat, Step};
use selection::record::{EntryTag, HouseholdTag, Record, RecordParts, Weight, flags};
use selection::ticket::{Ticket, Ticketer};
use sha2::Sha256;

const REGION: u16 = 1571;

/// Members of a small set of family cards (0 = none); one card's places left follow from its number
/// and stay below the cap.
fn people(cap: u8) -> impl Strategy<Value = Vec<Record>> {
    btree_map(any::<[u8; 16]>(), (0u8..6, 1u8..=4), 0..40).prop_map(move |people| {
        let record = |(tag, (card, weight))| {
            let places_left = if card == 0 { 0 } else { card % cap.max(1) };
            Record::new(RecordParts {
                entry_tag: EntryTag(tag),
                commitment: [0; 32],
                region: REGION,
                mask: u16::from(card),
                weight: Weight::new(weight).unwrap(),
                flags: flags(0, places_left).unwrap(),
                household: HouseholdTag([card; 8]),
            })
            .unwrap()
        };
        people.into_iter().map(record).collect()
    })
}

/// A whole case: seed, cap, people, and seats as a fraction of those in play.
fn cases() -> impl Strategy<Value = (Seed, u8, Vec<Record>, u8)> {
    (any::<[u8; 32]>(), 0u8..=4).prop_flat_map(|(seed, cap)| {
        (Just(Seed::from_bytes(seed)), Just(cap), people(cap), any::<u8>())
    })
}

/// Ticket by the textbook HMAC, one entry at a time.
fn plain_ticket(seed: &Seed, record: &Record) -> [u8; 32] {
    let parts = record.parts();
    let entry = |step: u8| -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(seed.as_bytes()).unwrap();
        mac.update(b"selection/v1/ticket\0");
        mac.update(&parts.entry_tag.0);
        mac.update(&[step]);
        mac.finalize().into_bytes().into()
    };
    (0..parts.weight.get()).map(entry).min().unwrap()
}

/// People in play by ticket, the slow way: walk all by ticket and count each card's members.
fn plain_in_play(seed: &Seed, cap: u8, records: &[Record]) -> Vec<([u8; 32], EntryTag)> {
    let mut order: Vec<_> = records
        .iter()
        .map(|record| (plain_ticket(seed, record), record.parts().entry_tag, record))
        .collect();
    order.sort_by_key(|(ticket, tag, _)| (*ticket, *tag));
    let mut taken: BTreeMap<HouseholdTag, u8> = BTreeMap::new();
    order.retain(|(_, _, record)| {
        let household = record.parts().household;
        let places = if record.places_left() == 0 { cap } else { record.places_left() };
        let count = taken.entry(household).or_default();
        *count += 1;
        cap == 0 || household == HouseholdTag::NONE || *count <= places
    });
    order.into_iter().map(|(ticket, tag, _)| (ticket, tag)).collect()
}

/// Outcome per person, whatever the order of input.
fn outcomes(
    seed: &Seed,
    cap: u8,
    seats: u32,
    records: &[Record],
) -> (BTreeMap<EntryTag, Outcome>, Option<Ticket>) {
    let mut draw = RegionDraw::new(seed, cap);
    let result = draw.draw(REGION, seats, records).unwrap();
    assert_eq!(result.outcomes.len(), records.len());
    let tags = records.iter().map(|record| record.parts().entry_tag);
    (tags.zip(result.outcomes.iter().copied()).collect(), result.pools[0].cutoff)
}

proptest! {
    /// Goal: seats, cap, ranks, counts and threshold are those of the plain reference; method: draw
    /// random regions in a workspace that has already drawn another region.
    #[test]
    fn draw_equals_reference((seed, cap, records, share) in cases(), other in people(1)) {
        let expected = plain_in_play(&seed, cap, &records);
        let seats = expected.len() * usize::from(share) / 255;
        let mut draw = RegionDraw::new(&seed, cap);
        let other_fits = draw.draw(REGION, 0, &other).is_ok();
        prop_assert!(other_fits);
        let result = draw.draw(REGION, seats as u32, &records).unwrap();

        prop_assert_eq!(result.in_play as usize, expected.len());
        prop_assert_eq!(result.capped as usize, records.len() - expected.len());
        prop_assert_eq!(result.selected as usize, seats);
        prop_assert_eq!(result.waiting as usize, expected.len() - seats);
        let cutoff = seats.checked_sub(1).map(|last| Ticket(expected[last].0));
        prop_assert_eq!(result.pools[0].cutoff, cutoff);
        let seat = Seat { pool: 0, step: Step::Ticket };
        for (record, outcome) in records.iter().zip(result.outcomes) {
            let tag = record.parts().entry_tag;
            let place = expected.iter().position(|(_, other)| *other == tag);
            let (wanted, code) = match place {
                None => (Outcome::HouseholdCap, u32::MAX),
                Some(at) if at < seats => (Outcome::Selected { position: at as u32 + 1, seat }, 0),
                Some(at) => {
                    let rank = (at - seats) as u32 + 1;
                    (Outcome::Waiting { rank }, rank)
                }
            };
            prop_assert_eq!(*outcome, wanted);
            prop_assert_eq!(outcome.waitlist_code(), code);
        }
    }

    /// Goal: selected exactly if in play and at or under the cutoff; no card above its places;
    /// method: check both on the outcomes alone.
    #[test]
    fn threshold_and_cap((seed, cap, records, share) in cases()) {
        let in_play = plain_in_play(&seed, cap, &records).len();
        let (outcomes, cutoff) =
            outcomes(&seed, cap, (in_play * usize::from(share) / 255) as u32, &records);
        let ticketer = Ticketer::new(&seed);
        let mut seats_of_card: BTreeMap<HouseholdTag, u8> = BTreeMap::new();
        for record in &records {
            let parts = record.parts();
            let outcome = outcomes[&parts.entry_tag];
            let selected = matches!(outcome, Outcome::Selected { .. });
            let under = Some(ticketer.ticket(&parts.entry_tag, parts.weight)) <= cutoff;
            prop_assert_eq!(selected, outcome != Outcome::HouseholdCap && under);
            if selected && cap > 0 && parts.household != HouseholdTag::NONE {
                let count = seats_of_card.entry(parts.household).or_default();
                *count += 1;
                let places = if record.places_left() == 0 { cap } else { record.places_left() };
                prop_assert!(*count <= places);
            }
        }
    }

    /// Goal: input order is without influence; method: draw a shuffled copy.
    #[test]
    fn permutation_changes_nothing(
        ((seed, cap, records, _), shuffled) in cases().prop_flat_map(|case| {
            let shuffled = Just(case.2.clone()).prop_shuffle();
            (Just(case), shuffled)
        }),
    ) {
        let seats = plain_in_play(&seed, cap, &records).len() as u32 / 2;
        prop_assert_eq!(
            outcomes(&seed, cap, seats, &records),
            outcomes(&seed, cap, seats, &shuffled)
        );
    }

    /// Goal: removing one applicant moves nobody else's ticket; method: the others keep their order,
    /// read from the ranks of a draw without seats.
    #[test]
    fn others_keep_their_order((seed, _, records, _) in cases(), gone in any::<prop::sample::Index>()) {
        prop_assume!(!records.is_empty());
        let uncapped = |record: &Record| {
            Record::new(RecordParts { flags: 0, ..*record.parts() }).unwrap()
        };
        let mut records: Vec<Record> = records.iter().map(uncapped).collect();
        let order = |records: &[Record]| {
            let rank = |outcome| match outcome {
                Outcome::Waiting { rank } => rank,
                other => panic!("{other:?} without cap and seats"),
            };
            let (outcomes, _) = outcomes(&seed, 0, 0, records);
            let mut order: Vec<_> =
                outcomes.into_iter().map(|(tag, outcome)| (rank(outcome), tag)).collect();
            order.sort_unstable();
            order.into_iter().map(|(_, tag)| tag).collect::<Vec<_>>()
        };
        let mut before = order(&records);
        let gone = records.remove(gone.index(records.len())).parts().entry_tag;
        before.retain(|tag| *tag != gone);
        prop_assert_eq!(before, order(&records));
    }

    /// Goal: the prepared key states give HMAC; method: compare with the textbook ticket.
    #[test]
    fn ticket_is_hmac((seed, _, records, _) in cases()) {
        let ticketer = Ticketer::new(&seed);
        for record in &records {
            let parts = record.parts();
            let ticket = ticketer.ticket(&parts.entry_tag, parts.weight);
            prop_assert_eq!(ticket.0, plain_ticket(&seed, record));
        }
    }

    /// Goal: a record survives its bytes; method: read back what was written.
    #[test]
    fn record_round_trip((_, _, records, _) in cases()) {
        for record in records {
            prop_assert_eq!(Record::from_bytes(&record.to_bytes()), Ok(record));
        }
    }
}

/// Claims with small numbers, so that ties, caps and starts meet often.
fn claims() -> impl Strategy<Value = Vec<Claim>> {
    let claim = |(code, (weight, start, room))| Claim { code, weight, start, cap: start + room };
    vec((0u64..12, 0u64..4, 0u64..12), 0..8)
        .prop_map(move |parts| (10..).zip(parts).map(claim).collect())
}

/// Each seat to the best quotient by a linear search over exact fractions.
fn plain_sainte_lague(total: u64, claims: &[Claim]) -> (Vec<u64>, u64) {
    let mut seats: Vec<u64> = claims.iter().map(|claim| claim.start).collect();
    let mut left = total - seats.iter().sum::<u64>();
    while left > 0 {
        let mut best: Option<usize> = None;
        for at in (0..claims.len()).filter(|&at| seats[at] < claims[at].cap) {
            let better = best.is_none_or(|best| {
                let (own, other) = (
                    claims[at].weight * (2 * seats[best] + 1),
                    claims[best].weight * (2 * seats[at] + 1),
                );
                own > other || own == other && claims[at].code < claims[best].code
            });
            if better {
                best = Some(at);
            }
        }
        let Some(best) = best else { break };
        seats[best] += 1;
        left -= 1;
    }
    (seats, left)
}

proptest! {
    /// Goal: seats are those of the plain search, sum to the total, stay within start and cap, and
    /// do not depend on the order of claims; method: random small claims.
    #[test]
    fn apportionment_equals_reference(
        (claims, shuffled) in claims().prop_flat_map(|c| (Just(c.clone()), Just(c).prop_shuffle())),
        extra in 0u64..60,
    ) {
        let total = claims.iter().map(|claim| claim.start).sum::<u64>() + extra;
        let result = sainte_lague(total, &claims).unwrap();
        prop_assert_eq!((result.seats.clone(), result.unplaced), plain_sainte_lague(total, &claims));
        prop_assert_eq!(result.seats.iter().sum::<u64>() + result.unplaced, total);
        for (claim, seats) in claims.iter().zip(&result.seats) {
            prop_assert!((claim.start..=claim.cap).contains(seats));
            prop_assert!(result.unplaced == 0 || *seats == claim.cap);
        }
        let by_code = |claims: &[Claim], seats: Vec<u64>| -> BTreeMap<u32, u64> {
            claims.iter().map(|claim| claim.code).zip(seats).collect()
        };
        let other = sainte_lague(total, &shuffled).unwrap();
        prop_assert_eq!(by_code(&claims, result.seats), by_code(&shuffled, other.seats));
    }

    /// Goal: one seat more never takes a seat from anyone; method: compare neighbouring totals.
    #[test]
    fn apportionment_is_house_monotone(claims in claims(), extra in 0u64..60) {
        let total = claims.iter().map(|claim| claim.start).sum::<u64>() + extra;
        let fewer = sainte_lague(total, &claims).unwrap();
        let more = sainte_lague(total + 1, &claims).unwrap();
        prop_assert!(fewer.seats.iter().zip(&more.seats).all(|(fewer, more)| fewer <= more));
    }

    /// Goal: weights at the edge of 64 bits stay exact; method: equal weights share equally, the
    /// smaller code first, and one unit of weight more wins the tie.
    #[test]
    fn extreme_weights(seats in 1u64..40, below in 1u64..1000) {
        let claim = |code, weight| Claim { code, weight, start: 0, cap: u64::MAX };
        let (most, less) = (u64::MAX, u64::MAX - below);
        let tie = sainte_lague(2 * seats - 1, &[claim(2, most), claim(1, most)]).unwrap();
        prop_assert_eq!(tie.seats, [seats - 1, seats]);
        let near = sainte_lague(2 * seats - 1, &[claim(2, most), claim(1, less)]).unwrap();
        prop_assert_eq!(near.seats, [seats, seats - 1]);
    }
}
