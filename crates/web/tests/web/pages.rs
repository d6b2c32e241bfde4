//! The pages: words, sizes, headers, errors.

use std::io::Write as _;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LOCATION,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Request, StatusCode};
use domain::funnel::{Funnel, Origin};
use domain::region::{Region, RegionCode, RegionTable};
use flate2::Compression;
use flate2::write::GzEncoder;
use web::{AppState, Language, ServiceStatus, Snapshot, WorkStatus, render_statistics};

use crate::{ask, ask_of, get, get_of, sample};

/// One initial window of TCP, about ten segments.
pub(crate) const FIRST_HTML_BYTES_MAX: usize = 14 * 1024;
/// Everything a page needs.
pub(crate) const ALL_BYTES_MAX: usize = 60 * 1024;

fn jambi() -> Snapshot {
    sample::snapshot(RegionCode::new(15).expect("a code")).expect("the sample has Jambi")
}

pub(crate) fn compressed(text: &str) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).expect("memory");
    encoder.finish().expect("memory").len()
}

/// The address of the style sheet that a page names.
fn style_path(html: &str) -> &str {
    let (_, rest) = html.split_once(r#"<link rel="stylesheet" href=""#).expect("a style sheet");
    rest.split_once('"').expect("a closing quote").0
}

/// The page says the figures in words of its language: both are rendered and searched.
#[test]
fn figures_in_both_languages() {
    let cases: [(Language, &[&str]); 2] = [
        (
            Language::Indonesian,
            &[
                r#"<html lang="id">"#,
                "Di Jambi, 794.900 orang mendaftar. Mereka ikut 3.000.000 kali dalam 71 gelombang. \
                 Sebanyak 371.322 orang ditetapkan sebagai penerima, dan 360.690 di antaranya \
                 membeli pelatihan pertama tepat waktu: 45 dari setiap 100 pendaftar.",
                "Keadaan data 24 September 2024 pukul 23.59 WIB",
                "<b>794.900</b> <i>26,5% dari keikutsertaan</i>",
                "<b>10.632</b> <i>2,9% dari penerima SK</i>",
                "9.871 tempat",
                "48,0%",
                "71,8% pendaftar berusia 18–35 tahun.",
                "Rata-rata satu orang ikut 3,8 gelombang.",
                "10 kali atau lebih",
                "Kabupaten Tanjung Jabung Timur",
                "Simulasi",
                "Orang-orangnya buatan",
            ],
        ),
        (
            Language::English,
            &[
                r#"<html lang="en">"#,
                "In Jambi, 794,900 people applied. They joined 3,000,000 times over 71 waves. A \
                 decree named 371,322 of them as beneficiaries, and 360,690 bought a first \
                 training in time: 45 of every 100 applicants.",
                "Data as of 24 September 2024 at 23:59 WIB (UTC+7)",
                "<b>794,900</b> <i>26.5% of the joins</i>",
                "<b>10,632</b> <i>2.9% of those named</i>",
                "9,871 places",
                "48.0%",
                "71.8% of applicants are aged 18–35.",
                "On average a person joined 3.8 waves.",
                "10 times or more",
                "Kabupaten Tanjung Jabung Timur",
                "Simulation",
                "The people are synthetic",
            ],
        ),
    ];
    for (language, sentences) in cases {
        let html = render_statistics(&jambi(), &sample::site(None), language).expect("rendered");
        for sentence in sentences {
            assert!(html.contains(sentence), "{language:?} lacks: {sentence}");
        }
        assert_eq!(html.matches("<th scope=\"row\">").count(), 2 + 6 + 38 + 8 + 11 + 1 + 71);
        assert_eq!(html.matches("<table>").count(), html.matches("<caption>").count());
    }
}

/// The status page says in words what runs and what does not, and is kept by nobody: the states a service can be in
/// are rendered in both languages.
#[tokio::test]
async fn status_in_both_languages() {
    let request = |path: &str| Request::get(path).body(Body::empty()).expect("a request");
    let check = async |status: ServiceStatus, indonesian: &[&str], english: &[&str]| {
        let told = AppState {
            status: Arc::new(move || {
                let status = status.clone();
                Box::pin(async move { status })
            }),
            ..sample::state()
        };
        for (path, sentences) in [("/status", indonesian), ("/en/status", english)] {
            let answer = ask_of(told.clone(), request(path)).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(answer.header(CACHE_CONTROL), "no-store");
            for sentence in sentences {
                assert!(answer.body.contains(sentence), "{path} lacks {sentence}: {}", answer.body);
            }
        }
    };
    let well = sample::status();
    check(
        well.clone(),
        &[
            "Semua layanan berjalan.",
            "tidak termasuk daftar ini.",
            "Gelombang 70 dibuka sampai 26 September",
            "Gelombang 71 dibuka mulai",
        ],
        &[
            "All services run.",
            "are not in this list.",
            "Wave 70 is open until 26 September",
            "Wave 71 opens at",
            "Every act before",
        ],
    )
    .await;
    check(
        ServiceStatus { accepts: Some(false), ..well.clone() },
        &["Sebagian layanan terganggu.", "tidak menambah peluang"],
        &["Some services are disturbed.", "joining early gives no better chance"],
    )
    .await;
    check(
        ServiceStatus { accepts: None, work: None, ..well.clone() },
        &["Data belum dapat dibaca."],
        &["Data cannot be read"],
    )
    .await;
    let idle = Some(WorkStatus {
        is_on_schedule: false,
        unsealed_since: None,
        open_waves: Vec::new(),
        next_wave: None,
    });
    check(
        ServiceStatus { work: idle, ..sample::status() },
        &["pekerjaan terjadwal tertunda", "Tidak ada gelombang", "Semua tindakan tercatat"],
        &["planned work is late", "No wave is open", "Every act is in the audit chain."],
    )
    .await;
}

/// The page and all it needs stay within the budget for slow phones: compressed and weighed.
#[tokio::test]
async fn sizes() {
    for path in ["/statistik/15", "/en/statistics/15"] {
        let html = get(path).await.body;
        let css = get(style_path(&html)).await;
        assert_eq!(css.status, StatusCode::OK);
        let (first, rest) = (compressed(&html), compressed(&css.body));
        assert!(first <= FIRST_HTML_BYTES_MAX, "{path}: {first} bytes of HTML");
        assert!(first + rest <= ALL_BYTES_MAX, "{path}: {first} and {rest} bytes");
        let (_, mark) = html.split_once(r#"<svg class="mark""#).expect("the mark");
        let mark = mark.split_once("</svg>").expect("the end of the mark").0;
        assert!(r#"<svg class="mark"</svg>"#.len() + mark.len() < 300, "{mark}");
    }
}

/// A page runs no script and asks no other host: its HTML is searched for the ways to do either.
/// The name of SVG in the icon looks like an address and is none.
#[tokio::test]
async fn nothing_foreign() {
    for path in
        ["/", "/en", "/statistik/15", "/en/statistics/15", "/statistik/15.71", "/status", "/x"]
    {
        let html = get(path).await.body.replace("http://www.w3.org/2000/svg", "");
        for forbidden in ["<script", " style=", "javascript:", "://", "src=", "onload=", "onclick="]
        {
            assert!(!html.contains(forbidden), "{path} has {forbidden}");
        }
    }
}

/// Names are text, never markup: a region table with hostile names is rendered.
#[test]
fn escaping() {
    let mut snapshot = jambi();
    let region = |code, name: &str| Region {
        code: RegionCode::new(code).expect("a code"),
        name: name.to_owned(),
    };
    let hostile = r#"<script>"'&"#;
    let regions = vec![region(15, hostile), region(1571, hostile)];
    snapshot.regions = Arc::new(RegionTable::new("hostile".to_owned(), regions).expect("sound"));
    for language in Language::ALL {
        let html = render_statistics(&snapshot, &sample::site(None), language).expect("rendered");
        assert!(!html.contains("<script"));
        assert!(html.contains("&#60;script&#62;&#34;&#39;&#38;"));
    }
}

/// Nothing to count is shown as zeros and dashes: an empty report is rendered.
#[test]
fn empty_report() {
    let mut snapshot = jambi();
    let report = &mut snapshot.report;
    report.total = Funnel::default();
    report.by_regency.clear();
    report.by_wave.clear();
    report.by_attempts.clear();
    for (_, row) in &mut report.by_sex {
        *row = Funnel::default();
    }
    let html =
        render_statistics(&snapshot, &sample::site(None), Language::Indonesian).expect("rendered");
    assert!(html.contains("– dari keikutsertaan"));
    assert!(html.contains("Laki-laki</span> <b>0</b> <i>–</i>"));
    assert!(!html.contains(r#"class="tiles"#));
    assert!(!html.contains(r#"class="columns"#));
}

/// A replay that has not run to its end says so, a finished one and the programme itself do not.
#[test]
fn partial_data() {
    for (origin, notice, partial) in [
        (Origin::Programme, false, false),
        (Origin::Replay { finished: true }, true, false),
        (Origin::Replay { finished: false }, true, true),
    ] {
        let snapshot = Snapshot { origin, ..jambi() };
        for (language, words) in
            [(Language::Indonesian, "belum selesai"), (Language::English, "has not finished")]
        {
            let html =
                render_statistics(&snapshot, &sample::site(None), language).expect("rendered");
            assert_eq!(html.contains("class=\"notice\""), notice, "{origin:?}");
            assert_eq!(html.contains(words), partial, "{origin:?}");
        }
    }
}

/// A province without a layout is a plain list and says so; a regency has no map and leads back.
#[tokio::test]
async fn maps() {
    let mut snapshot = jambi();
    assert!(
        render_statistics(&snapshot, &sample::site(None), Language::Indonesian)
            .expect("rendered")
            .contains("s4 c4 r3")
    );
    snapshot.report.by_regency[0].0 = RegionCode::new(1599).expect("a code without a tile");
    let html =
        render_statistics(&snapshot, &sample::site(None), Language::Indonesian).expect("rendered");
    assert!(html.contains("bukan menurut letak"));
    assert!(!html.contains("c4 r3"));
    let html = get("/statistik/15.71").await.body;
    assert!(html.contains("Statistik Kota Jambi"));
    assert!(html.contains(r#"<a href="/statistik/15">"#));
    assert!(!html.contains(r#"class="tiles"#));
}

/// The language switch keeps the region, and each page names its counterpart.
#[tokio::test]
async fn languages() {
    for (path, other, tag) in [
        ("/statistik/15.71", "/en/statistics/15.71", "en"),
        ("/en/statistics/15.71", "/statistik/15.71", "id"),
        ("/", "/en", "en"),
        ("/en", "/", "id"),
        ("/statistik", "/en/statistics", "en"),
        ("/program", "/en/programme", "en"),
        ("/en/help", "/bantuan", "id"),
        ("/bantuan?q=a+b%22", "/en/help?q=a+b%22", "en"),
    ] {
        let html = get(path).await.body;
        let switch = format!(r#"<a href="{other}" lang="{tag}" hreflang="{tag}">"#);
        assert!(html.contains(&switch), "{path} lacks {switch}");
        if path.contains('?') {
            continue;
        }
        let link = format!(r#"<link rel="alternate" hreflang="{tag}" href="{other}">"#);
        assert!(html.contains(&link), "{path} lacks {link}");
    }
    assert!(get("/statistik").await.body.contains(r#"<a href="/statistik/15">Jambi</a>"#));
}

/// Every response carries the security headers, whatever its status.
#[tokio::test]
async fn security_headers() {
    for path in
        ["/", "/statistik/15", "/statistik/99", "/api/statistik/15", "/x", "/kesehatan/hidup"]
    {
        let answer = get(path).await;
        let policy = answer.header(CONTENT_SECURITY_POLICY);
        for rule in ["default-src 'none'", "style-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert_eq!(answer.header(X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert_eq!(answer.header(REFERRER_POLICY), "no-referrer", "{path}");
        assert!(!answer.headers.contains_key("set-cookie"), "{path}");
    }
}

/// A reader who has the page gets 304 without a body: asked again with its tag, also among others.
#[tokio::test]
async fn asked_again() {
    for path in ["/", "/statistik/15", "/api/statistik/15", "/api/statistik/15?format=csv"] {
        let first = get(path).await;
        assert_eq!(
            (first.status, first.header(CACHE_CONTROL)),
            (StatusCode::OK, "public, max-age=60")
        );
        let tag = first.header(ETAG);
        for known in [tag.to_owned(), format!("\"x\", {tag}"), "*".to_owned()] {
            let request = Request::get(path).header("if-none-match", known);
            let again = ask(request.body(Body::empty()).expect("a request")).await;
            assert_eq!(
                (again.status, again.body.as_str()),
                (StatusCode::NOT_MODIFIED, ""),
                "{path}"
            );
            assert_eq!(again.header(ETAG), tag);
        }
        let request = Request::get(path).header("if-none-match", "W/\"other\"");
        let changed = ask(request.body(Body::empty()).expect("a request")).await;
        assert_eq!((changed.status, changed.body), (StatusCode::OK, first.body));
    }
}

/// HEAD answers like GET without the body, writing is refused with what is allowed, and a body too
/// large is refused.
#[tokio::test]
async fn methods() {
    let whole = get("/statistik/15").await;
    let head = Request::head("/statistik/15").body(Body::empty()).expect("a request");
    let head = ask(head).await;
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
    assert_eq!(head.header(ETAG), whole.header(ETAG));
    assert_eq!(head.header(CONTENT_LENGTH), whole.body.len().to_string());
    for (path, bytes, status) in [
        ("/statistik/15", 0, StatusCode::METHOD_NOT_ALLOWED),
        ("/statistik/15", 100_000, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let post = Request::post(path).header("content-length", bytes);
        let answer = ask(post.body(Body::from("x".repeat(bytes))).expect("a request")).await;
        assert_eq!(answer.status, status);
        assert!(answer.headers.contains_key(CONTENT_SECURITY_POLICY));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            assert_eq!(answer.header(ALLOW), "GET, HEAD");
        }
    }
}

/// The style sheet is kept for ever under its name, and another hash is not found.
#[tokio::test]
async fn style_sheet() {
    let html = get("/").await.body;
    let css = get(style_path(&html)).await;
    assert_eq!(css.header(CACHE_CONTROL), "public, max-age=31536000, immutable");
    assert_eq!(css.header(CONTENT_TYPE), "text/css; charset=utf-8");
    assert_eq!(get("/aset/gelombang-000000000000.css").await.status, StatusCode::NOT_FOUND);
}

/// A request id from outside is replaced, since it goes into the log.
#[tokio::test]
async fn request_id() {
    let request = Request::get("/kesehatan/hidup").header("x-request-id", "from outside");
    let answer = ask(request.body(Body::empty()).expect("a request")).await;
    let id = answer.header(axum::http::HeaderName::from_static("x-request-id"));
    assert_eq!(id.len(), 36, "{id}");
}

/// Each error is a page in the language of its address and says what to do; none is kept.
#[tokio::test]
async fn errors() {
    let code = "Tulis kode provinsi dengan dua angka, misalnya 15";
    for (path, status, text) in [
        ("/statistik/jambi", 404, code),
        ("/statistik/99", 404, code),
        ("/statistik/%FF", 404, code),
        ("/en/statistics/1", 404, "such as 15 for Jambi"),
        ("/statistik/16", 404, "Pilih wilayah lain"),
        ("/en/statistics/16", 404, "Choose another region"),
        ("/statistik/15", 503, "Coba lagi satu menit lagi"),
        ("/en/statistics/15", 503, "Try again in a minute"),
        ("/aset/%FF", 404, "mulai dari beranda"),
        ("/tidak-ada", 404, "mulai dari beranda"),
        ("/en/nothing", 404, "start from the first page"),
    ] {
        let state = if status == 503 { sample::unreadable() } else { sample::state() };
        let answer = get_of(&state, path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert!(answer.body.contains(text), "{path} lacks: {text}\n{}", answer.body);
        assert_eq!(answer.header(CACHE_CONTROL), "no-store", "{path}");
        assert_eq!(answer.header(CONTENT_TYPE), "text/html; charset=utf-8", "{path}");
        let language = if path.starts_with("/en/") { "en" } else { "id" };
        assert!(answer.body.contains(&format!(r#"<html lang="{language}">"#)), "{path}");
    }
}

/// A stroke too many at the end of an address leads to the one without, and to no other site.
#[tokio::test]
async fn stroke_too_many() {
    for (path, to) in
        [("/bantuan/", "/bantuan"), ("/en/", "/en"), ("/statistik/15/", "/statistik/15")]
    {
        let answer = get(path).await;
        assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT, "{path}");
        assert_eq!(answer.header(LOCATION), to);
    }
    for path in ["//lain.id/", "/bantuan//", "/%09/lain.id/"] {
        assert_eq!(get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

/// A reader does not wait for ever: a source that never answers is asked on a clock that jumps.
#[tokio::test(start_paused = true)]
async fn source_that_hangs() {
    let state = AppState {
        figures: Arc::new(|| Box::pin(std::future::pending())),
        past: Arc::new(|_, _| Box::pin(std::future::pending())),
        ..sample::state()
    };
    for (path, said) in [
        ("/statistik/15", "Coba lagi satu menit lagi"),
        ("/api/statistik/15?as_of=2023-12-31", "try again in a minute"),
    ] {
        let answer = get_of(&state, path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.body.contains(said), "{path}: {}", answer.body);
    }
}
