//! What a superuser can do to the rows, and where verification finds it.

use crate::World;

/// Events and the length of a batch: checkpoints at 3, 6, 9 and 12.
const EVENTS: u32 = 12;
const BATCH: u32 = 3;
/// Positions that are tampered with: the first, one inside, the end of a batch, the last.
const POSITIONS: [i64; 4] = [1, 5, 9, 12];

/// Takes the rows as they were sealed aside, and puts them back.
const SAVE: &str = "CREATE TABLE saved_events AS TABLE audit_events;
    CREATE TABLE saved_chain AS TABLE audit_chain;
    CREATE TABLE saved_checkpoints AS TABLE audit_checkpoints;";
const RESTORE: &str = "TRUNCATE audit_events, audit_chain, audit_checkpoints;
    INSERT INTO audit_events TABLE saved_events;
    INSERT INTO audit_chain TABLE saved_chain;
    INSERT INTO audit_checkpoints TABLE saved_checkpoints;";

/// Every column of an event with another value for it; the event at the position gets it.
const EDITS: [&str; 13] = [
    "event_id = gen_random_uuid()",
    "occurred_at = occurred_at + interval '1 microsecond'",
    "occurred_at = 'infinity'",
    "actor = actor || ' '",
    "act = 'wave_close'",
    "subject = ''",
    "from_state = CASE WHEN from_state IS NULL THEN '' END",
    "to_state = NULL",
    "reason = 'another'",
    "request_id = upper(request_id)",
    "detail = '{\"count\": 2}'",
    "detail = '{\"count\": 1.0}'",
    "transaction_id = (transaction_id::text::bigint + 1)::text::xid8",
];

/// Anybody can compute the digests; this computes a whole chain anew, as the product documents it.
const RECHAIN: &str = r"
DO $$
DECLARE
    r record;
    head bytea := decode(repeat('00', 32), 'hex');
    digest bytea;
    piece bytea;
BEGIN
    FOR r IN SELECT c.position AS at, e.* FROM audit_chain c JOIN audit_events e USING (event_id)
             ORDER BY c.position LOOP
        digest := convert_to(E'gelombang audit event 1\n', 'UTF8');
        FOREACH piece IN ARRAY ARRAY[
            uuid_send(r.event_id), timestamptz_send(r.occurred_at), r.actor::bytea, r.act::bytea,
            r.subject::bytea, r.from_state::bytea, r.to_state::bytea, r.reason::bytea, r.request_id::bytea,
            r.detail::text::bytea, xid8send(r.transaction_id)
        ] LOOP
            digest := digest || CASE WHEN piece IS NULL THEN '\x00'::bytea
                ELSE '\x01'::bytea || int8send(length(piece)) || piece END;
        END LOOP;
        digest := sha256(digest);
        head := sha256(convert_to(E'gelombang audit link 1\n', 'UTF8') || int8send(r.at) || head || digest);
        UPDATE audit_chain SET event_digest = digest, chain_digest = head WHERE position = r.at;
    END LOOP;
END
$$;";

/// Tampers at each position, demands that the break is found where `expected` says, and mends it.
async fn check(
    world: &World,
    statements: &str,
    expected: impl Fn(i64) -> Option<i64>,
    words: &str,
) {
    for position in POSITIONS {
        let Some(expected) = expected(position) else { continue };
        let statements = statements
            .replace("$EVENT", "event_id = (SELECT event_id FROM audit_chain WHERE position = $AT)")
            .replace("$NEXT", &(position % i64::from(EVENTS) + 1).to_string())
            .replace("$AT", &position.to_string());
        world.execute(&statements).await;
        let broken = world.verify(None).await.broken;
        let broken = broken.unwrap_or_else(|| panic!("not found: {statements}"));
        assert_eq!(broken.position, expected, "{statements}: {broken}");
        assert!(broken.to_string().contains(words), "{statements}: {broken}");
        world.execute(RESTORE).await;
    }
}

/// A sealed world in which rows and key alone have to show what was done.
async fn world() -> World {
    let world = World::sealed(EVENTS, BATCH).await;
    world.forget_kept();
    world.record([101, 102]).await;
    World::expect_clean(&world.verify(None).await, 12, 2);
    world.execute(SAVE).await;
    world
}

/// The end of the batch that a position is in.
fn batch_end(position: i64) -> i64 {
    (position + 2) / 3 * 3
}

/// Events edited in every column, removed, swapped, put in, doubled, or all gone.
#[tokio::test]
async fn tampered_events() {
    let world = world().await;
    for edit in EDITS {
        let words = if edit.starts_with("event_id") { "is missing" } else { "not what was sealed" };
        let statement = format!("UPDATE audit_events SET {edit} WHERE $EVENT");
        check(&world, &statement, Some, words).await;
    }
    check(&world, "DELETE FROM audit_events WHERE $EVENT", Some, "is missing from audit_events")
        .await;
    check(&world, "TRUNCATE audit_events", |at| (at == 1).then_some(1), "is missing").await;
    let tail = "DELETE FROM audit_events e USING audit_chain c WHERE c.event_id = e.event_id AND position >= $AT";
    check(&world, tail, Some, "is missing from audit_events").await;
    let swap = "UPDATE audit_events SET event_id = gen_random_uuid() WHERE $EVENT;
        UPDATE audit_events e SET event_id = (SELECT event_id FROM audit_chain WHERE position = $AT)
            FROM audit_chain c WHERE c.position = $NEXT AND e.event_id = c.event_id;";
    check(&world, swap, |at| (at < 12).then_some(at), "not what was sealed").await;
    let insert = "INSERT INTO audit_events SELECT gen_random_uuid(), occurred_at, actor, act, subject, from_state,
        to_state, reason, request_id, detail, transaction_id FROM audit_events WHERE $EVENT";
    check(&world, insert, |at| Some(batch_end(at)), "it was put in later").await;

    world.execute("ALTER TABLE audit_events DROP CONSTRAINT audit_events_pkey").await;
    let double = "INSERT INTO audit_events SELECT * FROM audit_events WHERE $EVENT";
    check(&world, double, |at| Some(at + 1), "").await;
    world.execute("ALTER TABLE audit_events ALTER actor DROP NOT NULL, ALTER transaction_id DROP NOT NULL").await;
    for column in ["actor", "transaction_id"] {
        let null = format!("UPDATE audit_events SET {column} = NULL WHERE $EVENT");
        check(&world, &null, Some, "not what was sealed").await;
    }
    World::expect_clean(&world.verify(None).await, 12, 2);
}

/// Links edited in every column, removed, cut off, swapped, put in, and computed anew without the key.
#[tokio::test]
async fn tampered_links() {
    let world = world().await;
    for (edit, words) in [
        ("event_id = gen_random_uuid()", "is missing from audit_events"),
        ("event_digest = sha256('x')", "not what was sealed"),
        ("chain_digest = sha256('x')", "does not follow"),
    ] {
        check(&world, &format!("UPDATE audit_chain SET {edit} WHERE position = $AT"), Some, words)
            .await;
    }
    check(&world, "UPDATE audit_chain SET position = 99 WHERE position = $AT", Some, "missing")
        .await;
    check(&world, "DELETE FROM audit_chain WHERE position = $AT", Some, "missing").await;
    check(
        &world,
        "DELETE FROM audit_chain WHERE position >= $AT",
        |at| Some(batch_end(at).min(at)),
        "missing",
    )
    .await;
    let swap = "UPDATE audit_chain SET position = -1 WHERE position = $AT;
        UPDATE audit_chain SET position = $AT WHERE position = $NEXT;
        UPDATE audit_chain SET position = $NEXT WHERE position = -1;";
    world.execute("ALTER TABLE audit_chain DROP CONSTRAINT audit_chain_position_check").await;
    check(&world, swap, |at| (at < 12).then_some(at), "does not follow").await;
    let insert =
        "INSERT INTO audit_chain SELECT 13, event_id, sha256('e'), sha256('c') FROM audit_events
        WHERE subject = 'wave:101'";
    check(&world, insert, |at| (at == 12).then_some(13), "not what was sealed").await;
    let rechain = format!("UPDATE audit_events SET reason = 'another' WHERE $EVENT; {RECHAIN}");
    check(&world, &rechain, |at| Some(batch_end(at)), "was signed over another link").await;
    let reorder = format!("{swap} {RECHAIN}");
    check(
        &world,
        &reorder,
        |at| (at < 12).then_some(batch_end(at)),
        "was signed over another link",
    )
    .await;
    // The computation is the product's own: without an edit it changes nothing.
    world.execute(RECHAIN).await;
    World::expect_clean(&world.verify(None).await, 12, 2);
    world.execute("ALTER TABLE audit_chain DROP CONSTRAINT audit_chain_digests_check").await;
    let odd = "UPDATE audit_chain SET chain_digest = '' WHERE position = $AT";
    check(&world, odd, Some, "values that no link can have").await;
}

/// Checkpoints edited in every column, removed, all gone, put in, or moved.
#[tokio::test]
async fn tampered_checkpoints() {
    let world = world().await;
    let at_batch = |at: i64| (batch_end(at) == at).then_some(at);
    for (edit, words) in [
        ("number = number + 50", "was expected and"),
        ("chain = sha256('x')", "does not hold"),
        ("head = sha256('x')", "does not hold"),
        ("horizon = '1'", "does not hold"),
        ("sealed_at = sealed_at - interval '1 day'", "does not hold"),
        ("sealed_at = '-infinity'", "does not hold"),
        ("public_key = sha256('x')", "names the key"),
        ("signature = sha512('x')", "does not hold"),
    ] {
        let statement = format!("UPDATE audit_checkpoints SET {edit} WHERE position = $AT");
        check(&world, &statement, at_batch, words).await;
    }
    // Found at the next checkpoint, at the place it went to, or at the links it leaves uncovered.
    let remove = "DELETE FROM audit_checkpoints WHERE position = $AT";
    check(&world, remove, |at| (at == 9).then_some(12), "was expected and").await;
    check(&world, remove, |at| (at == 12).then_some(10), "no checkpoint covers").await;
    check(
        &world,
        "TRUNCATE audit_checkpoints",
        |at| (at == 1).then_some(1),
        "no checkpoint covers",
    )
    .await;
    let move_it = "UPDATE audit_checkpoints SET position = position - 1 WHERE position = $AT";
    check(&world, move_it, |at| at_batch(at).map(|at| at - 1), "does not hold").await;
    let copy = "INSERT INTO audit_checkpoints SELECT number + 1, 13, chain, head, horizon, sealed_at, public_key,
        signature FROM audit_checkpoints WHERE position = $AT";
    check(&world, copy, |at| (at == 12).then_some(13), "the link is missing").await;
    world
        .execute("ALTER TABLE audit_checkpoints DROP CONSTRAINT audit_checkpoints_lengths_check")
        .await;
    let odd = "UPDATE audit_checkpoints SET head = '' WHERE position = $AT";
    check(&world, odd, at_batch, "values that no checkpoint can have").await;
    World::expect_clean(&world.verify(None).await, 12, 2);
}
