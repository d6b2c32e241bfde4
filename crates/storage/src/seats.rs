//! The quota table of a wave by region, pool and guarantee, and what the draw made of each.

use domain::policy::{Named as _, ReservedGroup};
use domain::region::RegionCode;
use domain::seats::Lowered;
use domain::wave::WaveNumber;
use sqlx::{PgConnection, Row as _};

use crate::convert::{named, region_code, region_key, wave_key};
use crate::copy::CopyRows;
use crate::error::StorageError;

/// A wave's quota table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuotaRows {
    /// The classes by their bits.
    pub classes: Vec<ReservedGroup>,
    /// Regions, ascending.
    pub regions: Vec<QuotaRow>,
    /// Guarantees over all regions, in order of precedence.
    pub national: Vec<NationalRow>,
}

/// A region's seats of one wave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaRow {
    /// Region.
    pub region: RegionCode,
    /// Seats published.
    pub seats: u32,
    /// Seats that nobody can take.
    pub unfilled: u32,
    /// People in play; `None` in waves frozen before this was kept.
    pub in_play: Option<u32>,
    /// Pools in the order in which they are drawn; their seats are those that somebody can take.
    pub pools: Vec<PoolRow>,
}

/// A pool of a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolRow {
    /// Name.
    pub name: String,
    /// Seats.
    pub seats: u32,
    /// Guarantees in order of precedence.
    pub guarantees: Vec<GuaranteeRow>,
}

/// A guarantee within a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuaranteeRow {
    /// Bit of the class.
    pub bit: u8,
    /// Seats that its share comes to.
    pub asked: u32,
    /// Seats guaranteed.
    pub seats: u32,
    /// Why they are fewer.
    pub lowered: Option<Lowered>,
}

/// A guarantee over all regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NationalRow {
    /// Bit of the class.
    pub bit: u8,
    /// Seats that its share comes to.
    pub asked: u64,
    /// Seats that found a region.
    pub placed: u64,
}

fn seats_key(seats: u32) -> i32 {
    i32::try_from(seats).unwrap_or(i32::MAX)
}

fn place_key(place: usize) -> i16 {
    i16::try_from(place).unwrap_or(i16::MAX)
}

fn count_key(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn seats(table: &'static str, stored: i32) -> Result<u32, StorageError> {
    u32::try_from(stored).map_err(|_| StorageError::Inconsistency { table, column: "seats" })
}

fn bit(table: &'static str, stored: i16) -> Result<u8, StorageError> {
    u8::try_from(stored).map_err(|_| StorageError::Inconsistency { table, column: "bit" })
}

/// Adds a wave's quota table.
///
/// # Errors
/// [`StorageError`].
pub async fn quotas_insert(
    conn: &mut PgConnection,
    wave: WaveNumber,
    table: &QuotaRows,
) -> Result<(), StorageError> {
    let wave = wave_key(wave);
    let mut classes = CopyRows::new(3);
    for (place, class) in table.classes.iter().enumerate() {
        classes.row().i16(wave).i16(place_key(place)).text(class.name());
    }
    let (mut quotas, mut pools, mut guarantees) =
        (CopyRows::new(5), CopyRows::new(5), CopyRows::new(8));
    for quota in &table.regions {
        let region = region_key(quota.region);
        let seats = [quota.seats, quota.unfilled].map(seats_key);
        quotas.row().i16(wave).i16(region).i32(seats[0]).i32(seats[1]);
        match quota.in_play {
            Some(people) => quotas.i32(seats_key(people)),
            None => quotas.null(),
        };
        for (place, pool) in quota.pools.iter().enumerate() {
            let key = place_key(place);
            pools.row().i16(wave).i16(region).i16(key).text(&pool.name).i32(seats_key(pool.seats));
            for (place, own) in pool.guarantees.iter().enumerate() {
                let row = guarantees.row().i16(wave).i16(region).i16(key).i16(place_key(place));
                row.i16(i16::from(own.bit)).i32(seats_key(own.asked)).i32(seats_key(own.seats));
                match own.lowered {
                    Some(why) => row.text(why.name()),
                    None => row.null(),
                };
            }
        }
    }
    let mut national = CopyRows::new(5);
    for (place, own) in table.national.iter().enumerate() {
        let row = national.row().i16(wave).i16(place_key(place)).i16(i16::from(own.bit));
        row.i64(count_key(own.asked)).i64(count_key(own.placed));
    }
    for (rows, columns) in [
        (classes, "quota_classes (wave, bit, name)"),
        (quotas, "quotas (wave, region, seats, unfilled, in_play)"),
        (pools, "quota_pools (wave, region, pool, name, seats)"),
        (guarantees, "quota_guarantees (wave, region, pool, place, bit, asked, seats, lowered)"),
        (national, "quota_national (wave, place, bit, asked, placed)"),
    ] {
        rows.send(conn, &format!("COPY {columns} FROM STDIN (FORMAT binary)")).await?;
    }
    Ok(())
}

/// A wave's quota table.
///
/// # Errors
/// [`StorageError`].
pub async fn quotas_get(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<QuotaRows, StorageError> {
    let key = wave_key(wave);
    let mut table = QuotaRows { classes: classes_list(conn, wave).await?, ..QuotaRows::default() };
    let rows = sqlx::query(
        "SELECT region, seats, unfilled, in_play FROM quotas WHERE wave = $1 ORDER BY region",
    )
    .bind(key)
    .fetch_all(&mut *conn)
    .await?;
    for row in &rows {
        let in_play: Option<i32> = row.try_get(3)?;
        table.regions.push(QuotaRow {
            region: region_code(row.try_get(0)?)?,
            seats: seats("quotas", row.try_get(1)?)?,
            unfilled: seats("quotas", row.try_get(2)?)?,
            in_play: in_play.map(|people| seats("quotas", people)).transpose()?,
            pools: Vec::new(),
        });
    }
    let mut pools = pools_list(conn, wave).await?.into_iter().peekable();
    for quota in &mut table.regions {
        while let Some((_, pool)) = pools.next_if(|(region, _)| *region == quota.region) {
            quota.pools.push(pool);
        }
    }
    let rows =
        sqlx::query("SELECT bit, asked, placed FROM quota_national WHERE wave = $1 ORDER BY place")
            .bind(key)
            .fetch_all(conn)
            .await?;
    for row in &rows {
        table.national.push(NationalRow {
            bit: bit("quota_national", row.try_get(0)?)?,
            asked: crate::convert::count(row.try_get(1)?),
            placed: crate::convert::count(row.try_get(2)?),
        });
    }
    Ok(table)
}

/// The classes of a wave by their bits; empty in a wave without.
///
/// # Errors
/// [`StorageError`].
pub async fn classes_list(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Vec<ReservedGroup>, StorageError> {
    let names: Vec<String> =
        sqlx::query_scalar("SELECT name FROM quota_classes WHERE wave = $1 ORDER BY bit")
            .bind(wave_key(wave))
            .fetch_all(conn)
            .await?;
    names.iter().map(|name| named("quota_classes", "name", name)).collect()
}

/// All pools of a wave by region and order.
async fn pools_list(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Vec<(RegionCode, PoolRow)>, StorageError> {
    let rows = sqlx::query(
        "SELECT p.region, p.pool, p.name, p.seats, g.bit, g.asked, g.seats, g.lowered
         FROM quota_pools p
         LEFT JOIN quota_guarantees g ON g.wave = p.wave AND g.region = p.region AND g.pool = p.pool
         WHERE p.wave = $1
         ORDER BY p.region, p.pool, g.place",
    )
    .bind(wave_key(wave))
    .fetch_all(conn)
    .await?;
    let mut pools: Vec<(RegionCode, PoolRow)> = Vec::new();
    let mut last = None;
    for row in &rows {
        let place: (i16, i16) = (row.try_get(0)?, row.try_get(1)?);
        if last != Some(place) {
            last = Some(place);
            let pool = PoolRow {
                name: row.try_get(2)?,
                seats: seats("quota_pools", row.try_get(3)?)?,
                guarantees: Vec::new(),
            };
            pools.push((region_code(place.0)?, pool));
        }
        let (Some(held), Some((_, pool))) = (row.try_get(4)?, pools.last_mut()) else { continue };
        let lowered: Option<&str> = row.try_get(7)?;
        pool.guarantees.push(GuaranteeRow {
            bit: bit("quota_guarantees", held)?,
            asked: seats("quota_guarantees", row.try_get(5)?)?,
            seats: seats("quota_guarantees", row.try_get(6)?)?,
            lowered: lowered.map(|why| named("quota_guarantees", "lowered", why)).transpose()?,
        });
    }
    Ok(pools)
}

/// What the draw made of one pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolResultRow {
    /// People with a seat of it.
    pub filled: u32,
    /// Guaranteed seats that found nobody.
    pub short: u32,
    /// Largest ticket drawn by ticket.
    pub cutoff: Option<[u8; 32]>,
    /// People by mask, ascending.
    pub classes: Vec<ClassResultRow>,
}

/// What a pool did with the people of one mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassResultRow {
    /// The mask; 65535 for all that are not published.
    pub mask: u16,
    /// People whom the pool takes and earlier pools left.
    pub people: u32,
    /// Of them, with a seat of this pool.
    pub selected: u32,
    /// Of these, on a guaranteed seat.
    pub guaranteed: u32,
    /// Largest ticket on a guaranteed seat.
    pub close: Option<[u8; 32]>,
}

/// Adds what the draw made of each pool, region by region. The draw stands already.
///
/// # Errors
/// [`StorageError`].
pub async fn draw_results_insert<'r>(
    conn: &mut PgConnection,
    wave: WaveNumber,
    regions: impl IntoIterator<Item = (RegionCode, &'r [PoolResultRow])>,
) -> Result<(), StorageError> {
    let wave = wave_key(wave);
    let (mut pools, mut classes) = (CopyRows::new(6), CopyRows::new(8));
    for (region, results) in regions {
        let region = region_key(region);
        for (place, result) in results.iter().enumerate() {
            let key = place_key(place);
            pools.row().i16(wave).i16(region).i16(key);
            pools.i32(seats_key(result.filled)).i32(seats_key(result.short));
            optional(&mut pools, result.cutoff.as_ref());
            for class in &result.classes {
                classes.row().i16(wave).i16(region).i16(key).i32(i32::from(class.mask));
                for count in [class.people, class.selected, class.guaranteed] {
                    classes.i32(seats_key(count));
                }
                optional(&mut classes, class.close.as_ref());
            }
        }
    }
    for (rows, columns) in [
        (pools, "draw_pools (wave, region, pool, filled, short, cutoff)"),
        (classes, "draw_classes (wave, region, pool, mask, people, selected, guaranteed, close)"),
    ] {
        rows.send(conn, &format!("COPY {columns} FROM STDIN (FORMAT binary)")).await?;
    }
    Ok(())
}

fn optional(rows: &mut CopyRows, ticket: Option<&[u8; 32]>) {
    match ticket {
        Some(ticket) => rows.bytes(ticket),
        None => rows.null(),
    };
}
