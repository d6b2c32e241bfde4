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
    assert_eq!(read_nik("0000 0000 0000 0000"), Err(DraftFault::NoDistrict));
    assert_eq!(read_family_card("0000 0000 0000 0000"), Err(DraftFault::NoDistrict));
    for (text, fault) in [
        ("Siti Nur'aini", None),
        ("S1ti", Some(DraftFault::NotOfNames)),
        ("Siti 😀", Some(DraftFault::NotOfNames)),
        ("Siti\u{7}", Some(DraftFault::NotOfNames)),
        (&"x".repeat(101), Some(DraftFault::NotAName)),
    ] {
        assert_eq!(read_name(text).err(), fault, "{text}");
    }
    for (text, fault) in [
        ("5-8-1999", None),
        ("31-02-1999", Some(DraftFault::NoSuchDay)),
        ("29-02-1999", Some(DraftFault::NoSuchDay)),
        ("5-13-1999", Some(DraftFault::NoSuchDay)),
        ("300-1-1999", Some(DraftFault::NoSuchDay)),
        ("5-8", Some(DraftFault::NotADay)),
        ("--", Some(DraftFault::NotADay)),
        ("5-Agustus-1999", Some(DraftFault::NotADay)),
        ("20-09-2024", Some(DraftFault::NotABirthDate)),
        ("5-8-99", Some(DraftFault::NotABirthDate)),
    ] {
        assert_eq!(read_birth_date(text, today()).err(), fault, "{text}");
    }
}

/// A number that is doubtful is asked about once, and again when something changes on which the doubt hangs.
#[test]
fn doubts() {
    let mut draft = Draft::default();
    draft.set(DraftField::Nik, "1571014508990001");
    assert_eq!(draft.nik_doubt(today()), None);
    draft.set(DraftField::BornOn, "05-08-1999");
    assert_eq!(draft.nik_doubt(today()), None);
    draft.set(DraftField::BornOn, "06-08-1999");
    assert_eq!(draft.nik_doubt(today()), Some(NikDoubt::OtherDay));
    draft.set(DraftField::NikChecked, "yes");
    assert_eq!(draft.nik_doubt(today()), None);
    draft.set(DraftField::BornOn, "07-08-1999");
    assert_eq!(draft.nik_doubt(today()), Some(NikDoubt::OtherDay));
    draft.set(DraftField::Nik, "1571013902990001");
    assert_eq!(draft.nik_doubt(today()), Some(NikDoubt::NoDate));
    draft.set(DraftField::NikChecked, "yes");
    draft.set(DraftField::BornOn, "08-08-1999");
    assert_eq!(draft.nik_doubt(today()), None, "no birth date changes that");
    draft.set(DraftField::Nik, "4571014508990001");
    assert_eq!(draft.nik_doubt(today()), Some(NikDoubt::UnknownProvince));
}

/// The number of the family card is not the person's, whichever was written first.
#[test]
fn one_number_for_both() {
    let mut draft = Draft::default();
    draft.set(DraftField::FamilyCard, "1571 0145 0899 0001");
    assert_eq!(draft.fault(DraftField::FamilyCard, today()), None);
    draft.set(DraftField::Nik, "1571014508990001");
    assert_eq!(draft.fault(DraftField::Nik, today()), None);
    assert_eq!(draft.fault(DraftField::FamilyCard, today()), Some(DraftFault::SameAsNik));
    assert_eq!(RegistrationTask::Identity.state(&draft, today()), TaskState::ToCorrect);
    draft.set(DraftField::FamilyCard, "1571010101200002");
    assert_eq!(draft.fault(DraftField::FamilyCard, today()), None);
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
