//! Pictures that people send: read with limits, drawn anew without anything that came beside the pixels, and looked
//! at for what makes a card or a face hard to recognise.
//!
//! Purpose: nothing of a stranger's file is kept but what it shows. Invariants: the format follows from the content,
//! never from a name; dimensions are read and judged before any pixel is; what comes out is always a JPEG of ours, so
//! it has no place, no time, no device and no second file in it. Pure: no I/O, no clock. It takes up to a few tenths
//! of a second and some hundred megabytes, so callers bound how many are read at once.
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod quality;
mod read;

pub use self::quality::{Grey, Hint, Hints};
pub use self::read::{PictureFault, SIDE_MAX, read_picture};

/// A picture drawn by us.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    jpeg: Vec<u8>,
    width: u32,
    height: u32,
    hints: Hints,
}

/// It shows a person, so it is not shown.
impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} x {}, {:?})", self.width, self.height, self.hints)
    }
}

impl Picture {
    /// The file, a JPEG.
    pub fn jpeg(&self) -> &[u8] {
        &self.jpeg
    }

    /// Width and height in pixels.
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// What makes it hard to recognise.
    pub const fn hints(&self) -> Hints {
        self.hints
    }
}
