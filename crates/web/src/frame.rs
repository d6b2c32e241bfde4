//! What stands around every page: head, header with the mark, language switch, footer.

use std::sync::Arc;

use crate::language::Language;
use crate::routes::{CARD_PATH, STYLE};
use crate::site::Site;
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
    /// What search engines and share cards are told; `None` for a page that they are to leave alone.
    pub shared: Option<Shared>,
    /// Id of the form that goes along, with what was typed, when the language is switched.
    pub form: Option<&'static str>,
    /// Where whoever is signed in signs out.
    pub way_out: Option<String>,
}

/// What search engines and share cards are told of a page.
#[derive(Debug)]
pub struct Shared {
    /// The page in a sentence or two.
    pub summary: String,
    /// Where people reach the pages; cards need whole addresses, so there is none without.
    pub site: Option<Arc<str>>,
    /// The picture of the card.
    pub picture_path: &'static str,
}

impl Frame {
    /// A frame whose page stands at `path` in each language, for nobody to find by a search.
    pub fn new(language: Language, title: String, path: impl Fn(Language) -> String) -> Self {
        Self {
            language,
            words: &Texts::of(language).frame,
            title,
            other_path: path(language.other()),
            paths: Language::ALL.map(|language| (language, path(language))),
            style_path: &STYLE.path,
            shared: None,
            form: None,
            way_out: None,
        }
    }

    /// The same for everybody to find, with the page in a sentence or two.
    #[must_use]
    pub fn shared(self, site: &Site, summary: impl Into<String>) -> Self {
        let shared = Shared {
            summary: summary.into(),
            site: site.public_url.clone(),
            picture_path: &CARD_PATH,
        };
        Self { shared: Some(shared), ..self }
    }

    /// Address of this page in its own language.
    pub fn own_path(&self) -> &str {
        let own = self.paths.iter().find(|(language, _)| *language == self.language);
        own.map_or("/", |(_, path)| path)
    }
}
