use super::*;

fn today() -> Date {
    Date::from_calendar_date(2024, Month::September, 19).expect("a day")
}

/// What people type is read with the spaces, dashes and dots that they use; what is wrong is said.
#[test]
fn reading() {
    for good in
        ["1571014508990001", "1571 0145 0899 0001", "157101-450899-0001", "15.71.01.450899.0001"]
    {
        assert!(read_nik(good).is_ok(), "{good}");
    }
    assert_eq!(read_nik("157101 45"), Err(DraftFault::Digits(8)));
    assert_eq!(read_nik("1571O14508990001"), Err(DraftFault::NotADigit));
    for (text, fault) in [
        ("5-8-1999", None),
        ("31-02-1999", Some(DraftFault::NotADay)),
        ("5-8", Some(DraftFault::NotADay)),
        ("--", Some(DraftFault::NotADay)),
        ("5-Agustus-1999", Some(DraftFault::NotADay)),
        ("20-09-2024", Some(DraftFault::NotABirthDate)),
        ("5-8-99", Some(DraftFault::NotABirthDate)),
    ] {
        assert_eq!(read_birth_date(text, today()).err(), fault, "{text}");
    }
}

/// A number whose digits name another day is asked about once, and again when one of the two changes; digits that
/// are no date are never asked about.
#[test]
fn contradictions() {
    let mut draft = Draft::default();
    draft.set(DraftField::Nik, "1571014508990001");
    assert!(!draft.contradicts_nik(today()));
    draft.set(DraftField::BornOn, "05-08-1999");
    assert!(!draft.contradicts_nik(today()));
    draft.set(DraftField::BornOn, "06-08-1999");
    assert!(draft.contradicts_nik(today()));
    draft.set(DraftField::NikChecked, "yes");
    assert!(!draft.contradicts_nik(today()));
    draft.set(DraftField::BornOn, "07-08-1999");
    assert!(draft.contradicts_nik(today()));
    draft.set(DraftField::Nik, "1571013902990001");
    assert!(!draft.contradicts_nik(today()));
}

/// A task goes from not begun over partial to done; a wrong answer is to be corrected; a new regency takes the
/// kecamatan of the old one with it.
#[test]
fn tasks() {
    use TaskState::{Done, NotBegun, Partial, ToCorrect};
    let mut draft = Draft::default();
    let state = |draft: &Draft| RegistrationTask::Home.state(draft, today());
    assert_eq!(state(&draft), NotBegun);
    draft.set(DraftField::Region, "15.71");
    assert_eq!(state(&draft), Partial);
    draft.set(DraftField::District, "157201");
    assert_eq!(state(&draft), ToCorrect);
    draft.set(DraftField::District, "157101");
    assert_eq!(state(&draft), Done);
    draft.set(DraftField::Region, "15.72");
    assert_eq!(state(&draft), Partial);
    draft.set(DraftField::Topic, "digital");
    assert_eq!(RegistrationTask::Situation.state(&draft, today()), Partial);
    assert_eq!(RegistrationTask::Identity.state(&draft, today()), NotBegun);
    draft.set(DraftField::Nik, "12");
    assert_eq!(RegistrationTask::Identity.state(&draft, today()), ToCorrect);
}

/// Nothing that was typed prints, and an agreement counts for the words of its version only.
#[test]
fn agreements() {
    let mut draft = Draft::default();
    draft.set(DraftField::Terms, "0");
    assert_eq!(draft.fault(DraftField::Terms, today()), Some(DraftFault::Missing));
    draft.set(DraftField::Terms, &ConsentKind::Terms.text().version.to_string());
    assert_eq!(draft.fault(DraftField::Terms, today()), None);
    assert_eq!(draft.fault(DraftField::SmsContact, today()), None);
    draft.set(DraftField::Name, "Suharto");
    assert_eq!(format!("{draft:?}"), "Draft(2 answers)");
}
