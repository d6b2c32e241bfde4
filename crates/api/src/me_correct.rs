//! `PATCH /api/v1/me`: corrects what the person of an account has stated.

use app::correct::{CorrectAnswer, Correction, StatedNik, correct_statement};
use app::register::RegistrationRefusal;
use axum::extract::State;
use axum::response::Response;
use domain::eligibility::Rule;
use domain::funnel::Education;
use domain::identity::{Email, Employment, PersonName, Phone, may_be_born_on};
use domain::nik::{FamilyCard, Nik, Sex};
use domain::policy::Named as _;
use domain::region::RegionCode;
use serde_json::{Value, json};
use time::Date;

use crate::caller::{Caller, WriteKey};
use crate::fields::Fields;
use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::registrations_create::date;
use crate::respond::{found, wait_until};
use crate::state::Api;

pub(crate) async fn handler(
    State(api): State<Api>,
    info: RequestInfo,
    caller: Caller,
    WriteKey(key): WriteKey,
    fields: Fields,
) -> Result<Response, Problem> {
    let now = api.service.clock.now();
    let correction = correction(fields, now.wib_date())?;
    let actor = caller.account_id.to_string();
    let mut randomness = (api.service.randomness)();
    let act = &mut api.service.act(&actor, &info.request_id, &mut randomness);
    match correct_statement(act, caller.account_id, &key, &correction).await? {
        CorrectAnswer::Corrected(changed) => {
            let changed: Vec<&str> = changed.iter().map(|field| field.name()).collect();
            Ok(found(&json!({ "changed": changed })))
        }
        CorrectAnswer::Refused(refusal) => Err(Problem::CorrectionRefused(refusal)),
        CorrectAnswer::NikTaken => Err(Problem::RegistrationRefused(RegistrationRefusal::NikTaken)),
        // Here as at registering nobody is asked whether number and birth date are right.
        CorrectAnswer::NikDoubtful(_) => Err(Problem::Internal),
        CorrectAnswer::NotARegency => {
            Err(Problem::RegistrationRefused(RegistrationRefusal::NotARegency))
        }
        CorrectAnswer::TooOften { until } => Err(Problem::TooManyTries(wait_until(now, until))),
        CorrectAnswer::NoPerson => Err(Problem::Refused(Rule::Registered)),
        CorrectAnswer::KeyReused => Err(Problem::KeyReused),
    }
}

/// Reads every field before it says which are wrong.
fn correction(mut fields: Fields, today: Date) -> Result<Correction, Problem> {
    let nik = fields.text_given("nik", |text| Nik::parse_stated(text).ok().map(StatedNik::Certain));
    let correction = Correction { nik, ..stated(&mut fields, today) };
    if fields.is_faulty() { Err(fields.finish()) } else { Ok(correction) }
}

/// Reads what people state about themselves beside their NIK.
pub(crate) fn stated(fields: &mut Fields, today: Date) -> Correction {
    let born_on = |text: &str| date(text).filter(|day| may_be_born_on(*day, today));
    Correction {
        nik: None,
        family_card: fields.text_given("family_card", |text| FamilyCard::parse_stated(text).ok()),
        name: fields.text_given("name", |text| PersonName::parse_stated(text).ok()),
        born_on: fields.text_given("born_on", born_on),
        phone: fields.text_given("phone", |text| Phone::parse(text).ok()),
        email: fields.text_given("email", |text| Email::parse(text).ok()),
        sex: fields.text_given("sex", Sex::from_name),
        education: fields.text_given("education", Education::from_name),
        employment: fields.text_given("employment", Employment::from_name),
        region: fields.text_given("region", |text| RegionCode::parse(text).ok()),
        disability: fields.given("disability", Value::as_bool),
    }
}
