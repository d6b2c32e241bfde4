//! The adapter of the registers against the simulator, which is written without it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::checks::{CheckEvent, Register};
use domain::eligibility::CheckKind;
use domain::identity::{Email, Identity, PersonName, Phone};
use domain::nik::{FamilyCard, Nik};
use domain::policy::Named as _;
use integrations::error::{CallError, CallErrorKind};
use integrations::http::{HttpClient, HttpSetup};
use integrations::registers::{AskError, HttpRegisters, RegisterDesk, Registers as _, Sparing};
use integrations::secret::Secret;
use sandbox::register::{Behaviour, router};
use time::{Date, Month};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Serves the simulator until the set is dropped.
async fn simulate(behaviour: Behaviour, tasks: &mut JoinSet<()>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tasks.spawn(async move {
        let served = sandbox::serve(listener, router(behaviour), std::future::pending()).await;
        served.expect("served");
    });
    address
}

fn registers(address: SocketAddr, token: Option<&str>) -> HttpRegisters {
    let setup = HttpSetup {
        system: HttpRegisters::SYSTEM,
        address: format!("http://{address}").parse().expect("an address"),
        token: token.and_then(Secret::parse),
        timeout: Duration::from_secs(10),
    };
    HttpRegisters::new(HttpClient::new(setup).expect("a client"))
}

fn person(ending: u8) -> Identity {
    Identity {
        nik: Nik::parse(&format!("15710145089900{ending:02}")).expect("shape"),
        family_card: FamilyCard::parse("1571010101200002").expect("shape"),
        name: PersonName::parse("Kenari Kuning").expect("shape"),
        born_on: Date::from_calendar_date(1999, Month::August, 5).expect("a day"),
        phone: Phone::parse("+6281234567890").expect("shape"),
        email: Email::parse("kenari@contoh.id").expect("shape"),
    }
}

/// What all registers together find that is no confirmation.
async fn findings(registers: &HttpRegisters, ending: u8) -> Vec<(CheckKind, CheckEvent, String)> {
    let mut found = Vec::new();
    for register in Register::ALL {
        let answer = registers.ask(*register, &person(ending)).await.expect("an answer");
        let judged = answer.judge();
        let kinds: Vec<CheckKind> = judged.iter().map(|one| one.kind).collect();
        assert_eq!(kinds, register.kinds(), "one judgement for each check");
        let other = judged.into_iter().filter(|one| one.event != CheckEvent::Confirm);
        found.extend(other.map(|one| (one.kind, one.event, one.detail.unwrap_or_default())));
    }
    found
}

/// Goal: every case of docs/REGISTERS.md comes through the adapter as what it means. Method: each ending of a
/// NIK that provokes something, and one that does not.
#[tokio::test]
async fn every_case_of_the_agreement() {
    use CheckEvent::{Fail, Refute};
    let mut tasks = JoinSet::new();
    let address = simulate(Behaviour::default(), &mut tasks).await;
    let registers = registers(address, None);
    let identity = CheckKind::PopulationRegister;
    for (ending, expected) in [
        (1, None),
        (89, None),
        (90, Some((identity, Refute, "family_card"))),
        (91, Some((identity, Refute, "name"))),
        (92, Some((identity, Refute, "born_on"))),
        (94, Some((CheckKind::Citizenship, Refute, ""))),
        (95, Some((CheckKind::FormalEducation, Refute, ""))),
        (96, Some((CheckKind::Occupation, Refute, "police"))),
        (97, Some((CheckKind::SocialAid, Refute, "bsu"))),
        (99, Some((CheckKind::FormalEducation, Fail, ""))),
    ] {
        let expected = expected.map(|(kind, event, detail)| (kind, event, detail.to_owned()));
        assert_eq!(findings(&registers, ending).await, Vec::from_iter(expected), "{ending}");
    }
    let unknown = findings(&registers, 93).await;
    assert_eq!(unknown.first(), Some(&(identity, Refute, "nik".to_owned())));
    assert_eq!(unknown.get(1), Some(&(CheckKind::Citizenship, Fail, String::new())));
    let away = registers.ask(Register::Aid, &person(98)).await.map_err(|error| error.kind);
    assert_eq!(away, Err(CallErrorKind::Status(503)));
}

/// Goal: a token is demanded and brought. Method: a simulator with a token, asked with the right one, a wrong
/// one and none.
#[tokio::test]
async fn tokens() {
    let mut tasks = JoinSet::new();
    let behaviour = Behaviour { token: Some("kunci".to_owned()), ..Behaviour::default() };
    let address = simulate(behaviour, &mut tasks).await;
    for (token, is_taken) in [(Some("kunci"), true), (Some("salah"), false), (None, false)] {
        let answer = registers(address, token).ask(Register::Aid, &person(1)).await;
        assert_eq!(answer.is_ok(), is_taken, "{answer:?}");
        let refused = answer.err().map(|error| error.kind);
        assert_eq!(refused, (!is_taken).then_some(CallErrorKind::Status(401)));
    }
}

/// Goal: a register that is away is left alone after five failures, while the others are still asked. Method:
/// a person whom every register answers with 503, one register only.
#[tokio::test]
async fn a_register_that_is_away_is_left_alone() {
    let mut tasks = JoinSet::new();
    let address = simulate(Behaviour::default(), &mut tasks).await;
    let sparing = Sparing { at_once_max: 2, gap: Duration::ZERO };
    let desk = RegisterDesk::new(Arc::new(registers(address, None)), sparing);
    let away = CallError { system: HttpRegisters::SYSTEM, kind: CallErrorKind::Status(503) };
    for _ in 0..5 {
        let failed = desk.ask(Register::Aid, &person(98)).await;
        assert_eq!(failed, Err(AskError::Call(away)));
    }
    assert_eq!(desk.ask(Register::Aid, &person(1)).await, Err(AskError::Resting));
    assert!(desk.ask(Register::Offices, &person(1)).await.is_ok());
}
