//! What stands around every page: head, header with the mark, language switch, footer.

use crate::language::Language;
use crate::routes::STYLE;
use crate::texts::Texts;

/// The frame of one page.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) language: Language,
    pub(crate) texts: &'static Texts,
    pub(crate) title: String,
    /// Addresses of this page in Indonesian and in English.
    pub(crate) paths: [(Language, String); 2],
    /// Address of this page in the other language.
    pub(crate) other_path: String,
    pub(crate) style_path: &'static str,
}

impl Frame {
    /// A frame whose page stands at `path` in each language.
    pub(crate) fn new(
        language: Language,
        title: String,
        path: impl Fn(Language) -> String,
    ) -> Self {
        Self {
            language,
            texts: Texts::of(language),
            title,
            other_path: path(language.other()),
            paths: Language::ALL.map(|language| (language, path(language))),
            style_path: &STYLE.path,
        }
    }
}
