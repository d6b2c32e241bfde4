//! Restoring to random instants of a load, by the words of the README.
//!
//! Clients join over HTTP while the folder is backed up, program and database are killed once, and joins go on.
//! Then the README's commands restore each instant into a folder of its own. By the clock of the machine, which
//! clients and database share:
//!
//! - a join whose answer was received at or before the instant is there, since it was committed before that;
//! - a join that was first asked for after the instant is not there, since it was committed later still;
//! - a join that was on its way at the instant may be there or not, but whole: its membership, its audit event and
//!   its answered key, or none of them.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use domain::ids::PersonId;
use domain::time::Timestamp;
use storage::joins::{JoinTrace, join_traces};
use tokio::process::Command;

use super::ground::{Citizen, Ground, WAVE};
use super::load::{CLIENTS, Finished, Join, Load};
use super::strike::{Served, Victim};
use super::verdict::is_once;
use crate::bench::random::mix;
use crate::clock;
use crate::http_client::{Client, join_request};
use crate::installation::{DataArgs, Installation, Purpose};
use crate::interrupt::Stop;
use crate::print::say;

/// People there are; [`PEOPLE_AT_ONCE`] every [`PAUSE`] last for 20 seconds.
const PEOPLE: usize = 4_000;
/// People let in together, and the time between two such groups: 200 joins a second.
const PEOPLE_AT_ONCE: usize = 8;
const PAUSE: Duration = Duration::from_millis(40);
/// Joins before the backup begins, between the backup and the kill, and after the kill.
const SPAN: Duration = Duration::from_millis(2_500);

/// What the README says to do for a backup, and for a restore before the folder is served. Folders and instant are
/// the README's examples.
const BACKUP_WORDS: [&str; 2] = [
    "gelombang backup --to /mnt/backup/gelombang --data /var/lib/gelombang",
    "cp -aT /var/lib/gelombang/keys /mnt/safe/gelombang-keys",
];
const RESTORE_WORDS: [&str; 2] = [
    "gelombang restore --from /mnt/backup/gelombang --data /var/lib/gelombang-restored --to 2026-03-01T08:15:00+07:00",
    "cp -aT /mnt/safe/gelombang-keys /var/lib/gelombang-restored/keys",
];

/// Runs it: fails if one join is where it must not be, or is missing where it must be.
pub(super) async fn run(restores: u32, seed: u64, folder: &Path, stop: &Stop) -> Result<()> {
    say(&format!(
        "restores of seed {seed}: {CLIENTS} clients, {PEOPLE} people, {restores} instants"
    ))?;
    let ground = Ground::make(&folder.join("data"), PEOPLE, stop).await?;
    let shell = Shell::prepare(folder)?;
    // Whoever has been at work has sealed before, so that the keys are complete when they are copied.
    shell.run("gelombang audit --seal --data /var/lib/gelombang").await?;
    let served = Served::start(&ground.data, &folder.join("serve.log")).await?;
    let (from, until, finished) = load(&ground, served, &shell, seed).await?;
    let seen = finished.seen();
    ensure!(seen.violations().is_empty(), "{:?}", seen.violations());
    let joins = finished.joins();
    for number in 0..restores {
        let to = instant(from, until, number, restores, seed);
        let data = folder.join(format!("restored-{number}"));
        let shell = Shell { restored: data.clone(), to, ..shell.clone() };
        for line in RESTORE_WORDS {
            shell.run(line).await.with_context(|| format!("restoring to {to}"))?;
        }
        let found = Found::look(&ground.citizens, &joins, to, traces(&data, stop).await?);
        say(&found.line(to))?;
        ensure!(found.faults.is_empty(), "restored to {to}: {}", found.faults.join("; "));
        goes_on(&ground.citizens, &joins, to, &data)
            .await
            .with_context(|| format!("as of {to}"))?;
        shell.run("gelombang audit --chain --data /var/lib/gelombang-restored").await?;
    }
    Ok(())
}

/// Lets people join through a backup, a kill of everything and the time around them; gives the time between the
/// end of the backup and the end of the load, and what clients saw. The server is stopped in order.
async fn load(
    ground: &Ground,
    mut served: Served,
    shell: &Shell,
    seed: u64,
) -> Result<(Timestamp, Timestamp, Finished)> {
    let load = Load::start(ground.citizens.clone(), served.address, seed);
    let pour = async {
        loop {
            load.release(PEOPLE_AT_ONCE);
            tokio::time::sleep(PAUSE).await;
        }
    };
    let acts = async {
        tokio::time::sleep(SPAN).await;
        for line in BACKUP_WORDS {
            shell.run(line).await?;
        }
        let from = clock::now();
        tokio::time::sleep(SPAN).await;
        served.strike(Victim::Both).await?;
        tokio::time::sleep(SPAN).await;
        Ok::<_, anyhow::Error>((from, clock::now()))
    };
    let (from, until) = tokio::select! {
        () = pour => bail!("joins ended by themselves"),
        done = acts => done?,
    };
    let finished = load.finish().await;
    served.stop().await?;
    Ok((from, until, finished))
}

/// A random instant in its share of the time, so that some lie before the kill and some after.
fn instant(from: Timestamp, until: Timestamp, number: u32, restores: u32, seed: u64) -> Timestamp {
    let span = until.micros().saturating_sub(from.micros()).unsigned_abs();
    let share = (span / u64::from(restores)).max(1);
    let offset = share * u64::from(number) + mix(seed ^ mix(u64::from(number) + 1)) % share;
    from.plus_micros(offset.cast_signed())
}

async fn traces(data: &Path, stop: &Stop) -> Result<BTreeMap<PersonId, JoinTrace>> {
    let args = DataArgs::private(data.to_owned());
    let traces = Installation::open(&args, Purpose::Read, stop)
        .await?
        .close_after(async |installation| {
            Ok(join_traces(&mut *installation.database.begin().await?, WAVE).await?)
        })
        .await?;
    Ok(traces.into_iter().map(|trace| (trace.person_id, trace)).collect())
}

/// What a restored folder holds, beside what it must hold.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    acknowledged: usize,
    later: usize,
    under_way: usize,
    under_way_there: usize,
    faults: Vec<String>,
}

impl Found {
    fn look(
        citizens: &[Citizen],
        joins: &[Join],
        to: Timestamp,
        mut traces: BTreeMap<PersonId, JoinTrace>,
    ) -> Self {
        let mut found = Self::default();
        let (mut lost, mut early) = (0, 0);
        let torn = traces.values().filter(|trace| !is_once(trace)).count();
        for join in joins {
            let person = citizens.get(join.place).map(|citizen| citizen.person_id);
            let is_there = person.is_some_and(|person| traces.remove(&person).is_some());
            if join.answered_at <= to {
                found.acknowledged += 1;
                lost += usize::from(!is_there);
            } else if join.asked_at > to {
                found.later += 1;
                early += usize::from(is_there);
            } else {
                found.under_way += 1;
                found.under_way_there += usize::from(is_there);
            }
        }
        let counted = [
            (lost, "joins acknowledged before it are lost"),
            (early, "joins asked for after it are there"),
            (torn, "joins are not there as a whole, or twice"),
            (traces.len(), "persons are there who never asked"),
            (usize::from(found.acknowledged == 0), "cut proves nothing: no join was before it"),
            (usize::from(found.later == 0), "cut proves nothing: no join came after it"),
        ];
        let counted = counted.iter().filter(|(count, _)| *count > 0);
        found.faults = counted.map(|(count, what)| format!("{count} {what}")).collect();
        found
    }

    fn line(&self, to: Timestamp) -> String {
        format!(
            "  {to}  {} joins acknowledged before, {} asked for after, {} under way of which {} are there: {}",
            self.acknowledged,
            self.later,
            self.under_way,
            self.under_way_there,
            if self.faults.is_empty() { "clean" } else { "WRONG" }
        )
    }
}

/// Serves the restored folder: who is not in it joins now, and who is asks again by the same key and is answered
/// the same.
async fn goes_on(citizens: &[Citizen], joins: &[Join], to: Timestamp, data: &Path) -> Result<()> {
    let served = Served::start(data, &data.with_extension("log")).await?;
    let mut client = Client::new(served.address);
    let there = joins.iter().find(|join| join.answered_at <= to);
    let absent = joins.iter().find(|join| join.asked_at > to);
    for join in there.into_iter().chain(absent) {
        let citizen = citizens.get(join.place).context("a citizen")?;
        let key = citizen.person_id.uuid().to_string();
        let request = join_request(served.address, WAVE.get(), &citizen.token, &key);
        let answer = client.ask(&request).await?;
        let body = String::from_utf8_lossy(&answer.body);
        ensure!(
            answer.status == 201 && body.contains("\"joined\""),
            "a join was answered by {} {body}",
            answer.status
        );
    }
    served.stop().await
}

/// Runs the README's lines: its example folders stand for those of this run.
#[derive(Clone, Debug)]
struct Shell {
    folder: PathBuf,
    restored: PathBuf,
    to: Timestamp,
}

impl Shell {
    fn prepare(folder: &Path) -> Result<Self> {
        let programs = folder.join("bin");
        std::fs::create_dir(&programs)?;
        std::os::unix::fs::symlink(env::current_exe()?, programs.join("gelombang"))?;
        std::fs::create_dir(folder.join("safe"))?;
        let (folder, restored) = (folder.to_owned(), PathBuf::new());
        Ok(Self { folder, restored, to: Timestamp::from_micros(0) })
    }

    /// Runs a line and demands success.
    async fn run(&self, line: &str) -> Result<()> {
        // The longer names first: one of them begins like another.
        let script = line
            .replace("/var/lib/gelombang-restored", "\"$RESTORED\"")
            .replace("/var/lib/gelombang", "\"$FOLDER\"/data")
            .replace("/mnt", "\"$FOLDER\"")
            .replace("2026-03-01T08:15:00+07:00", "\"$TO\"");
        let path = env::var("PATH").unwrap_or_default();
        let output = Command::new("sh")
            .args(["-c", &script])
            .env("PATH", format!("{}:{path}", self.folder.join("bin").display()))
            .env("FOLDER", &self.folder)
            .env("RESTORED", &self.restored)
            .env("TO", self.to.to_string())
            .env_remove("DATABASE_URL")
            .env_remove("GELOMBANG_DATA")
            .env_remove("GELOMBANG_KEYS")
            .kill_on_drop(true)
            .output()
            .await?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`{line}` failed:\n{said}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// Goal: what is run is what operators read; method: look for each line in the README.
    #[test]
    fn words_are_those_of_the_readme() {
        let readme = include_str!("../../../../README.md");
        for words in BACKUP_WORDS.iter().chain(&RESTORE_WORDS) {
            assert!(readme.lines().any(|line| line == *words), "the README does not say: {words}");
        }
    }

    /// Goal: each wrong cut is found; method: one join before, one after and one across the instant, and every
    /// set of them in the folder, one half there.
    #[test]
    fn wrong_cuts_are_found() {
        let at = Timestamp::from_micros;
        let citizen = |number: u128| Citizen {
            person_id: PersonId::from_uuid(Uuid::from_u128(number)),
            token: String::new(),
        };
        let citizens = [citizen(1), citizen(2), citizen(3)];
        let join =
            |place, asked, answered| Join { place, asked_at: at(asked), answered_at: at(answered) };
        let joins = [join(0, 1, 10), join(1, 11, 12), join(2, 5, 15)];
        let look = |there: &[(usize, i64)]| {
            let traces = there.iter().map(|(place, keys)| {
                let person_id = citizens[*place].person_id;
                (person_id, JoinTrace { person_id, memberships: 1, events: 1, keys: *keys })
            });
            Found::look(&citizens, &joins, at(10), traces.collect()).faults
        };
        assert_eq!(look(&[(0, 1)]), Vec::<String>::new());
        assert_eq!(look(&[(0, 1), (2, 1)]), Vec::<String>::new());
        assert_eq!(look(&[(2, 1)]), ["1 joins acknowledged before it are lost"]);
        assert_eq!(look(&[(0, 1), (1, 1)]), ["1 joins asked for after it are there"]);
        assert_eq!(look(&[(0, 1), (2, 0)]), ["1 joins are not there as a whole, or twice"]);
    }
}
