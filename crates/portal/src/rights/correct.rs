//! `/akun/data/ubah/ISIAN`: correcting what one has stated, one field a page.

use app::citizen::PersonFacts;
use app::correct::{CorrectAnswer, Correction, correct_statement};
use axum::extract::{Path, State};
use axum::response::Response;
use domain::draft::{DraftFault, DraftField, read_birth_date, read_family_card, read_name};
use domain::funnel::Education;
use domain::identity::Employment;
use domain::nik::Sex;
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::statement::{StatementField, checks_about};
use http_support::Routes;
use time::Date;
use web::Language;
use web::format::date_time;

use super::PATH;
use crate::fault::Fault;
use crate::field::{Choice, Control, Field, Line};
use crate::form::Form;
use crate::own::refuse;
use crate::question::Question;
use crate::register::{CORRECT_NIK, StepTexts, fault_words};
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the pages say.
    CorrectTexts {
        nik: "Nomor Induk Kependudukan (NIK)", "Population number (NIK)";
        family_card: "Nomor Kartu Keluarga (KK)", "Family card number (KK)";
        name: "Nama sesuai KTP", "Name as on the identity card";
        born_on: "Tanggal lahir", "Date of birth";
        phone: "Nomor ponsel", "Mobile number";
        email: "Alamat e-mail", "E-mail address";
        sex: "Jenis kelamin", "Sex";
        education: "Pendidikan terakhir", "Last education completed";
        employment: "Pekerjaan", "Work";
        region: "Kabupaten/kota pada KK", "Kabupaten/kota of the family card";
        disability: "Penyandang disabilitas", "Disability";
        lead: "Tulis isian yang benar. Isian lama diganti saat itu juga, dan permintaan ini tercatat.", "Write what is right. It takes the place of what you stated before at once, and the request is on record.";
        asked: "Setelah diubah, isian ini diperiksa lagi ke data kependudukan. Anda tidak perlu melakukan apa pun untuk itu.", "Once it is changed, this is checked again with the population register. You need not do anything for that.";
        submit: "Simpan perbaikan", "Save the correction";
        day: "Hari", "Day";
        month: "Bulan", "Month";
        year: "Tahun", "Year";
        yes: "Ya", "Yes";
        no: "Tidak", "No";
        man: "Laki-laki", "Man";
        woman: "Perempuan", "Woman";
        fault_pick: "Pilih salah satu", "Choose one";
        often: "Isian ini sudah diubah beberapa kali hari ini. Anda dapat mengubahnya lagi pada", "This was changed several times today. You can change it again on";
        refused: "Isian ini belum dapat diubah", "This cannot be changed now";
        back: "Data saya", "My data";
    }
}

const VALUE: &str = "isian";
/// Where contacts are changed, by a code.
const CONTACT: &str = "/akun/kontak";

pub(super) fn routes() -> Routes<Portal> {
    const CORRECT: &str = "/akun/data/ubah/{field}";
    Routes::new().get(CORRECT, ask).post(CORRECT, submit)
}

/// Where a field is corrected.
pub(super) fn path_of(field: StatementField) -> String {
    match field {
        StatementField::Nik => CORRECT_NIK.to_owned(),
        // Whoever holds an unwatched phone changes neither: they are proven by a code.
        StatementField::Phone | StatementField::Email => CONTACT.to_owned(),
        StatementField::FamilyCard
        | StatementField::Name
        | StatementField::BornOn
        | StatementField::Sex
        | StatementField::Education
        | StatementField::Employment
        | StatementField::Region
        | StatementField::Disability => format!("/akun/data/ubah/{}", field.name()),
    }
}

/// What a field is called.
pub(super) const fn title_of(field: StatementField, language: Language) -> &'static str {
    let texts = CorrectTexts::of(language);
    match field {
        StatementField::Nik => texts.nik,
        StatementField::FamilyCard => texts.family_card,
        StatementField::Name => texts.name,
        StatementField::BornOn => texts.born_on,
        StatementField::Phone => texts.phone,
        StatementField::Email => texts.email,
        StatementField::Sex => texts.sex,
        StatementField::Education => texts.education,
        StatementField::Employment => texts.employment,
        StatementField::Region => texts.region,
        StatementField::Disability => texts.disability,
    }
}

/// The field that an address names; NIK and contacts have pages of their own.
fn named(field: &str) -> Result<StatementField, Fault> {
    let own = [StatementField::Nik, StatementField::Phone, StatementField::Email];
    let field = StatementField::from_name(field).filter(|field| !own.contains(field));
    field.ok_or(Fault::NoPage)
}

async fn ask(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    Path(field): Path<String>,
) -> Result<Response, Fault> {
    let person = member.person_id.ok_or(Fault::NotRegistered)?;
    let field = named(&field)?;
    let standing = portal.service.standing(person).await?.ok_or(Fault::NotRegistered)?;
    let now = stated(field, &standing.facts).unwrap_or_default();
    question(&portal, &visitor, field, now, None).show(&portal, &visitor)
}

/// What somebody states now, as the form has it; `None` for what is read with the password alone.
fn stated(field: StatementField, facts: &PersonFacts) -> Option<String> {
    match field {
        StatementField::Sex => Some(facts.sex.name().to_owned()),
        StatementField::Education => Some(facts.education.name().to_owned()),
        StatementField::Employment => Some(facts.employment.name().to_owned()),
        StatementField::Region => Some(facts.region.get().to_string()),
        // Not sealed, but nothing for whoever borrows the phone.
        StatementField::Disability
        | StatementField::Nik
        | StatementField::FamilyCard
        | StatementField::Name
        | StatementField::BornOn
        | StatementField::Phone
        | StatementField::Email => None,
    }
}

/// The same in words.
pub(super) fn stated_words(
    portal: &Portal,
    field: StatementField,
    facts: &PersonFacts,
    language: Language,
) -> Option<String> {
    let value = stated(field, facts)?;
    match control(portal, field, CorrectTexts::of(language), language) {
        Control::Choice(choices) | Control::Pick(choices) => {
            choices.into_iter().find(|choice| choice.value == value).map(|choice| choice.label)
        }
        Control::Line(_) | Control::Lines { .. } | Control::Tick | Control::Date { .. } => None,
    }
}

fn question(
    portal: &Portal,
    visitor: &Visitor,
    field: StatementField,
    typed: String,
    fault: Option<String>,
) -> Question {
    let texts = CorrectTexts::of(visitor.language);
    let title = title_of(field, visitor.language);
    let mut lead = vec![texts.lead.to_owned()];
    if !checks_about(&[field]).is_empty() {
        lead.push(texts.asked.to_owned());
    }
    let asked = Field::new(VALUE, title, control(portal, field, texts, visitor.language));
    Question {
        lead,
        fields: vec![asked.value(typed).fault(fault)],
        submit: texts.submit.to_owned(),
        back: Some(visitor.link(PATH)),
        ..Question::new(visitor, title)
    }
}

fn control(
    portal: &Portal,
    field: StatementField,
    texts: &'static CorrectTexts,
    language: Language,
) -> Control {
    match field {
        StatementField::Nik
        | StatementField::Phone
        | StatementField::Email
        | StatementField::FamilyCard => Control::Line(Line::digits(20)),
        StatementField::Name => Control::Line(Line { autocomplete: "name", ..Line::TEXT }),
        StatementField::BornOn => Control::Date { parts: [texts.day, texts.month, texts.year] },
        StatementField::Sex => Control::Choice(vec![
            Choice::new(Sex::Man.name(), texts.man),
            Choice::new(Sex::Woman.name(), texts.woman),
        ]),
        StatementField::Education => Control::Choice(
            Education::ALL
                .iter()
                .map(|level| Choice::new(level.name(), education(*level, language)))
                .collect(),
        ),
        StatementField::Employment => Control::Choice(
            Employment::ALL
                .iter()
                .map(|one| Choice::new(one.name(), employment(*one, language)))
                .collect(),
        ),
        StatementField::Region => Control::Pick(regencies(portal)),
        StatementField::Disability => {
            Control::Choice(vec![Choice::new("ya", texts.yes), Choice::new("tidak", texts.no)])
        }
    }
}

/// All regencies with their province.
fn regencies(portal: &Portal) -> Vec<Choice> {
    let table = portal.service.regions.table();
    let of = |province: RegionCode| table.get(province).map_or("", |region| region.name.as_str());
    let regencies = table.iter().filter(|region| !region.code.is_province());
    regencies
        .map(|region| {
            let label = format!("{}, {}", region.name, of(region.code.province()));
            Choice::new(region.code.get().to_string(), label)
        })
        .collect()
}

const fn education(level: Education, language: Language) -> &'static str {
    let [indonesian, english] = match level {
        Education::None => ["Tidak tamat sekolah", "No school completed"],
        Education::Primary => ["SD atau sederajat", "Primary school (SD)"],
        Education::JuniorHigh => ["SMP atau sederajat", "Junior high school (SMP)"],
        Education::SeniorHigh => ["SMA atau sederajat", "Senior high school (SMA)"],
        Education::Vocational => ["SMK", "Vocational high school (SMK)"],
        Education::Diploma => ["Diploma (D1 sampai D4)", "Diploma (D1 to D4)"],
        Education::Bachelor => ["Sarjana (S1)", "Bachelor (S1)"],
        Education::Postgraduate => ["Pascasarjana (S2 ke atas)", "Postgraduate (S2 and above)"],
    };
    match language {
        Language::Indonesian => indonesian,
        Language::English => english,
    }
}

const fn employment(one: Employment, language: Language) -> &'static str {
    let [indonesian, english] = match one {
        Employment::JobSeeker => ["Mencari kerja", "Looking for work"],
        Employment::LaidOff => ["Terkena pemutusan hubungan kerja", "Laid off"],
        Employment::Worker => ["Bekerja atau dirumahkan", "Employed or furloughed"],
        Employment::SmallBusiness => {
            ["Pelaku usaha mikro atau kecil", "Running a micro or small business"]
        }
    };
    match language {
        Language::Indonesian => indonesian,
        Language::English => english,
    }
}

async fn submit(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    Path(field): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    member.holder()?;
    let field = named(&field)?;
    let texts = CorrectTexts::of(visitor.language);
    let typed = typed(field, &form);
    let today = portal.service.clock.now().wib_date();
    let correction = match read(field, &typed, today, visitor.language) {
        Ok(correction) => correction,
        Err(fault) => {
            return question(&portal, &visitor, field, typed, Some(fault)).show(&portal, &visitor);
        }
    };
    let mut randomness = (portal.service.randomness)();
    let actor = member.account_id.to_string();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    let refused = |why| refuse(&visitor, texts.refused, why, &[(PATH, texts.back)]);
    match correct_statement(act, member.account_id, &form.key()?, &correction).await? {
        CorrectAnswer::Corrected(_) => Ok(visitor.go(PATH)),
        CorrectAnswer::Refused(refusal) => {
            refused(refusal.sentence(visitor.language.of_sentences()))
        }
        // No NIK is stated here.
        CorrectAnswer::NikDoubtful(_) | CorrectAnswer::NikTaken => Err(Fault::Internal),
        CorrectAnswer::NotARegency => {
            let fault = Some(texts.fault_pick.to_owned());
            question(&portal, &visitor, field, typed, fault).show(&portal, &visitor)
        }
        CorrectAnswer::TooOften { until } => {
            refused(format!("{} {}.", texts.often, date_time(until, visitor.language)))
        }
        CorrectAnswer::NoPerson => Err(Fault::NotRegistered),
        CorrectAnswer::KeyReused => Err(Fault::Forged),
    }
}

/// What was typed, a date in one text.
fn typed(field: StatementField, form: &Form) -> String {
    if field == StatementField::BornOn {
        ["isian_hari", "isian_bulan", "isian_tahun"].map(|part| form.text(part)).join("-")
    } else {
        form.text(VALUE).to_owned()
    }
}

/// The correction of one field, or what is wrong with what was typed.
fn read(
    field: StatementField,
    typed: &str,
    today: Date,
    language: Language,
) -> Result<Correction, String> {
    let mut correction = Correction::default();
    let drafted = |field: DraftField, fault: DraftFault| {
        // A date of which nothing was typed has its two dashes.
        let fault = if typed.trim_matches('-').is_empty() { DraftFault::Missing } else { fault };
        fault_words(field, fault, StepTexts::of(language))
    };
    let pick = || CorrectTexts::of(language).fault_pick.to_owned();
    match field {
        // They have pages of their own.
        StatementField::Nik | StatementField::Phone | StatementField::Email => return Err(pick()),
        StatementField::FamilyCard => {
            let card = read_family_card(typed);
            correction.family_card =
                Some(card.map_err(|fault| drafted(DraftField::FamilyCard, fault))?);
        }
        StatementField::Name => {
            let name = read_name(typed);
            correction.name = Some(name.map_err(|fault| drafted(DraftField::Name, fault))?);
        }
        StatementField::BornOn => {
            let born_on = read_birth_date(typed, today);
            correction.born_on = Some(born_on.map_err(|fault| drafted(DraftField::BornOn, fault))?);
        }
        StatementField::Sex => correction.sex = Some(Sex::from_name(typed).ok_or_else(pick)?),
        StatementField::Education => {
            correction.education = Some(Education::from_name(typed).ok_or_else(pick)?);
        }
        StatementField::Employment => {
            correction.employment = Some(Employment::from_name(typed).ok_or_else(pick)?);
        }
        StatementField::Region => {
            let region = typed.parse().ok().and_then(RegionCode::new);
            correction.region = Some(region.ok_or_else(pick)?);
        }
        StatementField::Disability => {
            correction.disability = match typed {
                "ya" => Some(true),
                "tidak" => Some(false),
                _ => return Err(pick()),
            };
        }
    }
    Ok(correction)
}
