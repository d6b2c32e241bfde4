//! First page, programme explained, help with its search, list of regions; and what search engines and share cards
//! are told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{Request, StatusCode};
use domain::wave::WaveState;
use tokio::time::Instant;
use tower::ServiceExt as _;
use web::{AppState, SnapshotError, WaveList};

use crate::pages::{ALL_BYTES_MAX, FIRST_HTML_BYTES_MAX, compressed};
use crate::{Answer, get, get_of, sample};

const PAGES: [&str; 8] = [
    "/",
    "/en",
    "/statistik",
    "/en/statistics",
    "/program",
    "/en/programme",
    "/bantuan",
    "/en/help",
];

fn assert_has(answer: &Answer, sentences: &[&str]) {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    for sentence in sentences {
        assert!(answer.body.contains(sentence), "lacks {sentence}\n{}", answer.body);
    }
}

/// The sample with another list of waves.
fn with_waves(change: impl Fn(&mut WaveList)) -> AppState {
    let mut list = sample::waves::list(sample::regions());
    change(&mut list);
    let list = Arc::new(list);
    AppState {
        waves: Arc::new(move || {
            let list = Arc::clone(&list);
            Box::pin(async move { Ok(list) })
        }),
        ..sample::state()
    }
}

/// The first page has the open wave with its dates and two ways on, and the figures of all provinces.
#[tokio::test]
async fn open_wave() {
    let answer = get("/").await;
    let indonesian = [
        "Gelombang 71 dibuka",
        "<dt>Ditutup</dt><dd>27 September 2024 pukul 23.59 WIB</dd>",
        "<dt>Tempat</dt><dd>1.905</dd>",
        r#"<a class="button" href="/akun">Gabung gelombang 71</a>"#,
        r#"<a href="/daftar">"#,
        "Waktu mendaftar tidak memengaruhi peluang",
        "3.000.000",
        "794.900",
        "371.322",
        "360.690",
        "orang buatan",
    ];
    assert_has(&answer, &indonesian);
    assert!(!answer.body.contains("Gelombang berikutnya"));
    let english = ["Wave 71 is open", "Join wave 71", r#"href="/en/daftar""#, "794,900"];
    assert_has(&get("/en").await, &english);
}

/// Without an open wave the next ones stand there with their opening, and without any the page says so.
#[tokio::test]
async fn no_open_wave() {
    let planned = with_waves(|list| {
        for wave in &mut list.waves {
            wave.state = WaveState::Draft;
        }
    });
    let answer = get_of(&planned, "/").await;
    assert_has(&answer, &["Gelombang berikutnya", "<dt>Dibuka</dt>", "Berikutnya: gelombang 70"]);
    assert!(!answer.body.contains("gelombang 71</a>"), "more than two: {}", answer.body);
    let nothing = with_waves(|list| list.waves.clear());
    assert_has(&get_of(&nothing, "/").await, &["belum ditetapkan", r#"href="/daftar""#]);
    assert_has(&get_of(&nothing, "/en").await, &["No wave is open"]);
}

/// What cannot be read is left out, and the page is kept by nobody then.
#[tokio::test]
async fn unreadable() {
    let state = AppState {
        waves: Arc::new(|| Box::pin(async { Err(SnapshotError::Unavailable) })),
        regions: Arc::new(|| Box::pin(async { Err(SnapshotError::Unavailable) })),
        ..sample::unreadable()
    };
    let answer = get_of(&state, "/").await;
    assert_has(&answer, &["belum dapat dibaca saat ini", "Angka belum siap", "Cara kerjanya"]);
    assert_eq!(answer.header(CACHE_CONTROL), "no-store");
}

/// Figures that take long to count keep nobody waiting, and are there once they are counted, though whoever asked first
/// has gone. On a clock that jumps.
#[tokio::test(start_paused = true)]
async fn slow_figures() {
    let state = AppState {
        figures: Arc::new(|| {
            Box::pin(async {
                tokio::time::sleep(Duration::from_secs(30)).await;
                Ok(Arc::new(sample::figures()))
            })
        }),
        ..sample::state()
    };
    let router = web::router(state);
    let view = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response = router.clone().oneshot(request).await.expect("infallible");
        let (status, kept) = (response.status(), response.headers().get(CACHE_CONTROL).cloned());
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, kept, String::from_utf8(body.to_vec()).expect("UTF-8"))
    };
    let begun = Instant::now();
    let (status, kept, early) = view("/").await;
    assert_eq!((status, kept.expect("a rule").as_bytes()), (StatusCode::OK, &b"no-store"[..]));
    assert!(early.contains("Angka belum siap") && begun.elapsed() <= Duration::from_secs(2));
    assert_eq!(view("/statistik/15").await.0, StatusCode::SERVICE_UNAVAILABLE);
    tokio::time::sleep(Duration::from_secs(30)).await;
    let begun = Instant::now();
    assert!(view("/").await.2.contains("794.900"));
    assert_eq!(view("/statistik/15").await.0, StatusCode::OK);
    assert_eq!(begun.elapsed(), Duration::ZERO);
    // Old figures are better than none while they are counted anew.
    tokio::time::sleep(Duration::from_hours(1)).await;
    let begun = Instant::now();
    assert!(view("/").await.2.contains("794.900") && begun.elapsed() < Duration::from_secs(2));
}

/// A crowd reads the database once: the sources are counted over many views of one router.
#[tokio::test]
async fn crowd() {
    let reads = Arc::new(AtomicUsize::new(0));
    let sample = sample::state();
    let (figures, waves, regions) = (sample.figures, sample.waves, sample.regions);
    let counted = [(); 3].map(|()| Arc::clone(&reads));
    let [of_figures, of_waves, of_regions] = counted;
    let state = AppState {
        figures: Arc::new(move || {
            let (reads, figures) = (Arc::clone(&of_figures), (figures)());
            Box::pin(async move {
                reads.fetch_add(1, Ordering::Relaxed);
                figures.await
            })
        }),
        waves: Arc::new(move || {
            let (reads, list) = (Arc::clone(&of_waves), (waves)());
            Box::pin(async move {
                reads.fetch_add(1, Ordering::Relaxed);
                list.await
            })
        }),
        regions: Arc::new(move || {
            let (reads, list) = (Arc::clone(&of_regions), (regions)());
            Box::pin(async move {
                reads.fetch_add(1, Ordering::Relaxed);
                list.await
            })
        }),
        ..sample::state()
    };
    let router = web::router(state);
    for path in PAGES.iter().chain(&["/statistik/15", "/statistik/15.71"]).cycle().take(80) {
        let request = Request::get(*path).body(Body::empty()).expect("a request");
        let response = router.clone().oneshot(request).await.expect("infallible");
        assert_eq!(response.status(), StatusCode::OK);
    }
    // Waves, regions, and the figures of the whole country.
    assert_eq!(reads.load(Ordering::Relaxed), 3);
}

/// The programme is told from its rules: amounts, ages, offices, deadlines, and that haste gains nothing.
#[tokio::test]
async fn programme() {
    let indonesian = [
        "Rp3.500.000",
        "Rp600.000",
        "2 survei, masing-masing Rp50.000",
        "Rp4.200.000",
        "Berusia 18 sampai 64 tahun, dihitung pada hari penutupan gelombang.",
        "paling singkat 15 jam",
        "paling lama 40 menit",
        "<li>Perangkat desa.</li>",
        "sudah memiliki 2 penerima",
        "dalam 15 hari setelah ditetapkan",
        "hari pengumuman dihitung sebagai hari pertama",
        "Pembelian terakhir setiap tahun: 30 November.",
        "15 Desember",
        "Gabung lebih awal tidak menambah peluang.",
    ];
    let answer = get("/program").await;
    assert_has(&answer, &indonesian);
    // Ten offices, pupils and students, once in a lifetime, revoked, the family card, and one's own withdrawal.
    let (_, barred) = answer.body.split_once(r#"id="tidak""#).expect("the section");
    let barred = barred.split_once("</ul>").expect("its end").0;
    assert_eq!(barred.matches("<li>").count(), 15, "{barred}");
    let english = [
        "Rp3,500,000",
        "People aged 18 to 64",
        "<li>Village staff.</li>",
        "30 November",
        "Joining early gives no better chance.",
    ];
    assert_has(&get("/en/programme").await, &english);
}

/// The help finds what is typed and says what to do if there is nothing; what is typed is text, never markup.
#[tokio::test]
async fn help() {
    let all = get("/bantuan").await;
    assert_has(&all, &[r#"id="kode-tidak-datang""#, r#"role="search""#]);
    assert!(all.body.matches("<h3 id=").count() >= 25);
    assert!(all.header(CONTENT_SECURITY_POLICY).contains("form-action 'self'"));
    let found = get("/bantuan?q=kode+tidak+datang").await;
    let (_, results) = found.body.split_once(r#"id="hasil""#).expect("results");
    let first = results.split_once("<h3 id=\"").expect("an answer").1;
    assert!(first.starts_with("kode-tidak-datang\""), "{first}");
    assert_has(&found, &[r#"value="kode tidak datang""#, "jawaban untuk", "Semua pertanyaan"]);
    let none = get("/en/help?q=xyzzy").await;
    assert_has(&none, &["No answer for “xyzzy”", "send a complaint", r#"id="lupa-kata-sandi""#]);
    let hostile = get("/bantuan?q=%3Cscript%3E%22%27%FF").await;
    assert_eq!(hostile.status, StatusCode::OK);
    assert!(!hostile.body.contains("<script"), "{}", hostile.body);
    assert_has(&get("/bantuan?x=1&q=").await, &[r#"id="topik""#]);
}

/// First pages stay within the budget of slow phones, with the style sheet.
#[tokio::test]
async fn sizes() {
    let css = compressed(include_str!("../../assets/gelombang.css"));
    for path in PAGES.into_iter().chain(["/bantuan?q=insentif"]) {
        let first = compressed(&get(path).await.body);
        assert!(first <= FIRST_HTML_BYTES_MAX, "{path}: {first} bytes of HTML");
        assert!(first + css <= ALL_BYTES_MAX, "{path}: {first} and {css} bytes");
    }
}

/// Every page that is to be found tells itself apart, at its whole address where that is known; no other page is to
/// be found.
#[tokio::test]
async fn search_engines_and_cards() {
    let site = Arc::new(sample::site(Some("https://gelombang.example")));
    let state = AppState { site, ..sample::state() };
    let mut summaries = std::collections::BTreeSet::new();
    let more = ["/gelombang", "/gelombang/70", "/statistik/15", "/status", "/en/waves/71/15.71"];
    for path in PAGES.into_iter().chain(more) {
        let told = get_of(&state, path).await;
        if path == "/en/waves/71/15.71" && told.status == StatusCode::NOT_FOUND {
            continue;
        }
        let (_, summary) =
            told.body.split_once(r#"<meta name="description" content=""#).expect(path);
        assert!(summaries.insert(summary.split('"').next().expect("text").to_owned()), "{path}");
        for tag in [
            format!(r#"<link rel="canonical" href="https://gelombang.example{path}">"#),
            format!(r#"<meta property="og:url" content="https://gelombang.example{path}">"#),
            r#"<meta property="og:image" content="https://gelombang.example/aset/kartu-"#
                .to_owned(),
            r#"<link rel="alternate" hreflang="en" href="https://gelombang.example/en"#.to_owned(),
        ] {
            assert!(told.body.contains(&tag), "{path} lacks {tag}");
        }
        assert!(!told.body.contains("noindex"), "{path}");
        // Nothing but our own addresses.
        let foreign = told.body.replace("https://gelombang.example", "");
        assert!(!foreign.replace("http://www.w3.org/2000/svg", "").contains("://"), "{path}");
    }
    for path in ["/bantuan?q=otp", "/tidak-ada"] {
        assert!(get_of(&state, path).await.body.contains(r#"content="noindex""#), "{path}");
    }
}

/// The picture of the cards is a small PNG under an address that never changes.
#[tokio::test]
async fn card() {
    let site = Arc::new(sample::site(Some("https://gelombang.example")));
    let state = AppState { site, ..sample::state() };
    let page = get_of(&state, "/").await.body;
    let (_, path) =
        page.split_once("og:image\" content=\"https://gelombang.example").expect("a picture");
    let path = path.split('"').next().expect("an address");
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let response = web::router(state).oneshot(request).await.expect("infallible");
    assert_eq!(response.headers()[CONTENT_TYPE], "image/png");
    let picture = to_bytes(response.into_body(), 1 << 20).await.expect("a picture");
    assert!(picture.len() < 10_000, "{} bytes", picture.len());
    assert_eq!(picture.get(16..24), Some([0, 0, 4, 176, 0, 0, 2, 118].as_slice()), "1200 by 630");
}

/// Engines are kept from accounts and files, and led to every page where its whole address is known.
#[tokio::test]
async fn robots_and_map() {
    let unknown = get("/robots.txt").await;
    assert_has(&unknown, &["Disallow: /akun\n", "Disallow: /berkas/\n"]);
    assert!(!unknown.body.contains("Sitemap"));
    assert_eq!(get("/sitemap.xml").await.status, StatusCode::NOT_FOUND);
    let site = Arc::new(sample::site(Some("https://gelombang.example")));
    let state = AppState { site, ..sample::state() };
    let rules = get_of(&state, "/robots.txt").await;
    assert_has(&rules, &["Sitemap: https://gelombang.example/sitemap.xml\n"]);
    let map = get_of(&state, "/sitemap.xml").await;
    assert_eq!(map.header(CONTENT_TYPE), "application/xml; charset=utf-8");
    for path in PAGES.into_iter().chain(["/gelombang/71", "/en/waves/1", "/statistik/15"]) {
        let line = format!("<url><loc>https://gelombang.example{path}</loc></url>");
        assert!(map.body.contains(&line), "lacks {line}\n{}", map.body);
    }
}
