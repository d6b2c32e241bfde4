//! Receipts and what becomes of them.

use std::fs;

use publication::format::{CorrectionsFile, ResultFile, Revocation, RevokedFile, SeedFile};
use publication::log::{LogStore, Trust};
use publication::receipt::SignedReceipt;
use publication::verify::{Against, Ending, Later, Look, Refusal, Standing, me};
use selection::announce::file_entry;
use selection::receipt::{Receipt, ReceiptKind};
use selection::record::{EntryTag, Weight};
use selection::tree::NodeHash;

use crate::maker::{Made, blinding, draw_key, people, records};
use crate::support::{FOLDERS, copy_golden, golden, policy, read, read_if_there, secret, trust};

fn look(nik: &[u8; 16]) -> Look<'_> {
    Look { nik: Some(nik), trust: None }
}

/// Goal: the golden outcomes; method: the table of the golden description, with record and sentence.
#[test]
fn golden_outcomes() {
    let [one, .., three] = FOLDERS.map(|(folder, _)| folder);
    let check = |folder: &str, nik: &str, record: u64, ending: Ending, said: [&str; 2]| {
        let receipt = read(folder, &format!("receipts/{nik}.json"));
        let nik: [u8; 16] = nik.as_bytes().try_into().unwrap();
        let result = me(&golden(folder), &receipt, look(&nik));
        assert_eq!((result.ending(), result.record), (ending, Some(record)), "{result:?}");
        let sentences = [result.indonesian(), result.english()];
        for (sentence, said) in sentences.iter().zip(said) {
            assert!(sentence.contains(said), "{sentence}");
        }
    };
    let selected =
        ["tidak di atas batas 0x6517956a0e890f0d… (langkah 1", "limit 0x6517956a0e890f0d… (step 1"];
    check(one, "9999000000000008", 6, Ending::Selected, selected);
    let waiting = ["urutan daftar tunggu Anda 4 dari 6", "place on the waiting list is 4 of 6"];
    check(one, "9999000000000003", 12, Ending::Waitlist, waiting);
    let capped = ["mengisi semua tempat untuk satu kartu keluarga", "fill all places of one card"];
    check(three, "9998000000000000", 111, Ending::HouseholdCap, capped);
    check(three, "9998000000000002", 123, Ending::Waitlist, ["daftar tunggu", "TEST BEACON"]);
    check(three, "9998000000000011", 11, Ending::Selected, ["Anda terpilih", "selected in wave 7"]);
    // Of a hidden class, but under the limit for everybody.
    let selected = ["0x115f60a41a5d8f3d… (langkah 2", "0x115f60a41a5d8f3d… (step 2"];
    check(three, "9998000000000216", 235, Ending::Selected, selected);
    check(
        three,
        "9998000000000235",
        245,
        Ending::Waitlist,
        ["tidak memperoleh tempat", "got no place"],
    );
}

/// Goal: everybody finds out; method: a receipt for each person of two waves, held against the golden
/// list of outcomes.
#[test]
fn everybody_finds_out() {
    let (mut hidden, mut changed) = (0, 0);
    for (folder, label) in [FOLDERS[0], FOLDERS[3]] {
        let (file, key) = (policy(folder), draw_key(label));
        let expected = String::from_utf8(read(folder, "expected.txt")).unwrap();
        let people = people(folder);
        let list = records(&file, &key, &people);
        for own in &people {
            let entry_tag = key.entry_tag(&file.ctx, &own.nik);
            let record = list.iter().find(|one| one.record.parts().entry_tag == entry_tag).unwrap();
            let parts = record.record.parts();
            let receipt = Receipt {
                kind: ReceiptKind::Entered,
                entry_tag,
                commitment: parts.commitment,
                blinding: blinding(&file.ctx, &own.nik),
                region: parts.region,
                mask: own.mask,
                weight: parts.weight,
                flags: parts.flags,
                registered_at_s: 0,
            };
            let receipt = SignedReceipt::sign(&file.ctx, receipt, &secret("receipts")).write();
            let answer = me(&golden(folder), &receipt, look(&own.nik));
            let line = expected.lines().find(|line| line.contains(&entry_tag.to_string())).unwrap();
            let [index, .., ticket, outcome] = line.splitn(7, ' ').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            assert_eq!(answer.record, index.parse().ok());
            assert_eq!(answer.ticket.unwrap().to_string(), ticket);
            let said = match answer.standing {
                Standing::Waitlist { rank, .. } => format!("waitlist {rank}"),
                _ => answer.ending().text().to_owned(),
            };
            assert_eq!(said, outcome);
            let selected = Standing::Selected { against: Against::Hidden };
            hidden += u32::from(answer.standing == selected);
            let batch = read_if_there(folder, "revoked.json");
            let batch = batch.map(|bytes| RevokedFile::read("revoked.json", &bytes).unwrap());
            let event = |own: &Revocation| {
                if own.entry_tag == entry_tag {
                    Some((
                        Later::Revoked { at_s: own.at },
                        "your seat was taken back on 27 January",
                    ))
                } else {
                    let at_s = own.at;
                    (own.replaced_by == Some(entry_tag))
                        .then_some((Later::TookOver { at_s }, "the seat of somebody else passed"))
                }
            };
            let mut events = batch.iter().flat_map(|own| &own.revocations).filter_map(event);
            let last = events.next_back();
            assert_eq!(answer.later, last.map(|(later, _)| later));
            assert!(answer.english().contains(last.map_or("", |(_, said)| said)), "{answer:?}");
            changed += u32::from(last.is_some());
        }
    }
    assert!(hidden > 0, "somebody's limit is for auditors");
    assert!(changed > 5, "some seats were taken back, and others took them over");
}

/// Goal: keys known from elsewhere are the ones that count; method: pin the true ones, and a
/// stranger's for the log and for receipts.
#[test]
fn pinned_keys_count() {
    let folder = FOLDERS[0].0;
    let receipt = read(folder, "receipts/9999000000000003.json");
    let ending = |receipt_key: &str, log: &str| {
        let text = String::from_utf8(trust(folder).write()).unwrap();
        let key = |name: &str| NodeHash(secret(name).public()).to_string();
        let (own, other) = (key("log"), key(log));
        let text = text.replace(&own, &other);
        // White space is free in a file that people write.
        let with = format!("{{ \"receipt_key\": \"{}\",\n", key(receipt_key));
        let pinned = Trust::read("keys.json", text.replacen('{', &with, 1).as_bytes()).unwrap();
        me(&golden(folder), &receipt, Look { nik: None, trust: Some(&pinned) }).standing
    };
    assert!(matches!(ending("receipts", "log"), Standing::Waitlist { rank: 4, waiting: 6, .. }));
    assert_eq!(ending("stranger", "log"), Standing::Error(Refusal::Forged));
    assert!(matches!(ending("receipts", "stranger"), Standing::Error(Refusal::Folder(_))));
}

fn receipt(folder: &str, change: impl FnOnce(&mut Receipt)) -> Vec<u8> {
    let original = SignedReceipt::read(&read(folder, "receipts/9999000000000003.json")).unwrap();
    let mut changed = original.receipt;
    change(&mut changed);
    SignedReceipt::sign(&policy(folder).ctx, changed, &secret("receipts")).write()
}

/// Goal: what a receipt proves and what it does not; method: receipts of the operator for people left
/// out, changed by checks, or promised otherwise, and forged or foreign ones.
#[test]
fn other_outcomes() {
    let folder = FOLDERS[0].0;
    let check = |receipt: &[u8], nik: Option<&[u8; 16]>, ending: Ending, said: &str| {
        let result = me(&golden(folder), receipt, Look { nik, trust: None });
        let sentence = result.english();
        assert!(result.ending() == ending && sentence.contains(said), "{sentence}");
        result
    };
    let left_out = receipt(folder, |own| own.entry_tag = EntryTag([9; 16]));
    let result =
        check(&left_out, None, Ending::Missing, "dated 20 August 2023: this receipt is proof");
    assert!(result.indonesian().contains("20 Agustus 2023"));
    let registered = receipt(folder, |own| {
        own.kind = ReceiptKind::Registered;
        (own.region, own.mask, own.weight) = (9999, 0, Weight::new(2).unwrap());
    });
    let result = check(&registered, None, Ending::Waitlist, "4 of 6");
    assert_eq!(result.record, Some(12));
    let promised = receipt(folder, |own| own.mask = 1);
    check(&promised, None, Ending::Error, "other data than your receipt");
    let original = read(folder, "receipts/9999000000000003.json");
    check(&original, Some(b"9999000000000004"), Ending::Error, "does not belong to the NIK");
    let mut forged = SignedReceipt::read(&original).unwrap();
    forged.receipt.mask = 0;
    check(&forged.write(), None, Ending::Error, "signature on this receipt is not valid");
    check(b"{}", None, Ending::Error, "not a valid receipt");
    let foreign = read(FOLDERS[3].0, "receipts/9998000000000000.json");
    check(&foreign, None, Ending::Error, "not of this wave");
}

/// Goal: a folder that lies is found out; method: change result, list and tree under the receipt.
#[test]
fn folders_that_lie() {
    let folder = FOLDERS[0].0;
    let original = read(folder, "receipts/9999000000000003.json");
    let check = |name: &str, change: &dyn Fn(&mut Vec<u8>), said: &str| {
        let copy = copy_golden(folder);
        let path = copy.path().join(name);
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        fs::write(path, bytes).unwrap();
        let result = me(copy.path(), &original, Look::default());
        let sentence = result.english();
        assert!(result.ending() == Ending::Error && sentence.contains(said), "{name}: {sentence}");
    };
    check("selected.bin", &|bytes| bytes[1] ^= 0x80 >> 4, "not the version announced last");
    check("waitlist.bin", &|bytes| bytes[12 * 4 + 3] = 1, "not the version announced last");
    check("waitlist.bin", &|bytes| bytes.push(0), "has 57 bytes");
    check("result.json", &|bytes| bytes[100] ^= 1, "cannot be trusted");
    check("plan.json", &|bytes| bytes[100] ^= 1, "cannot be trusted");
    check("entries.bin", &|bytes| bytes[12 * 64 + 20] ^= 1, "other data than your receipt");
    check("entries.bin", &|bytes| bytes.truncate(64), "cannot be trusted");
    check("tree/tile/0/000.p/14", &|bytes| bytes[0] ^= 1, "not in the list that was witnessed");
    let copy = copy_golden(folder);
    for name in ["result.json", "seed.json"] {
        fs::remove_file(copy.path().join(name)).unwrap();
    }
    let result = me(copy.path(), &original, Look::default());
    assert_eq!(result.standing, Standing::Undrawn { draw_at_s: 1_692_803_733 });
    assert!(result.indonesian().contains("23 Agustus 2023"));
}

/// Goal: what is announced must follow too; method: announce lists and results that give another
/// outcome than the tickets, and a second version of a list.
#[test]
fn announced_lies_are_found_out() {
    let check = |(folder, label): (&str, &str), nik: &str, change: &dyn Fn(&Made), said: &str| {
        let made = Made::announced(folder, label);
        change(&made);
        let receipt = read(folder, &format!("receipts/{nik}.json"));
        let sentence = me(&made.path, &receipt, Look::default()).english();
        assert!(sentence.contains(said), "{said}: {sentence}");
    };
    let second = |made: &Made| {
        let (programme, wave) = made.writer.policy().wave();
        let entry = file_entry(programme, wave, "selected.bin", &[7; 32]).unwrap();
        fs::remove_dir_all(made.log()).unwrap();
        let mut log = LogStore::open(&made.log(), &made.writer.policy().log).unwrap();
        log.append(&[entry], &secret("log")).unwrap();
        fs::remove_dir_all(made.path.join("log")).unwrap();
        fs::remove_dir_all(made.path.join("proofs")).unwrap();
        made.announce_everything(1);
    };
    check(FOLDERS[0], "9999000000000003", &second, "2 different selected.bin");
    // Selected, and out of play by word of the list alone: record 11.
    let cap = |made: &Made| {
        let (mut selected, mut waitlist) = (made.read("selected.bin"), made.read("waitlist.bin"));
        assert_eq!(waitlist[11 * 4..][..4], [0; 4]);
        selected[1] &= !(0x80 >> 3);
        waitlist[11 * 4..][..4].fill(0xff);
        made.write("selected.bin", &selected);
        made.write("waitlist.bin", &waitlist);
        made.announce_anew();
    };
    check(FOLDERS[3], "9998000000000011", &cap, "contradicts your ticket");
    let other_seed = |made: &Made| {
        let seed = SeedFile::read(&made.read("seed.json")).unwrap();
        made.write("seed.json", &SeedFile { seed: [7; 32], ..seed }.write());
        made.announce_anew();
    };
    check(FOLDERS[0], "9999000000000003", &other_seed, "states another seed");
    let other_result = |change: fn(&mut ResultFile)| {
        move |made: &Made| {
            let mut result = ResultFile::read(&made.read("result.json")).unwrap();
            change(&mut result);
            made.write("result.json", &result.write());
            made.announce_anew();
        }
    };
    let said = "of another plan or seed";
    check(FOLDERS[0], "9999000000000003", &other_result(|own| own.seed = [7; 32]), said);
    check(FOLDERS[0], "9999000000000003", &other_result(|own| own.plan = [7; 32]), said);
    let hide = |made: &Made| fs::remove_file(made.path.join("revoked.json")).unwrap();
    check(FOLDERS[3], "9998000000000011", &hide, "announces \"revoked.json\", which is missing");
}

/// Goal: an answer says what it does not rest on, and what an appeal changed; method: with and without
/// a NIK, and a receipt of somebody whose appeal was granted.
#[test]
fn answers_know_their_limits() {
    let folder = FOLDERS[0].0;
    let receipt = read(folder, "receipts/9999000000000003.json");
    let said = |nik: Option<&[u8; 16]>| {
        let answer = me(&golden(folder), &receipt, Look { nik, trust: None });
        assert_eq!(answer.nik_checked, nik.is_some());
        [answer.english(), answer.indonesian()]
    };
    let (with, without) = (said(Some(b"9999000000000003")), said(None));
    for (text, whole) in
        with.iter().chain(&without).zip(["as a whole", "secara keseluruhan"].iter().cycle())
    {
        assert!(text.contains(whole), "{text}");
    }
    for (at, whose) in ["Whose receipt this is was not", "milik siapa bukti ini"].iter().enumerate()
    {
        assert!(without[at].contains(whose) && !with[at].contains(whose), "{without:?}");
    }
    let folder = FOLDERS[1].0;
    let file = policy(folder);
    let granted = CorrectionsFile::read(&read(folder, "corrections.json")).unwrap().granted;
    let own = Receipt {
        kind: ReceiptKind::Registered,
        entry_tag: granted[0].entry_tag,
        commitment: [0; 32],
        blinding: [0; 32],
        region: granted[0].region,
        mask: granted[0].mask,
        weight: granted[0].weight,
        flags: 0,
        registered_at_s: 0,
    };
    let receipt = SignedReceipt::sign(&file.ctx, own, &secret("receipts")).write();
    let answer = me(&golden(folder), &receipt, Look::default());
    assert_eq!((answer.ending(), answer.later), (Ending::Missing, Some(Later::Granted)));
    assert!(answer.english().contains("Your appeal was granted"), "{answer:?}");
}
