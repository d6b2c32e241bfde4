//! Registering in the portal: the tasks, where each stands, and the one act that ends the draft.

use domain::client_key::ClientKey;
use domain::consent::ConsentKind;
use domain::draft::{
    Draft, DraftField, RegistrationTask, TaskState, read_birth_date, read_family_card, read_name,
    read_nik, read_region, read_yes_no,
};
use domain::eligibility::CheckState;
use domain::funnel::Education;
use domain::identity::{Email, Employment, Identity, Phone};
use domain::ids::{AccountId, PersonId};
use domain::nik::{Nik, Sex};
use domain::policy::Named as _;
use sqlx::PgConnection;
use storage::accounts::{account_is_confirmed, account_lock};
use storage::contacts::contact_find;
use storage::database::Database;
use storage::secrets::{SecretKind, secret_delete};
use storage::statements::district_set;
use storage::vault::KeyRing;
use time::Date;

use crate::act::{Act, ActError};
use crate::consents::consents_give;
use crate::contact::verified_phone;
use crate::draft::{DRAFT, draft_find, keep};
use crate::faces::{FaceStanding, face_standing};
use crate::photos::photo_standing;
use crate::register_one::{RegisterAnswer, Registrant, Statement, is_nik_race, register_locked};

/// What was declared and wished beside the statement, kept with the account after its registration.
pub(crate) const DECLARED: SecretKind = SecretKind::new("declared");

/// A task and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskRow {
    /// Which.
    pub task: RegistrationTask,
    /// Where it stands.
    pub state: TaskState,
    /// True if nobody registers before it is done.
    pub is_needed: bool,
}

/// A registration under way.
#[derive(Clone, Debug)]
pub struct Application {
    /// What was answered.
    pub draft: Draft,
    /// Every task, in the order in which they are shown.
    pub tasks: Vec<TaskRow>,
    /// The mobile number that a code has come back from.
    pub verified_phone: Option<Phone>,
    /// True if a code has come back from the address of the account.
    pub has_confirmed_email: bool,
    email: Option<Email>,
}

impl Application {
    /// True if nothing that is needed is left to do.
    pub fn can_be_sent(&self) -> bool {
        let is_done = self.tasks.iter().all(|row| !row.is_needed || !row.state.is_open());
        is_done && self.has_confirmed_email
    }
}

/// The registration of an account as it stands. Every task is in it: whoever adds one adds its row in `tasks`.
///
/// # Errors
/// [`ActError`].
pub async fn read_application(
    database: &Database,
    keys: &KeyRing,
    account: AccountId,
    today: Date,
) -> Result<Application, ActError> {
    application(&mut *database.begin_snapshot().await?, keys, account, today).await
}

async fn application(
    conn: &mut PgConnection,
    keys: &KeyRing,
    account: AccountId,
    today: Date,
) -> Result<Application, ActError> {
    let draft = draft_find(conn, keys, account).await?;
    let verified_phone = verified_phone(conn, keys, account).await?;
    let contact = contact_find(conn, account).await?;
    let has_confirmed_email = account_is_confirmed(conn, account).await?;
    let email = contact.map(|sealed| keys.open_contact(account, &sealed)).transpose()?;
    let beside = Beside {
        has_phone: verified_phone.is_some(),
        has_photo: photo_standing(conn, account).await?.is_some(),
        face: face_standing(conn, account).await?,
    };
    let tasks = tasks(&draft, &beside, today);
    Ok(Application { draft, tasks, verified_phone, has_confirmed_email, email })
}

/// What counts beside the draft.
struct Beside {
    has_phone: bool,
    has_photo: bool,
    face: FaceStanding,
}

fn tasks(draft: &Draft, beside: &Beside, today: Date) -> Vec<TaskRow> {
    let row = |task: &RegistrationTask| {
        let state = match task {
            RegistrationTask::Phone if beside.has_phone => TaskState::Done,
            RegistrationTask::Photo if beside.has_photo => TaskState::Done,
            RegistrationTask::Face => face_state(&beside.face),
            RegistrationTask::Identity
            | RegistrationTask::Home
            | RegistrationTask::Situation
            | RegistrationTask::Photo
            | RegistrationTask::Phone
            | RegistrationTask::Declaration => task.state(draft, today),
        };
        TaskRow { task: *task, state, is_needed: true }
    };
    RegistrationTask::ALL.iter().map(row).collect()
}

fn face_state(face: &FaceStanding) -> TaskState {
    match face.state() {
        CheckState::Confirmed => TaskState::Done,
        CheckState::Asked | CheckState::Unavailable => TaskState::Checking,
        CheckState::NotAsked if face.is_waiting() => TaskState::Checking,
        CheckState::NotAsked => TaskState::NotBegun,
        CheckState::Refuted | CheckState::Expired => TaskState::ToCorrect,
    }
}

/// What sending a registration came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendAnswer {
    /// Registered, by this request or before.
    Registered(PersonId),
    /// Something needed is still open; nothing was done.
    Incomplete,
    /// As the registration of a person answers.
    Other(RegisterAnswer),
}

/// Registers the person of an account by its draft, under the form's key: the statement, the kecamatan, what was agreed
/// to, and the end of the draft in one transaction. An account that has a person is answered as if this had done it.
///
/// # Errors
/// [`ActError`]; nothing is kept then.
pub async fn send_application(
    act: &mut Act<'_>,
    registrant: Registrant,
    key: &ClientKey,
) -> Result<SendAnswer, ActError> {
    match send_once(act, registrant, key).await {
        Err(error) if is_nik_race(&error) => send_once(act, registrant, key).await,
        done => done,
    }
}

async fn send_once(
    act: &mut Act<'_>,
    registrant: Registrant,
    key: &ClientKey,
) -> Result<SendAnswer, ActError> {
    let today = act.now.wib_date();
    let mut tx = act.database.begin().await?;
    // The account is held until the draft has ended, so that no answer is saved between what is judged and what is
    // registered.
    if let Some(person) = account_lock(&mut tx, registrant.account).await? {
        return Ok(SendAnswer::Registered(person));
    }
    let application = application(&mut tx, act.keys, registrant.account, today).await?;
    if !application.can_be_sent() {
        return Ok(SendAnswer::Incomplete);
    }
    let Some(statement) = statement(&application, today) else {
        return Ok(SendAnswer::Incomplete);
    };
    let stated = (&statement, Some(&application.draft));
    let answer = register_locked(act, (tx, None), registrant, key, stated).await?;
    Ok(match answer {
        RegisterAnswer::Registered(person) => SendAnswer::Registered(person),
        RegisterAnswer::Refused(_)
        | RegisterAnswer::TooOften { .. }
        | RegisterAnswer::AccountHasPerson
        | RegisterAnswer::KeyReused => SendAnswer::Other(answer),
    })
}

/// What the draft states; `None` while an answer is missing or wrong.
fn statement(application: &Application, today: Date) -> Option<Statement> {
    let draft = &application.draft;
    let text = |field| draft.text(field);
    let identity = Identity {
        nik: stated_nik(draft)?,
        family_card: read_family_card(text(DraftField::FamilyCard)).ok()?,
        name: read_name(text(DraftField::Name)).ok()?,
        born_on: read_birth_date(text(DraftField::BornOn), today).ok()?,
        phone: application.verified_phone.clone()?,
        email: application.email.clone()?,
    };
    Some(Statement {
        identity,
        sex: Sex::from_name(text(DraftField::Sex))?,
        education: Education::from_name(text(DraftField::Education))?,
        employment: Employment::from_name(text(DraftField::Employment))?,
        region: read_region(text(DraftField::Region))?,
        disability: read_yes_no(text(DraftField::Disability))?,
    })
}

fn stated_nik(draft: &Draft) -> Option<Nik> {
    read_nik(draft.text(DraftField::Nik)).ok()
}

/// Within the transaction that registers a person: what the draft holds beside her statement finds its place, and the
/// draft ends.
pub(crate) async fn end_draft(
    conn: &mut PgConnection,
    act: &mut Act<'_>,
    (account, person): (AccountId, PersonId),
    draft: &Draft,
) -> Result<(), ActError> {
    if let Some(district) = draft.district() {
        district_set(conn, person, district).await?;
    }
    let mut kinds: Vec<ConsentKind> = DraftField::ALL
        .iter()
        .filter(|field| draft.agrees_to(**field))
        .filter_map(|field| field.consent())
        .collect();
    // Of this people are told on the same page; it needs no agreement.
    kinds.push(ConsentKind::RegistryChecks);
    consents_give(conn, act, account, &kinds).await?;
    let mut declared = Draft::default();
    for field in [DraftField::Topic, DraftField::Student, DraftField::Office, DraftField::Aid] {
        declared.set(field, draft.text(field));
    }
    keep(conn, act, (account, DECLARED), &declared).await?;
    secret_delete(conn, (account, DRAFT)).await?;
    Ok(())
}
