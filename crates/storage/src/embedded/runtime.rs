//! The short folder of the server's socket.

use std::env;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::account::Account;
use super::error::{EmbeddedError, io_error};
use super::folder::{hand_over, make_private_folder};

/// The server names its socket after its port; no port is opened, so the number is the usual one.
pub(super) const PORT: u16 = 5432;
/// `sockaddr_un` of Linux has 108 bytes, the last of which ends the string.
const SOCKET_PATH_MAX_BYTES: usize = 107;

/// Folder of the socket, 0700 and owned by the account.
#[derive(Debug)]
pub(super) struct RuntimeFolder(PathBuf);

impl RuntimeFolder {
    /// Makes the folder that belongs to this data folder, or takes over the one of an earlier start.
    ///
    /// Must be called under the data folder's lock: sockets found there are removed.
    pub(super) fn prepare(data_root: &Path, account: &Account) -> Result<Self, EmbeddedError> {
        let folder = base(account.is_switched, env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from))
            .join(name(data_root));
        let socket = socket_path(&folder);
        require_short(&socket)?;
        match folder.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_private_folder(&folder, account)?;
            }
            Err(error) => return Err(io_error("look at", &folder)(error)),
            Ok(found) if found.is_dir() && is_trusted(found.uid(), account) => {
                hand_over(&folder, account)?;
            }
            Ok(found) => {
                let (owner, user) = (found.uid(), account.name.clone());
                return Err(EmbeddedError::ForeignOwner { path: folder, owner, user });
            }
        }
        let runtime = Self(folder);
        runtime.remove_sockets()?;
        Ok(runtime)
    }

    /// The folder, which is what clients are given as the server's address.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// A killed server leaves its socket and a lock file, whose process number may meanwhile be another program's.
    fn remove_sockets(&self) -> Result<(), EmbeddedError> {
        let socket = socket_path(&self.0);
        for path in [socket.with_added_extension("lock"), socket] {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(io_error("remove", &path)(error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

impl Drop for RuntimeFolder {
    /// After a stop the folder is empty and goes; with a server still in it, it stays for the next start.
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir(&self.0) {
            tracing::debug!(folder = %self.0.display(), %error, "runtime folder stays");
        }
    }
}

/// Anybody may make folders in /tmp, so a folder of somebody else is never used. Root's own is one that was
/// not yet handed over when its maker was killed.
fn is_trusted(owner: u32, account: &Account) -> bool {
    owner == account.uid || (account.is_switched && owner == 0)
}

/// `/run` for root; else the session's folder, or `/tmp` where there is no session.
fn base(is_root: bool, session: Option<PathBuf>) -> PathBuf {
    match session {
        _ if is_root && Path::new("/run").is_dir() => PathBuf::from("/run"),
        Some(folder) if !is_root && folder.is_absolute() => folder,
        _ => PathBuf::from("/tmp"),
    }
}

/// `gelombang-` and 8 hex digits that tell data folders apart: 32 bits of a hash of the path.
fn name(data_root: &Path) -> String {
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(data_root.as_os_str().as_bytes()).into();
    format!("gelombang-{a:02x}{b:02x}{c:02x}{d:02x}")
}

fn socket_path(folder: &Path) -> PathBuf {
    folder.join(format!(".s.PGSQL.{PORT}"))
}

fn require_short(socket: &Path) -> Result<(), EmbeddedError> {
    let length = socket.as_os_str().len();
    if length > SOCKET_PATH_MAX_BYTES {
        return Err(EmbeddedError::SocketPathTooLong { path: socket.to_path_buf(), length });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the base folder follows the rule; method: a table of who starts and with which session.
    #[test]
    fn base_follows_the_caller() {
        for (is_root, session, expected) in [
            (true, None, "/run"),
            (true, Some("/run/user/0"), "/run"),
            (false, Some("/run/user/1000"), "/run/user/1000"),
            (false, Some("relative"), "/tmp"),
            (false, None, "/tmp"),
        ] {
            assert_eq!(
                base(is_root, session.map(PathBuf::from)),
                Path::new(expected),
                "{is_root} {session:?}"
            );
        }
    }

    /// Goal: two data folders never share a runtime folder name by chance of spelling; method: near-equal paths.
    #[test]
    fn name_depends_on_the_whole_path() {
        let first = name(Path::new("/srv/a"));
        assert_eq!(first.len(), "gelombang-".len() + 8);
        assert_eq!(first, name(Path::new("/srv/a")));
        assert_ne!(first, name(Path::new("/srv/b")));
    }

    /// Goal: 107 bytes pass and 108 do not; method: folders just so long.
    #[test]
    fn long_socket_paths_are_refused() {
        for (length, is_refused) in [(107, false), (108, true)] {
            let folder =
                PathBuf::from(format!("/{}", "r".repeat(length - "//.s.PGSQL.5432".len())));
            let socket = socket_path(&folder);
            assert_eq!(socket.as_os_str().len(), length);
            assert_eq!(require_short(&socket).is_err(), is_refused, "{length} bytes");
        }
    }
}
