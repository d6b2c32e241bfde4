//! Wrong input: each with its own message, and nothing left behind.

use std::fs;

use domain::time::Timestamp;
use storage::embedded::backup::{BackupError, BackupRequest, take_backup};

use crate::support::{Place, add_mark_in_segment, connect, make_marks, marks_in, server_time};

/// Goal: folders that are no backup are told apart; method: none, an empty one, a mark of another version, and a
/// marked one without a finished base backup.
#[tokio::test]
async fn folders_that_are_no_backup() {
    let place = Place::new();
    assert!(place.refusal(None).await.contains("there is no folder"));
    fs::create_dir(place.backups()).unwrap();
    assert!(place.refusal(None).await.contains("has no gelombang-backup.json"));
    let mark = place.backups().join("gelombang-backup.json");
    fs::write(&mark, r#"{"format":2,"system":"1","major":15}"#).unwrap();
    assert!(place.refusal(None).await.contains("not one of this version"));
    fs::remove_dir_all(place.backups()).unwrap();

    let embedded = place.start("data").await;
    let taken = place.back_up(&embedded, 7).await;
    embedded.stop().await.unwrap();
    // As a kill leaves it: everything but the record, which is written last.
    fs::remove_file(taken.folder.join("backup.json")).unwrap();
    assert!(place.refusal(None).await.contains("no finished base backup"));
}

/// Goal: a backup goes into a folder of its own; method: a folder with other things, one in the data folder, one
/// of another installation, one that is in use, and one in which a restored copy has gone on.
#[tokio::test]
async fn folders_that_take_no_backup() {
    let place = Place::new();
    let embedded = place.start("data").await;
    fs::create_dir(place.backups()).unwrap();
    fs::write(place.backups().join("photo.jpg"), "").unwrap();
    let error = place.try_backup(&embedded, 7).await.unwrap_err();
    assert!(matches!(error, BackupError::NotBackup { .. }), "{error}");
    assert!(error.to_string().contains("photo.jpg"), "{error}");
    fs::remove_file(place.backups().join("photo.jpg")).unwrap();
    let inside = BackupRequest { to: place.path("data/backups/deep"), keep: 1 };
    let error = take_backup(&embedded.running(), &inside, &|_| {}).await.unwrap_err();
    assert!(matches!(error, BackupError::InsideData(_)), "{error}");
    assert!(!place.path("data/backups").exists());
    assert!(!place.path("data/backup-folder.txt").exists(), "a refusal switched the archive");

    place.back_up(&embedded, 7).await;
    let other = place.start("other").await;
    let error = place.try_backup(&other, 7).await.unwrap_err();
    assert!(matches!(error, BackupError::OtherInstallation { .. }), "{error}");
    other.stop().await.unwrap();
    let lock = fs::File::open(place.backups().join("gelombang-backup.lock")).unwrap();
    lock.lock_shared().unwrap();
    let error = place.try_backup(&embedded, 7).await.unwrap_err();
    assert!(matches!(error, BackupError::InUse(_)), "{error}");
    // Several may restore at once.
    place.restore("restored", None).await.unwrap();
    drop(lock);
    // A copy that goes on in the same folder would be what a restore follows, so the original is told.
    let copy = place.start("restored").await;
    place.back_up(&copy, 7).await;
    copy.stop().await.unwrap();
    let error = place.try_backup(&embedded, 7).await.unwrap_err();
    assert!(matches!(error, BackupError::OvertakenByCopy { theirs: 2, ours: 1, .. }), "{error}");
    embedded.stop().await.unwrap();
}

/// Goal: what cannot be restored is refused with what can; method: instants around the possible range, one of a
/// server that was idle up to its stop, another major version, and a folder that is not empty.
#[tokio::test]
async fn restores_that_cannot_be() {
    let place = Place::new();
    let embedded = place.start("data").await;
    make_marks(&embedded).await;
    let before = server_time(&mut connect(&embedded).await).await;
    let taken = place.back_up(&embedded, 7).await;
    add_mark_in_segment(&embedded, 1).await;
    let idle = server_time(&mut connect(&embedded).await).await;
    let major = embedded.version().major();
    embedded.stop().await.unwrap();
    let after = idle.plus_days(1);
    let range = format!("possible is from {} to ", taken.backup.ended_at);
    let early = place.refusal(Some(before)).await;
    assert!(early.contains(&range) && early.contains("is before"), "{early}");
    let late = place.refusal(Some(after)).await;
    assert!(late.contains(&range) && late.contains("is after"), "{late}");
    // Nothing was done between the last mark and the stop, and the archive tells so.
    place.restore("idle", Some(idle)).await.unwrap();
    assert_eq!(marks_in(&place, "idle").await, [1]);
    let last: Timestamp = {
        let restored = place.restore("whole", None).await.unwrap();
        restored.last_transaction.unwrap()
    };
    assert!(late.contains(&format!("{range}{last};")), "{late}");
    assert!(last > idle, "the stop left no time");
    // Both ends of the range are in it.
    place.restore("end", Some(last)).await.unwrap();
    assert_eq!(marks_in(&place, "end").await, [1]);
    place.restore("start", Some(taken.backup.ended_at)).await.unwrap();
    assert_eq!(marks_in(&place, "start").await, Vec::<i64>::new());
    let error = place.restore("whole", None).await.unwrap_err();
    assert!(matches!(error, BackupError::NotEmpty(_)), "{error}");

    let mark = place.backups().join("gelombang-backup.json");
    let text = fs::read_to_string(&mark).unwrap();
    fs::write(&mark, text.replace(&format!("\"major\":{major}"), "\"major\":14")).unwrap();
    let message = place.refusal(None).await;
    assert!(message.contains("made by PostgreSQL 14"), "{message}");
}
