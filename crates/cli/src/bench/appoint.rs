//! `bench appoint`: the decree of a large wave, beside a loop that appoints person by person.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use app::appoint::Appointed;
use domain::beneficiary::CardNumbers;
use domain::ledger::{Transfer, TransferReason};
use domain::policy::{Grant, RevokedFunds};
use domain::rupiah::Rupiah;
use domain::time::Timestamp;
use sqlx::{Connection as _, PgConnection};
use storage::ledger::{fund_balance, transfer_insert};
use storage::selection::{SelectedMember, selected_list};

use super::copies::{connect, copy_database, seal};
use super::machine::{Machine, flush_rate};
use super::memory::MemorySampler;
use super::report::{Extras, Limit, Report, grouped, progress};
use super::series::Series;
use super::world::{PRESENT, World};
use super::{Plan, members};

/// Commitments a person gets: training, incentives, surveys.
const PIECES: i64 = 3;
/// Persons the loop appoints in one run.
const LOOP_SIZE: u64 = 2_000;

/// Measures the decree.
///
/// # Errors
/// The server fails, an act is refused, or a result is wrong.
pub(super) async fn measure(plan: Plan) -> Result<Report> {
    let mut world = World::drawn(plan.size).await?;
    seal(world.scratch()).await?;
    let flush_per_s = flush_rate(world.scratch().folder())?;
    let loop_size = LOOP_SIZE.min(plan.size / u64::from(plan.runs));
    let grant = world.policy(PRESENT)?.grant();
    let mut row_loop = RowLoop::prepare(&world).await?;

    let mut ours = Series::new(plan.size);
    let mut theirs = Series::new(loop_size);
    let mut peak_bytes = 0;
    for run in 1..=plan.runs {
        progress(&format!("run {run} of {}", plan.runs));
        let database = copy_database(world.scratch(), "bench_decree").await?;
        let sampler = MemorySampler::start(Some(world.scratch().embedded().server_pid()));
        let started = Instant::now();
        let appointed = world.appoint(&database, PRESENT).await?;
        ours.seconds.push(started.elapsed().as_secs_f64());
        peak_bytes = peak_bytes.max(sampler.finish()?);
        database.close().await;
        let mut conn = connect(world.scratch(), "bench_decree").await?;
        check_decree(&mut conn, &appointed, &grant, plan.size).await?;
        conn.close().await?;

        let started = Instant::now();
        row_loop.appoint(loop_size).await?;
        theirs.seconds.push(started.elapsed().as_secs_f64());
        check_counts(&mut row_loop.conn, row_loop.done).await?;
    }
    Ok(Report {
        bench: "appoint",
        unit: "seats",
        data: format!(
            "one decree over {} regencies; {} family cards had one of two places taken",
            world.regencies().len(),
            grouped(members::earlier_count(plan.size)),
        ),
        ours,
        peak_of: "this process and PostgreSQL",
        peak_bytes,
        alternative: "row-at-a-time loop: per person one transaction of five prepared INSERTs",
        theirs,
        extras: Extras::default(),
        flush_per_s,
        machine: Machine::read(Some(world.scratch().embedded().version()))?,
        limits: if plan.judged { vec![Limit::Seconds(30.0)] } else { Vec::new() },
    })
}

/// Beneficiaries, places and commitments of the present wave; family cards beyond the cap; what all
/// accounts add up to.
const COUNTS: &str = "
    SELECT (SELECT count(*) FROM beneficiaries WHERE wave = $1 AND state = 'appointed'),
           (SELECT count(*) FROM household_slots WHERE wave = $1),
           (SELECT count(*) FROM transfers
            WHERE wave = $1
              AND reason IN ('training_commitment', 'incentive_commitment', 'survey_commitment')),
           (SELECT count(*) FROM (
                SELECT FROM household_slots GROUP BY kk_index HAVING count(*) > 2
            ) over_cap),
           (SELECT sum(amount_rupiah)::bigint FROM entries)";

/// Checks so many appointments by counting rows; each has a card number by the table's constraint.
async fn check_counts(conn: &mut PgConnection, appointed: u64) -> Result<()> {
    let counts: (i64, i64, i64, i64, i64) =
        sqlx::query_as(COUNTS).bind(PRESENT.get() as i16).fetch_one(conn).await?;
    let appointed = i64::try_from(appointed)?;
    ensure!(
        counts == (appointed, appointed, appointed * PIECES, 0, 0),
        "the rows of {appointed} appointments are {counts:?}"
    );
    Ok(())
}

/// Checks a decree: its rows, its amount, and the fund it has used up.
async fn check_decree(
    conn: &mut PgConnection,
    appointed: &Appointed,
    grant: &Grant,
    seats: u64,
) -> Result<()> {
    ensure!(appointed.appointments as u64 == seats, "{appointed:?} for {seats} seats");
    check_counts(conn, seats).await?;
    let amount: i64 = sqlx::query_scalar("SELECT amount_rupiah FROM decrees WHERE wave = $1")
        .bind(PRESENT.get() as i16)
        .fetch_one(&mut *conn)
        .await?;
    ensure!(amount == grant.total.get() * i64::try_from(seats)?, "the decree says Rp{amount}");
    let left = fund_balance(conn, PRESENT).await?;
    ensure!(left == Rupiah::ZERO, "Rp{} is left in the fund", left.get());
    Ok(())
}

/// The alternative: for each person one transaction that inserts what the decree gives.
struct RowLoop {
    conn: PgConnection,
    waiting: std::vec::IntoIter<SelectedMember>,
    cards: CardNumbers,
    grant: Grant,
    appointed_at: Timestamp,
    due_at: Timestamp,
    done: u64,
}

const INSERT_BENEFICIARY: &str = "
    INSERT INTO beneficiaries (person_id, card_number, appointed_at, purchase_due_at, wave, region)
    VALUES ($1, $2, $3, $4, $5, $6)";
const INSERT_SLOT: &str = "
    INSERT INTO household_slots (kk_index, person_id, wave, slot, cap)
    SELECT $1, $2, $3, min(place), 2
    FROM generate_series(1, 2) place
    WHERE place NOT IN (SELECT slot FROM household_slots WHERE kk_index = $1)";

impl RowLoop {
    async fn prepare(world: &World) -> Result<Self> {
        copy_database(world.scratch(), "bench_loop").await?.close().await;
        let mut conn = connect(world.scratch(), "bench_loop").await?;
        let (selected, _) = selected_list(&mut conn, PRESENT).await?;
        let appointed_at = world.wave(PRESENT)?.results_at;
        let policy = world.policy(PRESENT)?;
        Ok(Self {
            conn,
            waiting: selected.into_iter(),
            cards: CardNumbers::new(PRESENT, [9; 16]),
            grant: policy.grant(),
            appointed_at,
            due_at: policy.deadlines().first_purchase_due(appointed_at.wib_date()),
            done: 0,
        })
    }

    /// Appoints the next persons.
    async fn appoint(&mut self, persons: u64) -> Result<()> {
        for _ in 0..persons {
            let member = self.waiting.next().context("everyone is appointed")?;
            self.appoint_one(&member).await?;
            self.done += 1;
        }
        Ok(())
    }

    async fn appoint_one(&mut self, member: &SelectedMember) -> Result<()> {
        let wave = PRESENT.get() as i16;
        let mut tx = self.conn.begin().await?;
        sqlx::query(INSERT_BENEFICIARY)
            .bind(member.person_id.uuid())
            .bind(self.cards.number(self.done).context("card numbers ran out")?)
            .bind(self.appointed_at.to_offset())
            .bind(self.due_at.to_offset())
            .bind(wave)
            .bind(member.region.get() as i16)
            .execute(&mut *tx)
            .await?;
        sqlx::query(INSERT_SLOT)
            .bind(member.kk_index)
            .bind(member.person_id.uuid())
            .bind(wave)
            .execute(&mut *tx)
            .await?;
        for (reason, amount) in [
            (TransferReason::TrainingCommitment, self.grant.training),
            (TransferReason::IncentiveCommitment, self.grant.incentives),
            (TransferReason::SurveyCommitment, self.grant.surveys),
        ] {
            let transfer = Transfer {
                wave: PRESENT,
                person: Some(member.person_id),
                reason,
                number: 1,
                return_to: RevokedFunds::ProgrammeFund,
                amount,
                posted_at: self.appointed_at,
            };
            transfer_insert(&mut tx, &transfer).await?;
        }
        Ok(tx.commit().await?)
    }
}
