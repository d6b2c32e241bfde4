//! What is given to officers: made with a credential file, proposed under a name, and approved by a fingerprint.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, bail};
use app::act::ActError;
use app::credential::Credential;
use app::officers::{
    Empowerment, OfficerRefusal, find_in_office, fingerprint, proposed_power, require_name,
};
use app::proposals::{Listed, ProposalRow, list_proposals, parameters_of};
use domain::ids::OfficerId;
use domain::officers::{Role, TwoPersonAct};
use domain::policy::Named as _;
use rand_core::Rng as _;
use storage::error::StorageError;

use crate::clock;
use crate::installation::{Installation, SystemRng};

pub(super) fn new_id() -> OfficerId {
    let mut random = [0; 10];
    SystemRng.fill_bytes(&mut random);
    OfficerId::at(clock::now(), random)
}

/// The id of the officer of this name, the one that an open proposal has for the name, or a new one.
pub(super) async fn known_or_new(
    installation: &Installation,
    name: &str,
) -> anyhow::Result<OfficerId> {
    match find_in_office(&installation.database, name).await {
        Err(ActError::Officer(OfficerRefusal::Unknown(_))) => {}
        found => return Ok(found?),
    }
    require_name(name)?;
    let proposed = open_proposals_by_name(installation, name).await?;
    Ok(proposed.first().map(power_of).transpose()?.map_or_else(new_id, |it| it.officer))
}

/// What is to be given, with the credential file that was made for it.
pub(super) fn empowerment<'a>(
    officer: OfficerId,
    name: &str,
    roles: BTreeSet<Role>,
    path: Option<&'a Path>,
) -> anyhow::Result<(Empowerment, Option<&'a Path>)> {
    let credential = match path {
        Some(path) => {
            let credential = Credential::make(officer, &mut SystemRng);
            credential.write_new(path)?;
            Some(credential.sha256())
        }
        None => None,
    };
    Ok((Empowerment { officer, name: name.to_owned(), roles, credential }, path))
}

/// Takes a credential file away again if the database has refused it; if its answer is not known, the file
/// stays.
pub(super) fn keep_if<T>(done: Result<T, ActError>, made: Option<&Path>) -> anyhow::Result<T> {
    let is_unknown = matches!(done, Err(ActError::Storage(StorageError::Driver(_))));
    if let (Err(_), Some(path), false) = (&done, made, is_unknown) {
        std::fs::remove_file(path)?;
    }
    Ok(done?)
}

/// What is told of a proposal. The fingerprint goes another way than the proposal, so that nobody can put another
/// credential in its place.
pub(super) fn proposed(power: &Empowerment) -> String {
    let roles: Vec<&str> = power.roles.iter().map(|role| role.name()).collect();
    let roles =
        if roles.is_empty() { String::new() } else { format!(" --role {}", roles.join(",")) };
    let (print, tell) = match &power.credential {
        Some(digest) => (
            format!(" --fingerprint {}", fingerprint(digest)),
            "\nThe fingerprint is of the new credential: tell it to that administrator in person or by telephone.",
        ),
        None => (String::new(), ""),
    };
    format!(
        "Proposed for {name}. Another administrator approves it: gelombang admin officer approve '{name}'{roles}{print} \
         --as FILE{tell}",
        name = power.name
    )
}

/// What is proposed for the officer of this name with a credential of this fingerprint, or without a credential.
pub(super) async fn power_for(
    installation: &Installation,
    name: &str,
    print: Option<&str>,
) -> anyhow::Result<Empowerment> {
    let mut is_any = false;
    for proposal in open_proposals_by_name(installation, name).await? {
        let power = power_of(&proposal)?;
        if has_fingerprint(&power, print) {
            return Ok(power);
        }
        is_any = true;
    }
    match print {
        _ if !is_any => bail!("nothing is proposed for {name}; see `gelombang proposals`"),
        Some(_) => bail!(
            "no credential of this fingerprint is proposed for {name}; ask its holder once more, and reject what is not \
             of the holder: see `gelombang proposals`"
        ),
        None => bail!(
            "what is proposed for {name} puts a credential in force; name its fingerprint with --fingerprint, as its \
             holder tells it"
        ),
    }
}

fn has_fingerprint(power: &Empowerment, print: Option<&str>) -> bool {
    power.credential.as_ref().map(fingerprint).as_deref() == print
}

/// The open proposal about the officer of this name, who may not be there yet; of several, the one with a credential of
/// this fingerprint.
pub(super) async fn proposal_for(
    installation: &Installation,
    name: &str,
    print: Option<&str>,
) -> anyhow::Result<ProposalRow> {
    let mut proposed = open_proposals_by_name(installation, name).await?;
    if print.is_some() {
        proposed.retain(|one| power_of(one).is_ok_and(|power| has_fingerprint(&power, print)));
    }
    let one = proposed.pop();
    if !proposed.is_empty() {
        bail!(
            "more than one is proposed for {name}; name one by the --fingerprint of its credential"
        );
    }
    one.with_context(|| {
        format!("nothing like this is proposed for {name}; see `gelombang proposals`")
    })
}

/// The open proposals about the officer of this name. There is one of each id, but clients over a network make the ids
/// of new officers, so two may be proposed under one name.
async fn open_proposals_by_name(
    installation: &Installation,
    name: &str,
) -> anyhow::Result<Vec<ProposalRow>> {
    let mut named = Vec::new();
    for proposal in list_proposals(&installation.database, Listed::Open).await? {
        let is_it = proposal.act == TwoPersonAct::Empower
            && parameters_of(&proposal)?.get("name").is_some_and(|known| known == name);
        if is_it {
            named.push(proposal);
        }
    }
    Ok(named)
}

fn power_of(proposal: &ProposalRow) -> anyhow::Result<Empowerment> {
    proposed_power(proposal).context("the proposal is of another version of gelombang; reject it")
}
