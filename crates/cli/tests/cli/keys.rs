//! Changing the wrapping key from the command line.

use std::fs;

use sqlx::ConnectOptions as _;
use storage::embedded::{Embedded, EmbeddedSettings};

use crate::serve::{serve, stop};
use crate::support::{Folder, borrowed, run, run_well, simulate};

/// Wrapped values by the id of the key they lie under.
fn key_ids(folder: &Folder) -> Vec<(i32, i64)> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let settings = EmbeddedSettings { data_dir: folder.data(), bin_dir: None };
        let server = Embedded::start(&settings).await.expect("starts");
        let mut conn = server.superuser_options().connect().await.expect("connects");
        let ids = sqlx::query_as(
            "SELECT get_byte(wrapped, 1), count(*)
             FROM (SELECT wrapped_key AS wrapped FROM gelombang.person_identities
                   UNION ALL SELECT draw_key FROM gelombang.waves) all_wrapped
             GROUP BY 1",
        )
        .fetch_all(&mut conn)
        .await
        .expect("answers");
        drop(conn);
        server.stop().await.expect("stops");
        ids
    })
}

/// Goal: after a change everything lies under the new key, the old one is gone from the file, and the same
/// replay still opens what it sealed; method: change beside a running server (refused) and alone, then open
/// with the new file and with the old one.
#[test]
fn rotated() {
    let folder = Folder::new();
    let replay = simulate("93", [700, 300, 120, 110], 1);
    run_well(&folder, &borrowed(&replay));
    let file = folder.data().join("keys/key-ring.txt");
    let before = fs::read_to_string(&file).expect("a key file");
    let sealed = key_ids(&folder);
    assert_eq!(sealed.len(), 1, "{sealed:?}");
    let values = sealed[0].1;

    let (mut server, _) = serve(&folder, &[]);
    let refused = run(&folder, &["admin", "keys", "rotate"]);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && error.contains("in use"), "{error}");
    stop(&mut server);
    assert_eq!(fs::read_to_string(&file).expect("a key file"), before);

    let said = run_well(&folder, &["admin", "keys", "rotate"]);
    assert!(said.starts_with("Key 2 is in force: "), "{said}");
    let after = fs::read_to_string(&file).expect("a key file");
    assert!(after.contains("\nid 2\n") && !after.contains("retired"), "the old key is forgotten");
    let line = |text: &str, name: &str| {
        text.lines().find(|line| line.starts_with(name)).map(str::to_owned)
    };
    assert_ne!(line(&before, "wrapping"), line(&after, "wrapping"));
    assert_eq!(line(&before, "index"), line(&after, "index"), "equality still finds everybody");
    assert_eq!(key_ids(&folder), [(2, values)]);
    run_well(&folder, &["audit"]);
    run_well(&folder, &["audit", "--seal"]);
    run_well(&folder, &["audit", "--chain"]);
    // It opens the ring and finds everything done.
    run_well(&folder, &borrowed(&replay));

    let kept = fs::read_to_string(folder.data().join("keys/key-ring.1.txt")).expect("kept");
    assert_eq!(kept, before, "for backups from before");

    fs::write(&file, before).expect("written");
    let refused = run(&folder, &["admin", "keys", "rotate"]);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(error.contains("put the backed-up key files back"), "{error}");
}
