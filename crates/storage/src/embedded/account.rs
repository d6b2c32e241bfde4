//! The system user who runs the server, and whether that user can reach a folder.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::{EmbeddedError, io_error};

const PASSWD: &str = "/etc/passwd";

/// Who runs the server: a service user when started as root (the server refuses to run as root), else the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) name: String,
    /// Name of the user who runs this process, and so connects to the server.
    pub(super) caller: String,
    /// Started as root: files are handed over and children change their user.
    pub(super) is_switched: bool,
}

impl Account {
    /// Finds the account for this process.
    pub(super) fn find() -> Result<Self, EmbeddedError> {
        let passwd =
            std::fs::read_to_string(PASSWD).map_err(io_error("read", Path::new(PASSWD)))?;
        let uid = rustix::process::geteuid().as_raw();
        let caller = user_name(&passwd, uid)?;
        if uid != 0 {
            let gid = rustix::process::getegid().as_raw();
            return Ok(Self { uid, gid, name: caller.clone(), caller, is_switched: false });
        }
        // Debian's package makes `postgres`; without it, `nobody` is on every system.
        let (name, uid, gid) = ["postgres", "nobody"]
            .into_iter()
            .find_map(|wanted| entries(&passwd).find(|(name, ..)| *name == wanted))
            .ok_or(EmbeddedError::UnknownUser { uid: 65_534 })?;
        Ok(Self { uid, gid, name: name.to_owned(), caller, is_switched: true })
    }

    /// First folder from the root down to `path` (which must exist) that this user may not enter.
    pub(super) fn first_closed_folder(
        &self,
        path: &Path,
    ) -> Result<Option<PathBuf>, EmbeddedError> {
        let path = path.canonicalize().map_err(io_error("look up", path))?;
        let mut folders: Vec<&Path> = path.ancestors().collect();
        folders.reverse();
        for folder in folders {
            let metadata = folder.metadata().map_err(io_error("look at", folder))?;
            if metadata.is_dir() && !self.may_enter(&metadata) {
                return Ok(Some(folder.to_path_buf()));
            }
        }
        Ok(None)
    }

    /// Search permission by owner, group and mode. Access lists are not read; they are rare above a data folder.
    fn may_enter(&self, folder: &Metadata) -> bool {
        let bit = if folder.uid() == self.uid {
            0o100
        } else if folder.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        folder.permissions().mode() & bit != 0
    }
}

/// Lines of `/etc/passwd` as (name, user id, group id); lines of another shape are passed over.
fn entries(passwd: &str) -> impl Iterator<Item = (&str, u32, u32)> {
    passwd.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some((name, uid, gid))
    })
}

/// Name of a user, from the local file or, for users of a directory service, from `id`.
fn user_name(passwd: &str, uid: u32) -> Result<String, EmbeddedError> {
    if let Some((name, ..)) = entries(passwd).find(|(_, id, _)| *id == uid) {
        return Ok(name.to_owned());
    }
    let unknown = EmbeddedError::UnknownUser { uid };
    match Command::new("id").args(["-u", "-n", "--", &uid.to_string()]).output() {
        Ok(answer) if answer.status.success() => {
            let name = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
            if name.is_empty() { Err(unknown) } else { Ok(name) }
        }
        Ok(_) | Err(_) => Err(unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "root:x:0:0:root:/root:/bin/bash\n\
        broken line\n+::::::\n\
        postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash\n\
        nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin";

    /// Goal: users are read from the file and odd lines do no harm; method: a sample with two such lines.
    #[test]
    fn passwd_is_read() {
        let found: Vec<_> = entries(SAMPLE).collect();
        assert_eq!(found, [("root", 0, 0), ("postgres", 101, 104), ("nobody", 65_534, 65_534)]);
        assert_eq!(user_name(SAMPLE, 101).unwrap(), "postgres");
        let error = user_name(SAMPLE, 4_111_222_333).unwrap_err();
        assert!(matches!(error, EmbeddedError::UnknownUser { uid: 4_111_222_333 }), "{error}");
    }

    /// Goal: the first closed folder is named; method: modes on a real folder, seen as its owner and as a stranger.
    #[test]
    fn closed_folder_is_named() {
        let outer = tempfile::tempdir_in("/tmp").unwrap();
        let inner = outer.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let metadata = outer.path().metadata().unwrap();
        let account = |uid, gid| Account {
            uid,
            gid,
            name: "someone".into(),
            caller: "someone".into(),
            is_switched: false,
        };
        let owner = account(metadata.uid(), metadata.gid());
        let companion = account(metadata.uid() + 1, metadata.gid());
        let stranger = account(metadata.uid() + 1, metadata.gid() + 1);
        for (mode, closed_to) in [
            (0o700, [false, true, true]),
            (0o710, [false, false, true]),
            (0o711, [false; 3]),
            (0o677, [true, false, false]),
        ] {
            std::fs::set_permissions(outer.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            for (who, closed) in [&owner, &companion, &stranger].into_iter().zip(closed_to) {
                // Without its own search bit an ordinary owner cannot even look inside, so only the mode is judged.
                assert_eq!(
                    !who.may_enter(&outer.path().metadata().unwrap()),
                    closed,
                    "mode {mode:o} for {}",
                    who.uid
                );
            }
        }
        std::fs::set_permissions(outer.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let expected = outer.path().canonicalize().unwrap();
        assert_eq!(stranger.first_closed_folder(&inner).unwrap(), Some(expected));
        assert_eq!(owner.first_closed_folder(outer.path()).unwrap(), None);
    }
}
