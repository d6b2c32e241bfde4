//! Whoever finds what the product leaves behind finds nobody: identities with marks go in by every way, and all that
//! is written anywhere is searched for the marks.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use storage::embedded::{Embedded, EmbeddedSettings};

use crate::officers::CALENDAR;
use crate::serve::{get, stop};
use crate::support::{Folder, add_officer, gelombang, run, run_well};

/// Identities that come in by a file.
const CANARIES: u32 = 1_000;
/// Those who come over HTTP beside them.
const CALLERS: u32 = 12;
/// What each identity carries in its NIK, family card, phone, name, address, and in the password of its account.
const MARKS: [&str; 6] =
    ["1571917700", "1571926600", "6289955300", "kenarirahasia", "kotakkenari", "sandikenari"];

fn name(number: u32) -> String {
    let letter = |value: u32| char::from(b'a' + u8::try_from(value % 26).unwrap_or(0));
    format!("Kenarirahasia {}{}{}", letter(number / 676), letter(number / 26), letter(number))
}

fn row(number: u32) -> String {
    format!(
        "1571917700{number:06},1571926600{number:06},{},1990-01-02,+6289955300{number:04},\
         kotakkenari{number}@contoh.id,woman,diploma,worker,15.71,false\n",
        name(number)
    )
}

/// Sends a request and gives the whole answer.
pub(crate) fn ask(address: &str, line: &str, key: &str, token: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(
        stream,
        "{line} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nIdempotency-Key: {key}\r\n\
         Authorization: Bearer {token}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer in UTF-8");
    answer
}

/// A person comes over HTTP, is refused for bad input on the way, and joins. Keeps the answers to what was bad, and
/// gives the token.
fn come(address: &str, number: u32, kept: &mut String) -> String {
    let mail = format!("kotakkenari{number}@contoh.id");
    let account = format!(r#"{{"email":"{mail}","password":"sandikenari nomor {number}"}}"#);
    let opened = ask(address, "POST /api/v1/accounts", "account", "", &account);
    assert!(opened.starts_with("HTTP/1.1 201"), "{opened}");
    let wrong = account.replace("nomor", "bukan");
    kept.push_str(&ask(address, "POST /api/v1/sessions", "", "", &wrong));
    let session = ask(address, "POST /api/v1/sessions", "", "", &account);
    let (_, body) = session.split_once("\r\n\r\n").expect("a body");
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let token = body["token"].as_str().expect("a token").to_owned();
    let person = format!(
        r#"{{"nik":"1571917700{number:06}","family_card":"1571926600{number:06}","name":"{}","born_on":"1990-01-02",
            "phone":"+6289955300{number:04}","email":"{mail}","sex":"woman","education":"diploma",
            "employment":"worker","region":"15.71","disability":false}}"#,
        name(number)
    );
    let register = "POST /api/v1/registrations";
    for bad in [
        person.replace("15.71", "15.99"),
        person.replace("1990-01-02", "kenarirahasia"),
        person.replace("woman", "kenarirahasia"),
        person.replace("\"sex\"", "\"1571917700000001\""),
        person.replace(&format!("1571917700{number:06}"), &format!("1571917700{number:05}")),
        // The NIK of somebody else.
        person.replace(&format!("1571917700{number:06}"), "1571917700000001"),
        person.replace('}', ""),
    ] {
        let answer = ask(address, register, "bad", &token, &bad);
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        kept.push_str(&answer);
    }
    let registered = ask(address, register, "register", &token, &person);
    assert!(registered.starts_with("HTTP/1.1 201"), "{registered}");
    let joined = ask(address, "POST /api/v1/waves/71/joins", "join", &token, "");
    assert!(joined.starts_with("HTTP/1.1 201"), "{joined}");
    kept.push_str(&ask(address, &format!("GET /api/v1/waves/{mail}"), "", &token, ""));
    kept.push_str(&ask(address, &format!("GET /statistik/1571917700{number:06}"), "", "", ""));
    token
}

/// An installation with an open wave.
fn found(folder: &Folder, kept: &Path) {
    add_officer(folder, "melati", "administrator,policy,operator");
    add_officer(folder, "kenanga", "administrator,approver");
    let calendar = folder.path().join("calendar.csv");
    // Soon over, so that nobody is too old by then.
    let day = |days: &str| {
        let printed = Command::new("date").args(["-u", "+%F", "-d", days]).output();
        String::from_utf8(printed.expect("date runs").stdout).expect("text").trim().to_owned()
    };
    let soon = CALENDAR.replace("2099-08-06", &day("+20 days"));
    fs::write(&calendar, soon.replace("2099-08-09", &day("+23 days"))).expect("a file");
    let calendar = calendar.to_str().expect("text");
    let run_as = |officer: &str, line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = gelombang(folder, &words);
        if line.contains("publish") {
            command.args(["--calendar", calendar]);
        }
        let output = command.env("GELOMBANG_AS", folder.path().join(officer)).output();
        let output = output.expect("the binary runs");
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        fs::write(kept.join(format!("{}.txt", words.join("-"))), output.stdout).expect("written");
    };
    let terms = "71 --seats 40 --province 15";
    run_as("melati", &format!("wave publish propose {terms} --reason plan"));
    run_as("kenanga", &format!("wave publish approve {terms}"));
    run_as("melati", "wave open 71");
}

/// Imports the canaries and their joins; first a file with faults, whose report is kept.
fn import(folder: &Folder, files: &Path, kept: &Path) {
    let header =
        "nik,family_card,name,born_on,phone,email,sex,education,employment,region,disability\n";
    let rows = (0..CANARIES).fold(header.to_owned(), |text, number| text + &row(number));
    let now = Command::new("date").args(["-u", "+%FT%TZ"]).output().expect("date runs").stdout;
    let now = String::from_utf8(now).expect("text");
    let joins = (0..CANARIES).fold("nik,joined_at\n".to_owned(), |text, number| {
        text + &format!("1571917700{number:06},{now}")
    });
    let bad = rows.replace("worker", "kenarirahasia").replace(",false", ",kotakkenari");
    let shifted = rows.replacen("1571917700", ",1571917700", 500);
    for (name, text, arguments, is_good) in [
        ("bad.csv", &bad, &["import", "persons"][..], false),
        ("shifted.csv", &shifted, &["import", "persons"], false),
        ("persons.csv", &rows, &["import", "persons"], true),
        ("joins.csv", &joins, &["import", "joins", "--wave", "71"], true),
    ] {
        let file = files.join(name);
        fs::write(&file, text).expect("written");
        let report = kept.join(format!("{name}.errors.csv"));
        let output = gelombang(folder, arguments)
            .args([&file, Path::new("--errors"), &report])
            .env("GELOMBANG_AS", folder.path().join("melati"))
            .env("GELOMBANG_LOG", "trace")
            .output()
            .expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let reported = fs::read_to_string(&report).unwrap_or_default();
        let reported: String = reported.chars().take(300).collect();
        assert_eq!(output.status.success(), is_good, "{name}: {error}{reported}");
        fs::write(kept.join(format!("{name}.log")), [output.stdout, output.stderr].concat())
            .expect("written");
    }
}

/// Starts a server that logs all it can, and gives where it serves and where its figures are.
fn serve(folder: &Folder, log: &Path) -> (Child, String, String) {
    let listen = ["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"];
    let mut child = gelombang(folder, &listen)
        .env("GELOMBANG_PROGRAMS_REGISTER", "true")
        .env("GELOMBANG_LOG", "trace")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let mut said = File::create(log).expect("a file");
    let mut address = |begin: &str| {
        loop {
            let line = lines.next().expect("it says where").expect("text");
            writeln!(said, "{line}").expect("written");
            if let Some(rest) = line.strip_prefix(begin) {
                return rest.trim_end_matches("/metrics").trim_end_matches('/').to_owned();
            }
        }
    };
    let figures = address("Figures on http://");
    let public = address("Serving on http://");
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            writeln!(said, "{line}").expect("written");
        }
    });
    (child, public, figures)
}

/// A dump of the whole database in text.
fn dump(folder: &Folder, to: &Path) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let settings = EmbeddedSettings { data_dir: folder.data(), bin_dir: None };
        let server = Embedded::start(&settings).await.expect("starts");
        let options = server.superuser_options();
        let socket = options.get_socket().expect("a socket").clone();
        let debian = format!("/usr/lib/postgresql/{}/bin/pg_dump", server.version().major());
        let program = if Path::new(&debian).is_file() { debian } else { "pg_dump".to_owned() };
        let dumped = Command::new(program)
            .args(["-U", "postgres", "-p", &options.get_port().to_string(), "-h"])
            .arg(socket)
            .arg("gelombang")
            .stdout(File::create(to).expect("a file"))
            .status()
            .expect("pg_dump runs");
        assert!(dumped.success());
        server.stop().await.expect("stops");
    });
}

/// Files below `folder` in which any of the marks stands, whatever its case.
fn search(folder: &Path, marks: &[String]) -> Vec<PathBuf> {
    let mut command = Command::new("grep");
    command.args(["-r", "-l", "-a", "-i", "-F"]).env("LC_ALL", "C");
    for mark in marks {
        command.args(["-e", mark]);
    }
    let output = command.arg(folder).output().expect("grep runs");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(PathBuf::from).collect()
}

/// Goal: no identity, password or token in clear in logs and traces, figures, error bodies, exports, a dump of the
/// database, its files, its log and its archive, or a backup. Method: 1,000 marked identities come in by files and
/// more over HTTP, with bad input of every kind among them, under the most talkative log; then every file is
/// searched for the marks, and so are the files they came from, in which all of them must be found.
#[test]
fn nobody_is_found() {
    let folder = Folder::new();
    let [files, kept] = ["files", "kept"].map(|name| folder.path().join(name));
    fs::create_dir(&files).expect("a folder");
    fs::create_dir(&kept).expect("a folder");
    found(&folder, &kept);
    import(&folder, &files, &kept);

    let (mut child, address, figures) = serve(&folder, &kept.join("serve.log"));
    let backup = folder.path().join("backup");
    let mut answers = String::new();
    let tokens: Vec<String> =
        (0..CALLERS).map(|caller| come(&address, CANARIES + caller, &mut answers)).collect();
    fs::write(kept.join("answers.txt"), &answers).expect("written");
    for (name, address, path) in [
        ("metrics", &figures, "/metrics"),
        ("status", &address, "/status"),
        ("api", &address, "/api/v1/waves"),
    ] {
        fs::write(kept.join(name), get(address, path)).expect("written");
    }
    let told = fs::read_to_string(kept.join("metrics")).expect("text");
    assert!(
        told.contains("gelombang_seats_left{wave=\"71\"} "),
        "there is something to tell: {told}"
    );
    run_well(&folder, &["backup", "--to", backup.to_str().expect("text")]);
    stop(&mut child);

    let checkpoint = kept.join("checkpoint.txt");
    let checkpoint = checkpoint.to_str().expect("text");
    for (name, arguments) in [
        ("audit", &["audit"][..]),
        ("seal", &["audit", "--seal", "--export", checkpoint]),
        ("stats", &["stats", "--region", "15", "--json"]),
        ("stats-csv", &["stats", "--region", "15", "--by", "regency", "--csv"]),
        ("jobs", &["jobs", "--json"]),
        ("notices", &["notices", "--json"]),
        ("proposals", &["proposals", "--all"]),
        ("doctor", &["doctor"]),
    ] {
        let output = run(&folder, arguments);
        fs::write(kept.join(name), [output.stdout, output.stderr].concat()).expect("written");
    }
    dump(&folder, &kept.join("dump.sql"));

    let marks: Vec<String> = MARKS.iter().map(ToString::to_string).chain(tokens).collect();
    for place in [folder.data(), backup.clone(), kept.clone()] {
        let found = search(&place, &marks);
        assert!(found.is_empty(), "in clear: {found:?}");
    }
    // The search finds what is there.
    let text = fs::read_to_string(files.join("persons.csv")).expect("text");
    assert_eq!(text.lines().count() as u32, CANARIES + 1);
    for mark in &MARKS[..5] {
        assert_eq!(text.to_lowercase().matches(mark).count() as u32, CANARIES, "{mark}");
        let found = search(&files, &[(*mark).to_owned()]);
        assert!(found.contains(&files.join("persons.csv")), "{mark}: {found:?}");
    }
    let dumped = fs::read_to_string(kept.join("dump.sql")).expect("text");
    assert!(
        dumped.contains("COPY gelombang.person_identities"),
        "the dump holds the identities, sealed"
    );
    let log = fs::read_to_string(kept.join("serve.log")).expect("text");
    assert!(log.contains("http.request") && log.contains("DEBUG"), "the log is a talkative one");
    assert!(backup.join("wal").is_dir() && folder.data().join("pg/pg_wal").is_dir());
}
