//! JSON files: the golden ones are read and written back byte for byte, and no other form is taken.

use publication::format::{
    CorrectionsFile, FormatError, PlanFile, PolicyFile, PolicyParts, QuotaFile, ResultFile,
    RevealsFile, RevokedFile, SeedFile,
};

use selection::tree::NodeHash;

use crate::support::{FOLDERS, read_if_there, secret};

/// Reads a file and writes it again.
fn rewrite(name: &str, bytes: &[u8]) -> Result<Vec<u8>, FormatError> {
    Ok(match name {
        "policy.json" => {
            let file = PolicyFile::read(bytes)?;
            let (again, written) = PolicyFile::write(&PolicyParts {
                policy: file.policy().get().clone(),
                key_commit: file.key_commit,
                receipt_key: file.receipt_key,
                log: file.log.clone(),
                notes: file.notes.clone(),
            })?;
            assert_eq!(again, file);
            written
        }
        "quota.json" => QuotaFile::read(bytes)?.write(),
        "plan.json" => PlanFile::read(bytes)?.write(),
        "reveals.json" => RevealsFile::read(bytes)?.write(),
        "seed.json" => SeedFile::read(bytes)?.write(),
        "result.json" => ResultFile::read(bytes)?.write(),
        "corrections.json" => CorrectionsFile::read(bytes)?.write(),
        _ => RevokedFile::read(name, bytes)?.write(),
    })
}

const NAMES: [&str; 8] = [
    "policy.json",
    "quota.json",
    "plan.json",
    "reveals.json",
    "seed.json",
    "result.json",
    "corrections.json",
    "revoked.json",
];

/// Goal: every golden JSON file survives reading and writing; method: compare all bytes.
#[test]
fn golden_files_come_back() {
    let mut files = 0;
    for (folder, _) in FOLDERS {
        for name in NAMES {
            let Some(bytes) = read_if_there(folder, name) else { continue };
            assert_eq!(rewrite(name, &bytes).unwrap(), bytes, "{folder}/{name}");
            files += 1;
        }
    }
    assert_eq!(files, 4 * 5 + 2 + 2 + 2);
}

/// Goal: one flipped bit is refused or read as what it says, never silently repaired; method: flip
/// every bit of every file of two folders, and write back whatever is read.
#[test]
fn flipped_bits_are_seen() {
    for folder in [FOLDERS[0].0, FOLDERS[1].0] {
        for name in NAMES {
            let Some(bytes) = read_if_there(folder, name) else { continue };
            for at in 0..bytes.len() {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << (at % 8);
                match rewrite(name, &flipped) {
                    Ok(written) => assert_eq!(written, flipped, "{name} byte {at}"),
                    Err(error) => assert!(error.to_string().starts_with(name), "{error}"),
                }
            }
        }
    }
}

/// Goal: errors name file and field; method: break one field of each kind.
#[test]
fn errors_name_the_field() {
    let check = |folder: &str, name: &str, from: &str, to: &str, said: &str| {
        let text = String::from_utf8(read_if_there(folder, name).unwrap()).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        let error = rewrite(name, text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(name) && error.contains(said), "{error}");
    };
    let [one, two, after, _] = FOLDERS.map(|(folder, _)| folder);
    check(one, "policy.json", r#""mode":"drand""#, r#""mode":"public-sources""#, "beacon.mode");
    check(one, "policy.json", r#""version":1"#, r#""version":2"#, "version 1");
    check(one, "policy.json", r#""quorum":3"#, r#""quorum":6"#, "quorum 6");
    check(one, "policy.json", "bls-unchained-g1-rfc9380", "bls-unchained", "beacon.scheme");
    check(one, "policy.json", r#""weight":"53000""#, r#""weight":53000"#, "regions[0].weight");
    check(two, "policy.json", r#""public_key":"""#, r#""public_key":"00""#, "beacon.public_key");
    check(one, "plan.json", r#""plan":1"#, r#""plan":256"#, "field plan");
    check(two, "quota.json", r#""seats":4"#, r#""seats":-4"#, "regions[");
    check(two, "corrections.json", r#""weight":1"#, r#""weight":17"#, "granted[0].weight");
    check(two, "revoked.json", r#""count":3"#, r#""count":2"#, "field returned");
    check(two, "revoked.json", r#""at":1702296000"#, r#""at":1702297000"#, "field revocations");
    // Names and keys count once, and are as long as section 16.1 allows.
    let long = "o".repeat(65);
    check(one, "policy.json", "log.example/draw", &long, "1 to 64 printable");
    check(one, "policy.json", "witness2.example", "witness1.example", "listed twice");
    let key = |name: &str| NodeHash(secret(name).public()).to_string();
    for other in ["witness1.example", "log"] {
        check(one, "policy.json", &key("witness2.example"), &key(other), "listed twice");
    }
    for name in
        ["plan.json", "revoked.1.json", "revoked.02.json", "revoked.json.json", "revoked..json"]
    {
        check(after, "quota.json", "revoked.json", name, "returned_from[0].file");
    }
    check(after, "quota.json", r#""carry_in":2"#, r#""carry_in":4294967296"#, "q.carry_in");
    check(one, "result.json", r#""n":14,"records""#, r#""n":4294967296,"records""#, "totals.n");
    check(one, "seed.json", r#""round":"123""#, r#""round":"0123""#, "canonical");
}
