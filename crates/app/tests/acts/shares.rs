//! Waves whose seats are set apart for classes of people: everybody recomputed by a plain reference, and from what is
//! stored by the draw alone.

use std::collections::BTreeMap;

use app::act::ActError;
use app::citizen::read_standing;
use app::freeze::{QuotaRows, preview_quotas};
use app::register::Registration;
use domain::decision::DecisionOutcome;
use domain::eligibility::Finding;
use domain::identity::Employment;
use domain::wave::WaveKind;
use selection::digest::{DrawKey, Opening, Seed, WaveContext};
use selection::draw::RegionDraw;
use selection::record::{EntryTag, HIDDEN_MASK, HouseholdTag, Record, RecordParts, Weight, flags};
use selection::roll::RollHasher;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use storage::rewrap::draw_key_owner;

use crate::plain::{Plan, Someone, apportion, draw_plainly, lower};
use crate::support::{REGIONS, World, applicants, family, region, wave};

/// Shares of the draw: the same lines in every policy.
pub(crate) const SHARES: &str = include_str!("../support/shares.toml");
/// Bits of the classes.
const DISABLED: u16 = 1;
const WOMEN: u16 = 2;
const POOR: u16 = 4;
const SEATS: u32 = 24;

/// People of all classes and weights; four share a card.
pub(crate) fn crowd() -> Vec<Registration> {
    let mut people = [&applicants(0..60)[..], &family(60..64, 1000)].concat();
    for (number, person) in people.iter_mut().enumerate() {
        person.disability = number % 7 == 0;
        if number % 5 == 0 {
            person.employment = Employment::LaidOff;
        }
    }
    people
}

/// The class that the shares see in a person.
fn class_of(person: &Registration) -> (u16, u8) {
    let is_woman = person.sex == domain::nik::Sex::Woman;
    let mask = u16::from(person.disability) * DISABLED
        + u16::from(is_woman) * WOMEN
        + u16::from(person.region == region(1501)) * POOR;
    (mask, if person.employment == Employment::LaidOff { 3 } else { 1 })
}

/// A world whose policies set seats apart.
pub(crate) async fn world_of_shares(waves: &[(WaveKind, u32)]) -> World {
    World::with_policies(&[("[selection]\n", &format!("[selection]\n{SHARES}"))], 48, waves).await
}

/// Such a world up to the state before the draw of its first wave.
async fn frozen_world(people: &[Registration]) -> World {
    let mut world =
        world_of_shares(&[(WaveKind::Regular, SEATS), (WaveKind::Regular, SEATS)]).await;
    world.register(people).await;
    world.open_with(48, people).await;
    world.close(48).await.unwrap();
    world.freeze(48).await.unwrap();
    world
}

/// What the draw of wave 48 knows of everybody in it, by region.
async fn entries(world: &World, people: &[Registration]) -> BTreeMap<u16, Vec<Someone>> {
    let mut conn = world.superuser().await;
    let rows = sqlx::query(
        "SELECT m.person_id, m.entry_tag, m.household_tag
         FROM memberships m WHERE m.wave = 48 AND NOT EXISTS (
             SELECT FROM decisions d WHERE d.wave = 48 AND d.person_id = m.person_id AND d.outcome = 'ineligible')",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let mut regions: BTreeMap<u16, Vec<Someone>> = BTreeMap::new();
    for row in rows {
        let id: uuid::Uuid = row.get(0);
        let person = people.iter().find(|one| one.person_id.uuid() == id).unwrap();
        let (mask, weight) = class_of(person);
        let tag: Vec<u8> = row.get(1);
        let card: Vec<u8> = row.get(2);
        regions.entry(person.region.get()).or_default().push(Someone {
            id,
            mask,
            weight,
            tag: tag.try_into().unwrap(),
            card: card.try_into().unwrap(),
        });
    }
    for region in regions.values_mut() {
        region.sort_by_key(|one| one.tag);
    }
    regions
}

/// The plans of each region by the words of the policy, with the national guarantee split over them.
fn plan_plainly(regions: &BTreeMap<u16, Vec<Someone>>) -> BTreeMap<u16, [Plan; 2]> {
    let floors = [4, 1, 1];
    let in_play = |people: &[Someone]| {
        let mut cards: BTreeMap<[u8; 8], u64> = BTreeMap::new();
        for one in people {
            *cards.entry(one.card).or_default() += 1;
        }
        cards.values().map(|members| (*members).min(2)).sum::<u64>()
    };
    let claims: Vec<(u64, u64, u64)> = REGIONS
        .iter()
        .zip(floors)
        .map(|((code, weight), floor)| (*weight, floor, in_play(&regions[code])))
        .collect();
    let seats = apportion(u64::from(SEATS), &claims);
    let disabled =
        |people: &[Someone]| people.iter().filter(|one| one.mask & DISABLED != 0).count() as u64;
    let asked = seats.iter().sum::<u64>().div_ceil(10);
    let parts: Vec<(u64, u64, u64)> = REGIONS
        .iter()
        .zip(&seats)
        .map(|((code, _), seats)| {
            let (holders, open) = (disabled(&regions[code]), seats - seats / 4);
            (holders, 0, holders.min(open))
        })
        .collect();
    let parts = apportion(asked, &parts);
    let plan = |((code, _), (seats, part)): (&(u16, u64), (&u64, &u64))| {
        let people = &regions[code];
        let poor_women = Plan { need: WOMEN | POOR, seats: seats / 4, guarantees: Vec::new() };
        let open = seats - seats / 4;
        let guarantees =
            vec![(DISABLED, open.div_ceil(5).max(*part)), (WOMEN, (open * 2).div_ceil(5))];
        let masks: Vec<u16> = people.iter().map(|one| one.mask).collect();
        let open = Plan { need: 0, seats: open, guarantees: lower(open, &guarantees, &masks) };
        (*code, [poor_women, open])
    };
    REGIONS.iter().zip(seats.iter().zip(&parts)).map(plan).collect()
}

/// Goal: seats, guarantees and the decision of everybody are those of the policy's words, whatever class they are of.
/// Method: a plain reference that tries every number and looks for a matching anew for each person; two who are kept
/// out, a card beyond its cap, weights, and a class of one in a region.
#[tokio::test]
async fn everybody_by_a_plain_reference() {
    let mut people = crowd();
    for number in [7, 11] {
        people[number].findings = vec![Finding::IdentityRefuted];
    }
    let mut world = frozen_world(&people).await;
    let regions = entries(&world, &people).await;
    let plans = plan_plainly(&regions);
    let mut expected = Vec::new();
    for (code, [poor, open]) in &plans {
        expected.push(format!("({code},0,poor-women,{},,)", poor.seats));
        for (bit, seats) in &open.guarantees {
            expected.push(format!("({code},1,open,{},{},{seats})", open.seats, bit.ilog2()));
        }
    }
    assert_eq!(
        world
            .rows(
                "SELECT p.region, p.pool, p.name, p.seats, g.bit, g.seats
                 FROM quota_pools p LEFT JOIN quota_guarantees g USING (wave, region, pool)
                 WHERE wave = 48 ORDER BY p.region, p.pool, g.place"
            )
            .await,
        expected
    );
    world.draw(48).await.unwrap();
    let seed: Vec<u8> = {
        let mut conn = world.superuser().await;
        sqlx::query_scalar("SELECT seed FROM draws").fetch_one(&mut conn).await.unwrap()
    };
    let seed = Seed::from_bytes(seed.try_into().unwrap());
    let mut decided: Vec<(uuid::Uuid, String)> = Vec::new();
    for (code, people) in &regions {
        decided.extend(draw_plainly(&seed, 2, &plans[code], people));
    }
    let out = people.iter().filter(|one| !one.findings.is_empty());
    decided.extend(out.map(|one| (one.person_id.uuid(), "ineligible,,,identity_confirmed".into())));
    decided.sort_unstable();
    let decided: Vec<String> = decided.iter().map(|(id, what)| format!("({id},{what})")).collect();
    assert_eq!(
        world
            .rows(
                "SELECT person_id, outcome, rank, CASE WHEN pool IS NOT NULL THEN pool || CASE WHEN guaranteed THEN 'g' \
                 ELSE 't' END END, reason FROM decisions ORDER BY person_id"
            )
            .await,
        decided
    );
    let kinds = "SELECT count(DISTINCT (outcome, pool, guaranteed, reason)) FROM decisions";
    assert_eq!(world.number(kinds).await, 7, "every kind of decision occurs");
    world.appoint(48).await.unwrap();
    world.assert_audit_clean().await;
}

/// Goal: anybody who holds the stored facts gets the stored roll, result and thresholds from the draw alone, and each
/// commitment opens to its person. Method: the records are made anew from the rows, and drawn.
#[tokio::test]
async fn stored_as_the_draw_alone_says() {
    let people = crowd();
    let mut world = frozen_world(&people).await;
    let facts = "SELECT (SELECT count(*) FROM roll_commitments), (SELECT sum(entries) FROM rolls)";
    assert_eq!(world.rows(facts).await, ["(64,64)"]);
    world.draw(48).await.unwrap();
    let mut conn = world.superuser().await;
    let wave_row = sqlx::query(
        "SELECT w.draw_key, v.digest FROM waves w JOIN policy_versions v USING (policy_id)
                                WHERE wave = 48",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    let digest: Vec<u8> = wave_row.get(1);
    let context = WaveContext::new("gelombang", 48, &digest.try_into().unwrap()).unwrap();
    let key = world.keys.unwrap(&draw_key_owner(wave(48)), wave_row.get(0)).unwrap();
    let key = DrawKey::from_bytes(key.as_slice().try_into().unwrap());
    let draw = sqlx::query("SELECT seed, roll_digest, result_digest FROM draws")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    let seed: Vec<u8> = draw.get(0);
    let seed = Seed::from_bytes(seed.try_into().unwrap());
    let (mut roll, mut codes, mut hidden) = (RollHasher::new(), Sha256::new(), 0);
    for (code, entries) in entries(&world, &people).await {
        let plans: Vec<_> = stored_plans(&world, code).await;
        let mut draw = RegionDraw::new(&seed, 2);
        let mut intake = draw.region(code);
        for one in &entries {
            let alone = entries.iter().filter(|other| other.mask == one.mask).count() < 2;
            let shown = if alone && one.mask != 0 { HIDDEN_MASK } else { one.mask };
            let person = people.iter().find(|person| person.person_id.uuid() == one.id).unwrap();
            let mut parts = RecordParts {
                entry_tag: EntryTag(one.tag),
                commitment: [0; 32],
                region: code,
                mask: shown,
                weight: Weight::new(one.weight).unwrap(),
                flags: flags(shown, 0).unwrap(),
                household: HouseholdTag(one.card),
            };
            parts.commitment = context.commitment(&Opening {
                blinding: &key.blinding(&context, &parts.entry_tag),
                entry_tag: parts.entry_tag,
                region: code,
                mask: one.mask,
                weight: parts.weight,
                flags: parts.flags,
                nik_digits: person.identity.nik.expose(),
            });
            let record = Record::new(parts).unwrap();
            roll.push(&record).unwrap();
            if shown == HIDDEN_MASK {
                hidden += 1;
                intake.add_opened(&record, one.mask).unwrap();
            } else {
                intake.add(&record).unwrap();
            }
        }
        let result = intake.draw_pools(&plans).unwrap();
        for outcome in result.outcomes {
            codes.update(outcome.waitlist_code().to_be_bytes());
        }
        for (place, pool) in result.pools.iter().enumerate() {
            let cutoff = pool.cutoff.map(|ticket| format!("\\\\x{ticket}"));
            let stored = format!(
                "SELECT filled, short, cutoff FROM draw_pools WHERE region = {code} AND pool = {place}"
            );
            let quoted = cutoff.map_or_else(String::new, |cutoff| format!("\"{cutoff}\""));
            assert_eq!(
                world.rows(&stored).await,
                [format!("({},{},{quoted})", pool.filled, pool.short)]
            );
            let stored = format!(
                "SELECT mask, people, selected, guaranteed, encode(close, 'hex') FROM draw_classes
                 WHERE region = {code} AND pool = {place} ORDER BY mask"
            );
            let classes = pool.masks.iter().map(|own| {
                let close = own.close.map_or_else(String::new, |ticket| ticket.to_string());
                format!("({},{},{},{},{close})", own.mask, own.n, own.selected, own.step1)
            });
            assert_eq!(world.rows(&stored).await, classes.collect::<Vec<_>>());
        }
    }
    assert!(hidden > 0, "somebody is alone in a class");
    assert_eq!(draw.get::<Vec<u8>, _>(1), roll.finish().digest);
    assert_eq!(draw.get::<Vec<u8>, _>(2), codes.finalize().to_vec());
}

/// The stored pools of a region, with the rules of the test policy.
async fn stored_plans(world: &World, code: u16) -> Vec<selection::draw::PoolPlan> {
    use selection::draw::{GuaranteedSeats, PoolPlan};
    let mut conn = world.superuser().await;
    let region = i16::try_from(code).unwrap();
    let mut plans = Vec::new();
    for (place, need) in [(0i16, WOMEN | POOR), (1, 0)] {
        let seats: i32 =
            sqlx::query_scalar("SELECT seats FROM quota_pools WHERE region = $1 AND pool = $2")
                .bind(region)
                .bind(place)
                .fetch_one(&mut conn)
                .await
                .unwrap();
        let rows = sqlx::query(
            "SELECT bit, seats FROM quota_guarantees WHERE region = $1 AND pool = $2 ORDER BY place",
        )
        .bind(region)
        .bind(place)
        .fetch_all(&mut conn)
        .await
        .unwrap();
        let guarantees = rows.iter().map(|row| GuaranteedSeats {
            trait_bit: u8::try_from(row.get::<i16, _>(0)).unwrap(),
            seats: u32::try_from(row.get::<i32, _>(1)).unwrap(),
        });
        plans.push(PoolPlan {
            need,
            order: selection::policy::PoolOrder::GuaranteesFirst,
            seats: u32::try_from(seats).unwrap(),
            takes_leftovers: need == 0,
            guarantees: guarantees.collect(),
        });
    }
    plans
}

/// Goal: what a member counts as is fixed by the freeze, and a change behind it is noticed. Method: facts of everybody
/// are changed after the freeze, then the fixed classes and commitments themselves.
#[tokio::test]
async fn fixed_by_the_freeze() {
    let people = crowd();
    let (mut world, mut twin) = (frozen_world(&people).await, frozen_world(&people).await);
    world.execute("UPDATE persons SET disability = NOT disability, employment = 'worker'").await;
    for change in [
        "UPDATE member_classes SET mask = mask # 2 WHERE mask > 3",
        "DELETE FROM member_classes WHERE weight > 1",
        "UPDATE roll_commitments SET commitment = sha256(commitment) WHERE commitment < sha256('middle')",
    ] {
        world.execute(&format!("CREATE TABLE public.kept AS TABLE member_classes; CREATE TABLE public.kept_commitments AS TABLE roll_commitments; {change}")).await;
        let refused = world.draw(48).await.unwrap_err();
        assert!(matches!(refused, ActError::RollChanged(_)), "{change}: {refused}");
        world
            .execute(
                "DELETE FROM member_classes; INSERT INTO member_classes TABLE public.kept;
                 DELETE FROM roll_commitments; INSERT INTO roll_commitments TABLE public.kept_commitments;
                 DROP TABLE public.kept, public.kept_commitments",
            )
            .await;
    }
    world.draw(48).await.unwrap();
    twin.draw(48).await.unwrap();
    let decisions = "SELECT * FROM decisions ORDER BY person_id";
    assert_eq!(world.rows(decisions).await, twin.rows(decisions).await);
}

/// Goal: an officer sees the quota table that a freeze will publish, and looking changes nothing. Method: the table
/// before and after the freeze, in a wave that takes freed seats.
#[tokio::test]
async fn seen_before_it_is_published() {
    let people = crowd();
    let mut world = frozen_world(&people).await;
    world.draw(48).await.unwrap();
    world.appoint(48).await.unwrap();
    let freed = world.sweep(48, world.due(48)).await;
    let later = applicants(70..90);
    world.register(&later).await;
    world.open_with(49, &later).await;
    let at = world.calendar(49).closes_at;
    let open = preview_quotas(&world.act(at), wave(49)).await.unwrap_err();
    assert!(matches!(open, ActError::WaveState { .. }), "{open}");
    world.close(49).await.unwrap();
    let before = world.contents().await;
    let (seen, table) = preview_quotas(&world.act(at), wave(49)).await.unwrap();
    assert_eq!(world.contents().await, before);
    let frozen = world.freeze(49).await.unwrap();
    assert_eq!((frozen, frozen.reused), (seen, freed));
    let mut tx = world.scratch.database().begin().await.unwrap();
    let stored: QuotaRows = storage::seats::quotas_get(&mut tx, wave(49)).await.unwrap();
    assert_eq!(stored, table);
    drop(tx);
    world.draw(49).await.unwrap();
    world.appoint(49).await.unwrap();
    world.assert_audit_clean().await;
}

/// A wave with fewer seats than the floors of its regions is not published: its roll could never be drawn.
#[tokio::test]
#[should_panic(expected = "the floors add up to 6 but only 5 seats are there")]
async fn floors_beyond_the_seats() {
    world_of_shares(&[(WaveKind::Regular, 5)]).await;
}

/// Goal: whoever was not drawn is told why, with the odds among their own class, and nobody before the decree. Method:
/// the counts are taken from the facts of everybody.
#[tokio::test]
async fn told_why_not() {
    let people = crowd();
    let mut world = frozen_world(&people).await;
    world.draw(48).await.unwrap();
    let database = world.scratch.database();
    let early = read_standing(database, people[1].person_id).await.unwrap().unwrap();
    assert!(early.memberships[0].odds.is_none() && early.memberships[0].decision.is_none());
    world.appoint(48).await.unwrap();
    let (mut told, mut alone) = (0, 0);
    for person in &people {
        let database = world.scratch.database();
        let standing = read_standing(database, person.person_id).await.unwrap().unwrap();
        let membership = &standing.memberships[0];
        let decision = membership.decision.as_ref().unwrap();
        let odds = membership.odds.as_ref();
        if decision.outcome == DecisionOutcome::HouseholdCap {
            assert!(odds.is_none());
            continue;
        }
        let odds = odds.unwrap();
        let class = class_of(person).0;
        let alike: Vec<&Registration> = people
            .iter()
            .filter(|one| one.region == person.region && class_of(one).0 == class)
            .collect();
        if class != 0 && alike.len() < 2 {
            assert!(odds.class.is_none(), "the figures of a class of one are the person's own");
            alone += 1;
            continue;
        }
        let class = odds.class.as_ref().unwrap();
        let mut counted = (0, 0);
        for one in alike {
            let id = one.person_id.uuid();
            let outcome = world
                .rows(&format!("SELECT outcome FROM decisions WHERE person_id = '{id}'"))
                .await;
            counted.0 += u64::from(outcome != ["(household_cap)"]);
            counted.1 += u64::from(outcome == ["(selected)"]);
        }
        assert_eq!((class.people, class.selected), counted, "{person:?}");
        told += 1;
    }
    assert!(told > 40 && alone > 0, "{told} {alone}");
}
