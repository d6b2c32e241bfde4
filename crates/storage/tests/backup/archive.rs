//! Archives that fail for a while, and archives that were damaged.

use std::fs;
use std::path::{Path, PathBuf};

use domain::time::Timestamp;
use storage::embedded::RunningServer;
use storage::embedded::backup::{
    BackupError, Progress, Stage, Taken, stop_archiving, verify_backups,
};

use crate::support::{
    Place, add_mark, add_mark_in_segment, connect, make_marks, marks_in, server_time,
};

/// Goal: an archive that cannot be written is seen and loses nothing; method: take the folder away, write, look at
/// the lag through a stop and a start, put the folder back, start again, stop, restore.
#[tokio::test]
async fn failing_archive_is_seen_and_caught_up() {
    let place = Place::new();
    let embedded = place.start("data").await;
    make_marks(&embedded).await;
    place.back_up(&embedded, 7).await;
    let away = place.path("unplugged");
    fs::rename(place.backups(), &away).unwrap();
    // What a disk leaves behind that is not mounted: an empty folder.
    fs::create_dir_all(place.backups().join("wal")).unwrap();
    add_mark_in_segment(&embedded, 1).await;
    embedded.stop().await.unwrap();
    let embedded = place.start("data").await;
    add_mark_in_segment(&embedded, 2).await;
    let hour_micros = 3_600_000_000;
    let later = server_time(&mut connect(&embedded).await).await.plus_micros(hour_micros);
    let lag = embedded.archive_lag(later).unwrap();
    assert!(lag.segments >= 2, "{lag:?}");
    assert!((3600..3720).contains(&lag.oldest.as_secs()), "{lag:?}");
    embedded.stop().await.unwrap();
    let log = fs::read_to_string(place.path("data/postgres.log")).unwrap();
    assert!(log.contains("is its disk mounted?"), "{log}");

    fs::remove_dir_all(place.backups()).unwrap();
    fs::rename(&away, place.backups()).unwrap();
    let embedded = place.start("data").await;
    embedded.stop().await.unwrap();
    place.restore("restored", None).await.unwrap();
    assert_eq!(marks_in(&place, "restored").await, [1, 2]);
}

/// An archive with a mark in each of five segments after the backup, the clock after each, and the segments.
async fn five_segments(place: &Place) -> (Taken, Vec<Timestamp>, Vec<PathBuf>) {
    let embedded = place.start("data").await;
    make_marks(&embedded).await;
    let taken = place.back_up(&embedded, 7).await;
    let before = place.segments().len();
    let mut instants = Vec::new();
    for mark in 0..5 {
        add_mark_in_segment(&embedded, mark).await;
        instants.push(server_time(&mut connect(&embedded).await).await);
    }
    embedded.stop().await.unwrap();
    (taken, instants, place.segments().split_off(before))
}

fn name(segment: &Path) -> String {
    segment.file_name().unwrap().to_string_lossy().into_owned()
}

/// The instant that a message proposes.
fn proposed(message: &str) -> Timestamp {
    let text = message.rsplit("--to ").next().unwrap().trim();
    let (date, time) = text.trim_end_matches('Z').split_once('T').unwrap();
    let sql = |text: &str| text.parse::<i64>().unwrap();
    let (clock, micros) = time.split_once('.').unwrap_or((time, "0"));
    let date: Vec<i64> = date.split('-').map(sql).collect();
    let clock: Vec<i64> = clock.split(':').map(sql).collect();
    let month = time::Month::try_from(date[1] as u8).unwrap();
    let day = time::Date::from_calendar_date(date[0] as i32, month, date[2] as u8).unwrap();
    let seconds = clock[0] * 3600 + clock[1] * 60 + clock[2];
    Timestamp::from_offset(day.midnight().assume_utc())
        .plus_micros(seconds * 1_000_000 + sql(micros))
}

/// Goal: a gap is named and what comes before it can be had by the words of the message; method: take the third of
/// five segments away, restore all, then to the proposed instant, then to one within.
#[tokio::test]
async fn missing_segment_is_named() {
    let place = Place::new();
    let (_, instants, segments) = five_segments(&place).await;
    fs::remove_file(&segments[2]).unwrap();
    let message = place.refusal(None).await;
    assert!(message.contains(&format!("segment {} is missing", name(&segments[2]))), "{message}");
    let message = place.refusal(Some(instants[3])).await;
    assert!(message.contains("is missing"), "{message}");
    place.restore("proposed", Some(proposed(&message))).await.unwrap();
    assert_eq!(marks_in(&place, "proposed").await, [0, 1]);
    place.restore("within", Some(instants[0])).await.unwrap();
    assert_eq!(marks_in(&place, "within").await, [0]);
}

/// Overwrites the records of a segment behind its first page with what no record is.
fn damage(segment: &Path) {
    let mut bytes = fs::read(segment).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[40..=used].fill(0x5a);
    fs::write(segment, bytes).unwrap();
}

/// Goal: a damaged segment is named, never passed over as the end; method: damage the third and, in another
/// archive without checksums, the last of five segments; restore all, to an instant behind the damage, and to one
/// before it.
#[tokio::test]
async fn damaged_segment_is_named() {
    for position in [2, 4] {
        let place = Place::new();
        let (_, instants, segments) = five_segments(&place).await;
        damage(&segments[position]);
        if position == 4 {
            place.segments().iter().for_each(|segment| {
                fs::remove_file(segment.with_added_extension("sha256")).unwrap();
            });
        }
        let expected = format!("segment {} in", name(&segments[position]));
        let message = place.refusal(None).await;
        assert!(message.contains(&expected), "{position}: {message}");
        let behind = instants[3].min(instants[position]);
        if position == 2 {
            let message = place.refusal(Some(behind)).await;
            assert!(message.contains(&expected), "{position}: {message}");
        }
        place.restore("proposed", Some(proposed(&message))).await.unwrap();
        let before: Vec<i64> = (0..position as i64).collect();
        assert_eq!(marks_in(&place, "proposed").await, before);
    }
}

/// Goal: a damaged base backup is refused by name; method: flip a byte of a table's file.
#[tokio::test]
async fn damaged_base_is_named() {
    let place = Place::new();
    let (taken, ..) = five_segments(&place).await;
    flip_a_byte(&taken);
    let message = place.refusal(None).await;
    assert!(message.contains(&taken.backup.name), "{message}");
    assert!(message.contains("base/1/1259"), "{message}");
}

/// Goal: a damaged base backup is passed over where the log leads on from an older one, and never silently where it
/// does not; method: two backups with a mark before and after the second, whose file is flipped; restore all, to the
/// very end of the second backup and to just before it; then again without a segment between the two.
#[tokio::test]
async fn damaged_base_is_passed_over() {
    let place = Place::new();
    let embedded = place.start("data").await;
    make_marks(&embedded).await;
    let older = place.back_up(&embedded, 7).await.backup;
    let of_older = place.segments().len();
    add_mark_in_segment(&embedded, 1).await;
    let taken = place.back_up(&embedded, 7).await;
    let newer = taken.backup.clone();
    add_mark_in_segment(&embedded, 2).await;
    embedded.stop().await.unwrap();
    let end = place.restore("end", Some(newer.ended_at)).await.unwrap();
    assert_eq!((&end.backup, end.passed_over.len()), (&newer, 0));
    let before = newer.ended_at.minus_micros(1);
    assert_eq!(place.restore("before", Some(before)).await.unwrap().backup, older);

    flip_a_byte(&taken);
    for (name, to, expected) in
        [("all", None, vec![1, 2]), ("again", Some(newer.ended_at), vec![1])]
    {
        let restored = place.restore(name, to).await.unwrap();
        assert_eq!(
            (restored.backup, restored.passed_over),
            (older.clone(), vec![newer.name.clone()])
        );
        assert_eq!(marks_in(&place, name).await, expected);
    }
    fs::remove_file(&place.segments()[of_older]).unwrap();
    for to in [None, Some(newer.ended_at)] {
        let message = place.refusal(to).await;
        assert!(message.contains(&format!("base backup {} is damaged", newer.name)), "{message}");
    }
}

fn flip_a_byte(taken: &Taken) {
    let file = taken.folder.join("pg/base/1/1259");
    let mut bytes = fs::read(&file).unwrap();
    bytes[5000] ^= 1;
    fs::write(&file, bytes).unwrap();
}

/// Goal: archiving ends when it is told to, with all that was done until then, and begins again with the next backup;
/// method: marks before and after the stop by a second process, a restart, and restores before and after a new backup.
#[tokio::test]
async fn archiving_is_stopped_on_purpose() {
    let place = Place::new();
    let embedded = place.start("data").await;
    make_marks(&embedded).await;
    let server = RunningServer::attach(&place.path("data")).unwrap();
    let error = stop_archiving(&server).await.unwrap_err();
    assert!(matches!(error, BackupError::NotArchiving), "{error}");
    place.back_up(&embedded, 7).await;
    add_mark(&mut connect(&embedded).await, 1).await;
    let stopped = stop_archiving(&server).await.unwrap();
    assert_eq!((stopped.folder, stopped.lost), (place.backups().canonicalize().unwrap(), None));
    let archived = place.segments();
    add_mark_in_segment(&embedded, 2).await;
    embedded.stop().await.unwrap();
    let embedded = place.start("data").await;
    add_mark_in_segment(&embedded, 3).await;
    assert!(!server.backup_state().unwrap().unwrap().is_archived);
    assert_eq!(place.segments(), archived, "the log is archived after the stop");
    place.restore("until", None).await.unwrap();
    assert_eq!(marks_in(&place, "until").await, [1]);
    place.back_up(&embedded, 7).await;
    assert!(server.backup_state().unwrap().unwrap().is_archived);
    embedded.stop().await.unwrap();
    place.restore("again", None).await.unwrap();
    assert_eq!(marks_in(&place, "again").await, [1, 2, 3]);
}

/// Goal: damage is found before anything is restored, be it where nothing was written, and nothing of a damaged
/// segment is replayed; method: look over a good folder, change the last byte of a segment with a mark, which the
/// server's own reader does not mind, look again, and restore before it.
#[tokio::test]
async fn damage_is_found_by_checksums() {
    let place = Place::new();
    let (taken, instants, segments) = five_segments(&place).await;
    let seen = verify_backups(&place.backups(), &|_| {}).await.unwrap();
    assert_eq!((seen.bases, seen.unchecked, &seen.faults), (1, 0, &Vec::new()));
    assert_eq!((seen.segments, seen.from), (place.segments().len(), taken.backup.ended_at));
    assert!(seen.until > instants[4], "{seen:?}");
    // Removed while it looks: what a base backup needs is missed, and called no damage; what none needs is not missed.
    let useless = place.backups().join("wal/000000010000000000000000");
    let away = place.path("away");
    for (removed, faults) in [(&useless, 0), (&segments[2], 1)] {
        fs::write(&useless, b"left over").unwrap();
        let report = |progress: Progress| {
            if progress.stage == Stage::Log && progress.done == 0 {
                fs::rename(removed, &away).unwrap();
                let _ = fs::remove_file(&useless);
            }
        };
        let seen = verify_backups(&place.backups(), &report).await.unwrap();
        let gone = format!("segment {} was there and is gone", name(removed));
        assert_eq!(seen.faults.len(), faults, "{:?}", seen.faults);
        assert!(seen.faults.iter().all(|fault| fault.starts_with(&gone)), "{:?}", seen.faults);
        if faults == 0 {
            fs::remove_file(&away).unwrap();
        } else {
            fs::rename(&away, removed).unwrap();
        }
    }
    let mut bytes = fs::read(&segments[3]).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&segments[3], bytes).unwrap();
    let seen = verify_backups(&place.backups(), &|_| {}).await.unwrap();
    assert_eq!(seen.faults, [format!("segment {} is damaged", name(&segments[3]))]);
    let message = place.refusal(None).await;
    assert!(message.contains(&format!("segment {} in", name(&segments[3]))), "{message}");
    assert!(!place.path("refused/postgres.log").exists(), "the server was started for it");
    place.restore("proposed", Some(proposed(&message))).await.unwrap();
    assert_eq!(marks_in(&place, "proposed").await, [0, 1, 2]);
}
