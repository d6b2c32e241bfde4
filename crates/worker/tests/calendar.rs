//! The worker on a real server under a clock that the test sets: a whole calendar with outages, two workers
//! at once, workers that die, and jobs that cannot be done.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

#[expect(dead_code, reason = "the world serves other tests too")]
#[path = "../../app/tests/support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use app::act::Act;
use app::clock::Clock;
use app::jobs::{
    JobError, Tools, Verdict, claim_jobs, give_back, list_jobs, look_at_schedules, oldest_micros,
    queue_state, retry_job, run_job,
};
use domain::jobs::{ATTEMPTS_MAX, JobState};
use domain::schedule::Lane;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveKind};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use support::{HOUR, World, applicants};
use uuid::Uuid;
use worker::{Worker, WorkerSetup};

/// First wave of the tests.
const WAVE: u16 = 50;
/// Two minutes and more: a lease has ended.
const LEASE_OVER: i64 = 121_000_000;

/// A clock that stands still until it is set.
#[derive(Debug)]
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

struct Desk {
    world: World,
    clock: Arc<SetClock>,
}

impl Desk {
    async fn new(waves: usize) -> Self {
        Self::of(World::new(WAVE, &vec![(WaveKind::Regular, 4); waves]).await)
    }

    fn of(world: World) -> Self {
        let opens_at = world.calendar(WAVE).opens_at;
        Self { world, clock: Arc::new(SetClock(AtomicI64::new(opens_at.micros() - HOUR))) }
    }

    fn set(&self, at: Timestamp) {
        self.clock.0.store(at.micros(), Ordering::SeqCst);
    }

    fn keys_folder(&self) -> PathBuf {
        self.world.scratch.folder().join("keys")
    }

    fn worker(&self, seed: u64) -> Worker<impl FnMut() -> ChaCha8Rng + use<>> {
        let (wrapping, index) = ([1; 32], [2; 32]);
        let setup = WorkerSetup {
            database: self.world.scratch.database().clone(),
            keys: Arc::new(storage::vault::KeyRing::new(1, wrapping, index)),
            keys_folder: self.keys_folder(),
            policies: Arc::new(self.world.reference.policies.clone()),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            jobs_max: 4,
            registers: None,
            faces: None,
            folders: None,
            outside_max: 0,
        };
        let seeds = Mutex::new(ChaCha8Rng::seed_from_u64(seed));
        Worker::new(setup, move || ChaCha8Rng::from_rng(&mut *seeds.lock().unwrap()))
    }

    /// Lets a worker do all that is due at an instant.
    async fn work(&self, worker: &mut Worker<impl FnMut() -> ChaCha8Rng>, at: Timestamp) {
        self.set(at);
        worker.run_due().await;
    }

    async fn state(&self, wave: u16) -> String {
        let rows = self.world.rows(&format!("SELECT state FROM waves WHERE wave = {wave}")).await;
        rows.concat().trim_matches(['(', ')']).to_owned()
    }

    /// How often the audit trail has an act.
    async fn acts(&self, act: &str) -> i64 {
        self.world.number(&format!("SELECT count(*) FROM audit_events WHERE act = '{act}'")).await
    }

    /// Puts a job into the queue beside every schedule.
    async fn put(&self, kind: &str, wave: u16) {
        self.world
            .execute(&format!(
                "INSERT INTO jobs (job_id, kind, subject, payload, run_at, request_id, created_at)
                 VALUES (gen_random_uuid(), '{kind}', 'wave:{wave}', '{{\"wave\": {wave}}}', '2000-01-01', 'test',
                         '2000-01-01')"
            ))
            .await;
    }
}

/// Goal: the state of the queue is read cheaply and told honestly, however many jobs wait or are done, wherever their
/// rows lie. Method: many of each, and the rows that reading it has touched.
#[tokio::test]
async fn a_long_queue_is_read_cheaply() {
    let desk = Desk::new(1).await;
    let at = desk.world.calendar(WAVE).opens_at;
    desk.world
        .execute(&format!(
            "INSERT INTO jobs (job_id, kind, subject, payload, state, run_at, request_id, created_at, finished_at, lane)
             SELECT gen_random_uuid(), 'registers_ask', i::text, '{{}}',
                    CASE WHEN i <= 30000 THEN 'done' ELSE 'queued' END, '{at}', 'test', '{at}',
                    CASE WHEN i <= 30000 THEN timestamptz '{at}' END, 'outside'
             FROM generate_series(1, 60000) AS i;
             ANALYZE jobs"
        ))
        .await;
    desk.put("wave_sweep", WAVE).await;
    let mut tx = desk.world.scratch.database().begin_snapshot().await.unwrap();
    let queue = storage::jobs::queue_read(&mut tx, at).await.unwrap();
    let touched: (i64, i64) = sqlx::query_as(
        "SELECT seq_scan, idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'jobs'",
    )
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    assert_eq!(touched.0, 0, "no scan of the table");
    assert!(touched.1 < 10_100, "{} rows", touched.1);
    let over = storage::jobs::jobs_in_words(queue.queued);
    assert_eq!((over.as_str(), queue.leased, queue.dead), ("over 10000", 0, 0));
    assert_eq!(queue.last_done, Some(at));
    // The oldest of the own lane, put there long ago.
    assert_eq!(queue.oldest.map(Timestamp::unix_seconds), Some(946_684_800));
    let outside = storage::jobs::oldest_job(&mut tx, Lane::Outside, at).await.unwrap();
    assert_eq!(outside, Some(at));
}

/// A wave goes through its calendar by the clock alone: not a microsecond early, late after an outage, its
/// deadline swept at midnight and its books squared, each once; and the trail is sealed on the way.
#[tokio::test]
async fn a_whole_calendar_with_outages() {
    let mut desk = Desk::new(1).await;
    let mut worker = desk.worker(1);
    let calendar = desk.world.calendar(WAVE);
    desk.work(&mut worker, calendar.opens_at.minus_micros(1)).await;
    assert_eq!(desk.state(WAVE).await, "draft");
    desk.work(&mut worker, calendar.opens_at).await;
    assert_eq!(desk.state(WAVE).await, "open");
    let people = applicants(1..=6);
    desk.world.register(&people).await;
    desk.world.join(WAVE, &people).await;
    desk.work(&mut worker, calendar.closes_at.minus_micros(1)).await;
    assert_eq!(desk.state(WAVE).await, "open");

    // Nobody works while the wave should close; the next start closes it at once.
    drop(worker);
    let mut worker = desk.worker(2);
    let late = calendar.closes_at.plus_micros(5 * HOUR);
    desk.work(&mut worker, late).await;
    assert_eq!(desk.state(WAVE).await, "closed");
    let closed_at =
        desk.world.rows("SELECT extract(epoch FROM closed_at)::bigint FROM waves").await;
    assert_eq!(closed_at, [format!("({})", late.unix_seconds())]);

    desk.world.freeze(WAVE).await.unwrap();
    desk.world.draw(WAVE).await.unwrap();
    desk.world.appoint(WAVE).await.unwrap();
    let due_at = desk.world.due(WAVE);
    desk.work(&mut worker, due_at.minus_micros(1)).await;
    assert_eq!(desk.state(WAVE).await, "appointed");
    desk.work(&mut worker, due_at.plus_days(3)).await;
    assert_eq!(desk.state(WAVE).await, "settled");
    assert_eq!(
        desk.world.number("SELECT count(*) FROM beneficiaries WHERE state = 'revoked'").await,
        4
    );
    for act in ["wave_open", "wave_close", "beneficiaries_revoke", "wave_settle"] {
        assert_eq!(desk.acts(act).await, 1, "{act}");
    }
    assert!(desk.world.number("SELECT max(position) FROM audit_chain").await > 0);
    let queue = queue_state(desk.world.scratch.database(), due_at.plus_days(3)).await.unwrap();
    assert_eq!((queue.queued, queue.leased, queue.dead, queue.oldest), (0, 0, 0, None));
    assert_eq!(queue.last_done, Some(due_at.plus_days(3)));
}

/// Goal: whoever has bought nothing is reminded at 09:00 of the days that are 7, 3 and 1 before the last one of their own
/// deadline, each once, by e-mail and short text; a worker that was away sends the newest alone, and nobody is reminded
/// who was appointed since, or after the end. Method: of four beneficiaries one has bought, one has five days more, and
/// one was appointed after the first reminder.
#[tokio::test]
async fn reminders_of_a_purchase() {
    let mut desk = Desk::new(1).await;
    let people = applicants(1..=4);
    desk.world.register(&people).await;
    desk.world
        .execute(
            "INSERT INTO accounts (account_id, email_index, person_id, password_hash, opened_at)
             SELECT person_id, person_id, person_id, '$argon2id$', '2020-01-01' FROM persons",
        )
        .await;
    desk.world.open_with(WAVE, &people).await;
    desk.world.grant(WAVE).await;
    desk.world.buy(WAVE, &people[..1], 100_000).await;
    let due_at = desk.world.due(WAVE);
    let nine = |days: i64| due_at.plus_days(-1 - days).plus_micros(9 * HOUR);
    let [later, newer] = [2, 3].map(|place: usize| people[place].person_id.uuid());
    let since = nine(7).plus_micros(1);
    desk.world
        .execute(&format!(
            "UPDATE beneficiaries SET purchase_due_at = purchase_due_at + interval '5 days' WHERE person_id = '{later}';
             UPDATE beneficiaries SET appointed_at = '{since}' WHERE person_id = '{newer}'"
        ))
        .await;
    let mut worker = desk.worker(1);
    let reminded = async |desk: &Desk| {
        let rows =
            "SELECT code, channel, count(*) FROM notices WHERE template = 'purchase_reminder'
                    GROUP BY code, channel ORDER BY code DESC, channel";
        desk.world.rows(rows).await.concat()
    };
    desk.work(&mut worker, nine(7).minus_micros(1)).await;
    assert_eq!(reminded(&desk).await, "");
    for hours in [1, 1, 2] {
        desk.work(&mut worker, nine(7).plus_micros(hours * HOUR)).await;
    }
    assert_eq!(reminded(&desk).await, "(7,email,1)(7,sms,1)");
    // The reminder of three days is left out, since nobody worked until one was left; whoever has five days more has
    // six left, and gets the first one late.
    desk.work(&mut worker, nine(1).plus_micros(HOUR)).await;
    assert_eq!(reminded(&desk).await, "(7,email,2)(7,sms,2)(1,email,2)(1,sms,2)");
    let first = format!(
        "SELECT count(*) FROM notices n JOIN accounts a USING (account_id)
         JOIN beneficiaries b ON b.person_id = a.person_id
         WHERE n.code = '7' AND a.person_id = '{later}' AND n.at = b.purchase_due_at"
    );
    assert_eq!(desk.world.number(&first).await, 2);
    desk.work(&mut worker, due_at).await;
    let told = "SELECT count(*) FROM notices WHERE template = 'revoked'";
    assert_eq!(desk.world.number(told).await, 4);
    let own = due_at.plus_days(5);
    desk.work(&mut worker, own.minus_micros(HOUR)).await;
    desk.work(&mut worker, own).await;
    assert_eq!(reminded(&desk).await, "(7,email,2)(7,sms,2)(1,email,3)(1,sms,3)");
    assert_eq!(desk.acts("purchase_remind").await, 3);
    assert_eq!(desk.world.number(told).await, 6);
    assert_eq!(desk.state(WAVE).await, "settled");
}

/// Goal: where the policy says so, freed seats return at the end of the year they were freed in, but not while somebody
/// of their wave may still appeal or buy; otherwise they wait for ever; what has returned stays so. Method: of four places
/// three are lost in 2023 and one in 2024, and midnights are looked at until 2026 under both policies.
#[tokio::test]
async fn freed_seats_lapse() {
    let midnight = |year, month| {
        let day = time::Date::from_calendar_date(year, month, 1).unwrap();
        Timestamp::start_of_wib_day(day)
    };
    for (stated, returned) in [("never", [0, 0, 0, 0]), ("year_end", [0, 3, 3, 4])] {
        let rule = format!(
            "[selection]\nfreed_places_lapse = {{ value = \"{stated}\", source = \"S5\" }}\n"
        );
        let waves = [(WaveKind::Regular, 4)];
        let world = World::with_policies(&[("[selection]\n", &rule)], WAVE, &waves).await;
        let mut desk = Desk::of(world);
        let mut worker = desk.worker(1);
        let people = applicants(1..=6);
        desk.world.register(&people).await;
        desk.world.open_with(WAVE, &people).await;
        desk.world.grant(WAVE).await;
        let late = midnight(2024, time::Month::February);
        desk.world
            .execute(&format!(
                "UPDATE beneficiaries SET purchase_due_at = '{late}'
                 WHERE person_id = (SELECT max(person_id::text)::uuid FROM beneficiaries)"
            ))
            .await;
        let due_at = desk.world.due(WAVE);
        desk.work(&mut worker, due_at).await;
        let freed = "SELECT coalesce(sum(seats), 0)::bigint FROM seat_pool WHERE cause = 'revoked'";
        assert_eq!(desk.world.number(freed).await, 3);
        let mut seen = Vec::new();
        for at in [
            midnight(2024, time::Month::January).plus_micros(2 * HOUR),
            late.plus_days(2),
            midnight(2025, time::Month::January).minus_micros(1),
            midnight(2025, time::Month::January).plus_micros(2 * HOUR),
        ] {
            // Whoever was away sweeps, settles and returns one after the other.
            for hours in [-48, -24, 0] {
                desk.work(&mut worker, at.plus_micros(hours * HOUR)).await;
            }
            let gone = format!("{freed} AND returned_at IS NOT NULL");
            seen.push(desk.world.number(&gone).await);
        }
        assert_eq!(seen, returned, "{stated}");
        assert_eq!(desk.state(WAVE).await, "settled");
        let acts = i64::from(stated == "year_end") * 2;
        assert_eq!(desk.acts("seats_lapse").await, acts);
        desk.world.assert_audit_clean().await;
        if stated == "year_end" {
            let mut connection = desk.world.superuser().await;
            let undone = sqlx::query("UPDATE gelombang.seat_pool SET returned_at = NULL")
                .execute(&mut connection)
                .await
                .unwrap_err();
            assert!(undone.to_string().contains("have returned for good"), "{undone}");
        }
    }
}

/// Goal: a look that found nothing stands in nobody's way. Method: at each of many midnights somebody looks twice, the
/// second time in vain, and the next look comes at once.
#[tokio::test]
async fn a_look_in_vain_is_over_when_it_ends() {
    let desk = Desk::new(1).await;
    let database = desk.world.scratch.database();
    // Looks on connections of their own, as they are among other work.
    let _ = tokio::try_join!(database.begin(), database.begin(), database.begin()).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for day in 1..=200 {
        let midnight = Timestamp::start_of_wib_day(desk.world.calendar(WAVE).opens_at.wib_date());
        let mut act = desk.world.act_beside(midnight.plus_days(day - 300), &mut rng);
        assert!(look_at_schedules(&mut act).await.unwrap() > 0, "day {day}");
        desk.world.execute("UPDATE jobs SET state = 'done', finished_at = created_at").await;
        assert_eq!(look_at_schedules(&mut act).await.unwrap(), 0, "day {day}");
    }
}

/// Two workers look and work at the same moments of thirty openings and closings; each happens once, and
/// no job is left.
#[tokio::test]
async fn two_workers_at_once() {
    const WAVES: u16 = 15;
    let desk = Desk::new(usize::from(WAVES)).await;
    let (mut one, mut other) = (desk.worker(1), desk.worker(2));
    for wave in WAVE..WAVE + WAVES {
        for event in [WaveEvent::Open, WaveEvent::Close] {
            desk.set(desk.world.instant(wave, event));
            tokio::join!(one.run_due(), other.run_due());
        }
        // Whoever looked while the other one did may have gone away with nothing.
        one.run_due().await;
        assert_eq!(desk.state(wave).await, "closed");
    }
    for act in ["wave_open", "wave_close"] {
        assert_eq!(desk.acts(act).await, i64::from(WAVES), "{act}");
    }
    assert_eq!(desk.world.number("SELECT count(*) FROM jobs WHERE state <> 'done'").await, 0);
}

/// A worker dies with a job in hand: nobody else has it before the lease ends, somebody does after, and the
/// first one, come back to life, can neither do it again nor end what the other one has.
#[tokio::test]
async fn a_dead_worker_is_replaced() {
    let desk = Desk::new(1).await;
    let opens_at = desk.world.calendar(WAVE).opens_at;
    desk.put("wave_open", WAVE).await;
    let database = desk.world.scratch.database();
    let [dead, alive] = [1, 2].map(Uuid::from_u128);
    let held = claim_jobs(database, dead, Lane::Own, opens_at, 9).await.unwrap();
    assert_eq!(held.len(), 1);
    let during = opens_at.plus_micros(1_000_000);
    assert_eq!(claim_jobs(database, alive, Lane::Own, during, 9).await.unwrap(), []);
    let after = opens_at.plus_micros(LEASE_OVER);
    let queue = queue_state(database, after).await.unwrap();
    assert_eq!(oldest_micros(&queue, after), LEASE_OVER - 120_000_000);
    let taken = claim_jobs(database, alive, Lane::Own, after, 9).await.unwrap();
    assert_eq!(taken.iter().map(|job| job.attempt).collect::<Vec<_>>(), [2]);

    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut act: Act<'_> = desk.world.act_beside(after, &mut rng);
    let folder = desk.keys_folder();
    let tools = Tools { keys_folder: &folder, registers: None, faces: None, folders: None };
    let lost = run_job(&mut act, tools, &held[0]).await.unwrap_err();
    assert!(matches!(lost, JobError::Lost), "{lost}");
    assert_eq!(give_back(database, &held[0], Some(&lost), after).await.unwrap(), Verdict::Needless);
    assert_eq!(desk.state(WAVE).await, "draft");
    run_job(&mut act, tools, &taken[0]).await.unwrap();
    assert_eq!((desk.state(WAVE).await.as_str(), desk.acts("wave_open").await), ("open", 1));
}

/// While the effect of a job is under way its row is held, so an expired lease lets nobody in.
#[tokio::test]
async fn a_slow_job_is_not_taken_over() {
    let desk = Desk::new(1).await;
    let opens_at = desk.world.calendar(WAVE).opens_at;
    desk.put("wave_open", WAVE).await;
    let database = desk.world.scratch.database();
    let held = claim_jobs(database, Uuid::from_u128(1), Lane::Own, opens_at, 1).await.unwrap();
    let mut tx = database.begin().await.unwrap();
    assert!(storage::jobs::job_finish(&mut tx, &held[0], opens_at).await.unwrap());
    let late = opens_at.plus_micros(LEASE_OVER);
    assert_eq!(claim_jobs(database, Uuid::from_u128(2), Lane::Own, late, 9).await.unwrap(), []);
    // The worker breaks before the commit: the job is as it was, and free.
    tx.rollback().await.unwrap();
    assert_eq!(
        claim_jobs(database, Uuid::from_u128(2), Lane::Own, late, 9).await.unwrap().len(),
        1
    );
}

/// Jobs that cannot be done stop no other: an unknown kind is dead at once, a wave that is not there is
/// tried again and again and then dead, a wave that somebody has opened needs no opening. Dead jobs are
/// listed, keep their place, and run again when somebody says so.
#[tokio::test]
async fn dead_jobs_are_seen_and_run_again() {
    let desk = Desk::new(1).await;
    let opens_at = desk.world.calendar(WAVE).opens_at;
    let database = desk.world.scratch.database();
    let mut worker = desk.worker(1);
    desk.put("make_coffee", 1).await;
    desk.put("wave_open", 99).await;
    desk.work(&mut worker, opens_at).await;
    assert_eq!(desk.state(WAVE).await, "open");
    desk.put("wave_open", WAVE).await;
    let mut at = opens_at;
    for _ in 0..ATTEMPTS_MAX {
        at = at.plus_micros(HOUR);
        desk.work(&mut worker, at).await;
    }
    let dead = list_jobs(database, Some(JobState::Dead), 10).await.unwrap();
    let seen: Vec<(&str, u16, Option<&str>)> = dead
        .iter()
        .map(|job| (job.kind.as_str(), job.attempts, job.last_error.as_deref()))
        .collect();
    assert_eq!(
        seen.iter().filter(|(kind, ..)| *kind == "make_coffee").collect::<Vec<_>>(),
        [&("make_coffee", 1, Some("unknown_kind"))]
    );
    assert_eq!(
        seen.iter().filter(|(kind, ..)| *kind == "wave_open").collect::<Vec<_>>(),
        [&("wave_open", ATTEMPTS_MAX, Some("unknown_wave"))]
    );
    assert_eq!(desk.acts("wave_open").await, 1);

    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let mut act = desk.world.act_beside(at, &mut rng);
    assert!(retry_job(&mut act, dead[0].job_id).await.unwrap());
    assert!(!retry_job(&mut act, dead[0].job_id).await.unwrap(), "it is not dead any more");
    assert_eq!(list_jobs(database, Some(JobState::Dead), 10).await.unwrap().len(), 1);
    assert_eq!(list_jobs(database, Some(JobState::Queued), 10).await.unwrap().len(), 1);
    assert_eq!(desk.acts("job_retry").await, 1);
}

/// A replay under way keeps its calendar to itself, and its trail is sealed all the same; waves that are there beside a
/// finished one are anybody's.
#[tokio::test]
async fn a_replay_is_left_alone() {
    let desk = Desk::new(1).await;
    desk.world
        .execute("INSERT INTO simulations (parameters, started_at) VALUES ('{}', '2020-01-01')")
        .await;
    desk.work(&mut desk.worker(1), desk.world.calendar(WAVE).closes_at).await;
    assert_eq!(desk.state(WAVE).await, "draft");
    assert!(desk.world.number("SELECT max(position) FROM audit_chain").await > 0);
    desk.world.execute("UPDATE simulations SET finished = true").await;
    desk.work(&mut desk.worker(2), desk.world.calendar(WAVE).opens_at).await;
    assert_eq!(desk.state(WAVE).await, "open");
}
