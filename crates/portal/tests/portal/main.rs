//! Tests of the portal through its router, without a socket, on a real database.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

#[path = "../../../app/tests/support/mod.rs"]
#[expect(dead_code, reason = "another crate's tests use the rest of it")]
mod support;

mod ability;
mod browser;
mod complaining;
mod entering;
mod keeping;
mod own_pages;
mod people;
mod photos;
mod receipts;
mod registering;
mod rights;
mod served;
mod signing_in;
mod waiting;
