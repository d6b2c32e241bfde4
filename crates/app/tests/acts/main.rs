//! Use cases on a real server, from registration to settlement, late, twice, at once and interrupted.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

#[path = "../support/mod.rs"]
mod support;

mod ability;
mod accounts;
mod appealing;
mod appealing_shares;
mod auditing;
mod claiming;
mod codes;
mod complaining;
mod contributions;
mod correcting;
mod correcting_niks;
mod correcting_rolls;
mod drafting;
mod drawing;
mod equivalence;
mod erased_in_waves;
mod erased_rows;
mod erasing;
mod folders;
mod forgetting;
mod freezing;
mod granting;
mod handicaps;
mod households;
mod importing;
mod join_desk;
mod joining;
mod live_joining;
mod notices;
mod officers;
mod own_copy;
mod plain;
mod privacy;
mod proposals;
mod purchasing;
mod races;
mod recovering;
mod registering;
mod registration_log;
mod releasing;
mod revoking;
mod rollback;
mod rounds;
mod shares;
mod withdrawing;
