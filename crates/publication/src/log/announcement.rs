//! Entries of the announcement log that concern published files.

/// Name under which the hourly checkpoints of the registration log are announced; it has many
/// versions and no file in the folder.
pub const REGISTRATION_CHECKPOINT: &str = "registration-checkpoint";

/// Begins an entry that announces a file.
const LABEL: &[u8] = b"selection/v1/file\0";

/// The digest of one version of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Programme name.
    pub programme: String,
    /// Wave number.
    pub wave: u32,
    /// File name within the folder of the wave.
    pub name: String,
    /// SHA-256 of the file.
    pub digest: [u8; 32],
}

impl Announcement {
    /// Reads an entry; `None` for every other kind of entry, which a log may hold too.
    pub fn read(entry: &[u8]) -> Option<Self> {
        let (programme, wave, rest) = Self::begin(entry)?;
        let ([length], rest) = rest.split_first_chunk()?;
        let (name, rest) = rest.split_at_checked(usize::from(*length))?;
        Some(Self {
            programme: programme.to_owned(),
            wave,
            name: String::from_utf8(name.to_vec()).ok()?,
            digest: rest.try_into().ok()?,
        })
    }

    /// Programme and wave of an entry that begins like an announcement, and the rest of it.
    pub(super) fn begin(entry: &[u8]) -> Option<(&str, u32, &[u8])> {
        let rest = entry.strip_prefix(LABEL)?;
        let (length, rest) = rest.split_first_chunk()?;
        let (programme, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        let (wave, rest) = rest.split_first_chunk()?;
        Some((str::from_utf8(programme).ok()?, u32::from_be_bytes(*wave), rest))
    }
}

#[cfg(test)]
mod tests {
    use selection::announce::file_entry;

    use super::*;

    /// Goal: entries that the other crate makes are read, and cut or grown ones are not.
    #[test]
    fn entries_come_back() {
        let entry = file_entry("prakerja", 72, "policy.json", &[5; 32]).unwrap();
        let read = Announcement::read(&entry).unwrap();
        assert_eq!((read.programme.as_str(), read.wave), ("prakerja", 72));
        assert_eq!((read.name.as_str(), read.digest), ("policy.json", [5; 32]));
        for size in 0..entry.len() {
            assert_eq!(Announcement::read(&entry[..size]), None);
        }
        assert_eq!(Announcement::read(&[entry.as_slice(), &[0]].concat()), None);
        assert_eq!(Announcement::read(b"another entry"), None);
    }
}
