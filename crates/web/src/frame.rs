//! What stands around every page: head, header with the mark, language switch, footer.

use crate::language::Language;
use crate::routes::STYLE;
use crate::texts::{FrameTexts, Texts};

/// The frame of one page, for `base.html`, which other crates extend too.
#[derive(Debug)]
pub struct Frame {
    /// Language of the page.
    pub language: Language,
    /// Its words.
    pub words: &'static FrameTexts,
    /// Title of the page.
    pub title: String,
    /// Addresses of this page in Indonesian and in English.
    pub paths: [(Language, String); 2],
    /// Address of this page in the other language.
    pub other_path: String,
    /// Address of the style sheet.
    pub style_path: &'static str,
}

impl Frame {
    /// A frame whose page stands at `path` in each language.
    pub fn new(language: Language, title: String, path: impl Fn(Language) -> String) -> Self {
        Self {
            language,
            words: &Texts::of(language).frame,
            title,
            other_path: path(language.other()),
            paths: Language::ALL.map(|language| (language, path(language))),
            style_path: &STYLE.path,
        }
    }
}
