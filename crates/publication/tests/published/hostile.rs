//! Folders whose files are not what files should be.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use publication::verify::{Ending, Look, Memo, Options, me, verify_again};

use crate::support::{FOLDERS, copy_golden, files_under, golden, read};

/// Far more than a small folder takes, and less than the large file.
const MEMORY_BYTES_MAX: u64 = 900 << 20;

const LARGE_BYTES: u64 = 1 << 30;

/// Whether the folder holds, and how a receipt ends; fails if that takes minutes.
fn judge(folder: PathBuf) -> (bool, Ending) {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let report = verify_again(&folder, &Options::default(), &mut Memo::default());
        let receipt = read(FOLDERS[0].0, "receipts/9999000000000003.json");
        let answer = me(&folder, &receipt, Look::default());
        let _ = send.send((report.ok(), answer.ending()));
    });
    receive.recv_timeout(Duration::from_mins(2)).unwrap()
}

/// Puts something else in the place of each file of the small folder, one at a time.
fn replace_each(files: &dyn Fn(&str) -> bool, replace: &dyn Fn(&Path, &str), holds: bool) {
    let folder = FOLDERS[0].0;
    let copy = copy_golden(folder);
    for name in files_under(copy.path()).into_iter().filter(|name| files(name)) {
        let path = copy.path().join(&name);
        fs::remove_file(&path).unwrap();
        replace(&path, &name);
        let (held, ending) = judge(copy.path().to_owned());
        assert_eq!(held, holds, "{name}");
        // Whatever a receipt does not rest on may be missing.
        assert!(!holds || ending == Ending::Waitlist, "{name}");
        fs::remove_file(&path).unwrap();
        fs::write(path, read(folder, &name)).unwrap();
    }
}

/// Goal: nobody waits for a pipe; method: each file in turn as a pipe that nobody writes into.
#[test]
fn pipes_are_refused() {
    let pipe = |path: &Path, _: &str| {
        let made = Command::new("mkfifo").arg(path).status().unwrap();
        assert!(made.success());
    };
    replace_each(&|_| true, &pipe, false);
}

/// Goal: devices are not read; method: each file in turn as a link to one that never ends.
#[test]
fn devices_are_refused() {
    replace_each(&|_| true, &|path, _| symlink("/dev/zero", path).unwrap(), false);
}

/// Goal: mirrors may use links; method: each file in turn as a link to the true one.
#[test]
fn links_are_followed() {
    replace_each(
        &|_| true,
        &|path, name| symlink(golden(FOLDERS[0].0).join(name), path).unwrap(),
        true,
    );
}

/// Goal: no file is taken into memory because it is there; method: each file in turn with 1 GiB of
/// nothing. The list is left out: it may be that large, and is read in blocks.
#[test]
fn large_files_are_refused() {
    let large =
        |path: &Path, _: &str| fs::File::create(path).unwrap().set_len(LARGE_BYTES).unwrap();
    replace_each(&|name| name != "entries.bin", &large, false);
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = most.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kib * 1024 < MEMORY_BYTES_MAX, "{kib} KiB");
}
