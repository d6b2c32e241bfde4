//! Contributions to the seed: committed before the list, revealed after it, published before the draw, and part of it.

use std::path::Path;
use std::sync::Arc;

use app::act::ActError;
use app::contributions::{ContributionRefusal, Kept, RevealTimes, keep_contribution};
use app::folders::PublicRefusal;
use app::jobs::{Tools, claim_jobs, look_at_schedules, run_job};
use app::roll_correct::RollRefusal;
use domain::roll_correction::CorrectionBar;
use domain::schedule::Lane;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveKind};
use publication::contribution::commit;
use publication::format::{
    Commitment, ContributionFile, Given, PlanFile, PolicyFile, Reveal, RevealsFile, SeedFile,
};
use publication::key::SecretKey;
use selection::contrib::contrib_digest;
use selection::digest::{NO_CONTRIBUTIONS, Seed, SeedSource};
use selection::policy::Party;
use uuid::Uuid;

use crate::correcting_rolls::{DAY, correct, draw_at, refute};
use crate::folders::{Public, desk_in, terms};
use crate::support::{World, applicants, wave};

/// A second in microseconds.
const SECOND: i64 = 1_000_000;

/// An institution with its key and the value that it keeps secret.
struct Institution {
    name: &'static str,
    key: SecretKey,
    value: [u8; 32],
}

fn institutions() -> [Institution; 2] {
    [("supreme-audit", 1), ("university", 2)].map(|(name, number)| Institution {
        name,
        key: SecretKey::from_bytes(&[number; 32]),
        value: [number + 10; 32],
    })
}

impl Institution {
    fn copy(&self) -> Self {
        let [audit, university] = institutions();
        if self.name == audit.name { audit } else { university }
    }

    fn commitment(&self, rules: &PolicyFile) -> ContributionFile {
        given(rules, Given::Commitment(commit(&rules.ctx, self.name, &self.value, &self.key)))
    }

    fn reveal(&self, rules: &PolicyFile) -> ContributionFile {
        given(rules, Given::Reveal(Reveal { name: self.name.to_owned(), value: self.value }))
    }
}

fn given(rules: &PolicyFile, given: Given) -> ContributionFile {
    ContributionFile { ctx: *rules.ctx.as_bytes(), given }
}

/// Published waves to whose seeds both institutions contribute, the rules of the first of them, and when values are
/// revealed for it.
async fn contributed(waves: usize) -> (Public, PolicyFile, RevealTimes) {
    let mut terms = terms(4);
    let party = |own: Institution| Party { key: own.key.public(), name: own.name.to_owned() };
    terms.contributors = institutions().map(party).to_vec();
    let public = Public::under(terms, &[], &vec![(WaveKind::Regular, 6); waves]).await;
    let opens_at = public.world.calendar(48).opens_at;
    public.publish(opens_at.minus_micros(1)).await.unwrap();
    let rules = rules(&public, 48);
    let times = RevealTimes::of(&rules.policy().get().times, 1);
    (public, rules, times)
}

fn rules(public: &Public, number: u16) -> PolicyFile {
    read(&public.folder(number).join("policy.json"), PolicyFile::read)
}

fn read<T, E: std::fmt::Debug>(path: &Path, read: impl FnOnce(&[u8]) -> Result<T, E>) -> T {
    read(&std::fs::read(path).unwrap()).unwrap()
}

async fn keep(world: &mut World, at: Timestamp, file: &ContributionFile) -> Result<Kept, ActError> {
    keep_contribution(&mut world.act(at), wave(48), file).await
}

/// Both have committed themselves, the wave is frozen, and its list is published.
async fn frozen(public: &mut Public, rules: &PolicyFile) {
    public.world.register(&applicants(0..20)).await;
    public.world.open_with(48, &applicants(0..20)).await;
    let at = public.world.instant(48, WaveEvent::Open);
    for own in institutions() {
        keep(&mut public.world, at, &own.commitment(rules)).await.unwrap();
    }
    public.world.close(48).await.unwrap();
    public.world.freeze(48).await.unwrap();
    public.publish(public.world.instant(48, WaveEvent::Freeze)).await.unwrap();
}

/// Does the jobs of a kind as a worker does that looks at this instant, and gives how many.
async fn work(public: &mut Public, kind: &str, lane: Lane, now: Timestamp) -> usize {
    look_at_schedules(&mut public.world.act(now)).await.unwrap();
    let database = public.world.scratch.database().clone();
    let jobs = claim_jobs(&database, Uuid::from_u128(1), lane, now, 100).await.unwrap();
    let keys = tempfile::tempdir().unwrap();
    let tools = Tools {
        keys_folder: keys.path(),
        registers: None,
        faces: None,
        folders: Some(&public.desk),
    };
    let mut done = 0;
    for job in jobs.iter().filter(|job| job.kind == kind) {
        run_job(&mut public.world.act(now), tools, job).await.unwrap();
        done += 1;
    }
    done
}

/// The seed of the published round with other values than those that were revealed.
fn seed_with(rules: &PolicyFile, seed: &SeedFile, contrib_digest: &[u8; 32]) -> [u8; 32] {
    let source = SeedSource {
        chain_hash: &seed.chain_hash,
        round: seed.round,
        randomness: &seed.randomness,
        contrib_digest,
    };
    *Seed::derive(&rules.ctx, &source).as_bytes()
}

/// The second implementation finds nothing wrong either with the first wave, to whose seed so many gave a value.
fn verify_in_python(public: &Public, given: usize) {
    let said = public.verify_in_python(48);
    assert!(said.contains(&format!("{given} of 2 contributions")), "{said}");
}

/// Goal: what one institution reveals is in the seed, what the other withholds is not, and both implementations say so
/// from the folder alone; every act again changes nothing. Method: a wave from its opening to the draw, with the worker's
/// own jobs at the last instant for values, each done twice.
#[tokio::test]
async fn one_reveals_and_one_withholds() {
    let (mut public, rules, times) = contributed(1).await;
    let [audit, university] = institutions();
    public.world.register(&applicants(0..20)).await;
    public.world.open_with(48, &applicants(0..20)).await;
    let opened_at = public.world.instant(48, WaveEvent::Open);
    let kept = |is_reveal, is_new, given| Kept { is_reveal, is_new, given, parties: 2 };
    for is_new in [true, false] {
        let done = keep(&mut public.world, opened_at, &audit.commitment(&rules)).await.unwrap();
        assert_eq!(done, kept(false, is_new, 1));
    }
    public.world.close(48).await.unwrap();
    let missing = public.world.freeze(48).await.unwrap_err();
    assert!(missing.to_string().contains("committed themselves: university;"), "{missing}");
    let closed_at = public.world.instant(48, WaveEvent::Close);
    let done = keep(&mut public.world, closed_at, &university.commitment(&rules)).await.unwrap();
    assert_eq!(done, kept(false, true, 2));
    public.world.freeze(48).await.unwrap();
    public.publish(public.world.instant(48, WaveEvent::Freeze)).await.unwrap();
    let plan = read(&public.folder(48).join("plan.json"), PlanFile::read);
    let named: Vec<&str> = plan.contributions.iter().map(|own| own.name.as_str()).collect();
    assert_eq!(named, ["supreme-audit", "university"], "in the order of the rules");

    for is_new in [true, false] {
        let done = keep(&mut public.world, times.from, &audit.reveal(&rules)).await.unwrap();
        assert_eq!(done, kept(true, is_new, 1));
    }
    assert_eq!(public.publish(times.from).await.unwrap(), 0, "the other may still come");
    let (close, publish) = ("reveals_close", "folders_publish");
    let before = times.until.minus_micros(1);
    assert_eq!(work(&mut public, close, Lane::Own, before).await, 0);
    assert_eq!(work(&mut public, close, Lane::Own, times.until).await, 1);
    let events =
        "SELECT count(*) FROM audit_events WHERE act LIKE 'contribution%' OR act = 'reveals_close'";
    assert_eq!(public.world.number(events).await, 4);
    // The job of the freeze still waits, and one job is enough for all.
    assert_eq!(work(&mut public, publish, Lane::Folders, times.until).await, 1);
    let reveals = read(&public.folder(48).join("reveals.json"), RevealsFile::read);
    let revealed = Reveal { name: "supreme-audit".to_owned(), value: audit.value };
    assert_eq!(reveals.contributions, [revealed]);
    let later = times.until.plus_micros(SECOND);
    assert_eq!(work(&mut public, close, Lane::Own, later).await, 0, "closed once");
    assert_eq!(public.publish(later).await.unwrap(), 0, "nothing is left to do");

    public.world.draw(48).await.unwrap();
    public.publish(public.world.instant(48, WaveEvent::Draw)).await.unwrap();
    public.verify(48, &[]);
    verify_in_python(&public, 1);
    let seed = read(&public.folder(48).join("seed.json"), SeedFile::read);
    let mixed = [Some(audit.value), None];
    assert_eq!(seed_with(&rules, &seed, &contrib_digest(&mixed)), seed.seed);
    for other in [[Some(audit.value), Some(university.value)], [None, None]] {
        assert_ne!(seed_with(&rules, &seed, &contrib_digest(&other)), seed.seed);
    }
    assert_ne!(seed_with(&rules, &seed, &NO_CONTRIBUTIONS), seed.seed);
    public.world.assert_audit_clean().await;
}

/// Goal: once all have revealed nobody is waited for, what was announced and not signed is signed later, and a wave that
/// nobody reveals for is drawn all the same. Method: both waves; the first one's values at the first instant, with too few
/// witnesses at first, and none of the second one.
#[tokio::test]
async fn all_reveal_or_none() {
    let (mut public, first, times) = contributed(2).await;
    frozen(&mut public, &first).await;
    for own in institutions() {
        keep(&mut public.world, times.from, &own.reveal(&first)).await.unwrap();
    }
    let all = Arc::clone(&public.desk);
    public.desk = Arc::new(desk_in(&all.root, 1));
    public.publish(times.from).await.unwrap_err();
    assert!(public.folder(48).join("reveals.json").exists());
    public.desk = all;
    assert_eq!(public.publish(times.from).await.unwrap(), 1);
    public.world.draw(48).await.unwrap();
    public.publish(public.world.instant(48, WaveEvent::Draw)).await.unwrap();
    public.world.appoint(48).await.unwrap();
    public.verify(48, &[]);

    let second = rules(&public, 49);
    public.world.open_with(49, &applicants(0..0)).await;
    let opened_at = public.world.instant(49, WaveEvent::Open);
    for own in institutions() {
        let file = own.commitment(&second);
        keep_contribution(&mut public.world.act(opened_at), wave(49), &file).await.unwrap();
    }
    public.world.close(49).await.unwrap();
    public.world.freeze(49).await.unwrap();
    public.publish(public.world.instant(49, WaveEvent::Freeze)).await.unwrap();
    let until = RevealTimes::of(&second.policy().get().times, 1).until;
    assert_eq!(work(&mut public, "reveals_close", Lane::Own, until).await, 1);
    public.publish(until).await.unwrap();
    public.world.draw(49).await.unwrap();
    public.publish(public.world.instant(49, WaveEvent::Draw)).await.unwrap();
    public.verify(49, &[48]);
    let seed = read(&public.folder(49).join("seed.json"), SeedFile::read);
    assert_eq!(seed.contributions, []);
    assert_ne!(seed.contrib_digest, NO_CONTRIBUTIONS, "two withheld ones are not none");
}

/// Goal: a list is corrected before values are known or not at all, and contributors have as much more time as the draw
/// is moved. Method: a correction in time, values by the times of the second plan, and another correction then.
#[tokio::test]
async fn lists_are_corrected_before_values_are_known() {
    let (mut public, rules, times) = contributed(1).await;
    let [audit, university] = institutions();
    frozen(&mut public, &rules).await;
    let people = applicants(0..20);
    refute(&public.world, &people[7]).await;
    let at = times.committed_by;
    let corrected = correct(&mut public.world, 2, &[&people[7]], at).await.unwrap();
    assert_eq!(public.publish(at).await.unwrap(), 1);
    let plan = read(&public.folder(48).join("plan.json"), PlanFile::read);
    assert_eq!((plan.plan, plan.contributions.len()), (2, 2));

    let moved = RevealTimes::of(&rules.policy().get().times, 2);
    assert_eq!(moved.until, times.until.plus_micros(DAY));
    let early = ContributionRefusal::EarlyReveal { wave: wave(48), from: moved.from };
    check(&mut public, (moved.from.minus_micros(1), audit.reveal(&rules)), early).await;
    assert_eq!(work(&mut public, "reveals_close", Lane::Own, times.until).await, 0);
    for own in [&audit, &university] {
        keep(&mut public.world, moved.from, &own.reveal(&rules)).await.unwrap();
    }
    refute(&public.world, &people[8]).await;
    let late = correct(&mut public.world, 3, &[&people[8]], moved.from).await.unwrap_err();
    assert!(
        matches!(late, ActError::Roll(RollRefusal::Bar(CorrectionBar::TooLate { .. }))),
        "{late}"
    );
    let unseen = draw_at(&mut public.world, corrected.draw_at).await.unwrap_err();
    assert!(
        matches!(unseen, ActError::Public(PublicRefusal::Unwitnessed { file: "reveals.json", .. })),
        "{unseen}"
    );
    assert_eq!(public.publish(moved.from).await.unwrap(), 1);
    draw_at(&mut public.world, corrected.draw_at).await.unwrap();
    public.publish(corrected.draw_at).await.unwrap();
    public.verify(48, &[]);
    verify_in_python(&public, 2);
}

/// Nothing is stored of a contribution that is refused so.
async fn check(
    public: &mut Public,
    (at, file): (Timestamp, ContributionFile),
    expected: ContributionRefusal,
) {
    let before = public.world.contents().await;
    match keep(&mut public.world, at, &file).await {
        Err(ActError::Contribution(refusal)) => assert_eq!(refusal, expected),
        other => panic!("{other:?} instead of {expected:?}"),
    }
    assert_eq!(public.world.contents().await, before, "{expected:?}");
}

/// Goal: a commitment counts only from a party of the rules, under its key, for this wave, once, and before the list.
/// Method: one of each fault.
#[tokio::test]
async fn commitments_are_refused() {
    let (mut public, rules, times) = contributed(2).await;
    let [audit, university] = institutions();
    let at = public.world.instant(48, WaveEvent::Open);
    let mut plain = World::new(48, &[(WaveKind::Regular, 6)]).await;
    let nobody = keep(&mut plain, at, &audit.commitment(&rules)).await.unwrap_err();
    assert!(nobody.to_string().contains("nobody who contributes"), "{nobody}");

    let other = self::rules(&public, 49);
    let name = |own: &Institution| own.name.to_owned();
    let foreign = Institution { name: "lottery", ..audit.copy() };
    check(&mut public, (at, audit.commitment(&other)), ContributionRefusal::OtherRules(wave(48)))
        .await;
    let refusal = ContributionRefusal::NoParty { wave: wave(48), name: name(&foreign) };
    check(&mut public, (at, foreign.commitment(&rules)), refusal).await;
    let signature = || ContributionRefusal::Signature { name: name(&audit) };
    let by_another = Institution { key: university.copy().key, ..audit.copy() };
    check(&mut public, (at, by_another.commitment(&rules)), signature()).await;
    // Signed for another wave, and brought as if for this one.
    let replayed =
        ContributionFile { given: audit.commitment(&other).given, ..audit.commitment(&rules) };
    check(&mut public, (at, replayed), signature()).await;
    let borrowed = Commitment {
        name: name(&university),
        ..commit(&rules.ctx, audit.name, &audit.value, &audit.key)
    };
    let refusal = ContributionRefusal::Signature { name: name(&university) };
    check(&mut public, (at, given(&rules, Given::Commitment(borrowed))), refusal).await;

    keep(&mut public.world, at, &audit.commitment(&rules)).await.unwrap();
    let second = Institution { value: [99; 32], ..audit.copy() };
    let refusal = ContributionRefusal::Committed { name: name(&audit) };
    check(&mut public, (at, second.commitment(&rules)), refusal).await;
    let late = ContributionRefusal::LateCommitment { wave: wave(48), by: times.committed_by };
    check(&mut public, (times.committed_by, university.commitment(&rules)), late.clone()).await;

    keep(&mut public.world, at, &university.commitment(&rules)).await.unwrap();
    public.world.open_with(48, &applicants(0..0)).await;
    public.world.close(48).await.unwrap();
    public.world.freeze(48).await.unwrap();
    let frozen_at = public.world.instant(48, WaveEvent::Freeze);
    let again = keep(&mut public.world, frozen_at, &university.commitment(&rules)).await.unwrap();
    assert!(!again.is_new, "the same again is no fault");
}

/// Goal: a value counts only if it opens the commitment, once the list is fixed and before the last instant. Method: one
/// of each fault.
#[tokio::test]
async fn values_are_refused() {
    let (mut public, rules, times) = contributed(1).await;
    let [audit, university] = institutions();
    let at = public.world.instant(48, WaveEvent::Open);
    let refusal = ContributionRefusal::NoCommitment { name: audit.name.to_owned() };
    check(&mut public, (at, audit.reveal(&rules)), refusal).await;
    frozen(&mut public, &rules).await;
    let early = ContributionRefusal::EarlyReveal { wave: wave(48), from: times.from };
    check(&mut public, (times.from.minus_micros(1), audit.reveal(&rules)), early).await;
    let other = Institution { value: [99; 32], ..audit.copy() };
    let refusal = || ContributionRefusal::OtherValue { name: audit.name.to_owned() };
    check(&mut public, (times.from, other.reveal(&rules)), refusal()).await;
    let borrowed = Institution { value: university.value, ..audit.copy() };
    check(&mut public, (times.from, borrowed.reveal(&rules)), refusal()).await;
    let late = || ContributionRefusal::LateReveal { wave: wave(48), until: times.until };
    check(&mut public, (times.until, university.reveal(&rules)), late()).await;

    keep(&mut public.world, times.from, &audit.reveal(&rules)).await.unwrap();
    check(&mut public, (times.from, other.reveal(&rules)), refusal()).await;
    // Whoever asked before the last instant and was overtaken by the job that closes comes too late all the same.
    assert_eq!(work(&mut public, "reveals_close", Lane::Own, times.until).await, 1);
    check(&mut public, (times.until.minus_micros(1), university.reveal(&rules)), late()).await;
    let again = keep(&mut public.world, times.until, &audit.reveal(&rules)).await.unwrap();
    assert!(!again.is_new, "the same again is no fault");
}

/// Goal: no draw goes on whose reveals the public has not seen by T3. Method: never published, and a second late.
#[tokio::test]
async fn reveals_are_seen_by_t3() {
    let (mut public, rules, times) = contributed(1).await;
    frozen(&mut public, &rules).await;
    let t3 = i64::try_from(rules.policy().get().times.t3).unwrap() * SECOND;
    let t3 = Timestamp::from_micros(t3);
    assert_eq!(times.until, t3.minus_micros(3_600 * SECOND));
    let unseen = |error: ActError| match error {
        ActError::Public(PublicRefusal::Unwitnessed { file, by, .. }) => {
            assert_eq!((file, by), ("reveals.json", t3));
        }
        error => panic!("{error}"),
    };
    unseen(public.world.draw(48).await.unwrap_err());
    for own in institutions() {
        keep(&mut public.world, times.from, &own.reveal(&rules)).await.unwrap();
    }
    unseen(public.world.draw(48).await.unwrap_err());
    public.publish(t3.plus_micros(SECOND)).await.unwrap();
    assert!(public.folder(48).join("reveals.json").exists());
    unseen(public.world.draw(48).await.unwrap_err());
    assert_eq!(public.world.number("SELECT count(*) FROM draws").await, 0);
}
