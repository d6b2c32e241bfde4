//! The simulators of outside systems, as a process of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use integrations::address::Address;
use integrations::beacon::BeaconSources;
use selection::beacon::TestBeacon;
use selection::policy::BeaconFacts;
use sha2::{Digest as _, Sha256};

use crate::serve::{get, serve, stop};
use crate::support::{Folder, borrowed, run_well, simulate};

/// Starts the simulated registers on a free port and reads their address.
pub(crate) fn registers(more: &[&str]) -> (Child, String) {
    simulator("register", more)
}

fn simulator(name: &str, more: &[&str]) -> (Child, String) {
    let said = format!("Simulating {name} on http://");
    let mut child = sandbox()
        .args([&format!("--{name}"), "127.0.0.1:0"])
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix(&said).map(str::to_owned))
        .expect("it says where it serves");
    (child, address)
}

fn sandbox() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gelombang"));
    command.arg("sandbox").env_remove("RUST_BACKTRACE");
    command
}

fn ask(address: &str, nik: &str) -> String {
    send(address, "POST /education/check", "", &format!("{{\"nik\":\"{nik}\"}}"))
}

/// Goal: the command serves what docs/REGISTERS.md promises, in each of its modes, until it is stopped.
/// Method: the real process, asked over a socket.
#[test]
fn simulates_registers() {
    let (mut child, address) = registers(&[]);
    for (nik, expected) in [
        ("1571014508990001", "{\"enrolled\":\"no\"}"),
        ("1571014508990095", "{\"enrolled\":\"yes\"}"),
        ("1571014508990098", "HTTP/1.1 503"),
        ("15710145089900", "HTTP/1.1 422"),
    ] {
        let answer = ask(&address, nik);
        assert!(answer.contains(expected), "{nik}: {answer}");
    }
    stop(&mut child);
    let (mut child, address) = registers(&["--register-outage"]);
    assert!(ask(&address, "1571014508990001").starts_with("HTTP/1.1 503"));
    stop(&mut child);
}

/// Goal: what was sent is shown, and a simulator goes away, for all or for one number alone, and comes back.
/// Method: the inbox beside a gateway.
#[test]
fn shows_what_was_sent() {
    let gateway = format!("127.0.0.1:{}", free_port());
    let (mut child, inbox) = simulator("inbox", &["--gateway", &gateway]);
    let text = r#"{"key":"k-1","to":"+6281200000002","text":"Kode: 123456"}"#;
    let send_text = || send(&gateway, "POST /messages", "", text);
    assert!(send(&inbox, "POST /outages/gateway/on", "", "").starts_with("HTTP/1.1 303"));
    assert!(send_text().starts_with("HTTP/1.1 503"));
    assert!(send(&inbox, "POST /outages/gateway/off", "", "").starts_with("HTTP/1.1 303"));
    for (state, of, expected) in [
        ("on", "%2B6281200000003", "HTTP/1.1 200"),
        ("on", "%2B6281200000002", "HTTP/1.1 503"),
        ("off", "%2B6281200000002", "HTTP/1.1 200"),
    ] {
        let switched = send(&inbox, &format!("POST /outages/gateway/{state}?of={of}"), "", "");
        assert!(switched.starts_with("HTTP/1.1 303"), "{switched}");
        assert!(send_text().starts_with(expected), "{state} for {of}");
    }
    assert!(send(&inbox, "GET /letters.json", "", "").contains("Kode: 123456"));
    assert!(send(&inbox, "GET /", "", "").contains("<pre>Kode: 123456</pre>"));
    assert!(send(&inbox, "POST /outages/nothing/on", "", "").starts_with("HTTP/1.1 404"));
    stop(&mut child);
}

/// A port that is free at this moment.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}

/// Goal: the beacon gives its rounds by the system's clock, in each of its modes. Method: the real process, asked
/// for a round of the past and one of the far future, and for another chain.
#[test]
fn simulates_a_beacon() {
    let chain = "ab".repeat(32);
    let ask = |more: &[&str], path: &str| {
        let own = ["--beacon-chain", &chain, "--beacon-genesis", "1000", "--beacon-period", "5"];
        let (mut child, address) = simulator("beacon", &[&own, more].concat());
        let answer = get(&address, path);
        stop(&mut child);
        answer
    };
    let (first, far) = (format!("/{chain}/public/1"), format!("/{chain}/public/99999999999"));
    let right = ask(&[], &first);
    assert!(right.contains("\"round\":1,"), "{right}");
    assert!(ask(&[], &far).starts_with("HTTP/1.1 425"));
    assert!(ask(&[], "/00/public/1").starts_with("HTTP/1.1 404"));
    assert!(ask(&["--beacon-late", "99999999999"], &first).starts_with("HTTP/1.1 425"));
    assert!(ask(&["--beacon-outage"], &first).starts_with("HTTP/1.1 503"));
    let wrong = ask(&["--beacon-wrong"], &first);
    assert!(wrong.contains("\"round\":1,") && wrong != right, "{wrong}");
}

/// Goal: who fetches a round gets it although the first server lies and the second is away. Method: three processes
/// with the chain that draws use, and the client for drand.
#[test]
fn a_round_comes_from_whoever_has_it() {
    let modes: [&[&str]; 3] = [&["--beacon-wrong"], &["--beacon-outage"], &[]];
    let mut servers = modes.map(|mode| simulator("beacon", mode));
    let at = |(_, address): &(Child, String)| format!("http://{address}").parse().expect("shape");
    let addresses: Vec<Address> = servers.iter().map(at).collect();
    let chain = BeaconFacts {
        chain_hash: Sha256::digest("gelombang local test chain 1").into(),
        public_key: None,
        scheme: TestBeacon::SCHEME.to_owned(),
        genesis_s: 1_577_836_800,
        period_s: 3,
        test: true,
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let fetch = |addresses: &[Address]| {
        let sources = BeaconSources::new(addresses).expect("clients");
        runtime.block_on(sources.fetch(&chain, 1000))
    };
    assert_eq!(fetch(&addresses).expect("a round").round, 1000);
    let none = fetch(&addresses[..2]).expect_err("none has it");
    assert!(!none.is_early() && none.to_string().contains("not that of round 1000"), "{none}");
    for (child, _) in &mut servers {
        stop(child);
    }
}

/// Goal: who registers over HTTP at a real server is told what the real registers say. Method: `serve` and
/// `sandbox` as processes; an account, a session, a registration whose family card the register does not
/// confirm, and the person's page until it says so in both languages.
#[test]
fn who_registers_is_asked_about() {
    let folder = Folder::new();
    run_well(&folder, &borrowed(&simulate("15", [300, 80, 37, 36], 5)));
    let (mut registers, address) = registers(&[]);
    let register = format!("http://{address}");
    let (mut server, api) = serve(&folder, &["--register-url", &register, "--programs-register"]);
    let account = "{\"email\": \"siti@contoh.id\", \"password\": \"kata sandi yang panjang\"}";
    let person =
        "{\"nik\": \"1571014101900090\", \"family_card\": \"1571019999900001\", \"name\": \"Siti\",
        \"born_on\": \"1990-01-01\", \"phone\": \"+6281255512345\", \"email\": \"siti@contoh.id\",
        \"sex\": \"woman\", \"education\": \"senior_high\", \"employment\": \"job_seeker\",
        \"region\": \"15.71\", \"disability\": false}";
    let key = "Idempotency-Key: one\r\n";
    assert!(send(&api, "POST /api/v1/accounts", key, account).contains("201 Created"));
    let session = send(&api, "POST /api/v1/sessions", "", account);
    let token = session.split("\"token\":\"").nth(1).and_then(|rest| rest.split('"').next());
    let bearer = format!("Authorization: Bearer {}\r\n", token.expect("a token"));
    let registered = send(&api, "POST /api/v1/registrations", &format!("{bearer}{key}"), person);
    assert!(registered.contains("201 Created"), "{registered}");
    let deadline = Instant::now() + Duration::from_secs(30);
    for (language, words) in
        [("id", "Yang tidak cocok: nomor KK."), ("en", "What does not agree: family card number.")]
    {
        let headers = format!("{bearer}Accept-Language: {language}\r\n");
        while !send(&api, "GET /api/v1/me", &headers, "").contains(words) {
            assert!(Instant::now() < deadline, "the answer does not come");
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }
    stop(&mut server);
    stop(&mut registers);
}

/// Sends one request and gives the whole answer as text.
pub(crate) fn send(address: &str, request: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(
        stream,
        "{request} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n{headers}\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer in UTF-8");
    answer
}
