//! The figures as JSON and CSV, and the problem documents.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE,
};
use serde_json::{Value, json};

use crate::{get, get_of, sample};

const COUNTS: [&str; 9] = [
    "joins",
    "unique_applicants",
    "sk_recipients",
    "effective",
    "pending",
    "revoked",
    "reallocated",
    "men",
    "women",
];

async fn json_of(path: &str) -> Value {
    let answer = get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    assert_eq!(answer.header(CONTENT_TYPE), "application/json");
    serde_json::from_str(&answer.body).expect("JSON")
}

/// The total is one flat object with exactly the keys that are promised.
#[tokio::test]
async fn total_as_json() {
    let expected = json!({
        "region": "15",
        "name": "Jambi",
        "as_of": "2024-09-24T16:59:00Z",
        "simulated": true,
        "partial": false,
        "joins": 3_000_000,
        "unique_applicants": 794_900,
        "sk_recipients": 371_322,
        "effective": 360_690,
        "pending": 0,
        "revoked": 10_632,
        "reallocated": 9_871,
        "men": 381_552,
        "women": 413_348,
    });
    assert_eq!(json_of("/api/statistik/15").await, expected);
    assert_eq!(json_of("/api/statistik/1571").await["name"], "Kota Jambi");
}

/// Each breakdown has its rows, and the CSV says the same as the JSON, cell by cell.
#[tokio::test]
async fn csv_is_the_json() {
    for (by, count, key, name) in [
        ("regency", 11, "15.01", "Kabupaten Kerinci"),
        ("wave", 71, "1", "Gelombang 1"),
        ("sex", 2, "man", "Laki-laki"),
        ("age", 6, "18-25", "18–25"),
        ("education", 8, "none", "Tidak tamat sekolah"),
    ] {
        let report = json_of(&format!("/api/statistik/15?by={by}")).await;
        let rows = report["rows"].as_array().expect("rows");
        assert_eq!((report["by"].as_str(), rows.len()), (Some(by), count));
        assert_eq!((&rows[0]["key"], &rows[0]["name"]), (&json!(key), &json!(name)));
        let answer = get(&format!("/api/statistik/15?by={by}&format=csv")).await;
        assert!(answer.header(CONTENT_TYPE).starts_with("text/csv"));
        let file = format!("attachment; filename=\"statistik-15-{by}.csv\"");
        assert_eq!(answer.header(CONTENT_DISPOSITION), file);
        let mut reader = csv::Reader::from_reader(answer.body.as_bytes());
        let header = reader.headers().expect("a header").clone();
        let mut columns = vec!["region", "as_of", "simulated", "partial", "by", "key", "name"];
        columns.extend(COUNTS);
        assert_eq!(header.iter().collect::<Vec<_>>(), columns);
        let records: Vec<_> = reader.records().map(|record| record.expect("a record")).collect();
        assert_eq!(records.len(), rows.len());
        for (record, row) in records.iter().zip(rows) {
            let mut cells = vec![
                json!("15"),
                report["as_of"].clone(),
                json!("true"),
                json!("false"),
                json!(by),
            ];
            cells.extend([row["key"].clone(), row["name"].clone()]);
            cells.extend(COUNTS.map(|count| json!(row[count].to_string())));
            assert_eq!(record.iter().map(|cell| json!(cell)).collect::<Vec<_>>(), cells);
        }
    }
    let total = get("/api/statistik/15?format=csv").await.body;
    let row = "15,2024-09-24T16:59:00Z,true,false,total,15,Jambi,3000000,794900,371322,360690,0,10632,9871,381552,413348";
    assert_eq!(total.lines().nth(1), Some(row));
    assert_eq!(total.lines().count(), 2);
}

/// The instant asked for reaches the source: a date as its end in Jakarta.
#[tokio::test]
async fn as_of() {
    for (text, instant) in [
        ("2023-12-31", "2023-12-31T16:59:59.999999Z"),
        ("2023-12-31T00:00:00+07:00", "2023-12-30T17:00:00Z"),
    ] {
        let report = json_of(&format!("/api/statistik/15?as_of={text}")).await;
        assert_eq!(report["as_of"], instant);
    }
}

/// Any site may read the figures and the problems.
#[tokio::test]
async fn open_to_any_site() {
    for path in ["/api/statistik/15", "/api/statistik/99"] {
        assert_eq!(get(path).await.header(ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    }
}

/// Each fault is a problem document with its code and a sentence that says how to mend it.
#[tokio::test]
async fn problems() {
    for (path, status, code, detail) in [
        ("/api/statistik/jambi", 404, "bad-region-code", "write a province as 15"),
        ("/api/statistik/%FF", 404, "bad-region-code", "write a province as 15"),
        ("/api/statistik/99", 404, "unknown-region", "has the code 99"),
        ("/api/statistik/16", 404, "no-data", "no figures for region 16"),
        ("/api/statistik/15?by=sex", 503, "unavailable", "try again in a minute"),
        ("/api/statistik/15?as_of=2023-12-31", 503, "unavailable", "try again in a minute"),
        ("/api/statistik/15?by=village", 400, "bad-breakdown", "use regency, wave, sex"),
        ("/api/statistik/15?as_of=kemarin", 400, "bad-time", "write a date as 2024-09-30"),
        ("/api/statistik/15?format=pdf", 400, "bad-option", "format=json or csv"),
        ("/api/statistik/15?colour=red", 400, "bad-option", "use by, as_of"),
        ("/api/orang", 404, "no-such-address", "/api/statistik/15"),
    ] {
        let state = if status == 503 { sample::unreadable() } else { sample::state() };
        let answer = get_of(&state, path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert_eq!(answer.header(CACHE_CONTROL), "no-store", "{path}");
        assert_eq!(answer.header(CONTENT_TYPE), "application/problem+json", "{path}");
        let problem: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!(code)));
        assert_eq!(problem["type"], format!("urn:gelombang:problem:{code}"));
        let said = problem["detail"].as_str().expect("a sentence");
        assert!(said.contains(detail), "{path}: {said}");
    }
}

/// Both probes answer while the figures can be read.
#[tokio::test]
async fn probes() {
    for (path, word) in [("/kesehatan/hidup", "hidup\n"), ("/kesehatan/siap", "siap\n")] {
        let answer = get(path).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, word));
    }
}
