//! The counts of the funnel against a plain recount of the rows, for many instants and regions.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::collections::BTreeMap;

use domain::funnel::{AgeBand, Education, Origin};
use domain::nik::Sex;
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::{ConnectOptions as _, PgConnection};
use storage::scratch::Scratch;
use storage::selection::{draw_figures_list, roll_get};
use storage::statistics::{
    Cubes, Group, PersonGroup, cubes_read, freshness_read, origin_read, provinces_list,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// Further people beside those of `world.sql`: they join up to six waves, move between regencies and to
/// another province, learn and grow older. Some win, with nothing else that a grant needs: some are
/// revoked without a purchase and some after one, some are granted in another region than they joined in.
const CROWD: &str = "
    CREATE TEMPORARY TABLE crowd AS
    SELECT w.wave, n, hashint4(n * 10 + w.wave) AS luck,
           ('01911111-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid AS person_id
    FROM generate_series(1, 1500) n, waves w
    WHERE hashint4(n * 100 + w.wave) % 3 = 0;
    INSERT INTO memberships
    SELECT now(), person_id, person_id,
           CASE WHEN n % 25 < 12 THEN 'man' ELSE 'woman' END::person_sex,
           (enum_range(NULL::education_level))[1 + (n + wave / 3) % 8], wave,
           (ARRAY[1501, 1571, 1572, 5201])[1 + abs((n + CASE WHEN luck % 7 = 0 THEN luck ELSE 0 END) % 4)],
           18 + n % 52 + wave / 3, decode(replace(person_id::text, '-', ''), 'hex'), '\\x0000000000000000'
    FROM crowd;
    INSERT INTO beneficiaries (person_id, card_number, appointed_at, purchase_due_at, wave, region, activated_at,
                               revoked_at, state, revocation)
    SELECT m.person_id, 7000000000000000 + c.n, w.appointed_at, w.appointed_at + '15 days', m.wave,
           CASE WHEN c.luck % 11 = 0 THEN 1572 ELSE m.region END,
           CASE WHEN c.luck % 5 > 0 THEN w.appointed_at + '3 days'::interval END,
           CASE WHEN c.luck % 5 IN (0, 1) THEN w.appointed_at + '15 days'::interval END,
           CASE WHEN c.luck % 5 IN (0, 1) THEN 'revoked' WHEN c.luck % 5 > 0 THEN 'active' ELSE 'appointed'
           END::beneficiary_state,
           CASE WHEN c.luck % 5 IN (0, 1) THEN 'purchase_deadline_missed'::revocation_reason END
    FROM (SELECT DISTINCT ON (n) * FROM crowd WHERE wave <= 2 AND luck % 3 = 0 ORDER BY n, wave) c
    JOIN memberships m ON m.wave = c.wave AND m.person_id = c.person_id
    JOIN waves w ON w.wave = c.wave;";

/// Joins, recipients, effective and revoked.
type Counts = [u64; 4];
/// Region, sex and group.
type Key = (u16, &'static str, String);

#[derive(Debug, Default, PartialEq, Eq)]
struct Recount {
    waves: BTreeMap<u16, Vec<u16>>,
    cells: BTreeMap<Key, Counts>,
    persons: BTreeMap<Key, u64>,
    reused: BTreeMap<(u16, u16), u64>,
}

impl Recount {
    fn of(cubes: &Cubes) -> Self {
        let codes = |regions: &[RegionCode]| regions.iter().map(|region| region.get()).collect();
        let waves = cubes.waves.iter().map(|(wave, sharing)| (wave.get(), codes(sharing)));
        let mut recount = Self { waves: waves.collect(), ..Self::default() };
        for cell in &cubes.cells {
            let key = (cell.region.get(), cell.sex.name(), group_name(cell.group));
            let sums = recount.cells.entry(key).or_default();
            let counts = [cell.joins, cell.recipients, cell.effective, cell.revoked];
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        for cell in &cubes.persons {
            let key = (cell.region.get(), cell.sex.name(), person_group_name(cell.group));
            assert_eq!(recount.persons.insert(key, cell.persons), None);
        }
        for seats in &cubes.reused {
            recount.reused.insert((seats.wave.get(), seats.region.get()), seats.seats);
        }
        recount
    }
}

fn group_name(group: Group) -> String {
    match group {
        Group::Wave(wave) => format!("wave {wave}"),
        Group::Age(band) => format!("age {}", band.label()),
        Group::Education(level) => format!("education {}", level.name()),
    }
}

fn person_group_name(group: PersonGroup) -> String {
    match group {
        PersonGroup::Age(band) => format!("age {}", band.label()),
        PersonGroup::Education(level) => format!("education {}", level.name()),
        PersonGroup::Attempts(attempts) => format!("attempts {attempts}"),
    }
}

struct Join {
    wave: u16,
    person: Uuid,
    region: RegionCode,
    sex: Sex,
    education: Education,
    age: AgeBand,
}

impl Join {
    /// The three cells this join stands in, given the region it counts for.
    fn keys(&self, region: RegionCode) -> [Key; 3] {
        [
            Group::Wave(WaveNumber::new(self.wave).unwrap()),
            Group::Age(self.age),
            Group::Education(self.education),
        ]
        .map(|group| (region.get(), self.sex.name(), group_name(group)))
    }

    /// The three cells a person stands in whose last join this is.
    fn person_keys(&self, attempts: u32) -> [Key; 3] {
        [
            PersonGroup::Age(self.age),
            PersonGroup::Education(self.education),
            PersonGroup::Attempts(attempts),
        ]
        .map(|group| (self.region.get(), self.sex.name(), person_group_name(group)))
    }
}

struct Grant {
    wave: u16,
    person: Uuid,
    region: RegionCode,
    appointed_at: Option<Timestamp>,
    activated_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

#[derive(Default)]
struct WaveTimes {
    closed_at: Option<Timestamp>,
    cancelled_at: Option<Timestamp>,
    frozen_at: Option<Timestamp>,
    signed_at: Option<Timestamp>,
}

/// Every row that counts, read without any condition.
struct Rows {
    waves: BTreeMap<u16, WaveTimes>,
    joins: Vec<Join>,
    grants: Vec<Grant>,
    /// Reusing wave, region, seats, and when they were taken.
    pool: Vec<(u16, RegionCode, u64, Option<Timestamp>)>,
}

type Instant = Option<OffsetDateTime>;

fn code(stored: i16) -> RegionCode {
    RegionCode::new(stored.try_into().unwrap()).unwrap()
}

impl Rows {
    async fn read(conn: &mut PgConnection) -> Self {
        let at = |instant: Instant| instant.map(Timestamp::from_offset);
        let waves: Vec<(i16, Instant, Instant, Instant, Instant)> = sqlx::query_as(
            "SELECT w.wave, closed_at, cancelled_at, frozen_at, signed_at
             FROM waves w LEFT JOIN decrees d ON d.wave = w.wave",
        )
        .fetch_all(&mut *conn)
        .await
        .unwrap();
        let joins: Vec<(i16, Uuid, i16, String, String, i16)> = sqlx::query_as(
            "SELECT wave, person_id, region, sex::text, education::text, age FROM memberships",
        )
        .fetch_all(&mut *conn)
        .await
        .unwrap();
        let grants: Vec<(i16, Uuid, i16, Instant, Instant, Instant)> = sqlx::query_as(
            "SELECT wave, person_id, region, appointed_at, activated_at, revoked_at FROM beneficiaries",
        )
        .fetch_all(&mut *conn)
        .await
        .unwrap();
        let pool: Vec<(i16, i16, i32, Instant)> = sqlx::query_as(
            "SELECT reused_by, region, seats, frozen_at FROM seat_pool p JOIN waves w ON w.wave = p.reused_by
             UNION ALL SELECT wave, region, 1, corrected_at FROM corrections",
        )
        .fetch_all(conn)
        .await
        .unwrap();
        let number = |wave: i16| u16::try_from(wave).unwrap();
        Self {
            waves: waves
                .into_iter()
                .map(|(wave, closed, cancelled, frozen, signed)| {
                    let times = WaveTimes {
                        closed_at: at(closed),
                        cancelled_at: at(cancelled),
                        frozen_at: at(frozen),
                        signed_at: at(signed),
                    };
                    (number(wave), times)
                })
                .collect(),
            joins: joins
                .into_iter()
                .map(|(wave, person, region, sex, education, age)| Join {
                    wave: number(wave),
                    person,
                    region: code(region),
                    sex: Sex::from_name(&sex).unwrap(),
                    education: Education::from_name(&education).unwrap(),
                    age: AgeBand::of(age.try_into().unwrap()),
                })
                .collect(),
            grants: grants
                .into_iter()
                .map(|(wave, person, region, appointed, activated, revoked)| Grant {
                    wave: number(wave),
                    person,
                    region: code(region),
                    appointed_at: at(appointed),
                    activated_at: at(activated),
                    revoked_at: at(revoked),
                })
                .collect(),
            pool: pool
                .into_iter()
                .map(|(wave, region, seats, taken)| {
                    (number(wave), code(region), u64::try_from(seats).unwrap(), at(taken))
                })
                .collect(),
        }
    }

    /// Counts by the words of the definition, one row after another.
    fn recount(&self, region: Option<RegionCode>, as_of: Timestamp) -> Recount {
        let is_inside = |code| region.is_none_or(|region| region.contains(code));
        let past = |instant: Option<Timestamp>| instant.is_some_and(|instant| instant <= as_of);
        let counted = |wave: &u16| {
            let times = &self.waves[wave];
            past(times.closed_at) && !past(times.cancelled_at)
        };
        // The seats of all waves are shared by these alone.
        let sharing = [1501, 1571, 1572].map(|code| RegionCode::new(code).unwrap());
        let sharing: Vec<u16> =
            sharing.into_iter().filter(|code| is_inside(*code)).map(RegionCode::get).collect();
        let mut recount = Recount::default();
        if !sharing.is_empty() {
            let waves = self.waves.keys().filter(|wave| counted(wave));
            recount.waves = waves.map(|wave| (*wave, sharing.clone())).collect();
        }
        let mut joins_of: BTreeMap<Uuid, BTreeMap<u16, &Join>> = BTreeMap::new();
        for join in self.joins.iter().filter(|join| counted(&join.wave)) {
            joins_of.entry(join.person).or_default().insert(join.wave, join);
            if is_inside(join.region) {
                for key in join.keys(join.region) {
                    recount.cells.entry(key).or_default()[0] += 1;
                }
            }
        }
        for joins in joins_of.values() {
            let last = joins.last_key_value().unwrap().1;
            if is_inside(last.region) {
                for key in last.person_keys(u32::try_from(joins.len()).unwrap()) {
                    *recount.persons.entry(key).or_default() += 1;
                }
            }
        }
        let decreed =
            |grant: &&Grant| past(self.waves[&grant.wave].signed_at) && past(grant.appointed_at);
        for grant in self.grants.iter().filter(decreed).filter(|g| is_inside(g.region)) {
            let revoked = past(grant.revoked_at);
            let effective = past(grant.activated_at) && !revoked;
            for key in joins_of[&grant.person][&grant.wave].keys(grant.region) {
                let counts = recount.cells.entry(key).or_default();
                counts[1] += 1;
                counts[2] += u64::from(effective);
                counts[3] += u64::from(revoked);
            }
        }
        for (wave, from, seats, taken_at) in &self.pool {
            if is_inside(*from) && past(*taken_at) {
                *recount.reused.entry((*wave, from.get())).or_default() += seats;
            }
        }
        recount
    }
}

/// What the database counts equals the recount, at and just before every instant at which something
/// happened, for the whole country, two provinces, two regencies and a region without anyone.
#[tokio::test]
async fn counts_equal_a_recount_of_the_rows() {
    let scratch = Scratch::start().await.unwrap();
    let mut conn = scratch.embedded().superuser_options().connect().await.unwrap();
    sqlx::raw_sql(include_str!("world.sql")).execute(&mut conn).await.unwrap();
    sqlx::raw_sql(CROWD).execute(&mut conn).await.unwrap();
    let rows = Rows::read(&mut conn).await;
    let moves = rows.joins.iter().filter(|join| join.person.as_bytes()[1] == 0x91).count();
    assert!(moves > 2000, "the crowd has {moves} joins");

    let waves = rows.waves.values();
    let mut instants: Vec<Timestamp> = waves
        .flat_map(|w| [w.closed_at, w.cancelled_at, w.frozen_at, w.signed_at])
        .chain(
            rows.grants
                .iter()
                .flat_map(|grant| [grant.appointed_at, grant.activated_at, grant.revoked_at]),
        )
        .flatten()
        .flat_map(|instant| [instant.minus_micros(1), instant])
        .collect();
    instants.sort_unstable();
    instants.dedup();
    assert!(instants.len() > 30);
    let mut different = Vec::new();
    let regions = [15, 1571, 1501, 52, 1101].map(|code| Some(RegionCode::new(code).unwrap()));
    for region in regions.into_iter().chain([None]) {
        for as_of in &instants {
            let mut tx = scratch.database().begin_snapshot().await.unwrap();
            let counted = Recount::of(&cubes_read(&mut tx, region, *as_of).await.unwrap());
            let expected = rows.recount(region, *as_of);
            assert_eq!(counted, expected, "region {region:?} as of {as_of}");
            different.push(expected);
        }
    }
    let whole = &different[instants.len() - 1];
    assert!(whole.cells.len() > 20 && whole.persons.len() > 50 && !whole.reused.is_empty());
}

/// How fresh the data is follows the newest act, and says what the rows are; provinces with a quota table are listed.
#[tokio::test]
async fn freshness_follows_the_audit_trail() {
    let scratch = Scratch::start().await.unwrap();
    let mut conn = scratch.embedded().superuser_options().connect().await.unwrap();
    sqlx::raw_sql("SET search_path = gelombang").execute(&mut conn).await.unwrap();
    let empty = freshness_read(&mut conn).await.unwrap();
    assert_eq!((empty.data_as_of, empty.origin), (None, Origin::Programme));
    assert_eq!(provinces_list(&mut conn).await.unwrap(), []);

    sqlx::raw_sql(include_str!("world.sql")).execute(&mut conn).await.unwrap();
    let filled = freshness_read(&mut conn).await.unwrap();
    assert_eq!(filled.data_as_of.unwrap().to_string(), "2021-04-11T00:00:00Z");
    assert_eq!(filled.origin, Origin::Programme);
    // Ids begin with the milliseconds of their instant, as those of acts do. The last five rows share the newest one, and
    // the id of the newest act is not the largest.
    sqlx::raw_sql(
        "INSERT INTO audit_events
         SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
                 || lpad(to_hex(4000 - i), 20, '0'))::uuid,
                at, 'a', 'b', 'c', NULL, NULL, 'd', 'e', '{}'
         FROM generate_series(1, 3000) i,
              LATERAL (SELECT timestamptz '2022-01-01'
                       - CASE WHEN i > 2995 THEN (3000 - i) * interval '1 microsecond'
                              ELSE (3000 - i) * interval '1 second' END + interval '5 microseconds' AS at) own;
         INSERT INTO simulations VALUES (true, '{}', now())",
    )
    .execute(&mut conn)
    .await
    .unwrap();
    let later = freshness_read(&mut conn).await.unwrap();
    assert_eq!(later.data_as_of.unwrap().to_string(), "2022-01-01T00:00:00.000005Z");
    assert_eq!(origin_read(&mut conn).await.unwrap(), later.origin);
    assert_eq!(later.origin, Origin::Replay { finished: false });
    sqlx::raw_sql("UPDATE simulations SET finished = true").execute(&mut conn).await.unwrap();
    let finished = freshness_read(&mut conn).await.unwrap();
    assert_eq!(finished.origin, Origin::Replay { finished: true });
    assert_eq!(origin_read(&mut conn).await.unwrap(), finished.origin);
    assert_eq!(provinces_list(&mut conn).await.unwrap(), [RegionCode::new(15).unwrap()]);
}

/// Each wave has seats once its table is fixed, entries once it is frozen, and selected once it is drawn: compared with
/// the rows of the small world, whose wave 4 is frozen, 5 open and 6 cancelled.
#[tokio::test]
async fn draw_figures_follow_the_states() {
    let scratch = Scratch::start().await.unwrap();
    let mut conn = scratch.embedded().superuser_options().connect().await.unwrap();
    sqlx::raw_sql(include_str!("world.sql")).execute(&mut conn).await.unwrap();
    let figures = draw_figures_list(&mut conn).await.unwrap();
    let told: Vec<_> =
        figures.iter().map(|own| (own.wave.get(), own.seats, own.test_beacon)).collect();
    let expected = [
        (1, Some(8), true),
        (2, Some(3), true),
        (3, Some(4), true),
        (4, Some(2), false),
        (5, None, false),
        (6, None, false),
    ];
    assert_eq!(told, expected);
    for own in figures {
        let wave = i16::try_from(own.wave.get()).unwrap();
        let selected: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM decisions WHERE wave = $1 AND outcome = 'selected'",
        )
        .bind(wave)
        .fetch_one(&mut conn)
        .await
        .unwrap();
        let is_drawn = wave <= 3;
        assert_eq!(own.selected, is_drawn.then(|| u64::try_from(selected).unwrap()), "{wave}");
        let entries = match wave {
            1..=4 => Some(roll_get(&mut conn, own.wave).await.unwrap().entries as u64),
            _ => None,
        };
        assert_eq!(own.entries, entries, "{wave}");
    }
}
