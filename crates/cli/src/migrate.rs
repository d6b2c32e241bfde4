//! `migrate`: brings the schema to this version, alone, and says what that took.

use clap::Args;

use crate::installation::{DataArgs, migrate_alone};
use crate::interrupt::Stop;
use crate::print::say;

/// Arguments of `migrate`.
#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    data: DataArgs,
}

/// Runs `migrate`. Each migration is a transaction, so after an interruption the next call goes on.
pub(crate) async fn run(args: MigrateArgs, stop: &Stop) -> anyhow::Result<()> {
    let applied = stop.ends(migrate_alone(&args.data)).await?;
    if applied.is_empty() {
        return say("Nothing to apply: the schema is of this version.");
    }
    let count = applied.len();
    let lines = applied.iter().map(|one| format!("{}  {}\n", one.version, one.description));
    say(&format!(
        "{}{count} migrations applied; the schema is of this version.",
        lines.collect::<String>()
    ))
}
