//! The registration log of a published wave: every receipt that was handed out before the list is in it, hour by hour, and
//! whoever is left out of the list can prove it.

use std::path::PathBuf;
use std::sync::Arc;

use app::folders::{FolderError, log_registrations, read_registration_proof};
use app::jobs::{Tools, claim_jobs, look_at_schedules, run_job};
use app::register::Registration;
use domain::schedule::Lane;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveKind};
use publication::format::PolicyFile;
use publication::key::SecretKey;
use publication::log::LogStore;
use publication::registration::RegistrationLog;
use publication::verify::{Ending, Listed, Look, Registered, Unregistered, me, registered};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::folders::{LOG_SECRET, Public, desk_in, pinned};
use crate::support::{HOUR, applicants, wave};

const WAVE: u16 = 48;

/// An open wave with people in it.
async fn open_wave(people: &[Registration]) -> Public {
    let shares = format!("[selection]\n{}", crate::shares::SHARES);
    let mut public = Public::new(&[("[selection]\n", &shares)], &[(WaveKind::Regular, 24)]).await;
    public.world.register(people).await;
    public.publish(public.world.calendar(WAVE).opens_at.minus_micros(1)).await.unwrap();
    public.world.open_with(WAVE, people).await;
    public
}

impl Public {
    /// So many hours after the opening.
    fn hour(&self, hours: i64) -> Timestamp {
        self.world.calendar(WAVE).opens_at.plus_micros(hours * HOUR)
    }

    async fn ask(&self, person: &Registration, now: Timestamp) -> Vec<u8> {
        self.receipt(WAVE, person, now).await
    }

    async fn log(&self, now: Timestamp) -> Result<usize, FolderError> {
        log_registrations(self.world.scratch.database(), &self.desk, wave(WAVE), now).await
    }

    async fn proof(&self, receipt: &[u8]) -> Option<Vec<u8>> {
        let digest = Sha256::digest(receipt).into();
        let database = self.world.scratch.database();
        read_registration_proof(database, &self.desk.root, wave(WAVE), &digest).await.unwrap()
    }

    /// What everybody finds who has the folder, a receipt and its proof.
    async fn registered(&self, receipt: &[u8]) -> Result<Registered, Unregistered> {
        let proof = self.proof(receipt).await.unwrap();
        let trust = pinned();
        let look = Look { nik: None, trust: Some(&trust) };
        registered(&self.folder(WAVE), receipt, &proof, look)
    }

    fn policy(&self) -> PolicyFile {
        PolicyFile::read(&std::fs::read(self.folder(WAVE).join("policy.json")).unwrap()).unwrap()
    }

    fn registrations(&self) -> RegistrationLog {
        RegistrationLog::open(&self.folder(WAVE), &self.policy()).unwrap()
    }

    /// Entries of the announcement log.
    fn announcements(&self) -> u64 {
        LogStore::open(&self.desk.root.join("log"), &self.policy().log).unwrap().head().size
    }

    /// Closes, freezes and draws, published at each step.
    async fn draw(&mut self) {
        self.world.close(WAVE).await.unwrap();
        self.world.freeze(WAVE).await.unwrap();
        self.publish(self.world.instant(WAVE, WaveEvent::Freeze)).await.unwrap();
        self.world.draw(WAVE).await.unwrap();
        self.publish(self.world.instant(WAVE, WaveEvent::Draw)).await.unwrap();
    }

    /// The folder holds for both implementations.
    fn verify_twice(&self) {
        self.verify(WAVE, &[]);
        self.verify_in_python(WAVE);
    }
}

/// Seconds of an instant.
fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.unix_seconds()).unwrap()
}

/// Goal: what is handed out before the list is logged within the hour, once, with the newer receipt of whoever changed
/// class, and witnesses vouch for it; nothing new is not announced, and the folder goes on to hold. Method: the job as
/// the schedule makes it, hour by hour up to the draw.
#[tokio::test]
async fn hour_by_hour() {
    let people = applicants(0..9);
    let mut public = open_wave(&people).await;
    let mut receipts = Vec::new();
    for person in &people[..3] {
        receipts.push(public.ask(person, public.hour(1)).await);
        assert_eq!(public.ask(person, public.hour(2)).await, receipts[receipts.len() - 1]);
    }
    assert_eq!(public.proof(&receipts[0]).await, None, "the hour has not passed");

    let hour = public.hour(3);
    let (desk, keys) = (Arc::clone(&public.desk), PathBuf::new());
    look_at_schedules(&mut public.world.act(hour)).await.unwrap();
    let database = public.world.scratch.database().clone();
    let jobs = claim_jobs(&database, Uuid::nil(), Lane::Folders, hour, 9).await.unwrap();
    let job = jobs.iter().find(|job| job.kind == "registrations_log").unwrap();
    let tools = Tools { keys_folder: &keys, registers: None, faces: None, folders: Some(&desk) };
    run_job(&mut public.world.act(hour), tools, job).await.unwrap();
    let mut places = Vec::new();
    for receipt in &receipts {
        let found = public.registered(receipt).await.unwrap();
        assert_eq!((found.size, found.seen_at_s), (3, seconds(hour)));
        assert_eq!(found.listed, Listed::NotYet);
        places.push(found.index);
    }
    places.sort_unstable();
    assert_eq!(places, [0, 1, 2]);

    let announced = public.announcements();
    assert_eq!(public.log(public.hour(4)).await.unwrap(), 0, "nothing is new");
    public.ask(&people[0], public.hour(4)).await;
    assert_eq!(public.log(public.hour(5)).await.unwrap(), 0, "nor is a receipt asked for again");
    assert_eq!(public.announcements(), announced);

    let id = people[0].person_id.uuid();
    let change = format!("UPDATE persons SET disability = NOT disability WHERE person_id = '{id}'");
    public.world.execute(&change).await;
    let newer = public.ask(&people[0], public.hour(5)).await;
    assert_ne!(newer, receipts[0]);
    assert_eq!(public.log(public.hour(6)).await.unwrap(), 1);
    assert_eq!(public.registered(&newer).await.unwrap().index, 3);
    let first = public.registered(&receipts[0]).await.unwrap();
    assert_eq!((first.size, first.seen_at_s), (3, seconds(hour)), "as it was seen first");

    public.world.close(WAVE).await.unwrap();
    let closed = public.world.calendar(WAVE).closes_at;
    let late = public.ask(&people[4], closed).await;
    assert_eq!(public.log(closed.plus_micros(HOUR)).await.unwrap(), 1);
    let last = public.ask(&people[5], closed.plus_micros(HOUR)).await;
    public.world.freeze(WAVE).await.unwrap();
    public.publish(public.world.instant(WAVE, WaveEvent::Freeze)).await.unwrap();
    for person in &people {
        public.ask(person, closed.plus_micros(2 * HOUR)).await;
    }
    assert_eq!(public.log(closed.plus_micros(2 * HOUR)).await.unwrap(), 0, "the list is fixed");
    for receipt in [&receipts[1], &newer, &late, &last] {
        assert_eq!(public.registered(receipt).await.unwrap().listed, Listed::After);
    }
    public.world.draw(WAVE).await.unwrap();
    public.publish(public.world.instant(WAVE, WaveEvent::Draw)).await.unwrap();
    public.verify_twice();
    let answer = me(&public.folder(WAVE), &late, Look::default());
    assert!(!answer.ending().is_fault(), "{}", answer.english());
    public.world.assert_audit_clean().await;
}

/// Goal: wherever a run ends, the next one goes on, and no state of the log is passed over. Method: stop after each step:
/// places alone, files alone, announced but not witnessed, and with a receipt more by then.
#[tokio::test]
async fn a_killed_job_goes_on() {
    let people = applicants(0..6);
    let mut public = open_wave(&people).await;
    let first = public.ask(&people[0], public.hour(1)).await;
    let placed = "UPDATE registration_receipts SET position = 0";
    public.world.execute(placed).await;
    let second = public.ask(&people[1], public.hour(1)).await;
    let mut log = public.registrations();
    let digest = Sha256::digest(&first).into();
    log.append(&[digest], &SecretKey::from_bytes(&LOG_SECRET)).unwrap();
    let all = Arc::clone(&public.desk);
    public.desk = Arc::new(desk_in(&all.root, 1));
    for _ in 0..2 {
        let few = public.log(public.hour(2)).await.unwrap_err();
        assert!(matches!(few, FolderError::Quorum { signed: 1, quorum: 2, .. }), "{few}");
        assert_eq!(public.registrations().size(), 1, "an unseen state is finished first");
    }
    let unseen = public.registered(&first).await.unwrap_err();
    assert_eq!(unseen, Unregistered::Unannounced);
    let announced = public.announcements();

    public.desk = all;
    assert_eq!(public.log(public.hour(3)).await.unwrap(), 2);
    assert_eq!(public.announcements(), announced + 1, "the first state was announced once");
    let found = public.registered(&first).await.unwrap();
    assert_eq!((found.index, found.size), (0, 1));
    assert_eq!(public.registered(&second).await.unwrap().index, 1);
    let kept =
        |name: &str| public.folder(WAVE).join("registration/checkpoints").join(name).exists();
    assert!(["1", "1.tlog-proof", "2", "2.tlog-proof"].iter().all(|name| kept(name)));

    // An older database knows one receipt less, and one that it has not placed.
    let digest: [u8; 32] = Sha256::digest(&second).into();
    let forget = "SET session_replication_role = replica;
                  DELETE FROM registration_receipts WHERE position = 0;
                  UPDATE registration_receipts SET position = NULL";
    public.world.execute(forget).await;
    let third = public.ask(&people[2], public.hour(3)).await;
    assert_eq!(public.log(public.hour(4)).await.unwrap(), 1);
    let rows = "SELECT encode(digest, 'hex'), position FROM registration_receipts WHERE position > 0 ORDER BY position";
    let digests = [digest, Sha256::digest(&third).into()].map(|own| storage::keys::to_hex(&own));
    let expected: Vec<String> =
        (1..).zip(&digests).map(|(place, own)| format!("({own},{place})")).collect();
    assert_eq!(public.world.rows(rows).await, expected);
    assert_eq!(public.registered(&first).await.unwrap().size, 1);
    assert_eq!(public.registered(&third).await.unwrap().size, 3);
    public.draw().await;
    public.verify_twice();
}

/// Goal: whoever the operator drops before the list can show it to everybody. Method: a member who has a logged receipt is
/// taken out of the database before the freeze; then only the published folder, her receipt and its proof count.
#[tokio::test]
async fn whoever_is_left_out_is_shown() {
    let people = applicants(0..6);
    let mut public = open_wave(&people).await;
    let dropped = public.ask(&people[2], public.hour(1)).await;
    let kept = public.ask(&people[3], public.hour(1)).await;
    public.log(public.hour(2)).await.unwrap();
    let proof = public.proof(&dropped).await.unwrap();
    let id = people[2].person_id.uuid();
    let drop = "SET session_replication_role = replica; DELETE FROM memberships WHERE person_id";
    public.world.execute(&format!("{drop} = '{id}'")).await;
    public.draw().await;
    public.verify_twice();

    let (folder, trust) = (public.folder(WAVE), pinned());
    let nik = *people[2].identity.nik.expose();
    let look = Look { nik: Some(&nik), trust: Some(&trust) };
    let found = registered(&folder, &dropped, &proof, look).unwrap();
    assert_eq!((found.listed, found.seen_at_s), (Listed::After, seconds(public.hour(2))));
    let answer = me(&folder, &dropped, look);
    assert_eq!(answer.ending(), Ending::Missing);
    let words = found.english(Some(answer.ending()));
    assert!(words.contains("1 February 2023 at 02:00 WIB"), "{words}");
    assert!(words.contains("announced after that") && words.contains("leaves you out"), "{words}");
    let words = found.indonesian(Some(answer.ending()));
    assert!(words.contains("1 Februari 2023 pukul 02.00 WIB"), "{words}");
    assert!(words.contains("tidak dimuat dalam daftar"), "{words}");

    let others = registered(&folder, &kept, &proof, Look::default()).unwrap_err();
    assert!(matches!(others, Unregistered::Proof(_)), "{others}");
    let entered = public.ask(&people[3], public.hour(80)).await;
    let entered = registered(&folder, &entered, &proof, Look::default()).unwrap_err();
    assert_eq!(entered, Unregistered::Entered);
    let other_nik = *people[3].identity.nik.expose();
    let other = Look { nik: Some(&other_nik), trust: None };
    let refused = registered(&folder, &dropped, &proof, other).unwrap_err();
    assert!(matches!(refused, Unregistered::Refused(_)), "{refused}");
    let broken = registered(&folder, &dropped, &proof[1..], Look::default()).unwrap_err();
    assert!(matches!(broken, Unregistered::Proof(_)), "{broken}");
}
