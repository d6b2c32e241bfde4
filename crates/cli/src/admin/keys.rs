//! `admin keys`: another wrapping key for everything that is sealed, and the public keys of what is published.

use app::key_rotation::{Rotation, rotate_keys};
use clap::{Args, Subcommand};
use domain::ids::uuid_at;
use rand_core::Rng as _;
use sqlx::Connection as _;

use crate::clock;
use crate::hex::to_hex;
use crate::installation::{DataArgs, SystemRng, open_alone};
use crate::interrupt::Stop;
use crate::print::say;
use crate::publishing::public_keys;

#[derive(Debug, Subcommand)]
pub(super) enum KeysWhat {
    /// Seal every identity and draw under a new key. Nothing else may run meanwhile; an interrupted change goes
    /// on by the same command. The replaced key file stays beside the new one until you remove it.
    Rotate(KeysArgs),
    /// Print the public keys of the announcement log and of receipts, which witnesses and readers pin; makes both keys
    /// at their first use.
    Public(KeysArgs),
}

#[derive(Debug, Args)]
pub(super) struct KeysArgs {
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn run(what: KeysWhat, stop: &Stop) -> anyhow::Result<()> {
    match what {
        KeysWhat::Rotate(args) => rotate(args, stop).await,
        KeysWhat::Public(args) => {
            let [log, receipts] = public_keys(&args.data.keys_folder())?.map(|key| to_hex(&key));
            say(&format!("log      {log}\nreceipts {receipts}"))
        }
    }
}

async fn rotate(args: KeysArgs, stop: &Stop) -> anyhow::Result<()> {
    let (mut conn, embedded) = stop.ends(open_alone(&args.data)).await?;
    let folder = args.data.keys_folder();
    let now = clock::now();
    let mut random = [0; 10];
    SystemRng.fill_bytes(&mut random);
    let mut rotation = Rotation {
        folder: &folder,
        now,
        request_id: &format!("cli_{}", uuid_at(now, random).simple()),
        rng: &mut SystemRng,
        progress: &|persons| tracing::info!(persons, "persons have keys under the new one"),
    };
    let rotated =
        stop.ends(async { anyhow::Ok(rotate_keys(&mut conn, &mut rotation).await?) }).await;
    // Also after a failure the server has to stop in order; the failure is what is told.
    let closed = conn.close().await;
    if let Some(embedded) = embedded {
        embedded.stop().await?;
    }
    let rotated = rotated?;
    closed?;
    let done = rotated.rewrapped;
    say(&format!(
        "Key {} is in force: {} persons, {} waves and {} chunks of imports are under it now.\n\
         Back up {} again. The file from before is beside it, as key-ring.{}.txt: backups of the database from \
         before, and any other database that shares this folder, open only with it. Destroy it once they are gone.",
        rotated.key_id,
        done.persons,
        done.waves,
        done.chunks,
        folder.join("key-ring.txt").display(),
        rotated.key_id.saturating_sub(1)
    ))
}
