//! docs/ACCESS.md against the running server: every address by every kind of visitor.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use crate::serve::{serve, stop};
use crate::support::{Folder, add_officer, gelombang, run_well};

/// The password of the demonstration's logins.
const PASSWORD: &str = "ombak-di-pantai";
/// Addresses whose forms bring a file.
const TAKE_FILES: [&str; 2] = ["/pendaftaran/foto-ktp", "/pendaftaran/wajah"];
/// Officers by the one role that each has.
const ROLES: [&str; 4] = ["administrator", "policy", "operator", "approver"];

/// What an operator proposes and an approver approves.
const CANCEL: &str = r#"{"act":"cancel","wave":74,"reason":"a test"}"#;

/// A row of the table.
#[derive(Debug)]
struct Row {
    method: String,
    address: String,
    /// Nobody, account, person.
    people: [String; 3],
    officer: String,
    record: String,
}

fn table() -> Vec<Row> {
    let text = include_str!("../../../../docs/ACCESS.md");
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [method, address, nobody, account, person, officer, record] = cells[..] else {
            return None;
        };
        address.starts_with('/').then(|| Row {
            method: method.to_owned(),
            address: address.to_owned(),
            people: [nobody, account, person].map(str::to_owned),
            officer: officer.to_owned(),
            record: record.to_owned(),
        })
    });
    rows.collect()
}

/// Goal: no address is missing in the table, and none is there that the server does not have. Method: the addresses that
/// the routers remember.
#[test]
fn every_address_is_in_the_table() {
    let known = api::known().into_iter().chain(portal::known()).chain(web::known());
    let known: BTreeSet<String> = known.map(|one| format!("{} {}", one.method, one.path)).collect();
    let rows = table();
    let written: BTreeSet<String> =
        rows.iter().map(|row| format!("{} {}", row.method, row.address)).collect();
    assert_eq!(written.len(), rows.len(), "an address stands twice");
    let missing: Vec<_> = known.difference(&written).collect();
    let gone: Vec<_> = written.difference(&known).collect();
    assert!(missing.is_empty(), "docs/ACCESS.md does not say who may: {missing:#?}");
    assert!(gone.is_empty(), "docs/ACCESS.md names what is not there: {gone:#?}");
    for row in &rows {
        assert!(["own", "id", "all"].contains(&&*row.record), "{row:?}");
        assert!(
            row.record != "own" || !row.address.contains("{id}"),
            "{row:?}: whose record is it?"
        );
    }
}

/// An answer, as far as it tells who may.
#[derive(Debug)]
struct Answer {
    status: u16,
    location: String,
    body: String,
    cookies: BTreeMap<String, String>,
}

/// Somebody before the server.
#[derive(Clone, Debug, Default)]
struct Visitor {
    address: String,
    cookies: BTreeMap<String, String>,
    bearer: Option<String>,
    /// The proposal that officers are asked about.
    proposal: String,
    /// The complaint that is asked for.
    complaint: String,
}

impl Visitor {
    fn new(address: &str) -> Self {
        Self { address: address.to_owned(), ..Self::default() }
    }

    fn send(&self, method: &str, path: &str, kind: &str, body: &str) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: {kind}\r\nIdempotency-Key: k\r\n\
             Content-Length: {}\r\nCookie: {}\r\n",
            self.address,
            body.len(),
            cookies.join("; ")
        );
        if let Some(bearer) = &self.bearer {
            let _ = write!(head, "Authorization: Bearer {bearer}\r\n");
        }
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        write!(stream, "{head}\r\n{body}").expect("sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        read_answer(&String::from_utf8_lossy(&bytes))
    }

    /// A token for a form of this visitor.
    fn token(&mut self) -> String {
        let page = self.send("GET", "/masuk", "text/plain", "");
        self.cookies.extend(page.cookies.clone());
        let (_, rest) = page.body.split_once("name=\"token\" value=\"").expect("a form");
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    /// A form with its token and these fields.
    fn post(&mut self, path: &str, fields: &str) -> Answer {
        // A form of another page has another key.
        let key = path.replace('/', "-");
        let body = format!("token={}&kunci={key}{fields}", self.token());
        self.send("POST", path, "application/x-www-form-urlencoded", &body)
    }

    /// A form that takes a file, with its token and none.
    fn post_no_file(&mut self, path: &str) -> Answer {
        let part = |name: &str, value: &str| {
            format!("--batas\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let body = part("token", &self.token()) + &part("foto", "") + "--batas--\r\n";
        self.send("POST", path, "multipart/form-data; boundary=batas", &body)
    }

    /// With a session, at the pages and at the API.
    fn signed_in(address: &str, email: &str) -> Self {
        let mut visitor = Self::new(address);
        let body = format!(r#"{{"email":"{email}","password":"{PASSWORD}"}}"#);
        let answer = visitor.send("POST", "/api/v1/sessions", "application/json", &body);
        let session: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
        let token = session["token"].as_str().unwrap_or_else(|| panic!("{answer:?}"));
        visitor.cookies.insert("sesi".to_owned(), token.to_owned());
        visitor.bearer = Some(token.to_owned());
        visitor
    }

    fn officer(address: &str, folder: &Folder, name: &str) -> Self {
        let file = std::fs::read_to_string(folder.path().join(name)).expect("a credential");
        let lines: Vec<&str> = file.lines().collect();
        let bearer = Some(format!("glo_{}.{}", lines[1], lines[2]));
        Self { bearer, ..Self::new(address) }
    }

    /// An address with something in place of what it names: the open wave, which the person has joined, a proposal, and for
    /// [`NAMES_NOTHING`] a record of nobody.
    fn example(&self, address: &str) -> String {
        let id = match address {
            _ if address.contains("/proposals/") => self.proposal.as_str(),
            _ if address.contains("/officers/") => "ofc_0190b0c0000070008000000000000009",
            _ => "0190b0c0-0000-7000-8000-000000000009",
        };
        let path = address
            // The open wave has no list of regions yet.
            .replace("{number}/{region}", "73/34")
            .replace("{number}", "74")
            .replace("{wave}", "74")
            .replace("{complaint}", &self.complaint)
            .replace("{digest}", &"0".repeat(64))
            .replace("{id}", id)
            .replace("{kind}", "sms_contact")
            .replace("{field}", "name")
            .replace("{region}", "34")
            .replace("{name}", "nothing")
            .replace("{*path}", "gelombang-74/policy.json");
        assert!(!path.contains('{'), "say here what to ask {address} with");
        // It leads on, by itself to the account.
        if path == "/antre" { path + "?ke=%2Fbantuan" } else { path }
    }

    /// Asks for an address of the table as whoever may would, with nothing that could be done.
    fn ask(&mut self, row: &Row, prefix: &str) -> Answer {
        let path = prefix.to_owned() + &self.example(&row.address);
        if path.contains("/api/v1/") {
            self.send(&row.method, &path, "application/json", body_of(row))
        } else if row.method == "POST" && TAKE_FILES.contains(&row.address.as_str()) {
            self.post_no_file(&path)
        } else if row.method == "POST" {
            self.post(&path, "")
        } else {
            self.send(&row.method, &path, "text/plain", "")
        }
    }
}

/// Parts of addresses whose example names nothing that is there, so that whoever may look is told so: records of nobody,
/// and receipts, which `serve` does not sign with the key of the demonstration.
const NAMES_NOTHING: [&str; 5] = ["{id}", "{digest}", "{name}", "/receipt", "/bukti"];

/// True for what takes a join back, which is done once, after everything else.
fn takes_back(row: &Row) -> bool {
    row.method != "GET" && ["/batal", "/joins"].iter().any(|end| row.address.ends_with(end))
}

fn read_answer(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let header = |name: &'static str| {
        head.lines().filter_map(move |line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let cookie = |set: String| {
        let (name, value) = set.split(';').next()?.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    };
    Answer {
        status: head.get(9..12).and_then(|code| code.parse().ok()).unwrap_or(0),
        location: header("location").next().unwrap_or_default(),
        body: body.to_owned(),
        cookies: header("set-cookie").filter_map(cookie).collect(),
    }
}

/// A body by which an officer's request gets as far as the question of the role.
fn body_of(row: &Row) -> &'static str {
    match (row.method.as_str(), row.address.as_str()) {
        ("POST", "/api/v1/officer/proposals") => CANCEL,
        ("POST", "/api/v1/waves/{number}/appeals") => r#"{"ground":"register_wrong"}"#,
        ("POST", "/api/v1/officer/waves/{number}/purchases") => {
            r#"{"person":"per_0190b0c0000070008000000000000009","price_rupiah":300000,"paid_at":"2026-01-02T12:00:00+07:00"}"#
        }
        ("POST", path) if path.ends_with("/retirement") || path.ends_with("/rejection") => {
            r#"{"reason":"a test"}"#
        }
        ("POST" | "PATCH" | "PUT", path) if !path.contains("{number}") => "{}",
        _ => "",
    }
}

/// True if an answer is what a word of the table says.
fn is(word: &str, address: &str, answer: &Answer) -> bool {
    let asks_to_sign_in = answer.status == 401 || answer.location.contains("/masuk?lanjut=");
    let ways = ["/akun", "/en/akun", "/pendaftaran", "/en/pendaftaran"];
    let asks_to_register = answer.body.contains(r#""code":"registered""#)
        || (answer.status == 303 && ways.contains(&&*answer.location))
        || (answer.status != 200 && answer.body.contains("/pendaftaran\""));
    let names_nothing = NAMES_NOTHING.iter().any(|part| address.contains(part));
    let is_of_registering = address.starts_with("/pendaftaran");
    // A wrong password is 401 too, which nobody is kept out by.
    let is_wrong_password = answer.body.contains("wrong_credentials");
    let turned_away = [0, 403, 405, 429, 500, 503].contains(&answer.status)
        || (answer.status == 404 && !names_nothing)
        || (asks_to_register && !is_of_registering)
        || (asks_to_sign_in && !is_wrong_password)
        || answer.body.contains(r#""code":"registered""#);
    match word {
        "in" => !turned_away,
        "sign in" => asks_to_sign_in,
        "register" => asks_to_register,
        "none" => answer.status == 404,
        "no" => answer.status == 403,
        _ => panic!("{word:?} is no word of the table"),
    }
}

/// What an officer with a role is to be told.
fn word_for<'a>(row: &'a Row, role: &str) -> &'a str {
    match row.officer.as_str() {
        "any" => "in",
        roles if roles.split(", ").all(|one| ROLES.contains(&one)) => {
            if roles.split(", ").any(|one| one == role) { "in" } else { "no" }
        }
        word => word,
    }
}

/// One officer for each role; the first two, who name the others, are administrators alone.
fn appoint_officers(folder: &Folder) {
    for name in ["administrator", "second"] {
        add_officer(folder, name, "administrator");
    }
    for role in &ROLES[1..] {
        let file = folder.path().join(role);
        let file = file.to_str().expect("text");
        let run_as = |officer: &str, words: &[&str]| {
            let mut command: Command = gelombang(folder, words);
            let output = command.env("GELOMBANG_AS", folder.path().join(officer)).output();
            let output = output.expect("the binary runs");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{words:?}: {said}");
            String::from_utf8(output.stdout).expect("text")
        };
        let add = ["admin", "officer", "add", role, "--role", role, "--credential", file];
        let said = run_as("administrator", &[&add[..], &["--reason", "test"]].concat());
        let (_, print) = said.split_once("--fingerprint ").expect("it names one");
        let print = print.split_whitespace().next().expect("it is there");
        let approve = ["admin", "officer", "approve", role, "--role", role, "--fingerprint", print];
        run_as("second", &approve);
    }
}

/// Files a complaint as somebody; gives its id.
fn complain(address: &str, email: &str) -> String {
    let mut visitor = Visitor::signed_in(address, email);
    let answer = visitor
        .post("/akun/pengaduan/baru", "&tentang=other&uraian=Ada+yang+macet+sejak+kemarin+pagi");
    let id = answer.location.strip_prefix("/akun/pengaduan/");
    id.unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

/// Goal: every cell of the table is what the server answers. Method: the small demonstration with an officer for each
/// role, each address asked as each visitor, pages in both languages.
#[test]
fn every_cell_holds() {
    let folder = Folder::new();
    run_well(&folder, &["demo", "--small", "--no-serve"]);
    appoint_officers(&folder);
    let rates = ["--no-worker", "--address-rate", "9999", "--session-rate", "9999"];
    let known_as = ["--public-url", "http://127.0.0.1:1"];
    let (mut child, address) = serve(&folder, &[&rates[..], &known_as].concat());
    // The public pages name their English addresses themselves.
    let pages: BTreeSet<String> = portal::known().iter().map(|one| one.path.to_owned()).collect();
    let mut wrong = Vec::new();
    let mut look = |row: &Row, who: &str, word: &str, visitor: &mut Visitor| {
        let is_twice = pages.contains(&row.address) && !takes_back(row);
        let prefixes: &[&str] = if is_twice { &["", "/en"] } else { &[""] };
        for prefix in prefixes {
            let answer = visitor.ask(row, prefix);
            if !is(word, &row.address, &answer) {
                let Answer { status, location, body, .. } = answer;
                let body: String = body.chars().take(200).collect();
                wrong.push(format!(
                    "{} {prefix}{} as {who} is not `{word}`: {status} {location} {body}",
                    row.method, row.address
                ));
            }
        }
    };
    let person = "belum@contoh.id";
    let complaint = complain(&address, person);
    let joined = Visitor::signed_in(&address, person).post("/akun/gelombang/74/ikut", "");
    assert_eq!(joined.location, "/akun/gelombang/74", "{joined:?}");
    let emails = ["", "baru@contoh.id", person];
    let mut rows = table();
    rows.sort_by_key(takes_back);
    for (at, (who, email)) in ["nobody", "account", "person"].into_iter().zip(emails).enumerate() {
        let arrive = || {
            let mut visitor = match email {
                "" => Visitor::new(&address),
                email => Visitor::signed_in(&address, email),
            };
            visitor.complaint.clone_from(&complaint);
            visitor
        };
        let mut visitor = arrive();
        for row in &rows {
            if row.address.ends_with("/keluar") && row.method == "POST" || row.method == "DELETE" {
                // It ends the session, so each has its own.
                let mut own = arrive();
                let kept = row.address.starts_with("/api/");
                if kept {
                    look(row, who, &row.people[at], &mut own);
                } else {
                    let answer = own.ask(row, "");
                    assert!(
                        is(&row.people[at], &row.address, &answer),
                        "{row:?} as {who}: {answer:?}"
                    );
                }
                // One of them ends all sessions of the account.
                visitor = arrive();
                continue;
            }
            look(row, who, &row.people[at], &mut visitor);
        }
    }
    let mut another = Visitor::signed_in(&address, "dicabut@contoh.id");
    another.complaint.clone_from(&complaint);
    for row in rows.iter().filter(|row| row.record == "id") {
        look(row, "another person", "none", &mut another);
    }
    let operator = Visitor::officer(&address, &folder, "operator");
    let answer = operator.send("POST", "/api/v1/officer/proposals", "application/json", CANCEL);
    let proposed: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    let proposal = proposed["proposal"].as_str().unwrap_or_else(|| panic!("{answer:?}"));
    for role in ROLES {
        let mut visitor = Visitor::officer(&address, &folder, role);
        visitor.proposal = proposal.to_owned();
        visitor.complaint.clone_from(&complaint);
        for row in &rows {
            look(row, role, word_for(row, role), &mut visitor);
        }
    }
    stop(&mut child);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
