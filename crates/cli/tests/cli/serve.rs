//! Serving the page of a replay, and stopping in order.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Folder, borrowed, gelombang, run_well, simulate};

/// Serves a small replay: says where, answers with the figures in both languages and as JSON, refuses a
/// second process on the folder, stops cleanly on SIGINT, and starts again.
#[test]
fn serves_and_stops() {
    let folder = Folder::new();
    run_well(&folder, &borrowed(&simulate("15", [3_000, 800, 371, 360], 5)));
    for _ in 0..2 {
        let (mut child, address) = serve(&folder, &[]);
        assert!(get(&address, "/statistik/15").contains("3.000"));
        assert!(get(&address, "/en/statistics/15").contains("3,000"));
        let json = get(&address, "/api/statistik/15?by=regency");
        assert!(json.contains("\"joins\":3000"), "{json}");
        assert!(get(&address, "/statistik").contains("Jambi"));
        waves(&folder, &address);
        assert!(get(&address, "/statistik/99").starts_with("HTTP/1.1 404"));
        run_well(&folder, &["stats", "--region", "15"]);
        let second = crate::support::run(&folder, &["serve", "--listen", "127.0.0.1:0"]);
        let error = String::from_utf8_lossy(&second.stderr).into_owned();
        assert!(!second.status.success() && error.contains("in use"), "{error}");
        stop(&mut child);
    }
    let by_sex = run_well(&folder, &["stats", "--region", "15", "--by", "sex", "--csv"]);
    assert_eq!(by_sex.lines().count(), 3, "{by_sex}");
    run_well(&folder, &["audit"]);
}

/// The waves are those of the database, with what their rolls and draws came to; a published folder is served beside
/// them.
fn waves(folder: &Folder, address: &str) {
    let list = get(address, "/gelombang");
    assert!(list.contains(">71</a></th><td>selesai"), "{list}");
    let wave = get(address, "/en/waves/71");
    assert!(wave.contains("were selected.") && wave.contains("TEST BEACON"), "{wave}");
    assert!(wave.contains(r#"<a href="/en/waves/71/15.71">Kota Jambi</a>"#), "{wave}");
    let csv = get(address, "/gelombang/71/wilayah.csv");
    let cells: Vec<&str> =
        csv.lines().find(|line| line.contains("15.71")).expect("Kota Jambi").split(',').collect();
    assert_eq!((cells[0], cells[1], cells[8]), ("71", "true", "open"), "{csv}");
    // Nobody is selected but on a seat that somebody can take.
    let [in_play, seats, selected, takeable] =
        [5, 6, 7, 9].map(|at| cells[at].parse::<u32>().expect("a count"));
    assert!(selected == takeable && takeable <= seats && selected <= in_play, "{csv}");
    assert!(get(address, "/gelombang/72").starts_with("HTTP/1.1 404"));
    let published = folder.path().join("data/public/gelombang-72");
    std::fs::create_dir_all(&published).expect("a folder");
    std::fs::write(published.join("policy.json"), "{}").expect("written");
    let file = get(address, "/berkas/gelombang-72/policy.json");
    assert!(file.starts_with("HTTP/1.1 200") && file.ends_with("\r\n{}"), "{file}");
}

/// Starts the server on a free port and reads its address from what it says.
pub(crate) fn serve(folder: &Folder, more: &[&str]) -> (Child, String) {
    let mut child = gelombang(folder, &["serve", "--listen", "127.0.0.1:0"])
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("Serving on http://").map(str::to_owned))
        .expect("it says where it serves");
    (child, address.trim_end_matches('/').to_owned())
}

pub(crate) fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer in UTF-8");
    answer
}

pub(crate) fn stop(child: &mut Child) {
    let pid = child.id().to_string();
    assert!(
        std::process::Command::new("kill").args(["-INT", &pid]).status().expect("kill").success()
    );
    let deadline = Instant::now() + Duration::from_secs(15);
    loop {
        if let Some(status) = child.try_wait().expect("our child") {
            assert!(status.success(), "stopped with {status}");
            return;
        }
        assert!(Instant::now() < deadline, "it does not stop");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}
