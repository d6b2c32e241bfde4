//! What was backed up comes back whole, from a running server and after restarts.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Mutex;

use sqlx::ConnectOptions as _;
use storage::embedded::RunningServer;
use storage::embedded::backup::{
    BackupRequest, Progress, RestoreRequest, Stage, restore, take_backup,
};

use crate::support::{Place, add_mark_in_segment, connect, hash, make_marks, marks_in};

/// Goal: the restored content is the same, and an orderly stop leaves nothing outside the archive; method: back up
/// filled tables of the product, change them, stop, restore into a new folder, and compare content hashes. The
/// restored server must neither write into the archive it came from nor hold any key.
#[tokio::test]
async fn content_comes_back() {
    let place = Place::new();
    let embedded = place.start("data").await;
    embedded.open_database().await.unwrap().close().await;
    fs::create_dir(place.path("data/keys")).unwrap();
    fs::write(place.path("data/keys/key-ring.txt"), "a key that must not travel").unwrap();
    let options = embedded.superuser_options().options([("search_path", "gelombang")]);
    let mut conn = options.connect().await.unwrap();
    sqlx::raw_sql(include_str!("../world.sql")).execute(&mut conn).await.unwrap();
    let at_backup = hash(&embedded).await;
    let taken = place.back_up(&embedded, 7).await;
    sqlx::query("UPDATE persons SET birth_year = birth_year + 1").execute(&mut conn).await.unwrap();
    let at_stop = hash(&embedded).await;
    assert_ne!(at_backup, at_stop);
    drop(conn);
    embedded.stop().await.unwrap();

    let archived = place.segments();
    for segment in &archived {
        assert_eq!(segment.metadata().unwrap().len(), 1 << 24, "{}", segment.display());
    }
    let stages = Mutex::new(Vec::new());
    let report = |progress: Progress| {
        assert!(progress.done <= progress.total, "{progress:?}");
        stages.lock().unwrap().push(progress.stage);
    };
    let (from, data) = (place.backups(), place.path("restored"));
    let request = RestoreRequest { from, data, to: None };
    let restored = restore(&request, &report).await.unwrap();
    let mut stages = stages.into_inner().unwrap();
    stages.dedup();
    assert_eq!(stages, [Stage::Log, Stage::Copy, Stage::Files, Stage::Replay]);
    assert_eq!((restored.backup, restored.unchecked), (taken.backup, 0));
    let embedded = place.start("restored").await;
    assert_eq!(hash(&embedded).await, at_stop);
    let mut conn = connect(&embedded).await;
    sqlx::query("SELECT pg_switch_wal()").execute(&mut conn).await.unwrap();
    let command: String = sqlx::query_scalar("SELECT current_setting('archive_command')")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(command, "true");
    drop(conn);
    embedded.stop().await.unwrap();
    assert_eq!(place.segments(), archived, "the restored server writes into the archive");
    assert!(!place.path("restored/keys").exists());
    let finder = std::process::Command::new("grep")
        .args(["-r", "must not travel"])
        .arg(place.backups())
        .output()
        .unwrap();
    assert_eq!(finder.status.code(), Some(1), "keys are in the backup");
    let secret = taken.folder.join("pg").metadata().unwrap();
    assert_eq!(secret.mode() & 0o777, 0o700, "others can read the backup");
}

/// Goal: archiving goes on after a restart, with a server of another process, and a restored folder can be backed
/// up into the same folder; method: three rounds of backup and marks, each on what the round before restored.
#[tokio::test]
async fn archiving_outlives_restarts_and_restores() {
    let place = Place::new();
    let mut expected = Vec::new();
    for round in 0..3 {
        let name = format!("data{round}");
        let embedded = place.start(&name).await;
        make_marks(&embedded).await;
        // As a second process does it: through what lies in the folder.
        let attached = RunningServer::attach(&place.path(&name)).unwrap();
        let request = BackupRequest { to: place.backups(), keep: 7 };
        let taken = take_backup(&attached, &request, &|_| {}).await.unwrap();
        assert_eq!(taken.lag, None);
        add_mark_in_segment(&embedded, 2 * round).await;
        embedded.stop().await.unwrap();
        let embedded = place.start(&name).await;
        add_mark_in_segment(&embedded, 2 * round + 1).await;
        embedded.stop().await.unwrap();
        expected.extend([2 * round, 2 * round + 1]);
        let next = format!("data{}", round + 1);
        place.restore(&next, None).await.unwrap();
        assert_eq!(marks_in(&place, &next).await, expected, "round {round}");
    }
}

/// Goal: only so many backups are kept, and each kept one can be restored to its end; method: four backups with a
/// mark before each, keeping two; then restore to the end of the older one and to the end of all.
#[tokio::test]
async fn old_backups_are_removed() {
    let place = Place::new();
    let embedded = place.start("data").await;
    make_marks(&embedded).await;
    let mut taken = Vec::new();
    for mark in 0..4 {
        add_mark_in_segment(&embedded, mark).await;
        taken.push(place.back_up(&embedded, 2).await);
    }
    embedded.stop().await.unwrap();
    assert_eq!(taken[1].removed, Vec::<String>::new());
    assert_eq!(taken[3].removed, [taken[1].backup.name.clone()]);
    assert!(taken[3].removed_segments > 0);
    assert_eq!(fs::read_dir(place.backups().join("base")).unwrap().count(), 2);
    let ended_at = taken[2].backup.ended_at;
    let restored = place.restore("older", Some(ended_at)).await.unwrap();
    assert_eq!(restored.backup, taken[2].backup);
    assert_eq!(marks_in(&place, "older").await, [0, 1, 2]);
    place.restore("all", None).await.unwrap();
    assert_eq!(marks_in(&place, "all").await, [0, 1, 2, 3]);
}
