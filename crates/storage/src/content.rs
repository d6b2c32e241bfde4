//! The content hash: one value over everything that follows from a replay's seed.
//!
//! Left out, because they come from the key files or the clock of the machine: blind indexes, sealed
//! identities and draw keys, the key ring's check value, and when migrations and the replay ran.

use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;

use crate::error::StorageError;

/// Tables with the columns that count and the order of rows.
const TABLES: [(&str, &str, &str); 43] = [
    ("regions", "version, region, province, name, quota_weight, quota_weight_source", "version, region"),
    ("policy_versions", "policy_id, document, digest", "policy_id"),
    (
        "waves",
        "wave, kind, policy_id, region_version, opens_at, closes_at, results_at, base_seats, state,
         opened_at, closed_at, frozen_at, drawn_at, appointed_at, settled_at, cancelled_at, corrections, moved_s",
        "wave",
    ),
    (
        "persons",
        "person_id, registered_at, sex, education, employment, region, birth_year, disability",
        "person_id",
    ),
    ("person_identities", "person_id, erased_at", "person_id"),
    ("registration_checks", "person_id, kind, state, detail, answered_at, ask_at, tries", "person_id, kind"),
    (
        "memberships",
        "wave, person_id, joined_at, sex, education, region, age, entry_tag, household_tag",
        "wave, person_id",
    ),
    ("withdrawals", "wave, person_id, withdrawn_at", "wave, person_id"),
    (
        "decisions",
        "wave, person_id, decided_at, outcome, rank, reason, pool, guaranteed",
        "wave, person_id",
    ),
    ("public_policies", "wave, document", "wave"),
    ("public_files", "wave, name, plan, digest, witnessed_at", "wave, name, plan, digest"),
    ("beacon_rounds", "chain_hash, round, signature, fetched_at", "chain_hash, round"),
    ("contributions", "wave, name, commitment, signature, committed_at", "wave, name"),
    ("contribution_reveals", "wave, name, commitment, value, revealed_at", "wave, name"),
    ("reveals_closed", "wave, closed_at", "wave"),
    ("registration_receipts", "wave, digest, given_at, position", "wave, digest"),
    ("rolls", "wave, entries, digest", "wave"),
    (
        "replaced_plans",
        "wave, plan, entries, ineligible, seats, unfilled, digest, results_at, replaced_at",
        "wave, plan",
    ),
    ("judged_again", "wave, plan, person_id, reason_before, reason_after", "wave, plan, person_id"),
    ("member_classes", "wave, person_id, mask, weight", "wave, person_id"),
    ("roll_commitments", "wave, person_id, commitment, random", "wave, person_id"),
    ("quotas", "wave, region, seats, unfilled, in_play", "wave, region"),
    ("quota_classes", "wave, bit, name", "wave, bit"),
    ("quota_pools", "wave, region, pool, name, seats", "wave, region, pool"),
    (
        "quota_guarantees",
        "wave, region, pool, place, bit, asked, seats, lowered",
        "wave, region, pool, place",
    ),
    ("quota_national", "wave, place, bit, asked, placed", "wave, place"),
    (
        "draws",
        "wave, chain, test_beacon, round, signature, randomness, seed, roll_digest, result_digest, selected, drawn_at",
        "wave",
    ),
    ("draw_pools", "wave, region, pool, filled, short, cutoff", "wave, region, pool"),
    (
        "draw_classes",
        "wave, region, pool, mask, people, selected, guaranteed, close",
        "wave, region, pool, mask",
    ),
    (
        "seat_pool",
        "wave, region, cause, seats, freed_at, reused_by, returned_at, batch",
        "wave, region, cause, freed_at",
    ),
    (
        "decrees",
        "decree_id, number, wave, signed_on, signed_at, appointments, amount_rupiah, result_digest",
        "wave",
    ),
    (
        "beneficiaries",
        "person_id, wave, region, card_number, appointed_at, purchase_due_at, activated_at, revoked_at,
         state, revocation",
        "person_id, wave",
    ),
    (
        "appeals",
        "appeal_id, wave, person_id, ground, filed_at, due_at, answer, answered_at",
        "appeal_id",
    ),
    (
        "corrections",
        "wave, person_id, appeal_id, region, number, amount_rupiah, corrected_at, seat_wave, seat_cause,
         seat_freed_at",
        "wave, person_id",
    ),
    ("household_slots", "person_id, wave, slot, cap", "person_id"),
    ("training_orders", "person_id, wave, order_no, price_rupiah, paid_at", "person_id, wave, order_no"),
    (
        "transfers",
        "wave, person_id, reason, number, debit, credit, amount_rupiah, posted_at",
        "wave, person_id, reason, number",
    ),
    ("officers", "officer_id, name, created_at, retired_at", "officer_id"),
    ("officer_roles", "officer_id, role, granted_at", "officer_id, role"),
    ("officer_credentials", "officer_id, secret_sha256, issued_at, ended_at", "officer_id, secret_sha256"),
    (
        "proposals",
        "proposal_id, act, subject, parameters, reason, proposed_by, proposed_at, state, decided_by, decided_at,
         decision_reason",
        "proposal_id",
    ),
    (
        "approvals",
        "act, subject, number, prepared_by, approved_by, reason, approved_at",
        "act, subject, number",
    ),
    (
        "audit_events",
        "event_id, occurred_at, actor, act, subject, from_state, to_state, reason, request_id, detail",
        "event_id",
    ),
];

/// The hash, in hexadecimal. Run it in one snapshot.
///
/// # Errors
/// [`StorageError`].
pub async fn content_hash(conn: &mut PgConnection) -> Result<String, StorageError> {
    content_hash_without(conn, &[]).await
}

/// The hash of all but some tables.
///
/// # Errors
/// [`StorageError`].
pub async fn content_hash_without(
    conn: &mut PgConnection,
    left_out: &[&str],
) -> Result<String, StorageError> {
    let mut hasher = Sha256::new();
    for (table, columns, order) in TABLES.iter().filter(|(table, ..)| !left_out.contains(table)) {
        hasher.update(table.as_bytes());
        let statement = format!("COPY (SELECT {columns} FROM {table} ORDER BY {order}) TO STDOUT");
        let mut rows = conn.copy_out_raw(&statement).await?;
        while let Some(row) = rows.try_next().await? {
            hasher.update(&row);
        }
    }
    Ok(crate::keys::to_hex(&hasher.finalize()))
}
