//! Developer tasks that are more than a line of make.

mod dependencies;
mod named_tests;

use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("check") => check()?,
        _ => bail!("usage: cargo xtask check"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Formats, lints, documentation, named tests, dependency rules: all that needs no database.
fn check() -> anyhow::Result<()> {
    cargo("formats", &["fmt", "--all", "--check"])?;
    cargo(
        "lints",
        &["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"],
    )?;
    // The command runs in a child so that RUSTDOCFLAGS reaches rustdoc only.
    run(
        "documentation",
        Command::new(env!("CARGO"))
            .args(["doc", "--workspace", "--no-deps", "--locked", "--quiet"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    named_tests::check().context("tests that documents name")?;
    dependencies::check().context("dependency rules")
}

fn cargo(what: &str, arguments: &[&str]) -> anyhow::Result<()> {
    run(what, Command::new(env!("CARGO")).args(arguments))
}

#[expect(clippy::print_stdout, reason = "a developer reads it")]
fn run(what: &str, command: &mut Command) -> anyhow::Result<()> {
    println!("check: {what}");
    let status = command.status().with_context(|| format!("could not run {command:?}"))?;
    if status.success() { Ok(()) } else { bail!("{what} do not pass") }
}
