//! Conservation of seats, region by region and over all.

use domain::region::RegionCode;
use domain::seats::SeatBalance;
use sqlx::{PgConnection, Row as _};

use super::{Check, EXAMPLES, Invariant};
use crate::convert::{count, region_code};
use crate::error::StorageError;

pub(super) const ALL: &[&Invariant] = &[
    &Invariant {
        name: "quotas_granted",
        what: "every region's seats of an appointed wave are granted by the draw or recorded as unfilled",
        rows: "SELECT q.seats = q.unfilled + coalesce(b.granted, 0) AS ok,
                      concat_ws(' ', 'wave', coalesce(q.wave, b.wave), 'region',
                                coalesce(q.region, b.region)) AS id
               FROM (
                   SELECT wave, region, seats, unfilled FROM quotas
                   WHERE wave IN (SELECT wave FROM waves WHERE state IN ('appointed', 'settled'))
               ) q
               FULL JOIN (
                   SELECT wave, region, count(*) AS granted FROM beneficiaries
                   WHERE (wave, person_id) NOT IN (SELECT wave, person_id FROM corrections)
                   GROUP BY wave, region
               ) b ON b.wave = q.wave AND b.region = q.region",
    },
    &Invariant {
        name: "quotas_published",
        what: "the quota table of every frozen wave shares out its own seats and the freed ones it took",
        rows: "SELECT coalesce(q.seats, 0) = w.base_seats + coalesce(p.seats, 0) AS ok,
                      concat_ws(' ', 'wave', w.wave) AS id
               FROM waves w
               LEFT JOIN (SELECT wave, sum(seats) AS seats FROM quotas GROUP BY wave) q
                   ON q.wave = w.wave
               LEFT JOIN (
                   SELECT reused_by, sum(seats - corrected) AS seats FROM pool_seats GROUP BY reused_by
               ) p
                   ON p.reused_by = w.wave
               WHERE w.state IN ('frozen', 'drawn', 'appointed', 'settled')",
    },
    &Invariant {
        name: "pools_published",
        what: "the pools of every region share out its seats that somebody can take",
        rows: "SELECT coalesce(p.seats, 0) = q.seats - q.unfilled AS ok,
                      concat_ws(' ', 'wave', q.wave, 'region', q.region) AS id
               FROM quotas q
               LEFT JOIN (SELECT wave, region, sum(seats) AS seats FROM quota_pools GROUP BY wave, region) p
                   ON p.wave = q.wave AND p.region = q.region",
    },
    &Invariant {
        name: "guarantees_within_pools",
        what: "the guarantees of every pool fit its seats",
        rows: "SELECT g.seats <= p.seats AS ok,
                      concat_ws(' ', 'wave', g.wave, 'region', g.region, 'pool', g.pool) AS id
               FROM (
                   SELECT wave, region, pool, sum(seats) AS seats FROM quota_guarantees
                   GROUP BY wave, region, pool
               ) g
               LEFT JOIN quota_pools p ON p.wave = g.wave AND p.region = g.region AND p.pool = g.pool",
    },
    &Invariant {
        name: "pools_drawn",
        what: "every pool of a draw has as many people selected as it says",
        rows: "SELECT p.filled = d.selected AS ok,
                      concat_ws(' ', 'wave', coalesce(p.wave, d.wave), 'region', coalesce(p.region, d.region),
                                'pool', coalesce(p.pool, d.pool)) AS id
               FROM (SELECT wave, region, pool, filled FROM draw_pools WHERE filled > 0) p
               FULL JOIN (
                   SELECT d.wave, m.region, d.pool, count(*) AS selected
                   FROM decisions d JOIN memberships m ON m.wave = d.wave AND m.person_id = d.person_id
                   WHERE d.pool IS NOT NULL
                   GROUP BY d.wave, m.region, d.pool
               ) d ON d.wave = p.wave AND d.region = p.region AND d.pool = p.pool",
    },
    &Invariant {
        name: "classes_of_members",
        what: "whatever is written down of a member's class or commitment is of a member of its wave",
        rows: "SELECT m.person_id IS NOT NULL AS ok,
                      concat_ws(' ', 'wave', c.wave, 'person', c.person_id) AS id
               FROM (
                   SELECT wave, person_id FROM member_classes
                   UNION ALL
                   SELECT wave, person_id FROM roll_commitments
               ) c
               LEFT JOIN memberships m ON m.wave = c.wave AND m.person_id = c.person_id",
    },
];

/// Seats of a frozen wave that has no decree yet count as granted and pending: they are promised. A correction
/// takes a seat of the pool and adds it to the quota of its region, as a wave that reuses it does.
const BALANCES: &str = "
    WITH published AS (
        SELECT wave, state IN ('appointed', 'settled') AS appointed FROM waves
        WHERE state IN ('frozen', 'drawn', 'appointed', 'settled')
    ), quota AS (
        SELECT q.region, sum(q.seats) AS quota, sum(q.unfilled) AS unfilled,
               sum(q.seats - q.unfilled) FILTER (WHERE NOT p.appointed) AS promised
        FROM (
            SELECT wave, region, seats, unfilled FROM quotas
            UNION ALL
            SELECT wave, region, 1, 0 FROM corrections
        ) q JOIN published p ON p.wave = q.wave
        GROUP BY q.region
    ), granted AS (
        SELECT region, count(*) AS granted, count(*) FILTER (WHERE state = 'active') AS effective,
               count(*) FILTER (WHERE state = 'appointed') AS pending,
               count(*) FILTER (WHERE state = 'revoked') AS revoked
        FROM beneficiaries GROUP BY region
    ), pool AS (
        SELECT region, sum(CASE WHEN reused_by IS NULL THEN corrected ELSE seats END) AS reused,
               sum(seats - corrected) FILTER (WHERE reused_by IS NULL AND returned_at IS NULL) AS waiting,
               sum(seats - corrected) FILTER (WHERE returned_at IS NOT NULL) AS returned
        FROM pool_seats
        WHERE wave NOT IN (SELECT wave FROM waves WHERE state = 'cancelled')
        GROUP BY region
    )
    SELECT region, coalesce(quota, 0)::bigint, coalesce(unfilled, 0)::bigint,
           coalesce(promised, 0)::bigint, coalesce(granted, 0)::bigint, coalesce(effective, 0)::bigint,
           coalesce(pending, 0)::bigint, coalesce(revoked, 0)::bigint, coalesce(reused, 0)::bigint,
           coalesce(waiting, 0)::bigint, coalesce(returned, 0)::bigint
    FROM quota FULL JOIN granted USING (region) FULL JOIN pool USING (region)
    ORDER BY region";

/// The seats of each region, and of all of them with their own quota.
///
/// # Errors
/// [`StorageError`].
pub async fn seat_balances_read(
    conn: &mut PgConnection,
) -> Result<(Vec<(RegionCode, SeatBalance)>, SeatBalance), StorageError> {
    let rows = sqlx::query(BALANCES).fetch_all(&mut *conn).await?;
    let base: i64 = sqlx::query_scalar(
        "SELECT coalesce(sum(base_seats), 0)::bigint FROM waves
         WHERE state IN ('frozen', 'drawn', 'appointed', 'settled')",
    )
    .fetch_one(conn)
    .await?;
    let mut all = SeatBalance { base: count(base), ..SeatBalance::default() };
    let mut regions = Vec::with_capacity(rows.len());
    for row in &rows {
        let number =
            |column: usize| -> Result<u64, StorageError> { Ok(count(row.try_get(column)?)) };
        let promised = number(3)?;
        let balance = SeatBalance {
            base: 0,
            quota: number(1)?,
            unfilled: number(2)?,
            granted: number(4)?.saturating_add(promised),
            effective: number(5)?,
            pending: number(6)?.saturating_add(promised),
            revoked: number(7)?,
            reused: number(8)?,
            waiting: number(9)?,
            returned: number(10)?,
        };
        for (sum, part) in [
            (&mut all.quota, balance.quota),
            (&mut all.unfilled, balance.unfilled),
            (&mut all.granted, balance.granted),
            (&mut all.effective, balance.effective),
            (&mut all.pending, balance.pending),
            (&mut all.revoked, balance.revoked),
            (&mut all.reused, balance.reused),
            (&mut all.waiting, balance.waiting),
            (&mut all.returned, balance.returned),
        ] {
            *sum = sum.saturating_add(part);
        }
        regions.push((region_code(row.try_get(0)?)?, balance));
    }
    Ok((regions, all))
}

/// Holds the seats of each region, and of all, against the laws of [`SeatBalance`].
pub(super) async fn conservation_check(conn: &mut PgConnection) -> Result<Check, StorageError> {
    let (regions, all) = seat_balances_read(conn).await?;
    let mut broken = Vec::new();
    for (region, balance) in &regions {
        let faults = balance.faults_of_region();
        broken.extend(faults.iter().map(|fault| format!("region {region}: {fault}")));
    }
    broken.extend(all.faults_of_all().iter().map(|fault| format!("all regions: {fault}")));
    let violations = u64::try_from(broken.len()).unwrap_or(u64::MAX);
    broken.truncate(EXAMPLES);
    Ok(Check {
        name: "seats_conserved",
        what: "no seat is lost and none appears, in each region and over all",
        counted: u64::try_from(regions.len()).unwrap_or(u64::MAX).saturating_add(1),
        violations,
        examples: broken,
    })
}
