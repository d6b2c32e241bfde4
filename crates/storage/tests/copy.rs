//! Bulk rows against the real server: what goes in is what SQL sees, and comes out again.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use domain::time::Timestamp;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};
use storage::copy::{CopyFields, CopyRows, copy_out};
use storage::error::StorageError;
use storage::scratch::Scratch;
use time::{Date, Month};
use uuid::Uuid;

/// A way to read the fields of a row.
type ReadFields = fn(&mut CopyFields<'_>) -> Result<(), StorageError>;

/// A value of any column type the schema uses.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Small(i16),
    Integer(i32),
    Big(i64),
    Truth(bool),
    Id(Uuid),
    Bytes(Vec<u8>),
    Text(String),
    At(Timestamp),
    Day(Date),
}

impl Value {
    fn write(&self, rows: &mut CopyRows) {
        match self {
            Self::Small(value) => rows.i16(*value),
            Self::Integer(value) => rows.i32(*value),
            Self::Big(value) => rows.i64(*value),
            Self::Truth(value) => rows.bool(*value),
            Self::Id(value) => rows.uuid(*value),
            Self::Bytes(value) => rows.bytes(value),
            Self::Text(value) => rows.text(value),
            Self::At(value) => rows.timestamp(*value),
            Self::Day(value) => rows.date(*value),
        };
    }

    /// Reads a field of the same type; a date, which nothing reads in bulk, as its days from 2000.
    fn read(&self, fields: &mut CopyFields<'_>) -> Result<Self, StorageError> {
        Ok(match self {
            Self::Small(_) => Self::Small(fields.i16()?),
            Self::Integer(_) => Self::Integer(fields.i32()?),
            Self::Big(_) => Self::Big(fields.i64()?),
            Self::Truth(_) => Self::Truth(fields.bool()?),
            Self::Id(_) => Self::Id(fields.uuid()?),
            Self::Bytes(_) => Self::Bytes(fields.bytes()?.to_vec()),
            Self::Text(_) => Self::Text(fields.text()?.to_owned()),
            Self::At(_) => Self::At(fields.timestamp()?),
            Self::Day(_) => {
                let julian = fields.i32()? + 2_451_545;
                Self::Day(Date::from_julian_day(julian).unwrap())
            }
        })
    }
}

/// Edge values: column type, SQL literal, value.
fn edge_values() -> Vec<(&'static str, &'static str, Value)> {
    let at = Timestamp::from_micros;
    let day = |year, month, day| Value::Day(Date::from_calendar_date(year, month, day).unwrap());
    vec![
        ("smallint", "-32768", Value::Small(i16::MIN)),
        ("smallint", "32767", Value::Small(i16::MAX)),
        ("integer", "-2147483648", Value::Integer(i32::MIN)),
        ("integer", "2147483647", Value::Integer(i32::MAX)),
        ("bigint", "-9223372036854775808", Value::Big(i64::MIN)),
        ("bigint", "9223372036854775807", Value::Big(i64::MAX)),
        ("boolean", "true", Value::Truth(true)),
        ("boolean", "false", Value::Truth(false)),
        ("uuid", "00000000-0000-0000-0000-000000000000", Value::Id(Uuid::nil())),
        ("uuid", "ffffffff-ffff-ffff-ffff-ffffffffffff", Value::Id(Uuid::max())),
        ("bytea", "", Value::Bytes(Vec::new())),
        ("bytea", r"\x00ff0a5c", Value::Bytes(vec![0, 255, 10, 92])),
        ("text", "", Value::Text(String::new())),
        ("text", "a\tb\n\\N é 𝄞", Value::Text("a\tb\n\\N é 𝄞".to_owned())),
        ("person_sex", "woman", Value::Text("woman".to_owned())),
        ("timestamptz", "1970-01-01 00:00:00+00", Value::At(at(0))),
        ("timestamptz", "1999-12-31 23:59:59.999999+00", Value::At(at(946_684_799_999_999))),
        ("timestamptz", "2024-09-24 00:00:00+07", Value::At(at(1_727_110_800_000_000))),
        ("timestamptz", "1955-05-01 06:30:00.000001+00", Value::At(at(-462_994_199_999_999))),
        ("date", "2000-01-01", day(2000, Month::January, 1)),
        ("date", "1999-12-31", day(1999, Month::December, 31)),
        ("date", "2024-02-29", day(2024, Month::February, 29)),
        ("date", "1900-03-01", day(1900, Month::March, 1)),
    ]
}

async fn execute(conn: &mut PgConnection, statement: impl Into<String>) {
    sqlx::raw_sql(AssertSqlSafe(statement.into())).execute(conn).await.unwrap();
}

async fn count(conn: &mut PgConnection, statement: impl Into<String>) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(statement.into())).fetch_one(conn).await.unwrap()
}

async fn connect(scratch: &Scratch) -> PgConnection {
    let options = scratch.embedded().superuser_options().options([("search_path", "gelombang")]);
    options.connect().await.unwrap()
}

/// Sends one row with the value and one with NULL, compares them with the literal in SQL, and reads
/// both back.
async fn check(conn: &mut PgConnection, sql_type: &str, literal: &str, value: &Value) {
    execute(conn, format!("CREATE TEMPORARY TABLE one (v {sql_type}, n {sql_type})")).await;
    let mut rows = CopyRows::new(2);
    value.write(rows.row());
    rows.null();
    rows.send(conn, "COPY one FROM STDIN (FORMAT binary)").await.unwrap();
    let equal: bool = sqlx::query_scalar(AssertSqlSafe(format!(
        "SELECT v = $1::{sql_type} AND n IS NULL FROM one"
    )))
    .bind(literal)
    .fetch_one(&mut *conn)
    .await
    .unwrap();
    assert!(equal, "{sql_type} {literal}");
    let mut read = Vec::new();
    copy_out(conn, "COPY one TO STDOUT (FORMAT binary)", |fields| {
        read.push(value.read(fields)?);
        assert_eq!(fields.optional_bytes()?, None, "NULL of {sql_type}");
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(read, std::slice::from_ref(value), "{sql_type} {literal}");
    execute(conn, "DROP TABLE one").await;
}

/// Every column type at its edges; then a batch longer than one message, put together from two.
#[tokio::test]
async fn out_and_in_again() {
    let scratch = Scratch::start().await.unwrap();
    let mut conn = connect(&scratch).await;
    for (sql_type, literal, value) in edge_values() {
        check(&mut conn, sql_type, literal, &value).await;
    }
    execute(&mut conn, "CREATE TEMPORARY TABLE many (n bigint, t text)").await;
    let batch = |from: i64, to: i64| {
        let mut rows = CopyRows::new(2);
        for n in from..to {
            rows.row().i64(n).text("");
        }
        rows
    };
    let mut rows = batch(0, 40_000);
    rows.append(&batch(40_000, 50_000));
    rows.row().i64(50_000).text(&"x".repeat(600_000));
    assert_eq!(rows.len(), 50_001);
    rows.send(&mut conn, "COPY many FROM STDIN (FORMAT binary)").await.unwrap();
    CopyRows::new(2).send(&mut conn, "COPY many FROM STDIN (FORMAT binary)").await.unwrap();
    let (mut sum, mut bytes) = (0, 0);
    copy_out(&mut conn, "COPY many TO STDOUT (FORMAT binary)", |fields| {
        sum += fields.i64()?;
        bytes += fields.text()?.len();
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!((sum, bytes), (50_000 * 50_001 / 2, 600_000));
    let none = |_: &mut CopyFields<'_>| panic!("there is no row");
    copy_out(&mut conn, "COPY (SELECT 1 WHERE false) TO STDOUT (FORMAT binary)", none)
        .await
        .unwrap();
}

/// Rows that the server drops, rows of the wrong width, and reads that do not fit the stream: each its
/// error, and the connection and the pool work on.
#[tokio::test]
async fn wrong_forms() {
    let scratch = Scratch::start().await.unwrap();
    let mut conn = connect(&scratch).await;
    execute(
        &mut conn,
        "CREATE TEMPORARY TABLE odd (n bigint);
         CREATE FUNCTION pg_temp.drop_even() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN RETURN CASE WHEN NEW.n % 2 = 1 THEN NEW END; END';
         CREATE TRIGGER odd BEFORE INSERT ON odd FOR EACH ROW EXECUTE FUNCTION pg_temp.drop_even()",
    )
    .await;
    let mut rows = CopyRows::new(1);
    rows.row().i64(1).row().i64(2).row().i64(3);
    let dropped = rows.send(&mut conn, "COPY odd FROM STDIN (FORMAT binary)").await.unwrap_err();
    assert!(matches!(dropped, StorageError::RowsAffected { expected: 3, actual: 2 }), "{dropped}");
    let mut wide = CopyRows::new(2);
    wide.row().i64(5).i64(5);
    let refused = wide.send(&mut conn, "COPY odd FROM STDIN (FORMAT binary)").await.unwrap_err();
    assert!(matches!(refused, StorageError::Driver(_)), "{refused}");
    assert_eq!(count(&mut conn, "SELECT count(*) FROM odd").await, 2);

    let reads: [(&str, ReadFields); 5] = [
        ("a field too many", |fields| fields.i64().and(fields.i64()).map(drop)),
        ("another size", |fields| fields.i16().map(drop)),
        ("NULL for a value", |fields| fields.i64().and(fields.i32()).map(drop)),
        ("no UTF-8", |fields| fields.i64().and(fields.text()).map(drop)),
        ("a field too few", |_| Ok(())),
    ];
    let rows = [
        "1::bigint",
        "1::bigint",
        "1::bigint, NULL::integer",
        r"1::bigint, '\xff'::bytea",
        "1::bigint",
    ];
    for ((what, read), row) in reads.iter().zip(rows) {
        let statement =
            format!("COPY (SELECT {row} FROM generate_series(1, 20000)) TO STDOUT (FORMAT binary)");
        let mut tx = scratch.database().begin().await.unwrap();
        let refused = copy_out(&mut tx, &statement, read).await;
        assert!(matches!(refused, Err(StorageError::CopyFormat)), "{what}: {refused:?}");
        drop(tx);
        let mut tx = scratch.database().begin().await.unwrap();
        assert_eq!(count(&mut tx, "SELECT count(*) FROM persons").await, 0, "after {what}");
    }
}
