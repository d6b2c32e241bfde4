//! Receipts and contributions.

use hmac::{Hmac, KeyInit as _, Mac as _};
use publication::contribution::{ContributionError, check_commitments, commit, open_commitments};
use publication::format::{PlanFile, RevealsFile};
use publication::receipt::{SignedReceipt, registration_log};
use selection::digest::DrawKey;
use sha2::Sha256;

use crate::support::{FOLDERS, files_under, golden, policy, read, secret, sha};

/// Goal: golden receipts hold, open with their NIK alone, and are reproduced; method: recompute tag,
/// blinding and signature from the public test keys.
#[test]
fn golden_receipts_hold() {
    let mut receipts = 0;
    for (folder, label) in [FOLDERS[0], FOLDERS[3]] {
        let policy = policy(folder);
        let key = DrawKey::from_bytes(sha(format!("public test K golden {label}")));
        assert_eq!(key.commitment(), policy.key_commit);
        for name in files_under(&golden(folder).join("receipts")) {
            let bytes = read(folder, &format!("receipts/{name}"));
            let receipt = SignedReceipt::read(&bytes).unwrap();
            assert_eq!(receipt.write(), bytes);
            assert_eq!(receipt.digest(), sha(&bytes));
            assert!(receipt.is_genuine(&policy.ctx, &policy.receipt_key));
            let nik: [u8; 16] = name.as_bytes()[..16].try_into().unwrap();
            assert!(receipt.opens_with(&policy.ctx, &nik));
            let mut other = nik;
            other[15] ^= 1;
            assert!(!receipt.opens_with(&policy.ctx, &other));

            assert_eq!(key.entry_tag(&policy.ctx, &nik), receipt.receipt.entry_tag);
            let blinding = Hmac::<Sha256>::new_from_slice(&sha("public test blinding")).unwrap();
            let blinding = blinding.chain_update(policy.ctx.as_bytes()).chain_update(nik);
            let blinding: [u8; 32] = blinding.finalize().into_bytes().into();
            assert_eq!(blinding, receipt.receipt.blinding);
            let again =
                SignedReceipt::sign(&policy.ctx, receipt.receipt.clone(), &secret("receipts"));
            assert_eq!(again, receipt);
            receipts += 1;
        }
    }
    assert_eq!(receipts, 7);
}

/// Goal: no bit of a receipt can change; method: flip every bit, and change the wave.
#[test]
fn no_bit_of_a_receipt_can_change() {
    let folder = FOLDERS[0].0;
    let wave = policy(folder);
    let bytes = read(folder, "receipts/9999000000000008.json");
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let genuine = SignedReceipt::read(&flipped)
            .is_ok_and(|own| own.is_genuine(&wave.ctx, &wave.receipt_key));
        assert!(!genuine, "bit {bit}");
    }
    let receipt = SignedReceipt::read(&bytes).unwrap();
    assert!(!receipt.is_genuine(&policy(FOLDERS[1].0).ctx, &wave.receipt_key));
    assert!(!receipt.is_genuine(&wave.ctx, &secret("log").public()));
    assert_eq!(registration_log(&wave).origin, "log.example/draw/registration/1");
}

/// Goal: commitments bind contributors; method: make the golden ones again, then reorder, borrow and
/// change them.
#[test]
fn contributions_bind() {
    let folder = FOLDERS[2].0;
    let file = policy(folder);
    let parties = &file.policy().get().contributors;
    let plan = PlanFile::read(&read(folder, "plan.json")).unwrap();
    let reveals = RevealsFile::read(&read(folder, "reveals.json")).unwrap().contributions;
    let made: Vec<_> = parties
        .iter()
        .map(|own| {
            let value = sha(format!("value of {}", own.name.trim_start_matches("party-")));
            commit(&file.ctx, &own.name, &value, &secret(&own.name))
        })
        .collect();
    assert_eq!(made, plan.contributions);
    check_commitments(&file.ctx, parties, &made).unwrap();
    let values = open_commitments(&made, &reveals).unwrap();
    assert_eq!(values.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);

    let check = |change: &dyn Fn(&mut Vec<publication::format::Commitment>)| {
        let mut changed = made.clone();
        change(&mut changed);
        check_commitments(&file.ctx, parties, &changed).unwrap_err()
    };
    assert_eq!(check(&|list| list.swap(0, 1)), ContributionError::Parties);
    assert_eq!(check(&|list| list.truncate(2)), ContributionError::Parties);
    let name = "party-a".to_owned();
    let unsigned = ContributionError::Signature { name: name.clone() };
    assert_eq!(check(&|list| list[0].commitment[0] ^= 1), unsigned);
    assert_eq!(check(&|list| list[0].signature = list[1].signature), unsigned);

    let open = |change: &dyn Fn(&mut Vec<publication::format::Reveal>)| {
        let mut changed = reveals.clone();
        change(&mut changed);
        open_commitments(&made, &changed).map(|values| values.len())
    };
    assert_eq!(open(&Vec::clear), Ok(3));
    assert_eq!(
        open(&|list| list[0].value[0] ^= 1),
        Err(ContributionError::Value { name: name.clone() })
    );
    assert_eq!(open(&|list| list.swap(0, 1)), Err(ContributionError::Order { name: name.clone() }));
    let twice = open(&|list| list.insert(0, list[0].clone()));
    assert_eq!(twice, Err(ContributionError::Order { name }));
}
