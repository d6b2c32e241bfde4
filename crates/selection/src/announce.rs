//! Entries of the announcement log (section 16.7).

use crate::digest::{ProgrammeNameError, is_published_name, label};

/// Why a file cannot be announced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnnounceError {
    /// The programme name is not publishable.
    #[error(transparent)]
    Programme(#[from] ProgrammeNameError),
    /// The file name is not publishable.
    #[error("file name {name:?} cannot be announced; use 1 to 64 printable ASCII characters")]
    FileName {
        /// The refused name.
        name: String,
    },
}

/// Log entry that announces the digest (SHA-256) of a published file of a wave.
///
/// # Errors
/// [`AnnounceError`] unless both names are 1 to 64 printable ASCII characters.
pub fn file_entry(
    programme: &str,
    wave: u32,
    name: &str,
    digest: &[u8; 32],
) -> Result<Vec<u8>, AnnounceError> {
    if !is_published_name(programme) {
        return Err(ProgrammeNameError { name: programme.to_owned() }.into());
    }
    let refused = || AnnounceError::FileName { name: name.to_owned() };
    if !is_published_name(name) {
        return Err(refused());
    }
    // Both names have at most 64 bytes.
    let programme_size = u16::try_from(programme.len()).map_err(|_| refused())?;
    let name_size = u8::try_from(name.len()).map_err(|_| refused())?;
    let mut entry = label!("file").to_vec();
    entry.extend(programme_size.to_be_bytes());
    entry.extend(programme.as_bytes());
    entry.extend(wave.to_be_bytes());
    entry.push(name_size);
    entry.extend(name.as_bytes());
    entry.extend(digest);
    Ok(entry)
}
