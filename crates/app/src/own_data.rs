//! Everything that is held about an account and its person, for whoever it is about (UU 27/2022 articles 7 and 32).

mod done;
mod given;

use domain::ids::{AccountId, PersonId};
use domain::policy::Named as _;
use domain::rights::{COPIES_MAX, RequestKind};
use domain::time::Timestamp;
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use storage::accounts::account_lock;
use storage::complaints::{ComplaintPart, ListedComplaints, complaint_text_find, complaints_list};
use storage::consents::consents_list;
use storage::database::Tx;
use storage::error::StorageError;
use storage::notices::told::notices_of_account;
use storage::persons::identity_find;
use storage::rights::{processing_list, requests_list};
use storage::vault::KeyRing;

use self::done::{purchases_part, test_part};
use self::given::{account_part, answers_part, devices_part, picture_files, pictures_part};
use crate::act::{Act, ActError, Event};
use crate::citizen::{Standing, read_standing};
use crate::draft::DRAFT;
use crate::registration::DECLARED;
use crate::rights::keep_done;

/// Most notices and complaints that a copy lists: more than a person gets in years.
const LISTED_MAX: u32 = 10_000;

/// A part of what is held.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnPart {
    /// Its name in the copy.
    pub name: &'static str,
    /// What is in it.
    pub value: Value,
}

/// What is held, part by part. `Debug` shows it, so it is never logged.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnData {
    /// The parts.
    pub parts: Vec<OwnPart>,
    /// The pictures themselves, which only the file has.
    pictures: Map<String, Value>,
}

impl OwnData {
    /// The copy as a file.
    pub fn json(&self) -> String {
        let parts = self.parts.iter().map(|part| (part.name.to_owned(), part.value.clone()));
        let pictures = ("picture_files".to_owned(), Value::Object(self.pictures.clone()));
        format!("{:#}\n", Value::Object(parts.chain([pictures]).collect::<Map<String, Value>>()))
    }
}

/// What asking for a copy came to.
#[derive(Clone, Debug, PartialEq)]
pub enum CopyAnswer {
    /// Everything.
    Given(OwnData),
    /// So many were given today that no further one is.
    TooOften {
        /// First instant at which one is given again.
        until: Timestamp,
    },
}

/// Gives everything that is held about an account and its person, and records it.
///
/// # Errors
/// [`ActError`].
pub async fn copy_own_data(
    act: &mut Act<'_>,
    account: AccountId,
    person: Option<PersonId>,
) -> Result<CopyAnswer, ActError> {
    let standing = match person {
        Some(person) => read_standing(act.database, person, act.now).await?,
        None => None,
    };
    let mut tx = act.database.begin().await?;
    // Two officers may have taken the person from the account meanwhile.
    let person = account_lock(&mut tx, account).await?.filter(|held| Some(*held) == person);
    let standing = standing.filter(|_| person.is_some());
    let day_ago = act.now.plus_days(-1);
    let given: Vec<Timestamp> = requests_list(&mut tx, account)
        .await?
        .iter()
        .filter(|one| one.kind == RequestKind::Access && one.received_at > day_ago)
        .map(|one| one.received_at)
        .collect();
    if let Some(first) = given.last().filter(|_| given.len() as u64 >= COPIES_MAX) {
        return Ok(CopyAnswer::TooOften { until: first.plus_days(1) });
    }
    keep_done(&mut tx, act, account, RequestKind::Access).await?;
    let event = Event {
        act: "own_data_copy",
        subject: format!("account:{account}"),
        from: None,
        to: None,
        reason: "request of the person",
        detail: json!({}),
    };
    act.record(&mut tx, event).await?;
    let whose = (account, person);
    let parts = read_parts(&mut tx, (act.keys, act.now), whose, standing.as_ref()).await?;
    let pictures = picture_files(&mut tx, act.keys, account).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(CopyAnswer::Given(OwnData { parts, pictures }))
}

async fn read_parts(
    tx: &mut Tx,
    (keys, now): (&KeyRing, Timestamp),
    (account, person): (AccountId, Option<PersonId>),
    standing: Option<&Standing>,
) -> Result<Vec<OwnPart>, ActError> {
    let mut parts = vec![
        OwnPart { name: "account", value: account_part(tx, keys, account).await? },
        OwnPart { name: "identity", value: identity_part(tx, keys, person).await? },
    ];
    parts.extend(standing.into_iter().flat_map(standing_parts));
    parts.extend([
        OwnPart { name: "purchases", value: purchases_part(tx, person).await? },
        OwnPart { name: "ability_test", value: test_part(tx, person).await? },
        OwnPart { name: "draft", value: answers_part(tx, keys, (account, DRAFT)).await? },
        OwnPart { name: "declared", value: answers_part(tx, keys, (account, DECLARED)).await? },
        OwnPart { name: "consents", value: consents_part(tx, account).await? },
        OwnPart { name: "pictures", value: pictures_part(tx, account).await? },
        OwnPart { name: "devices", value: devices_part(tx, account, now).await? },
        OwnPart { name: "messages", value: messages_part(tx, account).await? },
        OwnPart { name: "complaints", value: complaints_part(tx, keys, account).await? },
        OwnPart { name: "requests", value: requests_part(tx, account).await? },
        OwnPart { name: "processing", value: processing_part(tx, account, person).await? },
    ]);
    Ok(parts)
}

fn instant(at: Timestamp) -> Value {
    Value::String(at.to_string())
}

fn perhaps(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, instant)
}

async fn identity_part(
    conn: &mut PgConnection,
    keys: &KeyRing,
    person: Option<PersonId>,
) -> Result<Value, ActError> {
    let Some(person) = person else { return Ok(Value::Null) };
    let Some(stored) = identity_find(conn, person).await? else { return Ok(Value::Null) };
    let identity = keys.open(person, &stored.wrapped_key, &stored.sealed)?;
    Ok(json!({
        "nik": String::from_utf8_lossy(identity.nik.expose()),
        "family_card": String::from_utf8_lossy(identity.family_card.expose()),
        "name": identity.name.expose(),
        "born_on": identity.born_on.to_string(),
        "phone": identity.phone.expose(),
        "email": identity.email.expose(),
    }))
}

/// What [`read_standing`] has: facts, checks, and what came of them.
fn standing_parts(standing: &Standing) -> Vec<OwnPart> {
    let facts = &standing.facts;
    let statement = json!({
        "registered_at": instant(facts.registered_at),
        "sex": facts.sex.name(),
        "education": facts.education.name(),
        "employment": facts.employment.name(),
        "region": facts.region.to_string(),
        "district": facts.district,
        "birth_year": facts.birth_year,
        "disability": facts.disability,
    });
    let checks = standing.checks.iter().map(|check| {
        json!({ "kind": check.kind.name(), "state": check.state.name(), "detail": check.detail })
    });
    let memberships = standing.memberships.iter().map(|one| {
        json!({
            "wave": one.wave.get(),
            "joined_at": instant(one.joined_at),
            "withdrawn_at": perhaps(one.withdrawn_at),
            "outcome": one.decision.as_ref().map(|decision| decision.outcome.name()),
            "rank": one.decision.as_ref().and_then(|decision| decision.rank),
            "reason": one.decision.as_ref().and_then(|decision| decision.reason.clone()),
        })
    });
    let grants = standing.grants.iter().map(|one| {
        json!({
            "wave": one.wave.get(),
            "state": one.state,
            "appointed_at": instant(one.appointed_at),
            "purchase_due_at": instant(one.purchase_due_at),
            "activated_at": perhaps(one.activated_at),
            "revoked_at": perhaps(one.revoked_at),
            "revocation": one.revocation.map(domain::beneficiary::RevocationReason::code),
        })
    });
    let appeals = standing.appeals.iter().map(|one| {
        json!({
            "wave": one.wave.get(),
            "ground": one.ground.name(),
            "filed_at": instant(one.filed_at),
            "due_at": instant(one.due_at),
            "answer": one.answer.map(|(answer, _)| answer.name()),
            "answered_at": perhaps(one.answer.map(|(_, at)| at)),
        })
    });
    vec![
        OwnPart { name: "statement", value: statement },
        OwnPart { name: "checks", value: checks.collect() },
        OwnPart { name: "memberships", value: memberships.collect() },
        OwnPart { name: "grants", value: grants.collect() },
        OwnPart { name: "appeals", value: appeals.collect() },
    ]
}

async fn consents_part(conn: &mut PgConnection, account: AccountId) -> Result<Value, ActError> {
    let rows = consents_list(conn, account).await?;
    let told = rows.iter().map(|one| {
        let text = one.kind.text_of(one.version);
        json!({
            "kind": one.kind.name(),
            "version": one.version,
            "words": text.map(|text| text.words(domain::reasons::Language::Indonesian)),
            "given_at": instant(one.given_at),
            "withdrawn_at": perhaps(one.withdrawn_at),
        })
    });
    Ok(told.collect())
}

async fn messages_part(conn: &mut PgConnection, account: AccountId) -> Result<Value, ActError> {
    let rows = notices_of_account(conn, account, (0, LISTED_MAX)).await?;
    let told = rows.iter().map(|one| {
        let ways = one.ways.iter().map(|(channel, state)| json!([channel.name(), state.name()]));
        json!({
            "about": one.parts.template.name(),
            "wave": one.parts.wave.map(domain::wave::WaveNumber::get),
            "at": instant(one.created_at),
            "ways": ways.collect::<Value>(),
        })
    });
    Ok(told.collect())
}

async fn complaints_part(
    conn: &mut PgConnection,
    keys: &KeyRing,
    account: AccountId,
) -> Result<Value, ActError> {
    let mut told = Vec::new();
    for one in complaints_list(conn, ListedComplaints::Of(account), LISTED_MAX).await? {
        let of = |part| (one.complaint_id, part);
        let words = complaint_text_find(conn, keys, of(ComplaintPart::Complaint)).await?;
        let answer = complaint_text_find(conn, keys, of(ComplaintPart::Answer)).await?;
        told.push(json!({
            "topic": one.topic.name(),
            "state": one.state.name(),
            "filed_at": instant(one.filed_at),
            "words": words.as_ref().map(domain::complaints::ComplaintText::expose),
            "answer": answer.as_ref().map(domain::complaints::ComplaintText::expose),
            "answered_at": perhaps(one.answered_at),
        }));
    }
    Ok(Value::Array(told))
}

async fn requests_part(conn: &mut PgConnection, account: AccountId) -> Result<Value, ActError> {
    let rows = requests_list(conn, account).await?;
    let told = rows.iter().map(|one| {
        json!({
            "kind": one.kind.name(),
            "state": one.state.name(),
            "received_at": instant(one.received_at),
            "due_at": instant(one.due_at),
            "answered_at": perhaps(one.answered_at),
        })
    });
    Ok(told.collect())
}

/// What was done and when, by staff too; nobody of them is named.
async fn processing_part(
    conn: &mut PgConnection,
    account: AccountId,
    person: Option<PersonId>,
) -> Result<Value, ActError> {
    let rows = processing_list(conn, account, person).await?;
    Ok(rows.iter().map(|one| json!({ "at": instant(one.at), "act": one.act })).collect())
}
