//! Claiming somebody whom the programme knows and no account has: whoever states what is held gets the person.
//!
//! A claim that fails looks like a NIK that is taken, so nobody learns what is held; tries are counted for the
//! account and for the person.

use domain::identity::Identity;
use domain::ids::{AccountId, PersonId};
use domain::policy::Named as _;
use domain::statement::StatementTries;
use serde_json::json;
use storage::accounts::{account_link, account_of_person};
use storage::database::Tx;
use storage::persons::niks_find;
use storage::statements::{tries_find, tries_set};

use crate::act::{Act, ActError, Event, person_subject};
use crate::correct::{differing, hold_statement, replace_statement};
use crate::register_one::Statement;

/// Links the account, which the caller holds, to the person of the stated NIK; `None` if that is not to be. What a
/// draw goes by and the name stay as they are held; contacts and the other facts are those of the statement.
pub(crate) async fn claim_within(
    act: &mut Act<'_>,
    tx: &mut Tx,
    account: AccountId,
    statement: &Statement,
) -> Result<Option<PersonId>, ActError> {
    let index = act.keys.nik_index(&statement.identity.nik);
    let Some(person) = niks_find(tx, &[index]).await?.remove(&index) else { return Ok(None) };
    let Some(held) = hold_statement(act.keys, tx, person).await? else { return Ok(None) };
    // Behind the lock: of two who claim at once one finds the account of the other.
    if account_of_person(tx, person).await?.is_some() {
        return Ok(None);
    }
    let before = tries_find(tx, person.uuid()).await?;
    let Ok(tries) = StatementTries::take(before, act.now) else { return Ok(None) };
    if !names_same_person(&held.identity, &statement.identity) {
        tries_set(tx, person.uuid(), tries).await?;
        return Ok(None);
    }
    let wanted = Statement {
        identity: Identity {
            phone: statement.identity.phone.clone(),
            email: statement.identity.email.clone(),
            ..held.identity.clone()
        },
        region: held.region,
        ..statement.clone()
    };
    let changed = differing(&held, &wanted);
    if !changed.is_empty() {
        replace_statement(act, tx, person, (&wanted, &changed)).await?;
    }
    account_link(tx, account, person).await?;
    let fields: Vec<&str> = changed.iter().map(|field| field.name()).collect();
    let event = Event {
        act: "person_claim",
        subject: person_subject(person),
        from: None,
        to: None,
        reason: "states what is held",
        detail: json!({ "fields": fields }),
    };
    act.record(tx, event).await?;
    Ok(Some(person))
}

/// True if two identities with one NIK are the same in all that a stranger would have to know.
fn names_same_person(held: &Identity, stated: &Identity) -> bool {
    held.family_card == stated.family_card
        && held.born_on == stated.born_on
        && held.name.is_same_as(&stated.name)
}
