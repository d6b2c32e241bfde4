//! What the serving role may not do.

use sqlx::ConnectOptions as _;
use storage::database::SERVING_ROLE;
use storage::embedded::DATABASE;

use crate::{attempt, code, world};
/// The serving role adds facts and never changes, removes or empties them, makes no tables and has no
/// power over others; as itself and under a superuser's login alike.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one list of cases")]
async fn serving_role() {
    const INSUFFICIENT_PRIVILEGE: &str = "42501";
    let (scratch, _keep) = world().await;
    let facts = [
        "memberships",
        "decisions",
        "rolls",
        "roll_places",
        "quotas",
        "member_classes",
        "roll_commitments",
        "replaced_plans",
        "judged_again",
        "quota_classes",
        "quota_pools",
        "quota_guarantees",
        "quota_national",
        "draw_pools",
        "draw_classes",
        "contributions",
        "contribution_reveals",
        "reveals_closed",
        "draws",
        "decrees",
        "training_orders",
        "transfers",
        "approvals",
        "officer_roles",
        "audit_events",
        "audit_chain",
        "audit_checkpoints",
        "policy_versions",
        "regions",
        "persons",
        "person_niks",
        "memberships_1",
        "decisions_1",
        "transfers_2",
    ];
    let mut forbidden = Vec::new();
    for table in facts {
        forbidden.push(format!("DELETE FROM {table}"));
        forbidden.push(format!("TRUNCATE {table}"));
        forbidden.push(format!("DROP TABLE {table}"));
    }
    for perishable in [
        "jobs",
        "notices",
        "sessions",
        "client_keys",
        "proposals",
        "statement_tries",
        "ability_sittings",
        "ability_items",
        "ability_answers",
    ] {
        forbidden.push(format!("DELETE FROM {perishable}"));
    }
    for (table, column) in [
        ("memberships", "age = 3"),
        ("decisions", "outcome = 'selected'"),
        ("rolls", "entries = 3"),
        ("quotas", "seats = 3"),
        ("member_classes", "weight = 16"),
        ("roll_commitments", "commitment = sha256('other')"),
        ("quota_pools", "seats = 3"),
        ("draw_classes", "close = NULL"),
        ("contributions", "commitment = sha256('other')"),
        ("contribution_reveals", "value = sha256('other')"),
        ("reveals_closed", "closed_at = '2030-01-01Z'"),
        ("draws", "selected = 3"),
        ("decrees", "appointments = 3"),
        ("training_orders", "price_rupiah = 3"),
        ("transfers", "amount_rupiah = 3"),
        ("approvals", "reason = 'none'"),
        ("audit_events", "actor = 'nobody'"),
        ("audit_chain", "chain_digest = ''"),
        ("audit_checkpoints", "number = 3"),
        ("policy_versions", "document = ''"),
        ("waves", "base_seats = 3"),
        ("waves", "draw_key = ''"),
        ("waves", "corrections = 1"),
        ("waves", "results_at = '2030-01-01Z'"),
        ("replaced_plans", "entries = 3"),
        ("public_files", "plan = 2"),
        ("beneficiaries", "card_number = 8000000000000002"),
        ("beneficiaries", "purchase_due_at = '2030-01-01Z'"),
        ("household_slots", "slot = 3"),
        ("seat_pool", "seats = 3"),
        ("notices", "subject = 'wave:3'"),
        ("account_contacts", "sealed = ''"),
        ("persons", "registered_at = '2020-01-02Z'"),
        ("statement_tries", "holder_id = gen_random_uuid()"),
        ("person_niks", "person_id = nik_index"),
    ] {
        forbidden.push(format!("UPDATE {table} SET {column}"));
    }
    for statement in [
        "DELETE FROM beneficiaries",
        "DELETE FROM waves",
        "DELETE FROM person_identities",
        "DELETE FROM notices",
        "DELETE FROM sessions",
        "DELETE FROM client_keys",
        "DELETE FROM proposals",
        "DELETE FROM statement_tries",
        "CREATE TABLE mine (n integer)",
        "CREATE TABLE public.mine (n integer)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "INSERT INTO audit_events (transaction_id) VALUES ('3')",
        "ALTER TABLE transfers DISABLE TRIGGER ALL",
        "SET ROLE gelombang_owner",
        "COPY persons TO PROGRAM 'true'",
    ] {
        forbidden.push(statement.to_owned());
    }
    let options = scratch.embedded().options(SERVING_ROLE, DATABASE);
    let mut own = options.options([("search_path", "gelombang")]).connect().await.unwrap();
    let mut pooled = scratch.database().begin().await.unwrap();
    for conn in [&mut own, &mut *pooled] {
        for statement in &forbidden {
            let refused = attempt(conn, statement).await.unwrap_or_else(|| panic!("{statement}"));
            let expected = if statement.starts_with("DROP") || statement.starts_with("ALTER") {
                "must be owner of"
            } else if statement.starts_with("COPY") {
                "must be superuser"
            } else {
                "permission denied"
            };
            assert_eq!(code(&refused), INSUFFICIENT_PRIVILEGE, "{statement}: {refused}");
            assert!(refused.to_string().contains(expected), "{statement}: {refused}");
        }
        let powers: (bool, bool, bool, bool, String) = sqlx::query_as(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, current_user::text
             FROM pg_roles WHERE rolname = current_user",
        )
        .fetch_one(&mut *conn)
        .await
        .unwrap();
        assert_eq!(powers, (false, false, false, false, SERVING_ROLE.to_owned()));
        assert!(attempt(conn, "SELECT create_wave_partitions(9::smallint)").await.is_none());
        let odd = attempt(conn, "SELECT create_wave_partitions(0::smallint)").await.unwrap();
        assert!(odd.to_string().contains("wave 0 is outside 1 to 9999"), "{odd}");
    }
}
