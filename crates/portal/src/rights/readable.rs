//! A copy of one's data in words: names of fields, choices and instants as a person reads them. The file has the same as
//! programs read it.

use app::import::parse_instant;
use domain::time::day_in_words;
use serde_json::{Map, Value};
use time::{Date, Month};
use web::Language;
use web::format::{date_time, number};

use super::readable_words::{choice, label, meaning};

/// A line of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// What it is.
    pub(super) label: String,
    /// What it says.
    pub(super) words: String,
}

/// The entries of a part, each with its lines; none if nothing is held.
pub(super) fn entries(value: &Value, language: Language) -> Vec<Vec<Line>> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(all) => all.iter().map(|one| lines(one, language)).collect(),
        one => vec![lines(one, language)],
    }
}

fn lines(value: &Value, language: Language) -> Vec<Line> {
    let Value::Object(fields) = value else {
        return vec![Line { label: String::new(), words: words(value, language) }];
    };
    let line = |(name, value): (&String, &Value)| Line {
        label: label(name, language),
        words: of_field(name, value, language),
    };
    fields.iter().filter(|(_, value)| !is_nothing(value)).map(line).collect()
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Numbers of people, cards and codes are no amounts, so nothing but money is written in groups.
fn of_field(name: &str, value: &Value, language: Language) -> String {
    match (name, value) {
        ("price_rupiah", Value::Number(_)) => {
            format!("Rp{}", number(value.as_u64().unwrap_or_default(), language))
        }
        // What people wrote is theirs to the letter.
        ("name" | "words" | "email" | "former_email", Value::String(text)) => text.clone(),
        (_, Value::String(text)) => match meaning(name, text) {
            Some(words) => pick(language, words),
            None => of_text(text, language),
        },
        _ => words(value, language),
    }
}

fn words(value: &Value, language: Language) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(is_so) => pick(language, if *is_so { ["Ya", "Yes"] } else { ["Tidak", "No"] }),
        Value::Number(count) => count.to_string(),
        Value::String(text) => of_text(text, language),
        Value::Array(all) => {
            all.iter().map(|one| words(one, language)).collect::<Vec<_>>().join(", ")
        }
        Value::Object(fields) => of_fields(fields, language),
    }
}

fn of_fields(fields: &Map<String, Value>, language: Language) -> String {
    let kept = fields.iter().filter(|(_, value)| !is_nothing(value));
    let said = kept.map(|(name, value)| {
        format!("{}: {}", label(name, language), of_field(name, value, language))
    });
    said.collect::<Vec<_>>().join("; ")
}

fn of_text(text: &str, language: Language) -> String {
    if let Some(at) = parse_instant(text) {
        return date_time(at, language);
    }
    if let Some(day) = day(text) {
        return day_in_words(day, language.of_sentences());
    }
    choice(text).map_or_else(|| text.to_owned(), |words| pick(language, words))
}

/// `YYYY-MM-DD`.
fn day(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<u16>().ok());
    let mut part = || parts.next().flatten();
    let (year, month, day) = (part()?, part()?, part()?);
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()
}

pub(super) fn pick(language: Language, [indonesian, english]: [&str; 2]) -> String {
    match language {
        Language::Indonesian => indonesian.to_owned(),
        Language::English => english.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Instants, days, choices and amounts are read as people write them; what is not held is left out, and a name that
    /// nobody listed is still shown.
    #[test]
    fn in_words() {
        let part = json!([{
            "born_on": "1999-08-05", "registered_at": "2024-09-24T10:00:00Z", "sex": "woman", "rank": null,
            "disability": false, "price_rupiah": 3_500_000, "nik": "1571014508990001", "new_field": "x",
            "answers": [{ "item": 1, "answer": 2 }], "name": "man", "act": "sessions_open",
        }]);
        let said = |language| -> Vec<(String, String)> {
            let entries = entries(&part, language);
            assert_eq!(entries.len(), 1);
            entries.into_iter().flatten().map(|line| (line.label, line.words)).collect()
        };
        let indonesian = said(Language::Indonesian);
        for (label, words) in [
            ("Tanggal lahir", "5 Agustus 1999"),
            ("Terdaftar sejak", "24 September 2024 pukul 17.00 WIB"),
            ("Jenis kelamin", "Perempuan"),
            ("Penyandang disabilitas", "Tidak"),
            ("Harga", "Rp3.500.000"),
            ("Nama", "man"),
            ("Kegiatan", "Masuk ke akun"),
            ("NIK", "1571014508990001"),
            ("Jawaban", "Jawaban: 2; Soal: 1"),
            ("new field", "x"),
        ] {
            assert!(
                indonesian.contains(&(label.to_owned(), words.to_owned())),
                "{label}: {indonesian:?}"
            );
        }
        assert_eq!(indonesian.len(), 10, "{indonesian:?}");
        assert!(said(Language::English).contains(&("Sex".to_owned(), "Female".to_owned())));
        assert_eq!(entries(&Value::Null, Language::English), Vec::<Vec<Line>>::new());
    }
}
