//! The one binary of the product.
//!
//! Human tables by default, `--json` for machines, exit code 0 only on success, errors that say what to
//! do next.

mod admin;
mod api_setup;
mod appeals;
mod audit;
mod audit_chain;
mod backup;
mod bench;
mod chaos;
mod clock;
mod complaints;
mod contributor;
mod correct_roll;
mod demo;
mod desk;
mod doctor;
mod faces;
mod hex;
mod http_client;
mod import;
mod installation;
mod interrupt;
mod jobs;
mod key_files;
mod metrics;
mod migrate;
mod notices;
mod openings;
mod present;
mod print;
mod progress;
mod providers;
mod publishing;
mod quota;
mod regions;
mod registers;
mod registry_counts;
mod rehearsal;
mod release;
mod restore;
mod revoke;
mod sandbox;
mod secret_folder;
mod serve;
mod sessions;
mod simulate;
mod stats;
mod status;
mod steps;
mod supervise;
mod traffic;
mod verify;
mod wave;
mod waves;
mod witness;
mod worker;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use app::import::ImportRefusal;
use clap::{Parser, Subcommand};
use domain::reasons::Language;
use tokio::task::JoinSet;

use crate::interrupt::Stop;

/// Gelombang: a national training-benefit programme, from registration to alumni.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Replay Jambi through all 71 waves, add waves and logins around today, and serve everything beside simulators.
    Demo(demo::DemoArgs),
    /// Replay a province with a synthetic population whose totals you choose.
    Simulate(simulate::SimulateArgs),
    /// Serve the public pages and the API, and run the worker beside them on the private server.
    Serve(serve::ServeArgs),
    /// Run the schedules and jobs: waves open and close by their calendar, deadlines run.
    Worker(worker::WorkerArgs),
    /// Bring the schema to this version and say what was applied; while nothing else runs.
    Migrate(migrate::MigrateArgs),
    /// List the jobs that are not done, and run dead ones again.
    Jobs(jobs::JobsArgs),
    /// Count what people are told by state, and queue failed notices again.
    Notices(notices::NoticesArgs),
    /// Print the funnel of a province or kabupaten/kota.
    Stats(stats::StatsArgs),
    /// Look at an installation's health, and say what to do where something is wrong.
    Doctor(doctor::DoctorArgs),
    /// Check every invariant of seats, money, grants and decisions; seal and verify the audit trail.
    Audit(audit::AuditArgs),
    /// Officers with their roles and credentials, and the keys of what is sealed.
    Admin(admin::AdminArgs),
    /// Publish, open, close, freeze, draw, appoint or cancel a wave.
    Wave(wave::WaveArgs),
    /// Revoke the beneficiaries of a wave whose deadline has passed without a purchase.
    Sweep(wave::SoleArgs),
    /// Take a place away for cause, by two officers.
    Revoke(revoke::RevokeArgs),
    /// Take a person from an account that registered somebody else's NIK, by two officers.
    Release(release::ReleaseArgs),
    /// List the appeals that wait, and answer them by two officers.
    Appeals(appeals::AppealsArgs),
    /// List, read, answer and close complaints.
    Complaints(complaints::ComplaintsArgs),
    /// End what people are signed in by: of one whose phone was stolen, or of everybody.
    Sessions(sessions::SessionsArgs),
    /// List what waits for a second officer.
    Proposals(wave::ProposalsArgs),
    /// Import a file of persons, joins or first purchases.
    Import(import::ImportArgs),
    /// Back up the private server, running or not, and archive its log from then on; verify backups.
    Backup(backup::BackupArgs),
    /// Make a data folder from a backup, as of any instant, and audit it.
    Restore(restore::RestoreArgs),
    /// Simulate outside systems, each on an address of its own; all of them if none is chosen.
    Sandbox(sandbox::SandboxArgs),
    /// Verify a published folder, say what became of the holder of a receipt, or audit who is behind the records.
    Verify(verify::VerifyArgs),
    /// Sign, as the civil registry, how many people of each region of a list it knows.
    RegistryCounts(registry_counts::RegistryCountsArgs),
    /// Sign the checkpoints of a published log, as an institution of its own.
    Witness(witness::WitnessArgs),
    /// Give to the seed of published waves, as an institution of its own.
    Contributor(contributor::ContributorArgs),
    /// Measure the product on a scratch database, beside an alternative.
    Bench(bench::BenchArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_logging();
    let command = match cli.command {
        // It has exit codes of its own, and a signal may end it at any point.
        Command::Verify(args) => return verify::run(args),
        Command::RegistryCounts(args) => return registry_counts::run(args),
        command => command,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return fail(&anyhow::Error::new(error).context("could not start the runtime"));
        }
    };
    let done = runtime.block_on(async {
        let mut tasks = JoinSet::new();
        let stop = Stop::listen(&mut tasks)?;
        match command {
            // Ran above.
            Command::Verify(_) | Command::RegistryCounts(_) => Ok(()),
            Command::Demo(args) => demo::run(args, &stop).await,
            Command::Simulate(args) => simulate::run(args, &stop).await,
            Command::Serve(args) => serve::run(args, &stop).await,
            Command::Worker(args) => worker::run(args, &stop).await,
            Command::Migrate(args) => migrate::run(args, &stop).await,
            Command::Jobs(args) => jobs::run(args, &stop).await,
            Command::Notices(args) => notices::run(args, &stop).await,
            Command::Stats(args) => stats::run(args, &stop).await,
            Command::Doctor(args) => doctor::run(args, &stop).await,
            Command::Audit(args) => audit::run(args, &stop).await,
            Command::Admin(args) => admin::run(args, &stop).await,
            Command::Wave(args) => wave::run(args, &stop).await,
            Command::Sweep(args) => wave::run_sweep(args, &stop).await,
            Command::Revoke(args) => revoke::run(args, &stop).await,
            Command::Release(args) => release::run(args, &stop).await,
            Command::Appeals(args) => appeals::run(args, &stop).await,
            Command::Complaints(args) => complaints::run(args, &stop).await,
            Command::Sessions(args) => sessions::run(args, &stop).await,
            Command::Proposals(args) => wave::run_proposals(args, &stop).await,
            Command::Import(args) => import::run(args, &stop).await,
            Command::Backup(args) => backup::run(args, &stop).await,
            Command::Restore(args) => restore::run(args, &stop).await,
            Command::Sandbox(args) => sandbox::run(args, &stop).await,
            Command::Witness(args) => witness::run(args, &stop).await,
            Command::Contributor(args) => contributor::run(&args),
            Command::Bench(args) => stop.ends(bench::run(args)).await,
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Says what went wrong, its causes one a line. A cause that the line before quotes is left out.
#[expect(clippy::print_stderr, reason = "the command line speaks through it")]
fn fail(error: &anyhow::Error) -> ExitCode {
    let mut said = error.to_string();
    eprintln!("gelombang: {said}");
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !said.contains(&cause) {
            eprintln!("  because: {cause}");
        }
        said = cause;
    }
    // What is wrong with a file is told to whoever made it, too.
    let refusal = error.chain().find_map(|cause| cause.downcast_ref::<ImportRefusal>());
    if let Some((refusal, words)) =
        refusal.and_then(|one| Some((one, one.sentence(Language::Indonesian)?)))
    {
        eprintln!("  [{}] {words}", refusal.code());
    }
    ExitCode::FAILURE
}

/// Logs to standard error; `GELOMBANG_LOG` sets the filter, by default warnings only.
fn start_logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("GELOMBANG_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // A reader of the log that went away must not end a request: complaining about it panics.
        .log_internal_errors(false)
        .init();
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    /// Every command of the tree is put together as the parser wants it; it looks only when one is used.
    #[test]
    fn commands_are_sound() {
        super::Cli::command().debug_assert();
    }
}
