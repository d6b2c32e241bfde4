//! Storage: the only crate that speaks SQL.
//!
//! Purpose: concrete functions over one PostgreSQL, a module an aggregate, each taking the connection
//! of the caller's transaction. Owns the migrations, the private server, the bulk format and the vault
//! of identities. Invariants: no rule of the programme is decided here, what a constraint refuses comes
//! back as [`error::StorageError::Conflict`] with its name, and time is always an argument.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

pub mod ability;
pub mod accounts;
pub mod appeal_turns;
pub mod appeals;
pub mod audit_chain;
pub mod beneficiaries;
pub mod checks;
pub mod citizen;
pub mod classes;
pub mod client_keys;
pub mod codes;
pub mod complaints;
pub mod consents;
pub mod contacts;
pub mod content;
pub mod contributions;
mod convert;
pub mod copy;
pub mod credentials;
pub mod database;
pub mod devices;
pub mod embedded;
pub mod error;
pub mod faces;
pub mod health;
pub mod imports;
pub mod invariants;
pub mod jobs;
pub mod joins;
pub mod keys;
pub mod ledger;
pub mod memberships;
pub mod niks;
pub mod notices;
pub mod officers;
pub mod openings;
pub mod own_waves;
pub mod persons;
pub mod plans;
pub mod proposals;
pub mod public_folders;
pub mod receipts;
pub mod reference;
pub mod registration_receipts;
pub mod releases;
pub mod retention;
pub mod revocations;
pub mod rewrap;
pub mod rights;
pub mod schedule;
pub mod scratch;
pub mod sealing_files;
pub mod seats;
pub mod secret_files;
pub mod secrets;
pub mod selection;
pub mod statements;
pub mod statistics;
mod transaction;
pub mod tries;
pub mod vault;
pub mod withdrawals;
