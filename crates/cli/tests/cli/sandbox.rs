//! The simulators of outside systems, as a process of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::serve::stop;

/// Starts the simulated registers on a free port and reads their address.
pub(crate) fn registers(more: &[&str]) -> (Child, String) {
    let mut child = sandbox()
        .args(["--register", "127.0.0.1:0"])
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("Simulating register on http://").map(str::to_owned))
        .expect("it says where it serves");
    (child, address)
}

fn sandbox() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gelombang"));
    command.arg("sandbox").env_remove("RUST_BACKTRACE");
    command
}

fn ask(address: &str, nik: &str) -> String {
    let body = format!("{{\"nik\":\"{nik}\"}}");
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(
        stream,
        "POST /education/check HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer in UTF-8");
    answer
}

/// Goal: the command serves what docs/REGISTERS.md promises, in each of its modes, until it is stopped.
/// Method: the real process, asked over a socket; without anything to simulate it says what to choose.
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
    let none = sandbox().output().expect("the binary runs");
    let error = String::from_utf8_lossy(&none.stderr).into_owned();
    assert!(!none.status.success() && error.contains("choose what to simulate"), "{error}");
}
