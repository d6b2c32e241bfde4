//! What a person is told about a check: where it stands, and what can be done.

use super::IdentityField;
use crate::eligibility::{CheckKind, CheckState, Finding};
use crate::policy::Named as _;
use crate::reasons::Language;

/// The fields named in the detail of a refuted identity; empty for any other detail.
pub fn differing_fields(kind: CheckKind, detail: Option<&str>) -> Vec<IdentityField> {
    if kind != CheckKind::PopulationRegister {
        return Vec::new();
    }
    detail
        .into_iter()
        .flat_map(|names| names.split(','))
        .filter_map(IdentityField::from_name)
        .collect()
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
        CheckState::Confirmed => ("Data Anda sudah sesuai.", "What you stated is confirmed."),
        CheckState::Refuted => return refuted(kind, detail, language),
    };
    match language {
        Language::Indonesian => indonesian.to_owned(),
        Language::English => english.to_owned(),
    }
}

/// The sentence of the rule that the answer breaks where a policy has it, and which fields differ.
fn refuted(kind: CheckKind, detail: Option<&str>, language: Language) -> String {
    let finding = Finding::from_answer(kind, CheckState::Refuted, detail);
    let mut sentence = finding.unwrap_or(Finding::Outstanding(kind)).rule().sentence(language);
    let fields = differing_fields(kind, detail);
    if !fields.is_empty() {
        let names: Vec<&str> = fields.iter().map(|field| name(*field, language)).collect();
        let intro = match language {
            Language::Indonesian => "Yang tidak cocok",
            Language::English => "What does not agree",
        };
        sentence.push_str(&format!(" {intro}: {}.", names.join(", ")));
    }
    sentence
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
        assert!(say(two, Indonesian).ends_with("Yang tidak cocok: nama, tanggal lahir."));
        assert!(say(two, English).ends_with("What does not agree: name, birth date."));
        let office = Some("police");
        let barred = check_sentence(CheckKind::Occupation, CheckState::Refuted, office, English);
        assert!(barred.contains("a police officer (Polri)"), "{barred}");
        assert_eq!(differing_fields(CheckKind::Occupation, office), []);
    }
}
