//! Claiming somebody whom the programme knows and no account has: whoever states what is held gets the person.
//!
//! A claim that fails looks like a NIK that is taken, so nobody learns what is held; tries are counted for the
//! account and for the person.

use domain::eligibility::CheckKind;
use domain::identity::Identity;
use domain::ids::{AccountId, PersonId};
use domain::policy::Named as _;
use domain::statement::{StatementBounds, StatementTries};
use serde_json::json;
use storage::accounts::{account_link, account_of_person};
use storage::database::Tx;
use storage::persons::niks_find;
use storage::releases::{release_close, releases_of_person};
use storage::statements::{SetsLock, sets_lock, statement_bounds, tries_find, tries_set};

use crate::act::{Act, ActError, Event, person_subject};
use crate::checks::begin_checks;
use crate::correct::{differing, hold_statement, is_regency, replace_statement};
use crate::register_one::Statement;

/// Links the account, which the caller holds, to the person of the stated NIK; `None` if that is not to be. What a
/// draw goes by and the name stay as they are held; contacts and the other facts are those of the statement. After a
/// release a statement that differs replaces the one that is held, and the registers are asked about all of it.
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
    let releases = releases_of_person(tx, person).await?;
    if releases.accounts.contains(&account) {
        return Ok(None);
    }
    let before = tries_find(tx, person.uuid()).await?;
    let Ok(tries) = StatementTries::take(before, act.now) else { return Ok(None) };
    let wanted = if names_same_person(&held.identity, &statement.identity) {
        kept(&held, statement)
    } else if releases.is_open && may_be_replaced(tx, person, statement).await? {
        begin_checks(tx, act, person, CheckKind::ALL).await?;
        statement.clone()
    } else {
        tries_set(tx, person.uuid(), tries).await?;
        return Ok(None);
    };
    let changed = differing(&held, &wanted);
    if !changed.is_empty() {
        replace_statement(act, tx, person, (&wanted, &changed)).await?;
    }
    release_close(tx, person, act.now).await?;
    account_link(tx, account, person).await?;
    let fields: Vec<&str> = changed.iter().map(|field| field.name()).collect();
    let event = Event {
        act: "person_claim",
        subject: person_subject(person),
        from: None,
        to: None,
        reason: "request of the person",
        detail: json!({ "fields": fields }),
    };
    act.record(tx, event).await?;
    Ok(Some(person))
}

/// The statement of somebody who has shown to be the person: what was compared and the region stay, since a draw goes
/// by them.
fn kept(held: &Statement, stated: &Statement) -> Statement {
    Statement {
        identity: Identity {
            phone: stated.identity.phone.clone(),
            email: stated.identity.email.clone(),
            ..held.identity.clone()
        },
        region: held.region,
        ..stated.clone()
    }
}

/// True if nothing depends on what is held of a person who was released, and the statement could be registered.
async fn may_be_replaced(
    tx: &mut Tx,
    person: PersonId,
    statement: &Statement,
) -> Result<bool, ActError> {
    sets_lock(tx, SetsLock::Correcting).await?;
    let is_free = statement_bounds(tx, person).await? == StatementBounds::default();
    Ok(is_free && is_regency(tx, statement.region).await?)
}

/// True if two identities with one NIK are the same in all that a stranger would have to know.
fn names_same_person(held: &Identity, stated: &Identity) -> bool {
    held.family_card == stated.family_card
        && held.born_on == stated.born_on
        && held.name.is_same_as(&stated.name)
}
