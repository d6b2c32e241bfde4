//! Claiming somebody whom the programme knows and no account has: whoever states what is held gets the person.
//!
//! A claim that fails looks like a NIK that is taken, so nobody learns what is held. Tries are counted for the
//! account, for the network at the person, and for the person: see [`TryHolder`].

use std::net::IpAddr;

use domain::checks::ASKED;
use domain::identity::Identity;
use domain::ids::PersonId;
use domain::policy::Named as _;
use domain::statement::{StatementBounds, StatementTries, TryHolder};
use domain::time::Timestamp;
use serde_json::json;
use storage::accounts::{account_link, account_of_person};
use storage::database::Tx;
use storage::persons::niks_find;
use storage::releases::{release_close, releases_of_person};
use storage::statements::{SetsLock, sets_lock, statement_bounds, tries_find, tries_set};
use storage::vault::KeyRing;
use uuid::Uuid;

use crate::act::{Act, ActError, Event, person_subject};
use crate::checks::begin_checks;
use crate::correct::{differing, hold_statement, is_regency, replace_statement};
use crate::register_one::{Registrant, Statement};

/// What a claim came to.
pub(crate) enum Claim {
    /// The account has the person.
    Claimed(PersonId),
    /// It has not, as if the NIK were another's; whose NIK it is, if anybody has it.
    Taken(Option<PersonId>),
}

/// Links the account, which the caller holds, to the person of the stated NIK, if that is to be. What a draw goes by
/// and the name stay as they are held; contacts and the other facts are those of the statement. After a release a
/// statement that differs replaces the one that is held, and the registers are asked about all of it.
pub(crate) async fn claim_within(
    act: &mut Act<'_>,
    tx: &mut Tx,
    registrant: Registrant,
    statement: &Statement,
) -> Result<Claim, ActError> {
    let index = act.keys.nik_index(&statement.identity.nik);
    let Some(person) = niks_find(tx, &[index]).await?.remove(&index) else {
        return Ok(Claim::Taken(None));
    };
    let taken = Ok(Claim::Taken(Some(person)));
    let Some(held) = hold_statement(act.keys, tx, person).await? else { return taken };
    // Behind the lock: of two who claim at once one finds the account of the other.
    if account_of_person(tx, person).await?.is_some() {
        return taken;
    }
    let releases = releases_of_person(tx, person).await?;
    if releases.accounts.contains(&registrant.account) {
        return taken;
    }
    let holders = holders_of_tries(act.keys, person, registrant.network);
    let Some(tries) = take_tries(tx, holders, act.now).await? else { return taken };
    let wanted = if names_same_person(&held.identity, &statement.identity) {
        kept(&held, statement)
    } else if releases.is_open && may_be_replaced(tx, person, statement).await? {
        begin_checks(tx, act, person, ASKED).await?;
        statement.clone()
    } else {
        for (holder, tries) in tries {
            tries_set(tx, holder, tries).await?;
        }
        return taken;
    };
    let changed = differing(&held, &wanted);
    if !changed.is_empty() {
        replace_statement(act, tx, person, (&wanted, &changed)).await?;
    }
    release_close(tx, person, act.now).await?;
    account_link(tx, registrant.account, person).await?;
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
    Ok(Claim::Claimed(person))
}

/// Who takes a try at a person: everybody together, and the network that asks.
fn holders_of_tries(
    keys: &KeyRing,
    person: PersonId,
    network: Option<IpAddr>,
) -> Vec<(TryHolder, Uuid)> {
    let person = person.uuid().into_bytes();
    let mut holders = vec![(TryHolder::Everybody, keys.request_index("person_claim", &person))];
    if let Some(network) = network {
        let mut bytes = person.to_vec();
        match network {
            IpAddr::V4(address) => bytes.extend_from_slice(&address.octets()),
            IpAddr::V6(address) => bytes.extend_from_slice(&address.octets()),
        }
        // A keyed digest, so that no address is kept.
        holders.push((TryHolder::Network, keys.request_index("person_claim", &bytes)));
    }
    holders
}

/// The tries of these holders after one more each, for a claim that fails; `None` if one of them has had all of a day.
/// Who is out of tries spends none of the others', or one network could spend all of the person's.
async fn take_tries(
    tx: &mut Tx,
    holders: Vec<(TryHolder, Uuid)>,
    now: Timestamp,
) -> Result<Option<Vec<(Uuid, StatementTries)>>, ActError> {
    let mut taken = Vec::new();
    for (kind, holder) in holders {
        let before = tries_find(tx, holder).await?;
        match StatementTries::take(before, kind, now) {
            Ok(tries) => taken.push((holder, tries)),
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(taken))
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
