//! Notices from an account over HTTP to a mail server, with the real processes, one of which is killed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::serve::{serve, stop};
use crate::support::{Folder, borrowed, gelombang, run_well, simulate};

/// Accounts that are told that they are open.
const ACCOUNTS: usize = 8;
/// What a worker says once it has the folder.
const WORKS: &str = "Working: ";
/// Longer than a killed worker's lease and the pause after a try.
const PATIENCE: Duration = Duration::from_mins(2);

/// Starts a simulated mail server that keeps what it takes in a folder.
fn mail(folder: &Path, more: &[&str]) -> (Child, String) {
    std::fs::create_dir_all(folder).expect("a folder");
    let mut child = Command::new(env!("CARGO_BIN_EXE_gelombang"))
        .args(["sandbox", "--mail", "127.0.0.1:0", "--mail-folder"])
        .arg(folder)
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("Simulating mail on ").map(str::to_owned));
    (child, address.expect("it says where it serves"))
}

/// The Message-IDs of the letters in a folder, doubles included.
fn letters(folder: &Path) -> Vec<String> {
    let files =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("read").path());
    let whole = files.filter(|path| path.extension().is_some_and(|end| end == "eml"));
    let read = whole.map(|path| std::fs::read_to_string(path).expect("text"));
    read.filter_map(|text| {
        text.lines().find(|line| line.starts_with("Message-ID:")).map(str::to_owned)
    })
    .collect()
}

fn open_account(address: &str, number: usize) {
    let body = format!(
        "{{\"email\":\"rahasia{number}@contoh.id\",\"password\":\"kata sandi yang panjang\"}}"
    );
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(
        stream,
        "POST /api/v1/accounts HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Idempotency-Key: {number}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer in UTF-8");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}

fn wait_until(mut is_so: impl FnMut() -> bool, what: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// Goal: whoever opens an account is told by e-mail, whatever is killed: every notice comes to the server, a double
/// under the Message-ID it had before, and no address is printed or logged. Without a mail server the notices wait
/// and the start says so. Method: accounts over HTTP; a worker with a slow mail server is killed once some letters
/// have come; the next one finds its first mail server away and has a second.
#[test]
fn told_through_a_kill() {
    let folder = Folder::new();
    run_well(&folder, &borrowed(&simulate("15", [300, 80, 37, 36], 5)));
    let (mut server, address) = serve(&folder, &["--no-worker", "--programs-register"]);
    for number in 0..ACCOUNTS {
        open_account(&address, number);
    }
    stop(&mut server);
    let waiting = run_well(&folder, &["notices", "--json"]);
    let queued = format!("{{\"channel\":\"email\",\"notices\":{ACCOUNTS},\"state\":\"queued\"}}");
    assert!(waiting.contains(&queued), "{waiting}");

    let kept = folder.path().join("mail");
    let (mut slow, slow_url) = mail(&kept, &["--mail-latency", "100"]);
    let mut dying = worker(&folder, &["--smtp-url", &slow_url]);
    wait_until(|| letters(&kept).len() >= 2, "no letter comes");
    dying.kill().expect("our child");
    dying.wait().expect("our child");
    stop(&mut slow);

    let (mut quick, quick_url) = mail(&kept, &[]);
    let said_to = folder.path().join("said");
    let mut child = gelombang(
        &folder,
        &[
            "worker",
            "--mail-from",
            "kabar@contoh.id",
            "--smtp-url",
            &slow_url,
            "--smtp-url-2",
            &quick_url,
        ],
    )
    .env("GELOMBANG_LOG", "debug")
    .stdout(Stdio::null())
    .stderr(std::fs::File::create(&said_to).expect("a file"))
    .spawn()
    .expect("the binary starts");
    // Looking at the notices while nobody serves the folder would take its lock from the worker.
    let works = || std::fs::read_to_string(&said_to).is_ok_and(|said| said.contains(WORKS));
    wait_until(works, "the worker does not begin");
    let all = || {
        let mut came = letters(&kept);
        came.sort();
        came.dedup();
        came.len() == ACCOUNTS
    };
    wait_until(all, "a notice is lost");
    let accepted = format!("\"notices\":{ACCOUNTS},\"state\":\"accepted\"");
    wait_until(
        || run_well(&folder, &["notices", "--json"]).contains(&accepted),
        "not written down",
    );
    stop(&mut child);
    stop(&mut quick);
    let said = std::fs::read_to_string(&said_to).expect("text");
    assert!(said.contains("short texts wait"), "{said}");
    assert!(!said.contains("rahasia"), "an address is logged");
}

fn worker(folder: &Folder, more: &[&str]) -> Child {
    gelombang(folder, &["worker", "--mail-from", "kabar@contoh.id"])
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts")
}
