//! `simulate --chaos`: kills of the server and of its database under joins over HTTP.
//!
//! A fresh folder, an open wave and real accounts are made; `gelombang serve` runs on it as a process of its own.
//! Clients join and ask again under the same key until they are answered. Server and database are killed with
//! SIGKILL in turn. At the end every acknowledged join must be written down exactly once, the wave is brought to
//! its decree under more kills, and the audit must be clean.
//!
//! With `--restores` the server is backed up under the joins instead, and restored to random instants of them:
//! see [`drill`].

mod drill;
mod ground;
mod load;
mod strike;
mod verdict;

use std::num::NonZeroU32;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use tokio::time::Instant;

use crate::bench::random::mix;
use crate::interrupt::Stop;
use crate::print::say;

use ground::Ground;
use load::{CLIENTS, Load};
use strike::{Served, Victim};
use verdict::Verdict;

/// People who may join in each round; the rest of a round repeats joins.
const PEOPLE_PER_ROUND: usize = 200;
/// The server must be ready again within this after a kill.
const READY_WITHIN: Duration = Duration::from_secs(5);
/// Answers that clients must have had between two kills, so that each kill hits work.
const ANSWERS_BETWEEN: u64 = 50;
/// How long those may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);
/// Spread of the moments of a kill after those answers, in milliseconds.
const KILL_WITHIN_MS: u64 = 700;

/// Arguments of a run.
#[derive(Clone, Debug, Args)]
pub(crate) struct ChaosArgs {
    /// Kill server and database under joins over HTTP instead of replaying, and count what is lost.
    #[arg(long)]
    pub(crate) chaos: bool,
    /// Kills that hit the server.
    #[arg(long, default_value_t = 200, requires = "chaos", value_name = "N")]
    server_kills: u32,
    /// Kills that hit all processes of PostgreSQL; some of them are one with a kill of the server.
    #[arg(long, default_value_t = 100, requires = "chaos", value_name = "N")]
    database_kills: u32,
    /// Back up under joins, kill both once, and restore to so many random instants instead.
    #[arg(long, requires = "chaos", value_name = "N", conflicts_with_all = ["server_kills", "database_kills"])]
    restores: Option<NonZeroU32>,
}

/// Times from kill to ready.
#[derive(Debug, Default)]
struct Restarts(Vec<(Victim, Duration)>);

impl Restarts {
    fn line(&self, victim: Victim) -> String {
        let mut times: Vec<f64> = self
            .0
            .iter()
            .filter(|(struck, _)| *struck == victim)
            .map(|(_, time)| time.as_secs_f64())
            .collect();
        times.sort_by(f64::total_cmp);
        let (Some(median), Some(worst)) = (times.get(times.len() / 2), times.last()) else {
            return "no kill".to_owned();
        };
        format!("{} kills, ready after {median:.2} s (median), {worst:.2} s (worst)", times.len())
    }

    fn late(&self) -> usize {
        self.0.iter().filter(|(_, time)| *time > READY_WITHIN).count()
    }
}

/// Runs it.
pub(crate) async fn run(args: &ChaosArgs, seed: u64, stop: &Stop) -> Result<()> {
    let rounds = plan(args, seed);
    ensure!(!rounds.is_empty(), "no kill is asked for; raise --server-kills or --database-kills");
    let folder = tempfile::Builder::new().prefix("gelombang-chaos-").tempdir()?;
    // The private server may run as another user, who must get through.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711))?;
    let done = match args.restores {
        Some(restores) => stop.ends(drill::run(restores.get(), seed, folder.path(), stop)).await,
        None => stop.ends(storm(args, seed, rounds, folder.path(), stop)).await,
    };
    if done.is_err() {
        let kept = folder.keep();
        say(&format!("the data is kept in {}", kept.display()))?;
    }
    done
}

async fn storm(
    args: &ChaosArgs,
    seed: u64,
    rounds: Vec<Victim>,
    folder: &Path,
    stop: &Stop,
) -> Result<()> {
    let people = rounds.len().saturating_add(1) * PEOPLE_PER_ROUND;
    say(&format!(
        "chaos of seed {seed}: {CLIENTS} clients, {people} people, {} rounds, {} kills of the server, {} of the \
         database",
        rounds.len(),
        args.server_kills,
        args.database_kills
    ))?;
    let ground = Ground::make(&folder.join("data"), people, stop).await?;
    let mut served = Served::start(&ground.data, &folder.join("serve.log")).await?;
    let load = Load::start(ground.citizens.clone(), served.address, seed);
    let mut restarts = Restarts::default();
    for (round, victim) in (1u64..).zip(rounds) {
        load.release(PEOPLE_PER_ROUND);
        answers(&load).await?;
        tokio::time::sleep(Duration::from_millis(mix(seed ^ (round << 20)) % KILL_WITHIN_MS)).await;
        let time = served.strike(victim).await.with_context(|| format!("round {round}"))?;
        restarts.0.push((victim, time));
        ensure!(load.seen().violations().is_empty(), "{:?}", load.seen().violations());
    }
    load.release(PEOPLE_PER_ROUND);
    answers(&load).await?;
    let finished = load.finish().await;
    served.stop().await?;
    let acknowledged = finished.acknowledged();
    let verdict = verdict::reach(&ground, &acknowledged, &finished.asked(), seed, stop).await?;
    conclude(&restarts, acknowledged.len(), finished.seen(), &verdict)
}

/// Victims in turn, in an order that the seed fixes: where both numbers last, server, database, or both.
fn plan(args: &ChaosArgs, seed: u64) -> Vec<Victim> {
    let (mut server, mut database) = (args.server_kills, args.database_kills);
    let mut rounds = Vec::new();
    while server > 0 || database > 0 {
        let turn = mix(seed ^ mix(rounds.len() as u64 + 1)) % 5;
        let victim = match (server, database) {
            (0, _) => Victim::Database,
            (_, 0) => Victim::Server,
            _ if turn == 0 => Victim::Both,
            _ if rounds.last() == Some(&Victim::Server) => Victim::Database,
            _ => Victim::Server,
        };
        server -= u32::from(victim != Victim::Database);
        database -= u32::from(victim != Victim::Server);
        rounds.push(victim);
    }
    rounds
}

/// Waits until clients were answered for a while, so that a kill hits work.
async fn answers(load: &Load) -> Result<()> {
    let count = || load.seen().acknowledged.load(std::sync::atomic::Ordering::Relaxed);
    let (before, started) = (count(), Instant::now());
    while count() < before + ANSWERS_BETWEEN {
        ensure!(load.seen().violations().is_empty(), "{:?}", load.seen().violations());
        ensure!(started.elapsed() < ANSWERS_WITHIN, "clients get no answers");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

fn conclude(
    restarts: &Restarts,
    joined: usize,
    seen: &load::Seen,
    verdict: &Verdict,
) -> Result<()> {
    let count = |counter: &std::sync::atomic::AtomicU64| {
        counter.load(std::sync::atomic::Ordering::Relaxed).to_string()
    };
    let mut faults = verdict.faults();
    faults.extend(seen.violations());
    if restarts.late() > 0 {
        faults.push(format!("{} restarts took longer than {READY_WITHIN:?}", restarts.late()));
    }
    let lines = [
        ("server", restarts.line(Victim::Server)),
        ("database", restarts.line(Victim::Database)),
        ("both", restarts.line(Victim::Both)),
        (
            "acknowledged",
            format!("{joined} joins, {} answers with repeats", count(&seen.acknowledged)),
        ),
        ("unknown", format!("{} requests without an answer, asked again", count(&seen.unknown))),
        ("turned away", format!("{} requests, asked again", count(&seen.turned_away))),
        (
            "memberships",
            format!(
                "{}: {} lost, {} doubled, {} uninvited",
                verdict.memberships, verdict.lost, verdict.doubled, verdict.uninvited
            ),
        ),
        ("grants", format!("{} after {} kills within the acts", verdict.grants, verdict.act_kills)),
        ("audit", format!("{} checks", verdict.audit_checks)),
        ("verdict", if faults.is_empty() { "clean".to_owned() } else { faults.join("; ") }),
    ];
    let text: Vec<String> =
        lines.iter().map(|(label, value)| format!("  {label:<13} {value}")).collect();
    say(&text.join("\n"))?;
    if faults.is_empty() { Ok(()) } else { bail!("the run broke a promise: {}", faults.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every asked kill is dealt, whatever the numbers.
    #[test]
    fn all_kills_are_dealt() {
        for (server_kills, database_kills) in [(14, 8), (0, 3), (3, 0), (200, 100), (1, 20)] {
            let args = ChaosArgs { chaos: true, server_kills, database_kills, restores: None };
            let rounds = plan(&args, 7);
            let hits = |spared| rounds.iter().filter(|victim| **victim != spared).count() as u32;
            assert_eq!(hits(Victim::Database), server_kills);
            assert_eq!(hits(Victim::Server), database_kills);
        }
    }
}
