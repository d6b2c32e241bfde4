//! A copy of one's data in words: names of fields, choices and instants as a person reads them. The file has the same as
//! programs read it.

use app::import::parse_instant;
use domain::beneficiary::RevocationReason;
use domain::checks::IdentityField;
use domain::decision::DrawReason;
use domain::eligibility::Rule;
use domain::policy::{AidProgramme, Named as _, Occupation};
use domain::time::day_in_words;
use serde_json::{Map, Value};
use time::{Date, Month};
use web::Language;
use web::format::{date_time, number};

use super::readable_words::{act, choice, label, meaning};

/// The part that lists what was done, act by act.
const HISTORY: &str = "processing";

/// A line of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// What it is.
    pub(super) label: String,
    /// What it says.
    pub(super) words: String,
}

/// Reads the parts of a copy to a person.
pub(super) struct Reader<'a> {
    /// Language of the page.
    pub(super) language: Language,
    /// The name of a place by its field and its code.
    pub(super) place: &'a dyn Fn(&str, &str) -> Option<String>,
}

impl Reader<'_> {
    /// The entries of a part, each with its lines; none if nothing is held, or if it is told by [`Self::history`].
    pub(super) fn entries(&self, part: &str, value: &Value) -> Vec<Vec<Line>> {
        match value {
            Value::Null => Vec::new(),
            Value::Array(all) if all.is_empty() => Vec::new(),
            Value::Array(_) if part == HISTORY => Vec::new(),
            Value::Array(all) => all.iter().map(|one| self.lines(one)).collect(),
            one => vec![self.lines(one)],
        }
    }

    /// What was done, a line each, in the part that lists it: who answers twenty questions one after another need not read
    /// that twenty times.
    pub(super) fn history(&self, part: &str, value: &Value) -> Vec<Line> {
        let all = value.as_array().filter(|_| part == HISTORY).map_or(&[][..], Vec::as_slice);
        let runs = all.chunk_by(|one, next| one.get("act") == next.get("act"));
        runs.filter_map(|run| Some(self.run(run.first()?, run.last()?, run.len()))).collect()
    }

    fn run(&self, first: &Value, last: &Value, count: usize) -> Line {
        let text = |one: &Value, field| {
            one.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let name = text(first, "act");
        let did = act(&name).map_or_else(|| name.replace('_', " "), |words| self.pick(words));
        let [first, last] = [first, last].map(|one| self.of_text(&text(one, "at")));
        let (label, words) = match (count, self.language) {
            (1, _) => (did, first),
            (_, Language::Indonesian) => {
                (format!("{did}, {count} kali"), format!("{first} sampai {last}"))
            }
            (_, Language::English) => {
                (format!("{did}, {count} times"), format!("{first} to {last}"))
            }
        };
        Line { label, words }
    }

    fn lines(&self, value: &Value) -> Vec<Line> {
        let Value::Object(fields) = value else {
            return vec![Line { label: String::new(), words: self.words(value) }];
        };
        let line = |(name, value): (&String, &Value)| Line {
            label: label(name, self.language),
            words: self.of_field(name, value),
        };
        fields.iter().filter(|(_, value)| !is_nothing(value)).map(line).collect()
    }

    /// Numbers of people, cards and codes are no amounts, so nothing but money is written in groups.
    fn of_field(&self, name: &str, value: &Value) -> String {
        match (name, value) {
            ("price_rupiah", Value::Number(_)) => {
                format!("Rp{}", number(value.as_u64().unwrap_or_default(), self.language))
            }
            ("region" | "district", Value::Number(code)) => self.of_place(name, &code.to_string()),
            ("region" | "district", Value::String(code)) => self.of_place(name, code),
            ("ways", Value::Array(ways)) => self.of_ways(ways),
            // What people wrote is theirs to the letter.
            ("name" | "words" | "email" | "former_email", Value::String(text)) => text.clone(),
            // Answers of the form keep which version of a text was agreed to.
            ("terms" | "privacy" | "truth" | "sms_contact", Value::String(version)) => {
                self.pick([&format!("Ya, versi {version}"), &format!("Yes, version {version}")])
            }
            ("detail", Value::String(detail)) => self.of_detail(detail),
            (_, Value::String(text)) => self.of_name(name, text),
            _ => self.words(value),
        }
    }

    fn of_place(&self, field: &str, code: &str) -> String {
        (self.place)(field, code).unwrap_or_else(|| code.to_owned())
    }

    /// Each way of a message with where it stands there.
    fn of_ways(&self, ways: &[Value]) -> String {
        let said = ways.iter().filter_map(|way| {
            let [channel, state] = way.as_array()?.as_slice() else { return None };
            Some(format!("{}: {}", self.words(channel), self.words(state)))
        });
        said.collect::<Vec<_>>().join("; ")
    }

    /// What a register says: which fields differ, or which office or aid it knows of.
    fn of_detail(&self, detail: &str) -> String {
        let language = self.language.of_sentences();
        let said = detail.split(',').map(|name| {
            if IdentityField::from_name(name).is_some() {
                label(name, self.language)
            } else if let Some(office) = Occupation::from_name(name) {
                office.holder(language).to_owned()
            } else if let Some(aid) = AidProgramme::from_name(name) {
                aid.acronym().to_owned()
            } else {
                name.to_owned()
            }
        });
        said.collect::<Vec<_>>().join(", ")
    }

    fn of_name(&self, field: &str, name: &str) -> String {
        let language = self.language.of_sentences();
        let sentence = match field {
            "reason" => Rule::from_code(name).map(|rule| rule.sentence(language)).or_else(|| {
                DrawReason::from_name(name).map(|why| why.sentence(language).to_owned())
            }),
            "revocation" => {
                RevocationReason::from_code(name).map(|why| why.sentence(language).to_owned())
            }
            _ => meaning(field, name).map(|words| self.pick(words)),
        };
        sentence.unwrap_or_else(|| self.of_text(name))
    }

    fn words(&self, value: &Value) -> String {
        match value {
            Value::Null => "–".to_owned(),
            Value::Bool(is_so) => self.pick(if *is_so { ["Ya", "Yes"] } else { ["Tidak", "No"] }),
            Value::Number(count) => count.to_string(),
            Value::String(text) => self.of_text(text),
            Value::Array(all) => {
                all.iter().map(|one| self.words(one)).collect::<Vec<_>>().join(", ")
            }
            Value::Object(fields) => self.of_fields(fields),
        }
    }

    fn of_fields(&self, fields: &Map<String, Value>) -> String {
        let kept = fields.iter().filter(|(_, value)| !is_nothing(value));
        let said = kept.map(|(name, value)| {
            format!("{}: {}", label(name, self.language), self.of_field(name, value))
        });
        said.collect::<Vec<_>>().join("; ")
    }

    fn of_text(&self, text: &str) -> String {
        if let Some(at) = parse_instant(text) {
            return date_time(at, self.language);
        }
        if let Some(day) = day(text) {
            return day_in_words(day, self.language.of_sentences());
        }
        choice(text).map_or_else(|| text.to_owned(), |words| self.pick(words))
    }

    fn pick(&self, words: [&str; 2]) -> String {
        pick(self.language, words)
    }
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

    fn place(field: &str, code: &str) -> Option<String> {
        ((field, code) == ("region", "34.71")).then(|| "Kota Yogyakarta".to_owned())
    }

    /// Instants, days, choices and amounts are read as people write them; what is not held is left out, and a name that
    /// nobody listed is still shown.
    #[test]
    fn in_words() {
        let part = json!([{
            "born_on": "1999-08-05", "registered_at": "2024-09-24T10:00:00Z", "sex": "woman", "rank": null,
            "disability": false, "price_rupiah": 3_500_000, "nik": "1571014508990001", "new_field": "x",
            "answers": [{ "item": 1, "answer": 2 }], "name": "man", "region": "34.71", "district": 347_101,
            "ways": [["email", "accepted"], ["sms", "failed"]], "detail": "born_on,name", "terms": "1",
            "revocation": "purchase_deadline_missed",
        }]);
        let said = |language| -> Vec<(String, String)> {
            let reader = Reader { language, place: &place };
            let entries = reader.entries("statement", &part);
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
            ("Kabupaten atau kota", "Kota Yogyakarta"),
            ("Kecamatan", "347101"),
            ("Saluran dan keadaan", "E-mail: Terkirim; SMS: Gagal terkirim"),
            ("Rincian", "Tanggal lahir, Nama"),
            ("Syarat disetujui", "Ya, versi 1"),
            ("NIK", "1571014508990001"),
            ("Jawaban", "Jawaban: 2; Soal: 1"),
            ("new field", "x"),
        ] {
            assert!(
                indonesian.contains(&(label.to_owned(), words.to_owned())),
                "{label}: {indonesian:?}"
            );
        }
        assert_eq!(indonesian.len(), 15, "{indonesian:?}");
        assert!(said(Language::English).contains(&("Sex".to_owned(), "Female".to_owned())));
        let reader = Reader { language: Language::English, place: &place };
        assert_eq!(reader.entries("identity", &Value::Null), Vec::<Vec<Line>>::new());
    }

    /// What was done many times at a stretch is one line with its first and last instant; what came between is a line.
    #[test]
    fn history() {
        let did = |act: &str, minute: u8| json!({ "act": act, "at": format!("2024-09-24T10:0{minute}:00Z") });
        let part = json!([
            did("test_answer", 0),
            did("test_answer", 1),
            did("test_answer", 2),
            did("test_end", 3),
            did("test_answer", 4),
        ]);
        let reader = Reader { language: Language::Indonesian, place: &place };
        let said: Vec<String> = reader
            .history(HISTORY, &part)
            .into_iter()
            .map(|line| format!("{} | {}", line.label, line.words))
            .collect();
        let day = "24 September 2024 pukul";
        assert_eq!(
            said,
            [
                format!("Soal tes dijawab, 3 kali | {day} 17.00 WIB sampai {day} 17.02 WIB"),
                format!("Tes selesai | {day} 17.03 WIB"),
                format!("Soal tes dijawab | {day} 17.04 WIB"),
            ]
        );
    }
}
