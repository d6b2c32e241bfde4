//! What happened to a seat after the draw, by the files of appeals and revocations.

use selection::record::EntryTag;

use super::folder::Folder;

/// What happened last to the seat of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    /// An appeal was granted a seat of the reserve.
    Granted,
    /// The seat was taken back.
    Revoked {
        /// When, Unix seconds.
        at_s: u64,
    },
    /// A seat that was taken back from somebody else passed to this person.
    TookOver {
        /// When, Unix seconds.
        at_s: u64,
    },
}

impl Later {
    /// In one word.
    pub fn text(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Revoked { .. } => "revoked",
            Self::TookOver { .. } => "took_over",
        }
    }

    /// `None` if the draw is still the last word.
    pub(super) fn of(folder: &Folder, tag: EntryTag) -> Option<Self> {
        let granted = folder.corrections.file().map_or([].as_slice(), |file| &file.granted);
        let granted = granted.iter().any(|own| own.entry_tag == tag).then_some(Self::Granted);
        let batches = folder.revoked.iter().filter_map(|(_, batch)| batch.file());
        let events = batches.flat_map(|batch| &batch.revocations).filter_map(|own| {
            let at_s = own.at;
            if own.entry_tag == tag {
                Some(Self::Revoked { at_s })
            } else {
                (own.replaced_by == Some(tag)).then_some(Self::TookOver { at_s })
            }
        });
        granted.into_iter().chain(events).last()
    }
}
