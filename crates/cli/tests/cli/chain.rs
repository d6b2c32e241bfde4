//! The audit chain from the command line: sealed by a replay, exported, verified, and broken.

use std::path::Path;

use crate::support::{Folder, borrowed, execute, run, run_well, simulate};

fn refused(folder: &Folder, arguments: &[&str], words: &[&str]) {
    let output = run(folder, arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{arguments:?} succeeded");
    for word in words {
        assert!(error.contains(word), "{arguments:?} does not say `{word}`:\n{error}");
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}

/// A replay leaves nothing unsealed; its checkpoint goes out once and fits later; a changed reason is
/// named by its position, in words and in JSON, and nothing is sealed over a cut end.
#[test]
fn sealed_exported_verified_broken() {
    let folder = Folder::new();
    let replay = simulate("93", [700, 300, 120, 110], 1);
    let output = run(&folder, &borrowed(&replay));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && error.contains("signs the audit chain is in"), "{error}");
    let printed = run_well(&folder, &["audit", "--chain"]);
    assert!(printed.contains(" 0  events not sealed yet\ncheckpoint 1 of "), "{printed}");

    let kept = folder.path().join("checkpoint.txt");
    let sealed = run_well(&folder, &["audit", "--seal", "--export", text(&kept)]);
    assert!(sealed.starts_with("sealed 0 events\ncheckpoint 1 of "), "{sealed}");
    let file = std::fs::read_to_string(&kept).expect("exported");
    assert!(file.starts_with("gelombang audit checkpoint 1\nnumber 1\n"), "{file}");
    refused(&folder, &["audit", "--seal", "--export", text(&kept)], &["does not exist"]);
    let json = run_well(&folder, &["audit", "--chain", "--json", "--checkpoint", text(&kept)]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&json["clean"], &json["unsealed"]["events"]), (&true.into(), &0.into()), "{json}");
    assert!(sealed.contains(json["checkpoint"]["head"].as_str().expect("a head")), "{json}");

    execute(
        &folder,
        "UPDATE gelombang.audit_events SET reason = 'another' WHERE event_id =
            (SELECT event_id FROM gelombang.audit_chain WHERE position = 3)",
    );
    let words =
        ["broken at position 3: the event aud_", "not what was sealed", "keep the data folder"];
    refused(&folder, &["audit", "--chain"], &words);
    let output = run(&folder, &["audit", "--chain", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&json["clean"], &json["broken"]["position"]), (&false.into(), &3.into()), "{json}");

    execute(&folder, "DELETE FROM gelombang.audit_chain WHERE position > 9");
    let words = ["broken at position 10", "nothing was sealed over it"];
    refused(&folder, &["audit", "--seal"], &words);
    execute(
        &folder,
        "TRUNCATE gelombang.audit_events, gelombang.audit_chain, gelombang.audit_checkpoints",
    );
    let words = ["broken at position 1: the chain ends here", text(&kept)];
    refused(&folder, &["audit", "--chain", "--checkpoint", text(&kept)], &words);
    refused(&folder, &["audit", "--seal", "--export", "nowhere/x"], &["no audit event was ever"]);
}

/// Options that mean nothing, and files that are no checkpoint.
#[test]
fn chain_options() {
    let folder = Folder::new();
    refused(&folder, &["audit", "--seal", "--chain"], &["cannot be used with"]);
    refused(&folder, &["audit", "--export", "x"], &["--seal"]);
    refused(&folder, &["audit", "--checkpoint", "x"], &["--chain"]);
    refused(&folder, &["audit", "--chain", "--export", "x"], &["cannot be used with"]);
    refused(&folder, &["audit", "--seal", "--checkpoint", "x"], &["cannot be used with"]);
    refused(&folder, &["audit", "--chain"], &["there is no data in"]);
    let wrong = folder.path().join("wrong.txt");
    refused(
        &folder,
        &["audit", "--chain", "--checkpoint", text(&wrong)],
        &["cannot read", "wrong.txt"],
    );
    std::fs::write(&wrong, "gelombang audit checkpoint 1\nnumber 1\n").expect("a file");
    let words = ["wrong.txt is no checkpoint", "--export"];
    refused(&folder, &["audit", "--chain", "--checkpoint", text(&wrong)], &words);
}
