-- What the serving role may do (expand). Facts are insert-only: memberships, decisions, rolls, draws,
-- decrees, orders, transfers, approvals and audit events can be added, never changed or removed.

GRANT USAGE ON SCHEMA gelombang TO gelombang_app;
GRANT SELECT ON ALL TABLES IN SCHEMA gelombang TO gelombang_app;
GRANT INSERT ON
    region_versions, regions, policy_versions, waves, persons, person_niks, person_identities,
    registration_checks, key_rings, memberships, decisions, rolls, roll_places, quotas, draws, seat_pool,
    decrees, beneficiaries, household_slots, training_orders, transfers, officers, approvals, audit_events,
    simulations
TO gelombang_app;
GRANT UPDATE (state, opened_at, closed_at, frozen_at, drawn_at, appointed_at, settled_at, cancelled_at)
    ON waves TO gelombang_app;
GRANT UPDATE (kk_index, wrapped_key, sealed, erased_at) ON person_identities TO gelombang_app;
GRANT UPDATE (state, detail, answered_at) ON registration_checks TO gelombang_app;
GRANT UPDATE (state, activated_at, revoked_at, revocation) ON beneficiaries TO gelombang_app;
GRANT UPDATE (reused_by, returned_at) ON seat_pool TO gelombang_app;
GRANT UPDATE (finished) ON simulations TO gelombang_app;
GRANT DELETE ON household_slots TO gelombang_app;
GRANT EXECUTE ON FUNCTION create_wave_partitions TO gelombang_app;
