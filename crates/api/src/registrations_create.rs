//! `POST /api/v1/registrations`: registers the person of an account.

use app::register_one::{RegisterAnswer, Registrant, Statement, register_person};
use axum::extract::State;
use axum::response::Response;
use domain::identity::Identity;
use domain::nik::Nik;
use serde_json::json;
use time::{Date, Month};

use crate::caller::{ByProgram, Caller, WriteKey};
use crate::fields::Fields;
use crate::guard::RequestInfo;
use crate::me_correct::stated;
use crate::problem::Problem;
use crate::respond::{created, wait_until};
use crate::state::Api;

pub(crate) async fn handler(
    State(api): State<Api>,
    info: RequestInfo,
    caller: Caller,
    _: ByProgram,
    WriteKey(key): WriteKey,
    fields: Fields,
) -> Result<Response, Problem> {
    let now = api.service.clock.now();
    let statement = statement(fields, now.wib_date())?;
    let actor = caller.account_id.to_string();
    let mut randomness = (api.service.randomness)();
    let act = &mut api.service.act(&actor, &info.request_id, &mut randomness);
    let registrant = Registrant { account: caller.account_id, network: Some(info.network) };
    match register_person(act, registrant, &key, &statement).await? {
        RegisterAnswer::Registered(person) => Ok(created(&json!({ "person": person.to_string() }))),
        RegisterAnswer::Refused(refusal) => Err(Problem::RegistrationRefused(refusal)),
        RegisterAnswer::TooOften { until } => Err(Problem::TooManyTries(wait_until(now, until))),
        RegisterAnswer::AccountHasPerson => Err(Problem::AccountHasPerson),
        RegisterAnswer::KeyReused => Err(Problem::KeyReused),
    }
}

/// Reads every field before it says which are wrong.
fn statement(mut fields: Fields, today: Date) -> Result<Statement, Problem> {
    let nik = fields.text("nik", |text| Nik::parse_stated(text).ok());
    fields.ask_for_all();
    let said = stated(&mut fields, today);
    let read = move || {
        let identity = Identity {
            nik: nik?,
            family_card: said.family_card?,
            name: said.name?,
            born_on: said.born_on?,
            phone: said.phone?,
            email: said.email?,
        };
        Some(Statement {
            identity,
            sex: said.sex?,
            education: said.education?,
            employment: said.employment?,
            region: said.region?,
            disability: said.disability?,
        })
    };
    match read() {
        Some(statement) if !fields.is_faulty() => Ok(statement),
        _ => Err(fields.finish()),
    }
}

/// `YYYY-MM-DD`.
pub(crate) fn date(text: &str) -> Option<Date> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let is_written = [(year, 4), (month, 2), (day, 2)].iter().all(|(part, digits)| {
        part.len() == *digits && part.bytes().all(|byte| byte.is_ascii_digit())
    });
    is_written.then_some(())?;
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Real days in the one form that is asked for.
    #[test]
    fn dates() {
        assert_eq!(date("1999-08-05"), Date::from_calendar_date(1999, Month::August, 5).ok());
        for bad in ["", "1999-8-5", "1999-02-29", "05-08-1999", "1999-08-05T00:00", "+999-08-05"] {
            assert_eq!(date(bad), None, "{bad}");
        }
    }
}
