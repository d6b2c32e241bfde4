//! Attacks of an operator who holds the log's key and remakes all files to fit each other: who notices,
//! and by what. Those that only auditors can see are in `auditing`.

use std::fs;

use publication::format::{PlanFile, Reveal, RevealsFile, SeedFile};
use publication::log::{LogProof, LogStore, Trust, Witness, WitnessedCheckpoint};
use publication::receipt::SignedReceipt;
use publication::verify::{Ending, Look, Options, Proven, Refusal, Standing, StepName, me, verify};
use publication::write::OpenedRecord;
use selection::announce::file_entry;
use selection::contrib::contrib_digest;
use selection::digest::{Opening, Seed, SeedSource};
use selection::receipt::{Receipt, ReceiptKind};
use selection::record::{EntryTag, HouseholdTag, Record, RecordParts, Weight};
use selection::ticket::Ticketer;

use crate::faults::test_signature;
use crate::maker::{Made, Someone, blinding, draw_key, earlier, people, records};
use crate::support::{FOLDERS, read, secret, sha};
use crate::verifying::{detail, failed, options};

const LISTS: [&str; 3] = ["entries.bin", "quota.json", "plan.json"];

/// The whole check of a wave, with the wave before where there is one.
fn assert_blames(made: &Made, folder: &str, step: StepName, said: &str) {
    let report = verify(&made.path, &options(folder));
    assert_eq!(failed(&report), [step], "{said}\n{report}");
    assert!(detail(&report, step).contains(said), "{said}\n{report}");
}

/// A drawn wave with this list, not announced.
fn drawn(folder: &str, list: &[OpenedRecord]) -> Made {
    let mut made = Made::begin(folder, |_| ());
    let (_, plan) = made.commit(1, list, earlier(folder));
    made.draw(&test_signature(&made, plan.round));
    made
}

fn list_of((folder, label): (&str, &str), people: &[Someone]) -> Vec<OpenedRecord> {
    records(&crate::support::policy(folder), &draw_key(label), people)
}

/// The honest list with a friend whom the seed favours, since it is known.
fn with_friend(folder: (&str, &str)) -> (Vec<OpenedRecord>, EntryTag) {
    let seed = SeedFile::read(&read(folder.0, "seed.json")).unwrap().seed;
    let ticketer = Ticketer::new(&Seed::from_bytes(seed));
    let tags = (0..2_000u128).map(|number| EntryTag(number.to_be_bytes()));
    let friend = tags.min_by_key(|tag| ticketer.ticket(tag, Weight::ONE)).unwrap();
    let mut list = list_of(folder, &people(folder.0));
    list.push(OpenedRecord {
        record: Record::new(RecordParts {
            entry_tag: friend,
            commitment: [1; 32],
            region: 1571,
            mask: 0,
            weight: Weight::ONE,
            flags: 0,
            household: HouseholdTag::NONE,
        })
        .unwrap(),
        true_mask: None,
    });
    list.sort_by_key(|own| own.record.sort_key());
    (list, friend)
}

/// Goal (attack 5): nobody comes or goes once the seed is known; method: a friend whose ticket wins, and
/// somebody taken out, each witnessed late, beside the honest plan, or by too few.
#[test]
fn the_list_is_fixed_before_the_seed() {
    let folder = FOLDERS[3];
    let honest = list_of(folder, &people(folder.0));
    let (more, friend) = with_friend(folder);
    let fewer = [&honest[..50], &honest[51..]].concat();
    let made = drawn(folder.0, &more);
    let at = more.iter().position(|own| own.record.parts().entry_tag == friend).unwrap();
    assert_ne!(made.read("selected.bin")[at / 8] & (0x80 >> (at % 8)), 0, "it is worth while");
    for list in [&more, &fewer] {
        let times = Made::begin(folder.0, |_| ()).writer.policy().policy().get().times;

        let late = drawn(folder.0, list);
        late.announce("policy.json", times.t0);
        late.announce_all(&LISTS, times.t4 + 60);
        late.announce_rest(1);
        assert_blames(&late, folder.0, StepName::Log, "which is after");

        let second = drawn(folder.0, list);
        let first = drawn(folder.0, &honest);
        let (programme, wave) = first.writer.policy().wave();
        let entry = |name| file_entry(programme, wave, name, &sha(first.read(name))).unwrap();
        let mut log = LogStore::open(&second.log(), &second.writer.policy().log).unwrap();
        log.append(&LISTS.map(entry), &secret("log")).unwrap();
        second.announce_everything(1);
        assert_blames(&second, folder.0, StepName::Log, "2 different plans, but this is plan 1");

        let few = drawn(folder.0, list);
        announce_to(&few, 2);
        assert_blames(&few, folder.0, StepName::Log, "2 witnesses have signed, but 3 are needed");
    }
}

/// Announces everything in time, seen by the first witnesses alone.
fn announce_to(made: &Made, witnesses: usize) {
    let times = made.writer.policy().policy().get().times;
    let mut log = LogStore::open(&made.log(), &made.writer.policy().log).unwrap();
    let results = ["seed.json", "result.json", "selected.bin", "waitlist.bin"];
    for (names, time_s) in
        [(&["policy.json"][..], times.t0), (&LISTS, times.t2), (&results, times.t4 + 60)]
    {
        made.writer.announce(&mut log, names, &secret("log")).unwrap();
        made.cosign(&mut log, &vec![time_s; witnesses]);
        made.writer.prove(&log, names).unwrap();
    }
}

/// Goal (attacks 3 and 12): the round is the one that the policy gives, whatever is said of the beacon,
/// and the policy is older than the registration; method: the next round with its true signature, in
/// the plan too, and a policy with another time of the draw.
#[test]
fn nobody_picks_the_round() {
    let folder = FOLDERS[3];
    let honest = list_of(folder, &people(folder.0));
    let made = drawn(folder.0, &honest);
    let plan = PlanFile::read(&made.read("plan.json")).unwrap();
    let plan = PlanFile { round: plan.round + 1, ..plan };
    made.write("plan.json", &plan.write());
    let ctx = &made.writer.policy().ctx;
    let chain_hash = made.writer.policy().policy().get().beacon.chain_hash;
    let signature = test_signature(&made, plan.round);
    let randomness = sha(signature);
    let source = SeedSource {
        chain_hash: &chain_hash,
        round: plan.round,
        randomness: &randomness,
        contrib_digest: &[0; 32],
    };
    let seed = SeedFile {
        plan: sha(plan.write()),
        round: plan.round,
        signature,
        randomness,
        seed: *Seed::derive(ctx, &source).as_bytes(),
        ..SeedFile::read(&made.read("seed.json")).unwrap()
    };
    made.write("seed.json", &seed.write());
    for name in ["result.json", "selected.bin", "waitlist.bin"] {
        fs::remove_file(made.path.join(name)).unwrap();
    }
    let times = made.writer.policy().policy().get().times;
    made.announce("policy.json", times.t0);
    made.announce_all(&LISTS, times.plan_due(1));
    made.announce("seed.json", times.t4 + 60);
    let report = verify(&made.path, &Options::default());
    assert!(detail(&report, StepName::Seed).contains("the policy gives round"), "{report}");

    // The time of the draw moved in the policy, so that another round follows.
    let moved = || {
        let mut made = Made::begin(folder.0, |parts| parts.policy.times.t4 += 30);
        let list = records(made.writer.policy(), &draw_key(folder.1), &people(folder.0));
        let (_, plan) = made.commit(1, &list, earlier(folder.0));
        made.draw(&test_signature(&made, plan.round));
        made
    };
    let late = moved();
    let times = late.writer.policy().policy().get().times;
    late.announce("policy.json", times.t0 + 1);
    late.announce_all(&LISTS, times.plan_due(1));
    late.announce_rest(1);
    assert_blames(&late, folder.0, StepName::Log, "which is after");
    let second = moved();
    let (programme, wave) = second.writer.policy().wave();
    let first = sha(read(folder.0, "policy.json"));
    let entry = file_entry(programme, wave, "policy.json", &first).unwrap();
    let mut log = LogStore::open(&second.log(), &second.writer.policy().log).unwrap();
    log.append(&[entry], &secret("log")).unwrap();
    second.announce_everything(1);
    assert_blames(&second, folder.0, StepName::Log, "2 different policy.json");
}

/// A wave with contributors whose reveals were changed, and the seed that follows.
fn with_reveals(
    change: impl FnOnce(&mut Vec<Reveal>),
    mixed: impl Fn(&[Reveal]) -> Vec<Reveal>,
) -> Made {
    let (folder, label) = FOLDERS[2];
    let made = Made::golden(folder, label);
    let mut reveals = RevealsFile::read(&made.read("reveals.json")).unwrap();
    change(&mut reveals.contributions);
    made.write("reveals.json", &reveals.write());
    let seed = SeedFile::read(&made.read("seed.json")).unwrap();
    let contributions = mixed(&reveals.contributions);
    let contributors = &made.writer.policy().policy().get().contributors;
    let value = |name: &str| Some(contributions.iter().find(|own| own.name == name)?.value);
    let values: Vec<_> = contributors.iter().map(|own| value(&own.name)).collect();
    let contrib_digest = contrib_digest(&values);
    let source = SeedSource {
        chain_hash: &seed.chain_hash,
        round: seed.round,
        randomness: &seed.randomness,
        contrib_digest: &contrib_digest,
    };
    let value = *Seed::derive(&made.writer.policy().ctx, &source).as_bytes();
    let seed = SeedFile { contributions, contrib_digest, seed: value, ..seed.clone() };
    made.write("seed.json", &seed.write());
    for name in ["result.json", "selected.bin", "waitlist.bin"] {
        fs::remove_file(made.path.join(name)).unwrap();
    }
    made.writer.result(|_, _| None).unwrap();
    made
}

/// Goal (attacks 3 and 11): who knows the beacon beforehand does not know the seed, and no contribution
/// answers the beacon; method: withhold one late or beside the first word, reveal in secret, reveal
/// another value than committed, and mix none in.
#[test]
fn contributions_precede_the_beacon() {
    let folder = FOLDERS[2].0;
    let original = SeedFile::read(&read(folder, "seed.json")).unwrap().seed;
    let seed_of = |made: &Made| SeedFile::read(&made.read("seed.json")).unwrap().seed;
    let same = |reveals: &[Reveal]| reveals.to_vec();
    let withhold = |reveals: &mut Vec<Reveal>| drop(reveals.pop());

    // The same folder remade holds; one value less gives another seed, so the choice would be worth it.
    let made = with_reveals(|_| (), same);
    made.announce_everything(1);
    assert!(verify(&made.path, &options(folder)).ok() && seed_of(&made) == original);
    let made = with_reveals(withhold, same);
    assert_ne!(seed_of(&made), original);
    let times = made.writer.policy().policy().get().times;
    made.announce("policy.json", times.t0);
    made.announce_all(&LISTS, times.plan_due(1));
    made.announce("reveals.json", times.t3 + 1);
    made.announce_all(&["seed.json", "result.json", "selected.bin", "waitlist.bin"], times.t4 + 60);
    assert_blames(&made, folder, StepName::Log, "which is after");

    let made = with_reveals(withhold, same);
    made.announce("policy.json", times.t0);
    made.announce_all(&LISTS, times.plan_due(1));
    let (programme, wave) = made.writer.policy().wave();
    let first = sha(read(folder, "reveals.json"));
    let entry = file_entry(programme, wave, "reveals.json", &first).unwrap();
    let mut log = LogStore::open(&made.log(), &made.writer.policy().log).unwrap();
    log.append(&[entry], &secret("log")).unwrap();
    made.announce("reveals.json", times.t3);
    assert_blames(&made, folder, StepName::Log, "2 different reveals.json");

    // A list made with the values known.
    let made = with_reveals(|_| (), same);
    made.announce("policy.json", times.t0);
    made.announce("reveals.json", times.plan_due(1) - 1);
    made.announce_all(&LISTS, times.plan_due(1));
    made.announce_all(&["seed.json", "result.json", "selected.bin", "waitlist.bin"], times.t4 + 60);
    assert_blames(&made, folder, StepName::Log, "entries.bin was announced after reveals.json");

    let made = with_reveals(|_| (), same);
    made.announce("policy.json", times.t0);
    made.announce_all(&LISTS, times.plan_due(1));
    made.announce_all(&["seed.json", "result.json", "selected.bin", "waitlist.bin"], times.t4 + 60);
    assert_blames(&made, folder, StepName::Log, "reveals.json was not announced");

    let made = with_reveals(|reveals| reveals[0].value[0] ^= 1, same);
    made.announce_everything(1);
    let said = "the value of \"party-a\" is not the committed one";
    let report = verify(&made.path, &options(folder));
    assert!(detail(&report, StepName::Seed).contains(said), "{report}");

    // The seed that somebody computed who knew the beacon's value and none of the secrets.
    let made = with_reveals(|_| (), |_| Vec::new());
    made.announce_everything(1);
    assert_ne!(seed_of(&made), original);
    let said = "the contributions are not those of reveals.json";
    let report = verify(&made.path, &options(folder));
    assert!(detail(&report, StepName::Seed).contains(said), "{report}");
}

/// Goal (attack 4): blindings move no ticket, so there is nothing to grind; method: commit to everybody
/// with other random numbers, and draw again.
#[test]
fn blindings_move_nobody() {
    let folder = FOLDERS[3];
    let honest = list_of(folder, &people(folder.0));
    let ground = |own: &OpenedRecord| {
        let parts = RecordParts { commitment: sha(own.record.to_bytes()), ..*own.record.parts() };
        OpenedRecord { record: Record::new(parts).unwrap(), ..*own }
    };
    let others: Vec<OpenedRecord> = honest.iter().map(ground).collect();
    let (one, other) = (drawn(folder.0, &honest), drawn(folder.0, &others));
    assert_ne!(one.read("entries.bin"), other.read("entries.bin"));
    for name in ["selected.bin", "waitlist.bin"] {
        assert_eq!(one.read(name), other.read(name), "{name}");
    }
}

fn receipt_of(folder: (&str, &str), own: &Someone, change: impl FnOnce(&mut Receipt)) -> Vec<u8> {
    let file = crate::support::policy(folder.0);
    let entry_tag = draw_key(folder.1).entry_tag(&file.ctx, &own.nik);
    let mut receipt = Receipt {
        kind: ReceiptKind::Registered,
        entry_tag,
        commitment: [0; 32],
        blinding: blinding(&file.ctx, &own.nik),
        region: own.region,
        mask: own.mask,
        weight: Weight::ONE,
        flags: 0,
        registered_at_s: 1_692_500_000,
    };
    change(&mut receipt);
    receipt.commitment = file.ctx.commitment(&Opening {
        blinding: &receipt.blinding,
        entry_tag: receipt.entry_tag,
        region: receipt.region,
        mask: receipt.mask,
        weight: receipt.weight,
        flags: receipt.flags,
        nik_digits: &own.nik,
    });
    SignedReceipt::sign(&file.ctx, receipt, &secret("receipts")).write()
}

/// Goal (attack 6): whoever is left out can prove it, and the ticket is still theirs; method: a wave
/// without one applicant, which passes for everybody else.
#[test]
fn an_omission_is_proven_by_the_receipt() {
    let folder = FOLDERS[1];
    let people = people(folder.0);
    let (omitted, rest) = people.split_first().unwrap();
    let mut made = Made::begin(folder.0, |_| ());
    let list = list_of(folder, rest);
    made.commit(1, &list, earlier(folder.0));
    let reveals = RevealsFile::read(&read(folder.0, "reveals.json")).unwrap();
    made.writer.reveals(reveals.contributions).unwrap();
    made.draw(&SeedFile::read(&read(folder.0, "seed.json")).unwrap().signature);
    made.announce_everything(1);
    assert!(verify(&made.path, &Options::default()).ok(), "nobody else sees it");
    let receipt = receipt_of(folder, omitted, |_| ());
    let look = Look { nik: Some(&omitted.nik), trust: None };
    let answer = me(&made.path, &receipt, look);
    assert_eq!(answer.standing, Standing::Missing { registered_at_s: 1_692_500_000 });
    let neighbour = receipt_of(folder, &rest[0], |_| ());
    let answer = me(&made.path, &neighbour, Look { nik: Some(&rest[0].nik), trust: None });
    assert!(!answer.ending().is_fault(), "{answer:?}");
    // Tickets hang on the person and the seed, so the omitted one's is as if she had been there.
    let whole = Made::announced(folder.0, folder.1);
    let answer = me(&whole.path, &receipt, look);
    let seed = SeedFile::read(&made.read("seed.json")).unwrap().seed;
    let tag = draw_key(folder.1).entry_tag(&made.writer.policy().ctx, &omitted.nik);
    let own = Ticketer::new(&Seed::from_bytes(seed)).ticket(&tag, Weight::ONE);
    assert_eq!(answer.ticket, Some(own));
}

/// Goal (attack 7): one record is one person's; method: show it to a second one by the first one's
/// receipt, by one of her own for it, and by one from before the list, which promises no record.
#[test]
fn a_record_is_shown_to_one_person() {
    let folder = FOLDERS[0];
    let people = people(folder.0);
    let stranger = Someone { nik: *b"9999000000009999", ..people.last().cloned().unwrap() };
    let path = crate::support::golden(folder.0);
    let tag = draw_key(folder.1).entry_tag(&crate::support::policy(folder.0).ctx, &people[0].nik);
    let ask = |receipt: &[u8]| me(&path, receipt, Look { nik: Some(&stranger.nik), trust: None });

    let borrowed = read(folder.0, "receipts/9999000000000003.json");
    assert_eq!(ask(&borrowed).standing, Standing::Error(Refusal::OtherNik));
    let own = receipt_of(folder, &stranger, |own| {
        (own.kind, own.entry_tag) = (ReceiptKind::Entered, tag);
    });
    assert_eq!(ask(&own).standing, Standing::Error(Refusal::OtherRecord));
    let early = ask(&receipt_of(folder, &stranger, |own| own.entry_tag = tag));
    assert!(!early.ending().is_fault() && early.proven == Proven::Registration);
    assert!(early.english().contains("proves that the entry is yours"), "{}", early.english());
    assert!(early.indonesian().contains("hanya bukti yang terbit setelah"));
    let true_one = me(&path, &borrowed, Look { nik: Some(b"9999000000000003"), trust: None });
    assert_eq!(true_one.proven, Proven::Entry);
    assert!(!true_one.english().contains("proves that the entry"));
    assert_eq!(true_one.ending(), Ending::Waitlist);
}

/// Goal (attack 9): two lists for two audiences end at the witnesses, and two proofs side by side convict
/// the operator; method: a second history with a friend in it, signed by the log's key; no witness of
/// the first one signs it, pinned keys refuse it, and a proof from elsewhere does not fit it.
#[test]
fn split_views_are_evidence() {
    let folder = FOLDERS[3];
    let shown = Made::announced(folder.0, folder.1);
    let trust = Trust::of_policy(shown.writer.policy()).unwrap();
    let hidden = drawn(folder.0, &with_friend(folder).0);
    let times = hidden.writer.policy().policy().get().times;

    // Two witnesses collude; three are needed.
    announce_to(&hidden, 2);
    let pinned = Options { trust: Some(trust.clone()), ..Options::default() };
    let report = verify(&hidden.path, &pinned);
    assert!(
        detail(&report, StepName::Log).contains("2 witnesses have signed, but 3 are needed"),
        "{report}"
    );

    // An honest witness of the first history does not sign the second.
    let scratch = tempfile::tempdir().unwrap();
    let witness = Witness::new("w", secret("w"), trust.log(), &scratch.path().join("seen"));
    witness.begin(0).unwrap();
    witness.cosign_folder(&shown.log(), times.t4 + 90).unwrap();
    witness.cosign_folder(&hidden.log(), times.t4 + 91).unwrap_err();

    // Gossip: the proof that the other audience has.
    announce_all_to(&hidden);
    let names = ["proofs/plan.json.tlog-proof", "proofs/entries.bin.tlog-proof"];
    for name in names {
        let own = hidden.read(name);
        let read = |made: &Made| {
            let bytes = made.read(name);
            let text = String::from_utf8(bytes).unwrap();
            let note = text.split_once("\n\n").map(|(_, note)| note.to_owned()).unwrap();
            WitnessedCheckpoint::read(note.as_bytes(), &trust).unwrap().checkpoint.head
        };
        let heads = [read(&shown), read(&hidden)];
        assert_eq!(heads[0].size, heads[1].size);
        assert_ne!(heads[0].root, heads[1].root, "one log, one size, two roots, all signed");
        hidden.write(name, &shown.read(name));
        let report = verify(&hidden.path, &Options::default());
        assert_eq!(failed(&report), [StepName::Log]);
        assert!(detail(&report, StepName::Log).contains(name), "{report}");
        assert!(LogProof::read(&shown.read(name)).is_ok());
        hidden.write(name, &own);
        assert!(verify(&hidden.path, &Options::default()).ok());
    }
}

/// The second history as if enough witnesses had lied.
fn announce_all_to(made: &Made) {
    fs::remove_dir_all(made.log()).unwrap();
    fs::remove_dir_all(made.path.join("log")).unwrap();
    fs::remove_dir_all(made.path.join("proofs")).unwrap();
    made.announce_everything(1);
}

/// Goal (attack 15): with the wave's key alone entries can be tied to known numbers, and nothing more:
/// classes stay hidden and no receipt can be made; method: open a commitment with everything that
/// follows from key, number and list.
#[test]
fn a_leaked_key_opens_no_commitment() {
    let folder = FOLDERS[3];
    let (file, key) = (crate::support::policy(folder.0), draw_key(folder.1));
    let people = people(folder.0);
    let list = list_of(folder, &people);
    for own in people.iter().take(20) {
        let entry_tag = key.entry_tag(&file.ctx, &own.nik);
        let parts = list.iter().map(|own| *own.record.parts());
        let parts = parts.into_iter().find(|parts| parts.entry_tag == entry_tag).unwrap();
        let opens = |blinding: &[u8; 32]| {
            let commitment = file.ctx.commitment(&Opening {
                blinding,
                entry_tag,
                region: own.region,
                mask: own.mask,
                weight: parts.weight,
                flags: parts.flags,
                nik_digits: &own.nik,
            });
            commitment == parts.commitment
        };
        assert!(opens(&blinding(&file.ctx, &own.nik)), "the true blinding opens it");
        for random in [[0; 32], sha(own.nik), sha(entry_tag.0), parts.commitment] {
            assert!(!opens(&random) && !opens(&key.blinding(&file.ctx, &entry_tag, &random)));
        }
    }
}
