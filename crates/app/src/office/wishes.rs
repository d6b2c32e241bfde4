//! What an officer wants a second one to approve, under the officer's key.

use std::collections::BTreeSet;

use domain::appeals::AppealAnswer;
use domain::beneficiary::RevocationCause;
use domain::client_key::ClientKey;
use domain::ids::{AppealId, OfficerId, PersonId, ProposalId};
use domain::officers::{Officer, Role, TwoPersonAct};
use domain::policy::Named as _;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use serde_json::json;
use storage::database::Database;
use storage::error::StorageError;
use storage::keys::to_hex;
use storage::reference::wave_find;

use crate::act::{Act, ActError, subject};
use crate::appeals::{appeal_request, require_answerable};
use crate::keyed::{Keyed, Known};
use crate::officers::{complete_power, empower_request};
use crate::proposals::{Request, propose_within};
use crate::reference::{Policies, RegionData};
use crate::release::{release_request, require_account};
use crate::revoke::{find_grant, require_standing, revocation_request};
use crate::roll_correct::correction_request;
use crate::wave_line::WaveLine;

/// What an officer wants a second one to approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Publishing a wave.
    Publish(WaveLine),
    /// Deciding eligibility, fixing the roll and publishing the quota table.
    Freeze(WaveNumber),
    /// Judging members again while everybody looks at the list.
    CorrectRoll(WaveNumber, BTreeSet<PersonId>),
    /// The draw.
    Draw(WaveNumber),
    /// The decree.
    Appoint(WaveNumber),
    /// Ending a wave without a draw.
    Cancel(WaveNumber),
    /// Revoking a beneficiary for cause.
    Revoke(PersonId, RevocationCause),
    /// Answering an appeal.
    AnswerAppeal(AppealId, AppealAnswer),
    /// Taking a person from its account.
    Release(PersonId),
    /// Adding an officer, or giving one who is there roles or another credential.
    Empower(WishedPower),
}

/// What an officer is to be given, as a client says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WishedPower {
    /// Id, made by the client for a new officer.
    pub officer: OfficerId,
    /// Name; may be left out of who is there.
    pub name: Option<String>,
    /// Roles to be given.
    pub roles: BTreeSet<Role>,
    /// SHA-256 of the secret of the new credential, if there is to be one. The secret stays with whoever made it.
    pub credential: Option<[u8; 32]>,
}

impl Wish {
    /// The request that is proposed, if what it is about is there.
    async fn request(
        &self,
        (database, now): (&Database, Timestamp),
        (regions, policies): (&RegionData, &Policies),
    ) -> Result<Request, ActError> {
        let plain = async |act, wave| {
            let known = wave_find(&mut *database.begin().await?, wave).await?;
            known.ok_or(ActError::UnknownWave(wave))?;
            Ok(Request { act, subject: subject(wave), parameters: json!({}) })
        };
        match *self {
            Self::Publish(line) => {
                let request = line.request(regions, policies)?;
                line.require_place(database, (regions, policies)).await?;
                Ok(request)
            }
            Self::Empower(ref wished) => {
                let WishedPower { officer, name, roles, credential } = wished;
                let (name, roles) = (name.as_deref(), roles.clone());
                let power = complete_power(database, *officer, name, roles, *credential).await?;
                Ok(empower_request(&power))
            }
            Self::Freeze(wave) => plain(TwoPersonAct::PublishQuota, wave).await,
            Self::CorrectRoll(wave, ref persons) => {
                correction_request(database, wave, persons, now).await
            }
            Self::Draw(wave) => plain(TwoPersonAct::Draw, wave).await,
            Self::Appoint(wave) => plain(TwoPersonAct::Appoint, wave).await,
            Self::Cancel(wave) => plain(TwoPersonAct::Cancel, wave).await,
            Self::Revoke(person, cause) => {
                let grant = (find_grant(database, person).await?, person);
                require_standing(database, grant).await?;
                Ok(revocation_request(grant, cause))
            }
            Self::AnswerAppeal(appeal, answer) => {
                require_answerable(database, (appeal, answer), now).await?;
                Ok(appeal_request(appeal, answer))
            }
            Self::Release(person) => {
                require_account(database, person).await?;
                Ok(release_request(person))
            }
        }
    }

    /// The act it asks for.
    pub const fn act(&self) -> TwoPersonAct {
        match self {
            Self::Publish(_) => TwoPersonAct::PublishCalendar,
            Self::Empower(_) => TwoPersonAct::Empower,
            Self::Freeze(_) => TwoPersonAct::PublishQuota,
            Self::CorrectRoll(..) => TwoPersonAct::CorrectRoll,
            Self::Draw(_) => TwoPersonAct::Draw,
            Self::Appoint(_) => TwoPersonAct::Appoint,
            Self::Cancel(_) => TwoPersonAct::Cancel,
            Self::Revoke(..) => TwoPersonAct::Revoke,
            Self::AnswerAppeal(..) => TwoPersonAct::AnswerAppeal,
            Self::Release(_) => TwoPersonAct::ReleaseAccount,
        }
    }

    fn bytes(&self, reason: &str) -> Vec<u8> {
        let what = match self {
            Self::Publish(line) => line.bytes(),
            Self::Empower(WishedPower { officer, name, roles, credential }) => {
                let roles: Vec<&str> = roles.iter().map(|role| role.name()).collect();
                let digest = credential.map(|digest| to_hex(&digest)).unwrap_or_default();
                let name = name.as_deref().unwrap_or_default();
                // What ends the name cannot stand in it.
                format!("{officer} {} {digest} {name}\n", roles.join(","))
            }
            Self::Freeze(wave) | Self::Draw(wave) | Self::Appoint(wave) | Self::Cancel(wave) => {
                wave.to_string()
            }
            Self::CorrectRoll(wave, persons) => {
                let persons: Vec<String> = persons.iter().map(ToString::to_string).collect();
                format!("{wave} {}", persons.join(","))
            }
            Self::Revoke(person, cause) => format!("{person} {}", cause.name()),
            Self::AnswerAppeal(appeal, answer) => format!("{appeal} {}", answer.name()),
            Self::Release(person) => person.to_string(),
        };
        format!("{} {what} {reason}", self.act().name()).into_bytes()
    }
}

/// What a wish came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposeAnswer {
    /// Proposed; also the answer to the same key again.
    Proposed(ProposalId),
    /// The key was used for another request.
    KeyReused,
}

/// Records what an officer wants a second one to approve, under the officer's key. A wave is published with these
/// regions and the policies of the act.
///
/// # Errors
/// [`ActError`]; nothing was kept then, and the same call may be made again.
pub async fn propose_wish(
    act: &mut Act<'_>,
    officer: &Officer,
    (wish, reason): (&Wish, &str),
    key: &ClientKey,
    regions: &RegionData,
) -> Result<ProposeAnswer, ActError> {
    officer.require(wish.act().proposer())?;
    let bytes = wish.bytes(reason);
    let keyed = Keyed::new(act.keys, (officer.id.uuid(), key), "office_propose", &bytes);
    match propose_once(act, officer, (wish, reason), &keyed, regions).await {
        Err(error) => match keyed.known(&mut *act.database.begin().await?).await? {
            Known::Answered(answer) => proposed_before(&answer),
            Known::Reused => Ok(ProposeAnswer::KeyReused),
            Known::New => Err(error),
        },
        done => done,
    }
}

fn proposed_before(answer: &str) -> Result<ProposeAnswer, ActError> {
    let broken = StorageError::Inconsistency { table: "client_keys", column: "answer" };
    let id = ProposalId::parse(answer).ok_or(broken)?;
    Ok(ProposeAnswer::Proposed(id))
}

async fn propose_once(
    act: &mut Act<'_>,
    officer: &Officer,
    (wish, reason): (&Wish, &str),
    keyed: &Keyed<'_>,
    regions: &RegionData,
) -> Result<ProposeAnswer, ActError> {
    match keyed.known(&mut *act.database.begin().await?).await? {
        Known::New => {}
        Known::Answered(answer) => return proposed_before(&answer),
        Known::Reused => return Ok(ProposeAnswer::KeyReused),
    }
    let request = wish.request((act.database, act.now), (regions, act.policies)).await?;
    let mut tx = act.database.begin().await?;
    let proposal = propose_within(act, &mut tx, officer, (&request, reason)).await?;
    keyed.keep(&mut tx, &proposal.uuid().to_string(), act.now).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(ProposeAnswer::Proposed(proposal))
}
