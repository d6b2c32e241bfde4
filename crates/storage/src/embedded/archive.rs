//! Archiving: where finished segments of the write-ahead log go, and how many wait.
//!
//! The server calls a shell script for each finished segment and keeps the segment until the script succeeds. The
//! script is text, not our own program: the server's user may not reach the folder of our binary, and an update
//! that moves it must not stop the archive.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::time::Timestamp;

use super::account::Account;
use super::error::{EmbeddedError, io_error};
use super::folder::write_private;

/// File in the cluster with the settings of the archive; included by the tuning file.
pub(super) const ARCHIVE_FILE: &str = "gelombang-archive.conf";
/// The script in the cluster that archives one segment.
const SCRIPT_FILE: &str = "gelombang-archive.sh";
/// File in the data folder that names the backup folder. Outside the cluster, so that no backup holds it and a
/// restored cluster does not write into the archive of the one it came from.
const TARGET_FILE: &str = "backup-folder.txt";
/// The same file once archiving was stopped on purpose, so that health checks can say so.
const STOPPED_FILE: &str = "backup-folder-stopped.txt";
/// The command of a server that archives nothing; an empty one would keep every segment for ever.
pub(super) const NO_COMMAND: &str = "true";
/// The command as the server has it; the script's name tells that archiving is on.
pub(super) const ARCHIVE_COMMAND: &str = "sh ./gelombang-archive.sh \"%p\" \"%f\"";
/// Mark of a backup folder. The script looks for it: the folder of a disk that is not mounted lacks it.
pub(super) const MARK_FILE: &str = "gelombang-backup.json";
/// Ending of the file beside a segment that holds its SHA-256 in hex.
pub(super) const SUM_KIND: &str = "sha256";
/// Folder of the segments in a backup folder.
pub(super) const WAL_FOLDER: &str = "wal";

/// Finished segments that are not in the archive yet. They are kept until they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveLag {
    /// How many wait.
    pub segments: usize,
    /// How long the oldest has waited.
    pub oldest: Duration,
}

/// The backup folder of this data folder, if it is archived.
pub(super) fn target(data_root: &Path) -> Result<Option<PathBuf>, EmbeddedError> {
    folder_in(&data_root.join(TARGET_FILE))
}

/// The backup folder of this data folder, if archiving into it was stopped on purpose.
pub(super) fn stopped_target(data_root: &Path) -> Result<Option<PathBuf>, EmbeddedError> {
    folder_in(&data_root.join(STOPPED_FILE))
}

fn folder_in(path: &Path) -> Result<Option<PathBuf>, EmbeddedError> {
    match std::fs::read(path) {
        Ok(bytes) => {
            let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
            Ok(Some(PathBuf::from(std::ffi::OsStr::from_bytes(bytes))))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error("read", path)(error)),
    }
}

/// Remembers the backup folder; the next start archives there too.
pub(super) fn set_target(data_root: &Path, folder: &Path) -> Result<(), EmbeddedError> {
    let line = [folder.as_os_str().as_bytes(), b"\n"].concat();
    write_durable(&data_root.join(TARGET_FILE), &line)?;
    let stopped = data_root.join(STOPPED_FILE);
    match std::fs::remove_file(&stopped) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove", &stopped)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Remembers that archiving was stopped; the next start archives nowhere.
pub(super) fn stop_target(data_root: &Path) -> Result<(), EmbeddedError> {
    let path = data_root.join(TARGET_FILE);
    std::fs::rename(&path, data_root.join(STOPPED_FILE)).map_err(io_error("rename", &path))?;
    sync_folder(data_root)
}

/// Writes script and settings for the target, or for none. A running server takes them over when told to reload.
pub(super) fn configure(
    cluster: &Path,
    target: Option<&Path>,
    account: &Account,
) -> Result<(), EmbeddedError> {
    let settings = match target {
        // The script first: settings never name one that is not there.
        Some(folder) => {
            write_private(&cluster.join(SCRIPT_FILE), &script(folder), account)?;
            // At most a minute of work is outside the archive.
            format!("archive_command = '{ARCHIVE_COMMAND}'\narchive_timeout = 60s\n")
        }
        None => format!("archive_command = '{NO_COMMAND}'\n"),
    };
    write_private(&cluster.join(ARCHIVE_FILE), &settings, account)
}

/// Segments that wait, by the server's own notes; `now` is compared with the time of the oldest note.
pub(super) fn lag(cluster: &Path, now: Timestamp) -> Option<ArchiveLag> {
    let notes = std::fs::read_dir(cluster.join("pg_wal/archive_status")).ok()?;
    let waiting = notes
        .flatten()
        .filter(|note| note.path().extension().is_some_and(|kind| kind == "ready"))
        // A note that goes meanwhile is of a segment that was just archived.
        .filter_map(|note| note.metadata().and_then(|metadata| metadata.modified()).ok())
        .filter_map(|since| since.duration_since(std::time::UNIX_EPOCH).ok());
    let since: Vec<Duration> = waiting.collect();
    let now = Duration::from_micros(u64::try_from(now.micros()).unwrap_or(0));
    let oldest = now.saturating_sub(*since.iter().min()?);
    Some(ArchiveLag { segments: since.len(), oldest })
}

/// The script. Success means: the copy is whole, equal, and on disk with its name, and so is its checksum.
///
/// `dd` syncs through the descriptor it wrote with, so no write error is lost; the name appears only after that,
/// and never in place of another file (`mv -n`). A segment that is already there counts only if it is equal, which
/// is what a repetition after a crash finds. Rests of zeros take no room (`sparse`). The checksum is that of the
/// server's own segment, so that later damage of the copy is found without the server.
fn script(folder: &Path) -> String {
    let folder = shell_quoted(folder);
    format!(
        r#"# Written by gelombang: copies the finished log segment $1 into the backup folder as $2.
folder={folder}
to=$folder/{WAL_FOLDER}/$2
part=$to.part-$$
fail() {{
    echo "gelombang: $1" >&2
    rm -f "$part"
    exit 1
}}
[ -f "$folder/{MARK_FILE}" ] || fail "$folder is no backup folder now; is its disk mounted?"
rm -f "$to".part-*
if [ ! -e "$to" ]; then
    dd if="$1" of="$part" bs=64k conv=excl,fsync,sparse status=none || fail "could not copy to $to"
    mv -n "$part" "$to" || fail "could not name $to"
fi
cmp -s "$1" "$to" || fail "$to is there with other content; does another installation write into $folder?"
sum=$(sha256sum < "$1") && echo "${{sum%% *}}" > "$part" && sync "$part" && mv -f "$part" "$to.{SUM_KIND}" ||
    fail "could not write $to.{SUM_KIND}"
sync "$folder/{WAL_FOLDER}" || fail "could not sync $folder/{WAL_FOLDER}"
"#
    )
}

/// A path as one word of the shell.
pub(super) fn shell_quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// Writes a file whole or not at all, on disk with its name when this returns.
pub(super) fn write_durable(path: &Path, bytes: &[u8]) -> Result<(), EmbeddedError> {
    let fresh = path.with_added_extension("fresh");
    let write = || -> io::Result<()> {
        let mut file = File::create(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)
    };
    write().map_err(io_error("write", path))?;
    sync_folder(path.parent().unwrap_or(path))
}

/// Puts the names in a folder on disk.
pub(super) fn sync_folder(folder: &Path) -> Result<(), EmbeddedError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_error("write", folder))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use sha2::Digest as _;

    use super::*;

    struct Bench {
        outer: tempfile::TempDir,
    }

    impl Bench {
        /// A segment to archive and a backup folder under a name that the shell could misread.
        fn new() -> Self {
            let outer = tempfile::tempdir().unwrap();
            let bench = Self { outer };
            std::fs::create_dir_all(bench.folder().join(WAL_FOLDER)).unwrap();
            std::fs::write(bench.folder().join(MARK_FILE), "{}").unwrap();
            std::fs::write(bench.outer.path().join("archive.sh"), script(&bench.folder())).unwrap();
            bench
        }

        fn folder(&self) -> PathBuf {
            self.outer.path().join("it's a \"$HOME\" folder")
        }

        fn archived(&self) -> Vec<(String, Vec<u8>)> {
            let entries = std::fs::read_dir(self.folder().join(WAL_FOLDER)).unwrap();
            let mut files: Vec<_> = entries
                .map(|entry| entry.unwrap().path())
                .map(|path| {
                    let name = path.file_name().unwrap().to_string_lossy().into_owned();
                    (name, std::fs::read(path).unwrap())
                })
                .collect();
            files.sort();
            files
        }

        /// Archives `content` as segment `name`; the script's words if it fails.
        fn archive(&self, name: &str, content: &[u8]) -> Result<(), String> {
            let segment = self.outer.path().join("segment");
            std::fs::write(&segment, content).unwrap();
            let output = Command::new("sh")
                .arg(self.outer.path().join("archive.sh"))
                .arg(&segment)
                .arg(name)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            if output.status.success() { Ok(()) } else { Err(said) }
        }
    }

    /// Goal: each segment once, never another in its place; method: the same twice, another under its name, what a
    /// kill left, a folder without mark and a missing folder.
    #[test]
    fn segments_are_archived_once() {
        let bench = Bench::new();
        let mut content = vec![7; 100_000];
        content.resize(1 << 20, 0);
        std::fs::write(bench.folder().join("wal/A.part-1"), "half").unwrap();
        bench.archive("A", &content).unwrap();
        bench.archive("A", &content).unwrap();
        let said = bench.archive("A", b"other").unwrap_err();
        assert!(said.contains("with other content"), "{said}");
        let sum = crate::keys::to_hex(&sha2::Sha256::digest(&content)) + "\n";
        assert_eq!(
            bench.archived(),
            [("A".to_owned(), content), ("A.sha256".to_owned(), sum.into_bytes())],
            "nothing half-made stays"
        );
        std::fs::remove_file(bench.folder().join(MARK_FILE)).unwrap();
        let said = bench.archive("B", b"x").unwrap_err();
        assert!(said.contains("is its disk mounted?"), "{said}");
        std::fs::write(bench.folder().join(MARK_FILE), "{}").unwrap();
        std::fs::remove_dir_all(bench.folder().join(WAL_FOLDER)).unwrap();
        let said = bench.archive("B", b"x").unwrap_err();
        assert!(said.contains("could not copy"), "{said}");
    }

    /// Goal: the oldest waiting segment is told; method: notes of both kinds with a known age.
    #[test]
    fn lag_is_that_of_the_oldest_note() {
        let cluster = tempfile::tempdir().unwrap();
        let notes = cluster.path().join("pg_wal/archive_status");
        std::fs::create_dir_all(&notes).unwrap();
        let now = Timestamp::from_micros(1_000_000_000);
        assert_eq!(lag(cluster.path(), now), None);
        for (name, second) in [("1.done", 10), ("2.ready", 900), ("3.ready", 930)] {
            let file = File::create(notes.join(name)).unwrap();
            let at = std::time::UNIX_EPOCH + Duration::from_secs(second);
            file.set_modified(at).unwrap();
        }
        let expected = ArchiveLag { segments: 2, oldest: Duration::from_secs(100) };
        assert_eq!(lag(cluster.path(), now), Some(expected));
    }
}
