//! The pages of waves: those in the database, those that are published, and both.

use std::fs;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use domain::region::{Region, RegionCode, RegionTable};
use domain::wave::WaveState;
use web::{AppState, PublicFolder, SnapshotError, WaveList};

use crate::files::published;
use crate::pages::{ALL_BYTES_MAX, FIRST_HTML_BYTES_MAX, compressed};
use crate::sample::waves::{copy, golden, list, seats, wave};
use crate::{get_of, sample};

/// Asks for a page and looks for sentences in it, and for others that must not be there.
async fn check(state: &AppState, path: &str, has: &[&str], lacks: &[&str]) {
    let answer = get_of(state, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    for sentence in has {
        assert!(answer.body.contains(sentence), "{path} lacks {sentence}\n{}", answer.body);
    }
    for sentence in lacks {
        assert!(!answer.body.contains(sentence), "{path} has {sentence}\n{}", answer.body);
    }
}

/// The list has the open wave first, then every wave, the newest first, and says which are published in full.
#[tokio::test]
async fn all_waves() {
    let (_folder, state) = published();
    let indonesian = [
        "Dibuka sekarang",
        "Dibuka sampai 27 September 2024 pukul 23.59 WIB, untuk 1.905 tempat.",
        "ada untuk gelombang 1. Untuk gelombang lain hanya ada jumlah; untuk yang sedang berjalan",
        "sudah diundi, menunggu surat keputusan, <strong>dipublikasikan lengkap</strong></td><td data-name=\"Tempat\">8</td><td data-name=\"Dalam daftar\">14</td><td data-name=\"Terpilih\">8</td>",
        "<td>selesai</td><td data-name=\"Tempat\">1.905</td><td data-name=\"Dalam daftar\">18.240</td><td data-name=\"Terpilih\">1.905</td><td data-name=\"Dibuka\">26 Jul 2024</td>",
        r#"<a href="/gelombang/71" data-name="Gelombang">71</a>"#,
        "orang buatan",
    ];
    check(&state, "/gelombang", &indonesian, &[]).await;
    let english =
        ["Open now", "exists for waves 1.", "<td>settled</td>", r#"<a href="/en/waves/71" "#];
    check(&state, "/en/waves", &english, &[]).await;
    let page = get_of(&state, "/gelombang").await.body;
    let places = [71, 70, 1]
        .map(|number| page.find(&format!(r#"<th scope="row"><a href="/gelombang/{number}" "#)));
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{places:?}");
    check(
        &sample::state(),
        "/gelombang",
        &["Belum ada gelombang yang dipublikasikan lengkap"],
        &["<strong>dipublikasikan"],
    )
    .await;
    let nothing = Arc::new(WaveList {
        waves: Vec::new(),
        ..list(RegionTable::new("none".to_owned(), Vec::new()).expect("sound"))
    });
    let empty = AppState {
        waves: Arc::new(move || {
            let nothing = Arc::clone(&nothing);
            Box::pin(async move { Ok(nothing) })
        }),
        ..sample::state()
    };
    check(&empty, "/gelombang", &["Belum ada gelombang."], &["<table", "Dibuka sekarang"]).await;
}

/// A wave whose folder still grows is not called published in full, nor counted among those that are.
#[tokio::test]
async fn published_step_by_step() {
    let indonesian = [
        "<strong>dipublikasikan bertahap</strong>",
        "Belum ada gelombang yang dipublikasikan lengkap",
    ];
    for name in ["selected.bin", "waitlist.bin", "result.json", "seed.json", "plan.json"] {
        let (folder, state) = published();
        fs::remove_file(folder.path().join("gelombang-1").join(name)).expect("removed");
        check(&state, "/gelombang", &indonesian, &["<strong>dipublikasikan lengkap"]).await;
        check(&state, "/en/waves", &["<strong>published step by step</strong>"], &[]).await;
    }
}

/// A published wave: its times, which file is there, seats and limits, and how to check; nothing of a test beacon,
/// since its round is a real one.
#[tokio::test]
async fn published_wave() {
    let (folder, state) = published();
    let indonesian = [
        "Keadaan: sudah diundi, menunggu surat keputusan",
        "14 orang ada dalam daftar undian untuk 8 tempat. 8 orang terpilih.",
        "T0: aturan",
        "13 Agustus 2023 pukul 22.15 WIB",
        r#"<li class="there"><code>plan.json</code>: ada</li>"#,
        "8 tempat adalah milik gelombang ini.</p>",
        "sedikitnya 3 dari 5 saksi",
        r#"<a href="/berkas/gelombang-1/entries.bin">entries.bin</a> <span>896 B</span>"#,
        r#"href="/berkas/gelombang-1/proofs/plan.json.tlog-proof""#,
        "<b>tree/</b>",
        r#"<a href="/gelombang/1/15.71">Kota Jambi</a>"#,
        "<td>14</td><td>8</td><td>8</td><td>15891491…</td>",
        "batas umum Kota Jambi 15891491…",
        "sama dengan 84.122",
        r#"href="/periksa/?folder=/berkas/gelombang-1/""#,
        "curl -fsS SITUS/gelombang/1/berkas.txt | wget -q -x -nH --cut-dirs=1 -B SITUS -i -",
        "gelombang verify gelombang-1\npython3 verify/verify.py gelombang-1",
        "Yang tidak dibuktikan",
    ];
    let absent = [
        "SUAR UJI",
        "T3: sumbangan",
        "reveals.json",
        "people.csv",
        "expected.txt",
        "tidak dipublikasikan lengkap",
    ];
    check(&state, "/gelombang/1", &indonesian, &absent).await;
    let english = [
        "State: drawn, waiting for the decree",
        "14 people were in the list of the draw, for 8 places. 8 were selected.",
        r#"href="/periksa/?lang=en&#38;folder=/berkas/gelombang-1/""#,
        "What it does not prove",
        "curl -fsS SITE/en/waves/1/berkas.txt",
    ];
    check(&state, "/en/waves/1", &english, &["TEST BEACON"]).await;
    // A file that is gone, or not there yet, is told within seconds, also what hangs on it.
    for name in ["result.json", "selected.bin", "waitlist.bin"] {
        fs::remove_file(folder.path().join("gelombang-1").join(name)).expect("removed");
    }
    let before =
        AppState { public: Arc::new(PublicFolder::new(folder.path().to_owned())), ..state.clone() };
    let told = [
        "14 orang ada dalam daftar undian untuk 8 tempat.",
        r#"<li class="absent"><code>result.json</code>: belum ada</li>"#,
        "<li class=\"ahead\">\n<h3>Sesudah T4",
    ];
    check(&before, "/gelombang/1", &told, &["orang terpilih", "Batas umum", "15891491"]).await;
}

/// What a wave published is seen anew when its folder changes, but not at every view.
#[tokio::test(start_paused = true)]
async fn seen_again() {
    let (folder, state) = published();
    let wave = folder.path().join("gelombang-1");
    check(&state, "/gelombang/1", &["8 orang terpilih."], &[]).await;
    fs::remove_file(wave.join("result.json")).expect("removed");
    check(&state, "/gelombang/1", &["8 orang terpilih."], &[]).await;
    tokio::time::advance(std::time::Duration::from_secs(3)).await;
    check(&state, "/gelombang/1", &["14 orang ada dalam daftar undian"], &["8 orang terpilih."])
        .await;
    fs::remove_dir_all(&wave).expect("removed");
    tokio::time::advance(std::time::Duration::from_secs(3)).await;
    check(&state, "/gelombang/1", &["tidak dipublikasikan lengkap"], &["/berkas/"]).await;
}

/// A wave that only its folder knows: pools, guarantees that were lowered, classes, contributors, the test beacon in
/// large letters, and hidden classes in the other folder.
#[tokio::test]
async fn wave_of_a_folder_alone() {
    let (folder, state) = published();
    let root = folder.path();
    copy(&golden("02-pools-guarantees"), &root.join("gelombang-2"));
    copy(&golden("03-household-weights-openfirst"), &root.join("gelombang-7"));
    let page = [
        "Keadaan: hasil diumumkan",
        r#"<p class="alarm"><strong>SUAR UJI (TEST BEACON)</strong>"#,
        "T3: sumbangan acak dibuka",
        "<code>reveals.json</code>: ada",
        "<code>corrections.json</code>: ada",
        "40 tempat adalah milik gelombang ini. 3 kembali dari kepesertaan yang dicabut. 2 sisa gelombang sebelumnya. 4 disisihkan untuk keberatan.</p>",
        r#"<a href="/gelombang/2/31.71">"#,
    ];
    check(&state, "/gelombang/2", &page, &["Simulasi", "tidak dipublikasikan"]).await;
    check(&state, "/gelombang", &["gelombang 1–2, 7."], &[]).await;
    let region = [
        "Kota Jambi, gelombang 2",
        "SUAR UJI (TEST BEACON)",
        r#"<a href="/gelombang/2/15">Provinsi Jambi</a>"#,
        "<th scope=\"row\">registered-poor</th><td>2</td><td>2</td><td>0</td><td>13832526…</td>",
        "<th scope=\"row\">umum</th><td>7</td><td>7</td><td>1</td><td>0cd2ce57…</td>",
        "<td>perempuan</td><td>4</td><td>4</td>",
        "penyandang disabilitas + perempuan</th><td>umum</td>",
        "f2c1453b…",
    ];
    check(
        &state,
        "/gelombang/2/15.71",
        &region,
        &["belum diumumkan", "Golongan yang anggotanya sedikit"],
    )
    .await;
    check(&state, "/gelombang/2/15.01", &["orangnya kurang", "tempatnya kurang"], &[]).await;
    check(&state, "/gelombang/2/15", &["Kota Jambi", "<td>74</td>"], &["31.71"]).await;
    check(&state, "/en/waves/7/94.01", &["Classes of a few people are not published"], &[]).await;
    for path in ["/gelombang/2/16", "/gelombang/2/16.01", "/en/waves/2/16.01", "/gelombang/2/x"] {
        assert_eq!(get_of(&state, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let batch = root.join("gelombang-7/revoked.json");
    fs::copy(&batch, root.join("gelombang-7/revoked.2.json")).expect("a copy");
    let later = ["<code>revoked.json</code>: ada", "<code>revoked.2.json</code>: ada"];
    let state = AppState { public: Arc::new(PublicFolder::new(root.to_owned())), ..state };
    check(&state, "/gelombang/7", &later, &[]).await;
    let capped = ["290 orang ada dalam daftar", "97 orang dalam daftar tidak ikut diundi"];
    check(&state, "/gelombang/7", &capped, &[]).await;
}

/// A wave without a folder has what the database knows and says that it is no more; an open one has its calendar.
#[tokio::test]
async fn unpublished_wave() {
    let (_folder, state) = published();
    let over = [
        "Keadaan: selesai",
        "SUAR UJI (TEST BEACON)",
        "18.240 orang ada dalam daftar undian untuk 1.905 tempat. 1.905 orang terpilih.",
        "Gelombang ini tidak dipublikasikan lengkap.",
        "ada untuk gelombang 1.",
        r#"<a href="/gelombang/70/11.01">11.01</a>"#,
        "<dt>Diumumkan</dt><dd>3 Agustus 2024 pukul 23.59 WIB</dd>",
    ];
    check(&state, "/gelombang/70", &over, &["/berkas/", "Batas umum", "Berkas untuk diunduh"])
        .await;
    let open = [
        "Keadaan: dibuka",
        "Gelombang ini untuk 1.905 tempat.",
        "ditetapkan sesudah pendaftaran ditutup",
    ];
    check(&state, "/gelombang/71", &open, &["SUAR UJI", "<table"]).await;
    check(
        &state,
        "/gelombang/70/11.02",
        &[r#"<a href="/statistik/11.02">"#, "umum"],
        &["Kursi terjamin</h2>"],
    )
    .await;
}

/// What cannot be read is not shown: broken files, another wave's folder, and links to folders are left out.
#[tokio::test]
async fn broken_folders() {
    let (folder, state) = published();
    let root = folder.path();
    copy(&golden("01-tiny-worked-example"), &root.join("gelombang-8"));
    copy(&golden("01-tiny-worked-example"), &root.join("gelombang-01"));
    fs::create_dir(root.join("gelombang-9")).expect("a folder");
    fs::write(root.join("gelombang-9/policy.json"), "{}").expect("written");
    std::os::unix::fs::symlink(golden("02-pools-guarantees"), root.join("gelombang-2"))
        .expect("a link");
    fs::write(root.join("gelombang-1/quota.json"), "{ }").expect("written");
    check(
        &state,
        "/gelombang",
        &["ada untuk gelombang 1."],
        &["/gelombang/9", "/gelombang/8", "/gelombang/2\""],
    )
    .await;
    check(
        &state,
        "/gelombang/1",
        &["14 orang ada dalam daftar undian", "ditetapkan sesudah pendaftaran ditutup"],
        &[],
    )
    .await;
    for path in [
        "/gelombang/8",
        "/gelombang/9",
        "/gelombang/2",
        "/gelombang/01",
        "/gelombang/+1",
        "/gelombang/0",
        "/gelombang/x",
        "/gelombang/%FF",
    ] {
        let answer = get_of(&state, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.body.contains("Gelombang tidak ditemukan"), "{path}");
    }
    assert!(get_of(&state, "/en/waves/99").await.body.contains("Wave not found"));
}

/// A database that cannot be read is told as on other pages.
#[tokio::test]
async fn unavailable() {
    let state = AppState {
        waves: Arc::new(|| Box::pin(async { Err(SnapshotError::Unavailable) })),
        ..sample::state()
    };
    for path in [
        "/gelombang",
        "/en/waves",
        "/gelombang/70",
        "/gelombang/70/11.01",
        "/gelombang/70/wilayah.csv",
    ] {
        let answer = get_of(&state, path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.header(CACHE_CONTROL), "no-store", "{path}");
    }
}

/// A corrected list says so, and to when the draw has moved; another one says nothing of it.
#[tokio::test]
async fn a_corrected_list() {
    let (folder, state) = published();
    let wave = folder.path().join("gelombang-2");
    copy(&golden("02-pools-guarantees"), &wave);
    let plan = fs::read_to_string(wave.join("plan.json")).expect("a plan");
    let corrected = plan.replace(r#""plan":1,"#, r#""plan":2,"#);
    assert_ne!(plan, corrected);
    fs::write(wave.join("plan.json"), corrected).expect("written");
    let moved = "rencana nomor 2, dan undiannya mundur ke 20 Desember 2023 pukul 22.33 WIB.";
    check(&state, "/gelombang/2", &[moved], &[]).await;
    let moved = "plan 2, and its draw has moved to 20 December 2023 at 22:33 WIB (UTC+7).";
    check(&state, "/en/waves/2", &[moved], &[]).await;
    check(&state, "/gelombang/1", &[], &["rencana nomor"]).await;
}

/// Registration that closes at midnight is said to close with the day before, on the page of the wave and in the list,
/// whose table tells on screens of middling width that it goes on sideways.
#[tokio::test]
async fn closing_at_midnight() {
    let (folder, state) = published();
    let wave = folder.path().join("gelombang-2");
    copy(&golden("02-pools-guarantees"), &wave);
    let policy = fs::read_to_string(wave.join("policy.json")).expect("rules");
    // 17 December 2023 at 00.00 WIB.
    let at_midnight = policy.replace(r#""t1":1702740800"#, r#""t1":1702746000"#);
    assert_ne!(policy, at_midnight);
    fs::write(wave.join("policy.json"), at_midnight).expect("written");
    let closes = "16 Desember 2023 pukul 23.59 WIB";
    check(&state, "/gelombang/2", &[closes], &["17 Desember 2023 pukul 00.00"]).await;
    check(&state, "/gelombang", &[">16 Des 2023</td>", "Geser tabel ke samping"], &[]).await;
    check(&state, "/en/waves", &["Move the table sideways"], &[]).await;
}

/// The CSV has a row for each pool of each region, with the limit whole, and says whether it was a real draw.
#[tokio::test]
async fn table_for_spreadsheets() {
    let (folder, state) = published();
    copy(&golden("02-pools-guarantees"), &folder.path().join("gelombang-2"));
    let answer = get_of(&state, "/gelombang/2/wilayah.csv").await;
    assert!(answer.header(CONTENT_TYPE).starts_with("text/csv"));
    let mut reader = csv::Reader::from_reader(answer.body.as_bytes());
    let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), 12);
    let jambi = &rows[3];
    assert_eq!(
        jambi.iter().take(11).collect::<Vec<_>>(),
        ["2", "false", "true", "15.71", "Kota Jambi", "30", "9", "9", "open", "7", "7"]
    );
    assert!(jambi[11].starts_with("0cd2ce57") && jambi[11].len() == 64, "{}", &jambi[11]);
    let stored = get_of(&state, "/gelombang/70/wilayah.csv").await.body;
    assert_eq!(stored.lines().nth(1), Some("70,true,true,11.01,11.01,7707,1101,1101,open,1101,,"));
    assert_eq!(get_of(&state, "/gelombang/71/wilayah.csv").await.body.lines().count(), 1);
}

/// A national wave, 38 provinces with 14 regions each, and hundreds of waves stay within the budget of slow phones;
/// so does the published page. Provinces stand for their regions then.
#[tokio::test]
async fn sizes() {
    let (folder, state) = published();
    copy(&golden("02-pools-guarantees"), &folder.path().join("gelombang-2"));
    let codes = (11..49).flat_map(|province| {
        (0..15).map(move |at| if at == 0 { province } else { province * 100 + at })
    });
    let named = codes.map(|number: u16| Region {
        code: RegionCode::new(number).expect("a code"),
        name: format!("Kabupaten Nomor {number} Raya"),
    });
    let few = list(RegionTable::new("many".to_owned(), named.collect()).expect("sound"));
    let mut many = few.clone();
    many.waves = (3..=300)
        .map(|number| {
            let mut own = few.waves[1].clone();
            own.number = wave(number);
            own.state = WaveState::Settled { settled_at: own.results_at };
            own
        })
        .collect();
    let many = Arc::new(many);
    let table = Arc::new(seats(38, 14));
    let state = AppState {
        waves: Arc::new(move || {
            let many = Arc::clone(&many);
            Box::pin(async move { Ok(many) })
        }),
        wave_seats: Arc::new(move |_| {
            let table = Arc::clone(&table);
            Box::pin(async move { Ok(Some(table)) })
        }),
        ..state
    };
    let css = compressed(include_str!("../../assets/gelombang.css"));
    for path in [
        "/gelombang",
        "/en/waves",
        "/gelombang/2",
        "/en/waves/2",
        "/gelombang/70",
        "/gelombang/70/11",
        "/gelombang/2/31.71",
    ] {
        let first = compressed(&get_of(&state, path).await.body);
        assert!(first <= FIRST_HTML_BYTES_MAX, "{path}: {first} bytes of HTML");
        assert!(first + css <= ALL_BYTES_MAX, "{path}: {first} and {css} bytes");
    }
    let national =
        ["menurut provinsi", r#"<a href="/gelombang/70/48">Kabupaten Nomor 48 Raya</a>"#];
    check(&state, "/gelombang/70", &national, &["/gelombang/70/11.01"]).await;
    check(&state, "/gelombang/70/48", &["/gelombang/70/48.14"], &["/gelombang/70/47.14"]).await;
}
