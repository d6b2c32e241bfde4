//! What a person is told about a check: where it stands, and what can be done.

use super::{IdentityField, IdentityFields};
use crate::eligibility::{CheckKind, CheckState, Finding};
use crate::reasons::Language;

/// The fields named in the detail of a refuted identity; empty for any other detail.
pub fn differing_fields(kind: CheckKind, detail: Option<&str>) -> Vec<IdentityField> {
    match (kind, detail) {
        (CheckKind::PopulationRegister, Some(detail)) => IdentityFields::of_detail(detail).list(),
        _ => Vec::new(),
    }
}

/// The sentence about a check for the person concerned.
pub fn check_sentence(
    kind: CheckKind,
    state: CheckState,
    detail: Option<&str>,
    language: Language,
) -> String {
    if kind == CheckKind::AbilityTest && state != CheckState::Confirmed {
        // Nobody else is asked about it: it waits for the person.
        return refuted(kind, detail, language);
    }
    let (indonesian, english) = match state {
        CheckState::NotAsked | CheckState::Asked => (
            "Kami sedang memeriksa data Anda. Anda tidak perlu melakukan apa pun.",
            "We are checking this. There is nothing for you to do.",
        ),
        CheckState::Unavailable => (
            "Instansi yang ditanya belum memberi jawaban. Kami akan bertanya lagi dengan sendirinya.",
            "The office that was asked has not answered yet. We will ask again by ourselves.",
        ),
        CheckState::Expired => (
            "Jawaban yang lama sudah tidak berlaku. Kami akan memeriksa lagi dengan sendirinya.",
            "The old answer no longer counts. We will check again by ourselves.",
        ),
        CheckState::Confirmed if kind == CheckKind::AbilityTest => (
            "Tes Anda sudah selesai. Nilainya tidak memengaruhi undian.",
            "Your test is done. Its score does not change the draw.",
        ),
        CheckState::Confirmed => ("Data Anda sudah sesuai.", "What you stated is confirmed."),
        CheckState::Refuted => return refuted(kind, detail, language),
    };
    match language {
        Language::Indonesian => indonesian.to_owned(),
        Language::English => english.to_owned(),
    }
}

/// The sentence of the rule that the answer breaks where a policy has it. What its person can still put right before a
/// draw is said so, and not as a decision says it afterwards.
fn refuted(kind: CheckKind, detail: Option<&str>, language: Language) -> String {
    match (kind, language) {
        (CheckKind::PopulationRegister, _) => {
            identity_on("", &differing_fields(kind, detail), language)
        }
        (CheckKind::AbilityTest, Language::Indonesian) => {
            "Tes kemampuan dasar Anda belum selesai. Kerjakan sebelum gelombang ditutup, atau Anda tidak ikut diundi."
                .to_owned()
        }
        (CheckKind::AbilityTest, Language::English) => {
            "Your basic ability test is not finished. Take it before the wave closes, or you will not be in the draw."
                .to_owned()
        }
        _ => {
            let finding = Finding::from_answer(kind, CheckState::Refuted, detail);
            finding.unwrap_or(Finding::Outstanding(kind)).rule().sentence(language)
        }
    }
}

/// What the population register contradicts, and what to do about it on which page; without fields where it names none.
pub fn identity_sentence(fields: &[IdentityField], language: Language) -> String {
    let page = match language {
        Language::Indonesian => " di halaman Pemeriksaan data",
        Language::English => " on the page Checks of your data",
    };
    identity_on(page, fields, language)
}

/// The same, to be read on that page, or on one that is named.
fn identity_on(page: &str, fields: &[IdentityField], language: Language) -> String {
    let names: Vec<&str> = fields.iter().map(|field| name(*field, language)).collect();
    let names = names.join(", ");
    let (unnamed, named, remedy) = match language {
        Language::Indonesian => (
            "Data Anda tidak cocok dengan data kependudukan (Dukcapil).",
            "Yang tidak cocok",
            format!(
                "Bandingkan dengan KTP dan Kartu Keluarga Anda. Bila Anda salah menulis, perbaiki{page}; kami bertanya lagi dengan sendirinya. Bila kartunya yang keliru, mintalah perbaikan di Dukcapil."
            ),
        ),
        Language::English => (
            "Your data do not agree with the population register (Dukcapil).",
            "What does not agree",
            format!(
                "Compare it with your KTP and family card. If you mistyped it, correct it{page}; we ask again by ourselves. If the card is wrong, have Dukcapil correct it."
            ),
        ),
    };
    if names.is_empty() {
        format!("{unnamed} {remedy}")
    } else {
        format!("{named}: {names}. {remedy}")
    }
}

const fn name(field: IdentityField, language: Language) -> &'static str {
    let (indonesian, english) = match field {
        IdentityField::Nik => ("NIK", "NIK"),
        IdentityField::FamilyCard => ("nomor KK", "family card number"),
        IdentityField::Name => ("nama", "name"),
        IdentityField::BornOn => ("tanggal lahir", "birth date"),
    };
    match language {
        Language::Indonesian => indonesian,
        Language::English => english,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Named as _;

    /// Every check in every state has words in both languages that differ; a refuted identity names its
    /// fields and nothing else does.
    #[test]
    fn words() {
        use Language::{English, Indonesian};
        for kind in CheckKind::ALL {
            for state in CheckState::ALL {
                let say = |language| check_sentence(*kind, *state, None, language);
                assert!(!say(Indonesian).is_empty());
                assert_ne!(say(Indonesian), say(English), "{kind:?} {state:?}");
            }
        }
        let say = |detail, language| {
            check_sentence(CheckKind::PopulationRegister, CheckState::Refuted, detail, language)
        };
        let two = Some("name,born_on");
        assert!(say(two, Indonesian).starts_with("Yang tidak cocok: nama, tanggal lahir. Band"));
        assert!(say(two, English).starts_with("What does not agree: name, birth date. Compare"));
        assert!(say(None, Indonesian).starts_with("Data Anda tidak cocok"));
        for kind in [CheckKind::PopulationRegister, CheckKind::AbilityTest] {
            let said = check_sentence(kind, CheckState::Refuted, two, Indonesian);
            assert!(!said.contains("gelombang berikutnya"), "the wave may be open still: {said}");
        }
        let office = Some("police");
        let barred = check_sentence(CheckKind::Occupation, CheckState::Refuted, office, English);
        assert!(barred.contains("a police officer (Polri)"), "{barred}");
        assert_eq!(differing_fields(CheckKind::Occupation, office), []);
    }
}
