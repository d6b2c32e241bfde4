//! Use cases: each loads, asks the domain, and writes facts, money and audit in one transaction.
//!
//! Purpose: the only way state changes. Invariants: one use case is one transaction with its audit event
//! inside; time and randomness come with the [`act::Act`]; the second officer of a two-person act comes
//! as an [`domain::officers::Approval`], which cannot be made from one officer. Knows no HTTP.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

pub mod ability;
pub mod ability_bank;
pub mod accounts;
pub mod act;
pub mod appeal_answer;
mod appeal_turn;
pub mod appeals;
pub mod appoint;
pub mod audit;
pub mod audit_chain;
mod beacon;
pub mod checks;
pub mod citizen;
mod claim;
pub mod clock;
pub mod codes;
mod commitments;
pub mod complaints;
pub mod consents;
pub mod contact;
pub mod contributions;
pub mod correct;
pub mod credential;
pub mod device;
pub mod draft;
pub mod draw;
pub mod end_sessions;
pub mod entry;
pub mod faces;
pub mod folders;
pub mod freeze;
pub mod health;
pub mod holder;
pub mod import;
pub mod jobs;
pub mod join;
pub mod join_desk;
mod judge;
pub mod kept_form;
pub mod key_rotation;
mod keyed;
mod lapse;
pub mod live_join;
pub mod notices;
pub mod office;
pub mod officers;
pub mod openings;
pub mod outlook;
pub mod own_data;
pub mod own_page;
pub mod password_again;
pub mod passwords;
pub mod photos;
pub mod proposals;
pub mod publish;
pub mod purchase;
pub mod purchase_one;
mod quota;
pub mod receipt;
pub mod recovery;
pub mod reference;
pub mod register;
pub mod register_one;
pub mod registration;
pub mod release;
mod remind;
pub mod retention;
pub mod revoke;
pub mod rights;
mod roll;
pub mod roll_correct;
mod seats;
pub mod service;
pub mod statistics;
pub mod step;
pub mod sweep;
pub mod wave;
pub mod wave_line;
pub mod withdraw;
mod would_be_drawn;
