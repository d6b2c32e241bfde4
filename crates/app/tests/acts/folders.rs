//! Published waves: their folders hold for everybody who has nothing else, and the acts wait for the public.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use app::act::ActError;
use app::appeal_answer::answer_appeal;
use app::appeals::{AppealRefusal, FilingAnswer, file_appeal};
use app::folders::{
    FolderDesk, FolderError, PublicRefusal, PublicSetup, PublicTerms, Witnesses, publish_folders,
    test_facts,
};
use app::holder::Holder;
use app::join::{JoinRequest, join_wave};
use app::live_join::{KeyedJoin, join_few};
use app::receipt::{ReceiptDesk, hand_out_receipt};
use app::register::Registration;
use app::retention::forget;
use app::wave::settle_wave;
use domain::appeals::{AppealAnswer, AppealGround, GrantBar, filing_ends};
use domain::client_key::ClientKey;
use domain::eligibility::Finding;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveKind};
use publication::key::SecretKey;
use publication::log::{Trust, Witness};
use publication::verify::{Look, Options, me, verify};
use selection::policy::{Party, Share};
use sha2::{Digest as _, Sha256};
use storage::persons::identity_erase;

use crate::shares::crowd;
use crate::support::{HOUR, World, applicants, edited, wave};

/// Witnesses of published waves.
const WITNESSES: [&str; 3] = ["audit-board", "ombudsman", "press-council"];
/// Secret of the log of published waves.
pub(crate) const LOG_SECRET: [u8; 32] = [7; 32];

/// Secret of receipts.
const RECEIPT_SECRET: [u8; 32] = [8; 32];

/// Secret of a witness.
fn witness_secret(name: &str) -> [u8; 32] {
    Sha256::digest(name).into()
}

/// Terms of published waves, with a share of the seats kept for appeals: one in so many.
pub(crate) fn terms(den: u32) -> PublicTerms {
    PublicTerms {
        origin: "gelombang.test/log".to_owned(),
        quorum: 2,
        margin_s: 3_600,
        reserve: Share { num: 1, den },
        witnesses: parties(),
        addresses: Vec::new(),
        beacon: test_facts(),
        contributors: Vec::new(),
    }
}

fn parties() -> Vec<Party> {
    let party = |name: &str| Party {
        key: SecretKey::from_bytes(&witness_secret(name)).public(),
        name: name.to_owned(),
    };
    WITNESSES.map(party).to_vec()
}

/// A world with the waves from a place of the list on published as folders.
async fn published(
    edits: &[(&str, &str)],
    first: u16,
    waves: &[(WaveKind, u32)],
    (from, terms): (u16, PublicTerms),
) -> World {
    let [log_key, receipt_key] =
        [LOG_SECRET, RECEIPT_SECRET].map(|secret| SecretKey::from_bytes(&secret).public());
    let setup = PublicSetup { terms, log_key, receipt_key };
    let public = Some((&setup, wave(first + from - 1)));
    World::with_reference(edited(edits), first, waves, public).await
}

/// A world whose waves from the first on are published, with a desk that publishes them.
pub(crate) struct Public {
    pub(crate) world: World,
    pub(crate) desk: Arc<FolderDesk>,
    _folder: tempfile::TempDir,
}

impl Public {
    pub(crate) async fn new(edits: &[(&str, &str)], waves: &[(WaveKind, u32)]) -> Self {
        Self::under(terms(4), edits, waves).await
    }

    pub(crate) async fn under(
        terms: PublicTerms,
        edits: &[(&str, &str)],
        waves: &[(WaveKind, u32)],
    ) -> Self {
        let world = published(edits, 48, waves, (1, terms)).await;
        let folder = tempfile::tempdir().unwrap();
        let desk = Arc::new(desk_in(folder.path(), WITNESSES.len()));
        Self { world, desk, _folder: folder }
    }

    pub(crate) async fn publish(&self, now: Timestamp) -> Result<usize, FolderError> {
        publish_folders(self.world.scratch.database(), &self.desk, now).await
    }

    pub(crate) fn folder(&self, number: u16) -> PathBuf {
        self.desk.root.join(format!("gelombang-{number}"))
    }

    /// Every step of `verify` with the folders before it.
    pub(crate) fn verify(&self, number: u16, before: &[u16]) {
        let options = Options {
            previous: before.iter().map(|number| self.folder(*number)).collect(),
            trust: Some(pinned()),
            sample: None,
        };
        let report = verify(&self.folder(number), &options);
        assert!(report.ok(), "{}", report.json());
    }

    /// The second implementation, which has nothing of the first, finds nothing wrong either; what it says.
    pub(crate) fn verify_in_python(&self, number: u16) -> String {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../verify/verify.py");
        let mut python = Command::new("python3");
        let done = python.arg("-B").arg(program).arg(self.folder(number)).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{said}");
        said
    }

    /// A person's receipt as it is handed out at this instant.
    pub(crate) async fn receipt(
        &self,
        number: u16,
        person: &Registration,
        now: Timestamp,
    ) -> Vec<u8> {
        self.receipt_under(&RECEIPT_SECRET, number, person, now).await.unwrap()
    }

    async fn receipt_under(
        &self,
        secret: &[u8; 32],
        number: u16,
        person: &Registration,
        now: Timestamp,
    ) -> Option<Vec<u8>> {
        let desk = ReceiptDesk {
            database: self.world.scratch.database(),
            keys: &self.world.keys,
            policies: &self.world.reference.policies,
            key: &SecretKey::from_bytes(secret),
        };
        hand_out_receipt(&desk, wave(number), person.person_id, now).await.unwrap()
    }

    /// Every member's receipt leads to what the database decided, and to nobody else's entry.
    pub(crate) async fn check_receipts(&self, number: u16, people: &[Registration]) {
        let decided = format!(
            "SELECT person_id, CASE WHEN outcome = 'ineligible' THEN 'missing' WHEN outcome = 'not_selected' THEN 'waitlist'
                               ELSE outcome::text END FROM decisions WHERE wave = {number}"
        );
        let mut decided = self.world.rows(&decided).await;
        let now = self.world.calendar(number).results_at;
        let mut told = Vec::new();
        for person in people {
            let receipt = self.receipt(number, person, now).await;
            assert_eq!(self.receipt(number, person, now).await, receipt);
            let nik = *person.identity.nik.expose();
            let look = Look { nik: Some(&nik), trust: None };
            let answer = me(&self.folder(number), &receipt, look);
            let ending = answer.ending().text();
            told.push(format!("({},{ending})", person.person_id.uuid()));
        }
        told.sort_unstable();
        decided.sort_unstable();
        assert_eq!(told, decided);
        let foreign = self.receipt_under(&LOG_SECRET, number, &people[0], now).await;
        assert_eq!(foreign, None, "another key signs for this wave");
    }

    /// A wave from its opening to the decree, published at each step.
    pub(crate) async fn run(&mut self, number: u16, people: &[Registration]) {
        let opens_at = self.world.calendar(number).opens_at;
        self.publish(opens_at.minus_micros(1)).await.unwrap();
        self.world.open_with(number, people).await;
        self.world.close(number).await.unwrap();
        self.world.freeze(number).await.unwrap();
        self.publish(self.world.instant(number, WaveEvent::Freeze)).await.unwrap();
        self.world.draw(number).await.unwrap();
        self.publish(self.world.instant(number, WaveEvent::Draw)).await.unwrap();
        self.world.appoint(number).await.unwrap();
    }
}

/// The keys that somebody was told apart from the folder.
pub(crate) fn pinned() -> Trust {
    let log = publication::format::LogName {
        origin: "gelombang.test/log".to_owned(),
        key: SecretKey::from_bytes(&LOG_SECRET).public(),
    };
    Trust::new(log, parties(), 2).unwrap()
}

pub(crate) fn desk_in(root: &Path, witnesses: usize) -> FolderDesk {
    let log_key = SecretKey::from_bytes(&LOG_SECRET);
    let log = publication::format::LogName {
        origin: "gelombang.test/log".to_owned(),
        key: log_key.public(),
    };
    let witness = |name: &&str| {
        let memory = root.join(format!("{name}.seen"));
        let own = Witness::new(name, SecretKey::from_bytes(&witness_secret(name)), &log, &memory);
        if !memory.exists() {
            own.begin(0).unwrap();
        }
        own
    };
    let witnesses = Witnesses::Local(WITNESSES.iter().take(witnesses).map(witness).collect());
    FolderDesk { root: root.to_owned(), log_key, witnesses }
}

/// Goal: two waves that hand seats on verify from their folders alone, with classes, pools, guarantees, weights, hidden
/// cells, households and granted appeals, and the database draws the same; publishing again changes nothing. Method: the program's own
/// verifier, with keys that it was told apart from the folder, and the folder before.
#[tokio::test]
async fn two_waves_verify() {
    let shares = format!("[selection]\n{}", crate::shares::SHARES);
    let waves = [(WaveKind::Regular, 24), (WaveKind::Regular, 10)];
    let mut public = Public::new(&[("[selection]\n", &shares)], &waves).await;
    let (mut people, others) = (crowd(), applicants(100..140));
    for person in people.iter_mut().take(20).step_by(2) {
        person.findings = vec![Finding::IdentityRefuted];
    }
    public.world.register(&people).await;
    public.world.register(&others).await;
    public.run(48, &people).await;
    public.verify(48, &[]);
    public.check_receipts(48, &people).await;
    let granted =
        appeal(&mut public.world, people.iter().filter(|one| !one.findings.is_empty())).await;
    assert!((1..=6).contains(&granted), "{granted} of the reserve");

    let lost = public.world.sweep(48, public.world.due(48)).await;
    assert!(lost > 0);
    public.run(49, &others).await;
    public.verify(49, &[48]);
    public.verify(48, &[]);
    let taken =
        "SELECT sum(seats)::bigint FROM seat_pool WHERE reused_by = 49 AND cause = 'revoked'";
    assert_eq!(public.world.number(taken).await, i64::from(lost));
    assert!(public.folder(48).join("revoked.json").exists());
    assert!(public.folder(48).join("corrections.json").exists());

    let now = public.world.calendar(49).results_at;
    assert_eq!(public.publish(now).await.unwrap(), 0, "nothing is left to do");
    public.world.assert_audit_clean().await;
}

/// Goal: what is still to be published of a wave that is over does not change when a member is erased. Method: a member who
/// was granted an appeal loses the place, the wave is settled, her class would be forgotten with her, and only then the
/// next wave has the corrections published.
#[tokio::test]
async fn corrections_after_an_erasure() {
    let shares = format!("[selection]\n{}", crate::shares::SHARES);
    let waves = [(WaveKind::Regular, 24), (WaveKind::Regular, 10)];
    let mut public = Public::new(&[("[selection]\n", &shares)], &waves).await;
    let (mut people, others) = (crowd(), applicants(100..140));
    for person in people.iter_mut().take(20).step_by(2) {
        person.findings = vec![Finding::IdentityRefuted];
    }
    public.world.register(&people).await;
    public.world.register(&others).await;
    public.run(48, &people).await;
    appeal(&mut public.world, people.iter().filter(|one| !one.findings.is_empty())).await;
    let over = public.world.calendar(49).opens_at.minus_micros(HOUR);
    public.world.sweep(48, over).await;
    settle_wave(&mut public.world.act(over), wave(48)).await.unwrap();

    let classes =
        "SELECT person_id FROM corrections JOIN member_classes USING (wave, person_id) ORDER BY 1";
    let granted = public.world.rows(classes).await;
    let is_granted = |own: &&Registration| granted.contains(&format!("({})", own.person_id.uuid()));
    let gone: Vec<&Registration> = people.iter().filter(is_granted).collect();
    assert!(!gone.is_empty(), "somebody of a class was granted an appeal");
    let database = public.world.scratch.database().clone();
    let mut tx = database.begin().await.unwrap();
    for person in gone {
        identity_erase(&mut tx, person.person_id, over).await.unwrap();
    }
    tx.commit().await.unwrap();
    forget(&database, over).await.unwrap();
    public.run(49, &others).await;
    public.verify(48, &[]);
    public.verify(49, &[48]);
    forget(&database, over).await.unwrap();
    assert_eq!(public.world.rows(classes).await.len(), 0, "published, so nobody needs it");
}

/// The registers were wrong about these people: they appeal, and whoever is within the limits is granted a seat as long as
/// the reserve lasts. Gives how many are.
pub(crate) async fn appeal(world: &mut World, people: impl Iterator<Item = &Registration>) -> i64 {
    let (at, approval) = (world.calendar(48).results_at, world.approval());
    let mut filed = Vec::new();
    for person in people {
        let id = person.person_id.uuid();
        world.execute(&format!("DELETE FROM registration_checks WHERE person_id = '{id}'")).await;
        let mine = (wave(48), Holder::without_account(person.person_id));
        let (ground, key) = (AppealGround::RegisterWrong, ClientKey::parse("filed").unwrap());
        match file_appeal(&mut world.act(at), mine, ground, &key).await.unwrap() {
            FilingAnswer::Filed(appeal) => filed.push(appeal),
            answer => panic!("{answer:?}"),
        }
    }
    let late = filing_ends(at);
    for turn in 0..200 {
        let Some(appeal) = filed.pop() else {
            assert!(turn > 9);
            break;
        };
        let act = &mut world.act(late);
        let bar = match answer_appeal(act, appeal, AppealAnswer::Granted, &approval).await {
            Ok(()) => continue,
            Err(ActError::Appeal(AppealRefusal::Barred(bar))) => bar,
            Err(ActError::Appeal(AppealRefusal::OutOfTurn { .. })) => {
                filed.insert(0, appeal);
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        let answer = match bar {
            GrantBar::TicketBehind => AppealAnswer::TicketBehind,
            GrantBar::NoSeat => AppealAnswer::NoSeat,
            bar => panic!("{bar:?}"),
        };
        match answer_appeal(&mut world.act(late), appeal, answer, &approval).await {
            Ok(()) => {}
            Err(ActError::Appeal(AppealRefusal::OutOfTurn { .. })) => filed.insert(0, appeal),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(filed, []);
    world.number("SELECT count(*) FROM corrections").await
}

/// Goal: seats that an unpublished wave lost come to the first published one, which says from where. Method: the first
/// wave of the calendar is not published; the second one is.
#[tokio::test]
async fn the_first_published_wave_takes_over() {
    let waves = [(WaveKind::Regular, 12), (WaveKind::Regular, 6)];
    let world = published(&[], 48, &waves, (2, terms(4))).await;
    let folder = tempfile::tempdir().unwrap();
    let desk = Arc::new(desk_in(folder.path(), 3));
    let mut public = Public { world, desk, _folder: folder };
    let people = applicants(0..40);
    public.world.register(&people).await;
    public.world.open_with(48, &people[..20]).await;
    public.world.grant(48).await;
    let lost = public.world.sweep(48, public.world.due(48)).await;
    assert_eq!(lost, 12);
    public.run(49, &people[20..]).await;
    public.verify(49, &[]);
    assert!(!public.folder(48).join("policy.json").exists());
    assert!(public.folder(48).join("revoked.json").exists());
    assert_eq!(
        public.world.number("SELECT sum(seats)::bigint FROM quotas WHERE wave = 49").await,
        18
    );
    public.world.assert_audit_clean().await;
}

/// Goal: no act goes on before the public could see what comes before it, and none is made up for afterwards. Method: the
/// rules seen too late, too few witnesses, the list published after the day to look at it, and never.
#[tokio::test]
async fn acts_wait_for_the_public() {
    let waves = [(WaveKind::Regular, 6), (WaveKind::Regular, 6)];
    let mut public = Public::new(&[], &waves).await;
    let people = applicants(0..9);
    public.world.register(&people).await;
    let unseen = |error: ActError, expected: &str| match error {
        ActError::Public(PublicRefusal::Unwitnessed { file, .. }) => assert_eq!(file, expected),
        error => panic!("{error}"),
    };
    unseen(public.world.open(48).await.unwrap_err(), "policy.json");

    // One witness is not enough, and nothing counts as seen then.
    let all = Arc::clone(&public.desk);
    public.desk = Arc::new(desk_in(&all.root, 1));
    let opens_at = public.world.calendar(48).opens_at;
    let few = public.publish(opens_at.minus_micros(1)).await.unwrap_err();
    assert!(matches!(few, FolderError::Quorum { signed: 1, quorum: 2, .. }), "{few}");
    unseen(public.world.open(48).await.unwrap_err(), "policy.json");
    public.desk = all;
    public.publish(opens_at.minus_micros(1)).await.unwrap();

    public.world.open_with(48, &people).await;
    public.world.close(48).await.unwrap();
    let approval = public.world.approval();
    let late = public.world.calendar(48).draw_at().plus_days(-1);
    let refused = app::freeze::freeze_wave(&mut public.world.act(late), wave(48), &approval)
        .await
        .unwrap_err();
    assert!(matches!(refused, ActError::Public(PublicRefusal::LateFreeze { .. })), "{refused}");
    public.world.freeze(48).await.unwrap();
    unseen(public.world.draw(48).await.unwrap_err(), "entries.bin");
    public.publish(late.plus_micros(1_000_000)).await.unwrap();
    unseen(public.world.draw(48).await.unwrap_err(), "entries.bin");
    assert_eq!(public.world.number("SELECT count(*) FROM draws").await, 0);
}

/// Goal: whoever joins a published wave alone is the same entry as whoever joins in bulk: both are tied to the published
/// rules. Method: one person in each way, in twin worlds.
#[tokio::test]
async fn one_join_is_as_many() {
    let person = applicants(0..1);
    let mut tags = Vec::new();
    for alone in [false, true] {
        let mut public = Public::new(&[], &[(WaveKind::Regular, 6)]).await;
        let joined_at = public.world.calendar(48).opens_at.plus_micros(1);
        public.world.register(&person).await;
        public.publish(joined_at.minus_micros(2)).await.unwrap();
        public.world.open(48).await.unwrap();
        let request = JoinRequest { person_id: person[0].person_id, joined_at };
        let act = &mut public.world.act(joined_at);
        if alone {
            let (client_key, request_id) = (ClientKey::parse("one").unwrap(), "test".to_owned());
            let one = KeyedJoin { request, account: None, client_key, request_id };
            join_few(act, wave(48), &[one]).await.unwrap();
        } else {
            join_wave(act, wave(48), &[request]).await.unwrap();
        }
        let entry =
            "SELECT encode(entry_tag, 'hex'), encode(household_tag, 'hex') FROM memberships";
        tags.push(public.world.rows(entry).await);
    }
    assert_eq!(tags[0], tags[1]);
    assert_eq!(tags[0].len(), 1);
}

/// Goal: a folder that somebody changed is never taken for published. Method: a byte of a written file, then the next
/// step.
#[tokio::test]
async fn a_changed_folder_stops() {
    let mut public = Public::new(&[], &[(WaveKind::Regular, 6)]).await;
    let people = applicants(0..9);
    public.world.register(&people).await;
    public.publish(public.world.calendar(48).opens_at.minus_micros(1)).await.unwrap();
    public.world.open_with(48, &people).await;
    public.world.close(48).await.unwrap();
    public.world.freeze(48).await.unwrap();
    let frozen_at = public.world.instant(48, WaveEvent::Freeze);
    public.publish(frozen_at).await.unwrap();
    public.world.draw(48).await.unwrap();
    let path = public.folder(48).join("quota.json");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let drawn_at = public.world.instant(48, WaveEvent::Draw);
    let stopped = public.publish(drawn_at).await.unwrap_err();
    assert!(matches!(stopped, FolderError::Write(_)), "{stopped}");
    assert!(!public.folder(48).join("result.json").exists());
}
