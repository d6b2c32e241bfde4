//! `bench sweep`: the deadline of a large wave, beside a loop that revokes person by person.

use std::time::Instant;

use anyhow::{Result, ensure};
use app::sweep::sweep_wave;
use domain::ids::PersonId;
use domain::ledger::{Transfer, TransferReason};
use domain::policy::{Grant, RevokedFunds};
use domain::time::Timestamp;
use sqlx::{Connection as _, PgConnection};
use storage::ledger::transfer_insert;
use uuid::Uuid;

use super::Plan;
use super::copies::{connect, copy_database, seal};
use super::machine::{Machine, flush_rate};
use super::memory::MemorySampler;
use super::report::{Extras, Limit, Report, grouped, progress};
use super::series::Series;
use super::world::{PRESENT, World};

/// One recipient in five buys nothing.
const RECIPIENTS_PER_REVOKED: u64 = 5;
/// Persons the loop revokes in one run.
const LOOP_REVOKED: u64 = 1_000;
/// Pieces of a grant that go back: training, incentives, surveys.
const PIECES: i64 = 3;

/// Measures the sweep.
///
/// # Errors
/// The server fails, an act is refused, or a result is wrong.
pub(super) async fn measure(plan: Plan) -> Result<Report> {
    let mut world = World::drawn(plan.size).await?;
    let database = world.database().clone();
    let due_at = world.appoint(&database, PRESENT).await?.purchase_due_at;
    world.purchase(PRESENT, |place| !(place as u64).is_multiple_of(RECIPIENTS_PER_REVOKED)).await?;
    seal(world.scratch()).await?;
    let flush_per_s = flush_rate(world.scratch().folder())?;
    let grant = world.policy(PRESENT)?.grant();
    let revoked = plan.size.div_ceil(RECIPIENTS_PER_REVOKED);
    let loop_revoked = LOOP_REVOKED.min(revoked / u64::from(plan.runs));
    copy_database(world.scratch(), "bench_loop").await?.close().await;
    let mut row_loop =
        RowLoop { conn: connect(world.scratch(), "bench_loop").await?, grant, due_at };

    let mut ours = Series::new(plan.size);
    let mut theirs = Series::new(loop_revoked * RECIPIENTS_PER_REVOKED);
    let mut peak_bytes = 0;
    for run in 1..=plan.runs {
        progress(&format!("run {run} of {}", plan.runs));
        let database = copy_database(world.scratch(), "bench_sweep").await?;
        let sampler = MemorySampler::start(Some(world.scratch().embedded().server_pid()));
        let started = Instant::now();
        let swept = sweep_wave(&mut world.act(&database, due_at), PRESENT).await?;
        ours.seconds.push(started.elapsed().as_secs_f64());
        peak_bytes = peak_bytes.max(sampler.finish()?);
        ensure!(u64::from(swept) == revoked, "{swept} revoked instead of {revoked}");
        let again = sweep_wave(&mut world.act(&database, due_at), PRESENT).await?;
        ensure!(again == 0, "a second sweep revoked {again} more");
        database.close().await;
        let mut conn = connect(world.scratch(), "bench_sweep").await?;
        check(&mut conn, &grant, revoked, revoked, plan.size).await?;
        conn.close().await?;

        let started = Instant::now();
        row_loop.revoke(loop_revoked).await?;
        theirs.seconds.push(started.elapsed().as_secs_f64());
        let done = u64::from(run) * loop_revoked;
        check(&mut row_loop.conn, &grant, done, 0, plan.size).await?;
    }
    Ok(Report {
        bench: "sweep",
        unit: "recipients",
        data: format!("one wave past its deadline, {} recipients bought nothing", grouped(revoked)),
        ours,
        peak_of: "this process and PostgreSQL",
        peak_bytes,
        alternative: "row-at-a-time loop: per person without a purchase one transaction of a \
                      locking SELECT, UPDATE, DELETE and three INSERTs, prepared",
        theirs,
        extras: Extras::default(),
        flush_per_s,
        machine: Machine::read(Some(world.scratch().embedded().version()))?,
        limits: if plan.judged { vec![Limit::Seconds(10.0)] } else { Vec::new() },
    })
}

/// Recipients revoked, places held, money returned in pieces and in rupiah, seats in the pool, and
/// what all accounts add up to.
const COUNTS: &str = "
    SELECT (SELECT count(*) FROM beneficiaries WHERE wave = $1 AND state = 'revoked'),
           (SELECT count(*) FROM household_slots WHERE wave = $1),
           (SELECT count(*) FROM transfers WHERE wave = $1 AND credit = 'state_treasury'),
           (SELECT coalesce(sum(amount_rupiah), 0)::bigint FROM transfers
            WHERE wave = $1 AND credit = 'state_treasury'),
           (SELECT coalesce(sum(seats), 0)::bigint FROM seat_pool WHERE wave = $1),
           (SELECT sum(amount_rupiah)::bigint FROM entries)";

async fn check(
    conn: &mut PgConnection,
    grant: &Grant,
    revoked: u64,
    pooled: u64,
    recipients: u64,
) -> Result<()> {
    let counts: (i64, i64, i64, i64, i64, i64) =
        sqlx::query_as(COUNTS).bind(PRESENT.get() as i16).fetch_one(conn).await?;
    let [revoked, pooled, recipients] = [revoked, pooled, recipients].map(|count| count as i64);
    let money = revoked * grant.total.get();
    ensure!(
        counts == (revoked, recipients - revoked, revoked * PIECES, money, pooled, 0),
        "the rows of {revoked} revocations are {counts:?}"
    );
    Ok(())
}

/// The alternative: for each person without a purchase one transaction.
struct RowLoop {
    conn: PgConnection,
    grant: Grant,
    due_at: Timestamp,
}

impl RowLoop {
    /// Lists the next persons whose deadline has passed, then revokes them one after another.
    async fn revoke(&mut self, persons: u64) -> Result<()> {
        let due: Vec<Uuid> = sqlx::query_scalar(
            "SELECT person_id FROM beneficiaries
             WHERE wave = $1 AND state = 'appointed' AND purchase_due_at <= $2
             ORDER BY person_id
             LIMIT $3",
        )
        .bind(PRESENT.get() as i16)
        .bind(self.due_at.to_offset())
        .bind(i64::try_from(persons)?)
        .fetch_all(&mut self.conn)
        .await?;
        ensure!(due.len() as u64 == persons, "{} are due instead of {persons}", due.len());
        for person in due {
            self.revoke_one(person).await?;
        }
        Ok(())
    }

    async fn revoke_one(&mut self, person: Uuid) -> Result<()> {
        let wave = PRESENT.get() as i16;
        let mut tx = self.conn.begin().await?;
        let state: String = sqlx::query_scalar(
            "SELECT state::text FROM beneficiaries WHERE wave = $1 AND person_id = $2 FOR UPDATE",
        )
        .bind(wave)
        .bind(person)
        .fetch_one(&mut *tx)
        .await?;
        ensure!(state == "appointed", "{person} is {state}");
        sqlx::query(
            "UPDATE beneficiaries
             SET state = 'revoked', revoked_at = $3, revocation = 'purchase_deadline_missed'
             WHERE wave = $1 AND person_id = $2",
        )
        .bind(wave)
        .bind(person)
        .bind(self.due_at.to_offset())
        .execute(&mut *tx)
        .await?;
        sqlx::query("DELETE FROM household_slots WHERE person_id = $1")
            .bind(person)
            .execute(&mut *tx)
            .await?;
        for (reason, amount) in [
            (TransferReason::TrainingReturn, self.grant.training),
            (TransferReason::IncentiveReturn, self.grant.incentives),
            (TransferReason::SurveyReturn, self.grant.surveys),
        ] {
            let transfer = Transfer {
                wave: PRESENT,
                person: Some(PersonId::from_uuid(person)),
                reason,
                number: 1,
                return_to: RevokedFunds::StateTreasury,
                amount,
                posted_at: self.due_at,
            };
            transfer_insert(&mut tx, &transfer).await?;
        }
        Ok(tx.commit().await?)
    }
}
