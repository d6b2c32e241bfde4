//! Questions and answers of the help, as data, and the search in them.

mod account;
mod identity;
mod money;
mod waves;

use crate::language::Language;

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    Account,
    Identity,
    Waves,
    Training,
    Incentive,
    Rights,
}

/// One text in both languages.
#[derive(Debug)]
pub(crate) struct Both {
    pub(crate) id: &'static str,
    pub(crate) en: &'static str,
}

/// A question with its answer.
#[derive(Debug)]
pub(crate) struct Question {
    /// Name of the place on the page; never changes, since people pass it on.
    pub(crate) anchor: &'static str,
    pub(crate) topic: Topic,
    pub(crate) question: Both,
    pub(crate) answer: Both,
    /// Other words that people use for it.
    pub(crate) words: Both,
}

impl Topic {
    /// In the order of the page.
    pub(crate) const ALL: [Self; 6] =
        [Self::Account, Self::Identity, Self::Waves, Self::Training, Self::Incentive, Self::Rights];

    /// Name of the place on the page.
    pub(crate) const fn anchor(self) -> &'static str {
        match self {
            Self::Account => "akun",
            Self::Identity => "identitas",
            Self::Waves => "gelombang",
            Self::Training => "pelatihan",
            Self::Incentive => "insentif",
            Self::Rights => "data",
        }
    }

    /// What the reader sees.
    pub(crate) const fn name(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Account, Language::Indonesian) => "Akun dan kode",
            (Self::Account, Language::English) => "Account and codes",
            (Self::Identity, Language::Indonesian) => "Identitas, foto, dan tes",
            (Self::Identity, Language::English) => "Identity, photos and test",
            (Self::Waves, Language::Indonesian) => "Gelombang dan undian",
            (Self::Waves, Language::English) => "Waves and the draw",
            (Self::Training, Language::Indonesian) => "Pelatihan dan batas waktu",
            (Self::Training, Language::English) => "Training and deadlines",
            (Self::Incentive, Language::Indonesian) => "Insentif",
            (Self::Incentive, Language::English) => "Incentives",
            (Self::Rights, Language::Indonesian) => "Data pribadi dan pengaduan",
            (Self::Rights, Language::English) => "Personal data and complaints",
        }
    }
}

impl Both {
    pub(crate) const fn in_language(&self, language: Language) -> &'static str {
        match language {
            Language::Indonesian => self.id,
            Language::English => self.en,
        }
    }
}

/// All questions, topic by topic.
pub(crate) fn questions() -> impl Iterator<Item = &'static Question> {
    account::QUESTIONS
        .iter()
        .chain(identity::QUESTIONS)
        .chain(waves::QUESTIONS)
        .chain(money::QUESTIONS)
}

/// Longest search that is looked at; what is beyond is cut off.
pub(crate) const SEARCH_CHARACTERS_MAX: usize = 100;

/// Words that stand in half of all questions and tell nothing.
const COMMON: [&str; 44] = [
    "yang",
    "dan",
    "di",
    "ke",
    "dari",
    "saya",
    "anda",
    "apa",
    "apakah",
    "bagaimana",
    "kapan",
    "kenapa",
    "mengapa",
    "bila",
    "kalau",
    "untuk",
    "dengan",
    "ini",
    "itu",
    "ada",
    "tidak",
    "bisa",
    "dapat",
    "cara",
    "the",
    "and",
    "of",
    "to",
    "in",
    "is",
    "it",
    "my",
    "me",
    "do",
    "does",
    "can",
    "how",
    "what",
    "when",
    "why",
    "not",
    "for",
    "with",
    "am",
];

/// The questions that fit what was typed, the best first: a word counts most in the question, less among its other
/// words, least in the answer.
pub(crate) fn search(typed: &str, language: Language) -> Vec<&'static Question> {
    let wanted = words_of(typed);
    let mut found: Vec<(usize, &Question)> = questions()
        .filter_map(|question| {
            let score = wanted.iter().map(|word| score(question, word, language)).sum();
            (score > 0).then_some((score, question))
        })
        .collect();
    // Stable, so that equals stay in the order of the page.
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    // What barely fits beside something that fits well is noise.
    let best = found.first().map_or(0, |(score, _)| *score);
    found.into_iter().filter(|(score, _)| score * 3 >= best).map(|(_, question)| question).collect()
}

fn words_of(typed: &str) -> Vec<String> {
    let lower = plain(&typed.chars().take(SEARCH_CHARACTERS_MAX).collect::<String>());
    let words = lower.split(|character: char| !character.is_alphanumeric());
    let told = words.filter(|word| word.chars().count() > 1);
    let own: Vec<String> =
        told.clone().filter(|word| !COMMON.contains(word)).map(str::to_owned).collect();
    // Somebody who typed common words alone still means something.
    if own.is_empty() { told.map(str::to_owned).collect() } else { own }
}

/// In small letters, and with one spelling for what people write in two.
fn plain(text: &str) -> String {
    text.to_lowercase().replace("e-mail", "email")
}

/// Words of this length are found with an ending too: `syaratnya` finds `syarat`.
const STEM_BYTES_MIN: usize = 5;

fn score(question: &Question, word: &str, language: Language) -> usize {
    let has = |text: &Both| {
        let lower = plain(text.in_language(language));
        let mut words = lower.split(|character: char| !character.is_alphanumeric());
        words.any(|own| {
            own.starts_with(word) || (own.len() >= STEM_BYTES_MIN && word.starts_with(own))
        })
    };
    [(&question.question, 9), (&question.words, 6), (&question.answer, 2)]
        .into_iter()
        .filter_map(|(text, weight)| has(text).then_some(weight))
        .sum()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every question has a place of its own, both languages and no shout, and every topic has questions.
    #[test]
    fn sound() {
        let all: Vec<&Question> = questions().collect();
        assert!(all.len() >= 25, "{}", all.len());
        let mut anchors: BTreeSet<&str> = Topic::ALL.iter().map(|topic| topic.anchor()).collect();
        for question in &all {
            assert!(anchors.insert(question.anchor), "{}", question.anchor);
            let [id, en] = [question.question.id, question.question.en];
            assert!(id.ends_with('?') && en.ends_with('?') && id != en, "{id}");
            for text in [question.answer.id, question.answer.en] {
                assert!(text.ends_with('.') && !text.contains('!'), "{text}");
            }
        }
        for topic in Topic::ALL {
            assert!(all.iter().any(|question| question.topic == topic), "{topic:?}");
        }
    }

    /// What people type finds what they mean first, in either language and however it is written.
    #[test]
    fn finds() {
        for (typed, language, anchor) in [
            ("kode tidak datang", Language::Indonesian, "kode-tidak-datang"),
            ("OTP", Language::Indonesian, "kode-tidak-datang"),
            ("Lupa kata sandi?", Language::Indonesian, "lupa-kata-sandi"),
            ("nik tidak cocok", Language::Indonesian, "nik-tidak-cocok"),
            ("foto ktp", Language::Indonesian, "foto-ktp"),
            ("cepat peluang", Language::Indonesian, "gabung-lebih-awal"),
            ("insentif gagal", Language::Indonesian, "insentif-gagal"),
            ("hapus data", Language::Indonesian, "hapus-data"),
            ("syarat", Language::Indonesian, "siapa-boleh-ikut"),
            ("syaratnya apa", Language::Indonesian, "siapa-boleh-ikut"),
            ("umur", Language::Indonesian, "siapa-boleh-ikut"),
            ("usia maksimal", Language::Indonesian, "siapa-boleh-ikut"),
            ("siapa yang boleh ikut", Language::Indonesian, "siapa-boleh-ikut"),
            ("BPJS", Language::Indonesian, "bpjs-bantuan"),
            ("bansos", Language::Indonesian, "bpjs-bantuan"),
            ("ponsel hilang", Language::Indonesian, "kontak-hilang"),
            ("hp hilang", Language::Indonesian, "kontak-hilang"),
            ("email hilang", Language::Indonesian, "kontak-hilang"),
            ("e-mail hilang", Language::Indonesian, "kontak-hilang"),
            ("ganti email", Language::Indonesian, "ganti-telepon"),
            ("jawaban tes hilang", Language::Indonesian, "tes-terputus"),
            ("kapan pengumuman", Language::Indonesian, "kapan-diumumkan"),
            ("kapan hasil diumumkan", Language::Indonesian, "kapan-diumumkan"),
            ("requirements", Language::English, "siapa-boleh-ikut"),
            ("age limit", Language::English, "siapa-boleh-ikut"),
            ("BPJS", Language::English, "bpjs-bantuan"),
            ("lost phone", Language::English, "kontak-hilang"),
            ("lost email", Language::English, "kontak-hilang"),
            ("when are results announced", Language::English, "kapan-diumumkan"),
            ("code does not arrive", Language::English, "kode-tidak-datang"),
            ("forgotten password", Language::English, "lupa-kata-sandi"),
            ("erase my data", Language::English, "hapus-data"),
            ("deadline missed", Language::English, "batas-terlewat"),
        ] {
            let found: Vec<&str> =
                search(typed, language).iter().map(|found| found.anchor).collect();
            assert_eq!(found.first(), Some(&anchor), "{typed}: {found:?}");
        }
        for nothing in ["", "   ", "?!", "xyzzy", "a"] {
            assert!(search(nothing, Language::Indonesian).is_empty(), "{nothing}");
        }
        assert!(search(&"x".repeat(10_000), Language::Indonesian).is_empty());
    }
}
