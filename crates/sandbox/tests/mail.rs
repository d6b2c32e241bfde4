//! The simulated mail server, spoken to line by line.

use std::net::SocketAddr;
use std::path::Path;

use sandbox::mail::{MailBehaviour, MailMode};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

async fn server(folder: &Path, mode: MailMode) -> (SocketAddr, JoinSet<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let behaviour =
        MailBehaviour { mode, folder: Some(folder.to_owned()), ..MailBehaviour::default() };
    let mut tasks = JoinSet::new();
    tasks.spawn(sandbox::mail::serve(listener, behaviour, std::future::pending()));
    (address, tasks)
}

/// Says lines and gives the code of the last line of each answer; `-` where the connection ended.
async fn talk(address: SocketAddr, lines: &[&str]) -> Vec<String> {
    let mut stream = BufReader::new(TcpStream::connect(address).await.expect("it listens"));
    let mut codes = Vec::new();
    for line in std::iter::once(None).chain(lines.iter().map(Some)) {
        if let Some(line) = line {
            stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.expect("sent");
        }
        loop {
            let mut answer = String::new();
            let read = stream.read_line(&mut answer).await.unwrap_or(0);
            if read == 0 {
                codes.push("-".to_owned());
                break;
            }
            if answer.get(3..4) != Some("-") {
                codes.push(answer.get(..3).unwrap_or_default().to_owned());
                break;
            }
        }
    }
    codes
}

/// The lines of a message, with a line that begins with a dot and is sent with a second one.
const MESSAGE: &str = "Message-ID: <1@contoh.id>\r\n\r\nsatu\r\n..dua\r\n.";

fn kept(folder: &Path) -> Vec<String> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|one| one.expect("read").path()).collect();
    files.sort();
    files.iter().map(|path| std::fs::read_to_string(path).expect("text")).collect()
}

/// Goal: what is said in order is kept as it was meant, anything else is refused with its code. Method: a session with
/// commands out of order, an unknown one, one taken back, and a message with a dot at the start of a line.
#[tokio::test]
async fn keeps_what_it_is_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let (address, _tasks) = server(folder.path(), MailMode::Accept).await;
    let said = [
        "EHLO contoh.id",
        "RCPT TO:<siti@contoh.id>",
        "DATA",
        "MAIL FROM:<kabar@contoh.id>",
        "RSET",
        "RCPT TO:<siti@contoh.id>",
        "VRFY siti",
        "MAIL FROM:<kabar@contoh.id>",
        "RCPT TO:<siti@contoh.id>",
        "DATA",
        MESSAGE,
        "DATA",
        "QUIT",
    ];
    let codes = talk(address, &said).await;
    let expected = [
        "220", "250", "503", "503", "250", "250", "503", "502", "250", "250", "354", "250", "503",
        "221",
    ];
    assert_eq!(codes, expected);
    let head = "X-Envelope: MAIL FROM:<kabar@contoh.id>\nX-Envelope: RCPT TO:<siti@contoh.id>\n";
    assert_eq!(kept(folder.path()), [format!("{head}Message-ID: <1@contoh.id>\n\nsatu\n.dua\n")]);
}

/// Goal: each mode does what its name says, the second time otherwise where it says so. Method: the same message
/// twice, each time in a session of its own.
#[tokio::test]
async fn modes() {
    let said = [
        "EHLO contoh.id",
        "MAIL FROM:<kabar@contoh.id>",
        "RCPT TO:<siti@contoh.id>",
        "DATA",
        MESSAGE,
    ];
    for (mode, first, second, messages) in [
        (MailMode::Refuse, "550", "550", 0),
        (MailMode::Policy, "550", "550", 0),
        (MailMode::Greylist, "451", "250", 1),
        (MailMode::Drop, "-", "250", 2),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let (address, _tasks) = server(folder.path(), mode).await;
        for expected in [first, second] {
            // Whoever is refused says nothing more.
            let is_final = matches!(expected, "550" | "451");
            let lines = if is_final { &said[..3] } else { &said[..] };
            let codes = talk(address, lines).await;
            assert_eq!(codes.last().map(String::as_str), Some(expected), "{mode:?}");
        }
        assert_eq!(kept(folder.path()).len(), messages, "{mode:?}");
    }
}
