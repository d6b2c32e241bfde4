//! A copy of one's data in words: names of fields, choices and instants as a person reads them. The file has the same as
//! programs read it.

use app::import::parse_instant;
use domain::time::day_in_words;
use serde_json::{Map, Value};
use time::{Date, Month};
use web::Language;
use web::format::{date_time, number};

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
    match (name, value.as_u64()) {
        ("price_rupiah", Some(amount)) => format!("Rp{}", number(amount, language)),
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

fn pick(language: Language, [indonesian, english]: [&str; 2]) -> String {
    match language {
        Language::Indonesian => indonesian.to_owned(),
        Language::English => english.to_owned(),
    }
}

/// What a field is called. One that is not listed has its name in the file, with spaces.
fn label(name: &str, language: Language) -> String {
    let words = match name {
        "account" => ["Nomor akun", "Account number"],
        "email" => ["Alamat e-mail", "E-mail address"],
        "former_email" => ["Alamat e-mail sebelumnya", "Former e-mail address"],
        "phone" => ["Nomor ponsel", "Mobile number"],
        "former_phone" => ["Nomor ponsel sebelumnya", "Former mobile number"],
        "language" => ["Bahasa", "Language"],
        "nik" => ["NIK", "NIK"],
        "family_card" => ["Nomor Kartu Keluarga", "Family card number"],
        "name" => ["Nama", "Name"],
        "born_on" => ["Tanggal lahir", "Date of birth"],
        "birth_year" => ["Tahun lahir", "Year of birth"],
        "registered_at" => ["Terdaftar sejak", "Registered since"],
        "sex" => ["Jenis kelamin", "Sex"],
        "education" => ["Pendidikan terakhir", "Last education"],
        "employment" => ["Keadaan kerja", "Work situation"],
        "region" => ["Nomor kabupaten/kota", "Number of the kabupaten/kota"],
        "district" => ["Nomor kecamatan", "Number of the kecamatan"],
        "disability" => ["Penyandang disabilitas", "Disability"],
        "kind" => ["Jenis", "Kind"],
        "state" => ["Keadaan", "State"],
        "detail" => ["Rincian", "Detail"],
        "wave" => ["Gelombang", "Wave"],
        "joined_at" => ["Ikut sejak", "Joined on"],
        "withdrawn_at" => ["Dibatalkan atau ditarik", "Taken back"],
        "outcome" => ["Hasil", "Outcome"],
        "rank" => ["Urutan tunggu", "Place on the waiting list"],
        "reason" => ["Alasan", "Reason"],
        "appointed_at" => ["Ditetapkan", "Appointed"],
        "purchase_due_at" => ["Batas pembelian pertama", "Deadline of the first purchase"],
        "activated_at" => ["Pembelian pertama", "First purchase"],
        "revoked_at" => ["Dicabut", "Place lost"],
        "revocation" => ["Alasan pencabutan", "Reason of the loss"],
        "ground" => ["Alasan keberatan", "Ground of the appeal"],
        "filed_at" => ["Diajukan", "Filed"],
        "due_at" => ["Dijawab paling lambat", "Answer due"],
        "answer" => ["Jawaban", "Answer"],
        "answers" => ["Jawaban", "Answers"],
        "answered_at" => ["Dijawab", "Answered"],
        "version" => ["Versi", "Version"],
        "words" => ["Isi", "Words"],
        "given_at" => ["Diberikan", "Given"],
        "about" => ["Tentang", "About"],
        "at" => ["Waktu", "When"],
        "ways" => ["Saluran dan keadaan", "Ways and states"],
        "topic" => ["Topik", "Topic"],
        "received_at" => ["Diterima", "Received"],
        "act" => ["Kegiatan", "What was done"],
        "known_at" => ["Dikenal sejak", "Known since"],
        "used_at" => ["Terakhir dipakai", "Last used"],
        "ends_at" => ["Berakhir", "Ends"],
        "begun_at" => ["Dimulai", "Begun"],
        "ended_at" => ["Selesai", "Ended"],
        "ended_by" => ["Diakhiri oleh", "Ended by"],
        "items" => ["Jumlah soal", "Number of questions"],
        "item" => ["Soal", "Question"],
        "score" => ["Jawaban benar", "Right answers"],
        "completed" => ["Tes lengkap", "Completed"],
        "number" => ["Nomor", "Number"],
        "price_rupiah" => ["Harga", "Price"],
        "paid_at" => ["Dibayar", "Paid"],
        "student" => ["Sedang bersekolah atau kuliah", "At school or university"],
        "office" => ["Memegang jabatan yang disebut", "Holds an office named"],
        "aid" => ["Menerima bantuan yang disebut", "Receives aid named"],
        other => return other.replace('_', " "),
    };
    pick(language, words)
}

/// The words of choices and states that stand in the file by their names.
fn choice(name: &str) -> Option<[&'static str; 2]> {
    Some(match name {
        "man" => ["Laki-laki", "Male"],
        "woman" => ["Perempuan", "Female"],
        "yes" => ["Ya", "Yes"],
        "no" => ["Tidak", "No"],
        "none" => ["Tidak tamat sekolah", "No school completed"],
        "primary" => ["Sekolah Dasar", "Primary school"],
        "junior_high" => ["Sekolah Menengah Pertama", "Junior high school"],
        "senior_high" => ["Sekolah Menengah Atas", "Senior high school"],
        "vocational" => ["Sekolah Menengah Kejuruan", "Vocational high school"],
        "diploma" => ["Diploma", "Diploma"],
        "bachelor" => ["Sarjana", "Bachelor's degree"],
        "postgraduate" => ["Pascasarjana", "Postgraduate degree"],
        "job_seeker" => ["Mencari kerja", "Looking for work"],
        "laid_off" => ["Kehilangan pekerjaan", "Lost the job"],
        "worker" => ["Bekerja atau dirumahkan", "Working, or on unpaid leave"],
        "small_business" => ["Usaha mikro atau kecil", "Micro or small business"],
        "population_register" => ["Data kependudukan", "Population register"],
        "citizenship" => ["Kewarganegaraan", "Citizenship"],
        "formal_education" => ["Pendidikan formal", "Formal education"],
        "occupation" => ["Jabatan", "Occupation"],
        "social_aid" => ["Bantuan lain", "Other aid"],
        "ability_test" => ["Tes kemampuan dasar", "Basic ability test"],
        "not_asked" => ["Belum ditanyakan", "Not asked yet"],
        "asked" => ["Sedang ditanyakan", "Asked"],
        "confirmed" => ["Sesuai", "Agrees"],
        "refuted" => ["Tidak sesuai", "Does not agree"],
        "unavailable" => ["Belum dijawab", "Not answered yet"],
        "expired" => ["Tidak berlaku lagi", "No longer valid"],
        "selected" => ["Terpilih", "Selected"],
        "not_selected" => ["Belum terpilih", "Not selected"],
        "waitlisted" => ["Daftar tunggu", "Waiting list"],
        "ineligible" => ["Tidak ikut diundi", "Not in the draw"],
        "household_cap" => ["Kartu keluarga penuh", "Family card full"],
        "appointed" => ["Ditetapkan", "Appointed"],
        "active" => ["Sudah membeli pelatihan", "Training bought"],
        "revoked" => ["Dicabut", "Lost"],
        "received" => ["Diterima", "Received"],
        "done" => ["Selesai", "Done"],
        "access" => ["Salinan data", "Copy of the data"],
        "correction" => ["Perbaikan isian", "Correction"],
        "withdrawal" => ["Penarikan persetujuan", "Withdrawal of a consent"],
        "erasure" => ["Penghapusan", "Erasure"],
        "person" => ["Anda", "You"],
        "time" => ["Waktu habis", "The end of its time"],
        "sms" => ["SMS", "Text message"],
        "sent" => ["Terkirim", "Sent"],
        "waiting" => ["Menunggu", "Waiting"],
        "id" => ["Indonesia", "Indonesian"],
        "en" => ["Inggris", "English"],
        _ => return None,
    })
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
            "answers": [{ "item": 1, "answer": 2 }],
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
            ("NIK", "1571014508990001"),
            ("Jawaban", "Jawaban: 2; Soal: 1"),
            ("new field", "x"),
        ] {
            assert!(
                indonesian.contains(&(label.to_owned(), words.to_owned())),
                "{label}: {indonesian:?}"
            );
        }
        assert_eq!(indonesian.len(), 8, "{indonesian:?}");
        assert!(said(Language::English).contains(&("Sex".to_owned(), "Female".to_owned())));
        assert_eq!(entries(&Value::Null, Language::English), Vec::<Vec<Line>>::new());
    }
}
