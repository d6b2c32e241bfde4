//! Step 6: no seat is lost or made by appeals, revocations, or between waves (sections 8 and 16.6).

use std::collections::BTreeSet;
use std::path::PathBuf;

use selection::digest::Seed;
use selection::draw::is_selected;
use selection::ticket::Ticketer;

use super::draw::DrawCheck;
use super::entries::EntriesCheck;
use super::folder::Folder;
use super::report::{Fault, Verdict};
use super::sources::Sources;
use crate::format::Granted;

pub(super) fn check(
    folder: &Folder,
    previous: &[PathBuf],
    list: &EntriesCheck,
    drawn: &DrawCheck,
    seed: Option<Seed>,
) -> Verdict {
    let granted = check_granted(folder, list, drawn, seed)?;
    let revoked = check_revoked(folder, drawn)?;
    let sources = Sources::load(folder, previous)?;
    let missing = sources.check()?;
    let mut notes = vec![format!("{granted} appeals granted, {revoked} seats revoked")];
    if folder.quota.get("quota.json")?.0.carry_from.is_none() {
        notes.push("quota.json says that no wave was before this one".to_owned());
    }
    if !missing.is_empty() {
        let missing = missing.join(", ");
        notes.push(format!("seats of waves that were not given, NOT CHECKED: {missing}"));
    } else if !previous.is_empty() {
        notes.push("seats from earlier waves add up".to_owned());
    }
    Ok(notes.join("; "))
}

/// Granted appeals fit the reserve, the list and the limits.
fn check_granted(
    folder: &Folder,
    list: &EntriesCheck,
    drawn: &DrawCheck,
    seed: Option<Seed>,
) -> Result<usize, Fault> {
    if folder.corrections.is_missing() {
        return Ok(0);
    }
    let (file, _) = folder.corrections.get("corrections.json")?;
    let refused = |text: String| Err(Fault::new(format!("corrections.json: {text}")));
    let reserve = folder.policy.policy().get().rules.reserve_seats();
    if file.granted.len() as u64 > reserve {
        return refused(format!("{} appeals from a reserve of {reserve}", file.granted.len()));
    }
    let mut tags = BTreeSet::new();
    if let Some(twice) = file.granted.iter().find(|own| !tags.insert(own.entry_tag)) {
        return refused(format!("entry {} is granted in two regions", twice.entry_tag));
    }
    if let Some((tag, index)) = list.granted_in_list.first() {
        let text = format!("corrections.json: entry {tag} is in the list already");
        return Err(Fault::at(*index, text));
    }
    let ticketer = seed.as_ref().map(Ticketer::new);
    for own in &file.granted {
        check_class(folder, own)?;
        let (Some(ticketer), Some(region)) = (&ticketer, drawn.regions.get(&own.region)) else {
            if list.sample.is_some() {
                continue;
            }
            return refused(format!("without a draw entry {} has no limit", own.entry_tag));
        };
        let ticket = ticketer.ticket(&own.entry_tag, own.weight);
        let rules = &folder.policy.policy().get().rules;
        let under = is_selected(&region.limits(rules), own.mask, &ticket);
        // The limit of a mask that nobody shows is known to auditors alone.
        let rows = || region.pools.iter().flat_map(|pool| &pool.masks);
        let unknown = !region.public && !rows().any(|row| row.mask == own.mask);
        if !under && !unknown {
            return refused(format!("the ticket of entry {} is above its limits", own.entry_tag));
        }
    }
    Ok(file.granted.len())
}

/// Region, mask and weight are such as the policy allows in the list.
fn check_class(folder: &Folder, own: &Granted) -> Result<(), Fault> {
    let rules = &folder.policy.policy().get().rules;
    let listed = rules.regions.iter().any(|region| region.code == own.region);
    let mask = own.mask & !rules.trait_bits() == 0;
    if listed && mask && own.weight.get() <= rules.max_weight {
        return Ok(());
    }
    let tag = own.entry_tag;
    Err(Fault::new(format!(
        "corrections.json: the policy allows no such class as that of entry {tag}"
    )))
}

fn check_revoked(folder: &Folder, drawn: &DrawCheck) -> Result<usize, Fault> {
    let mut revoked = 0;
    let regions = &folder.policy.policy().get().rules.regions;
    for (name, batch) in &folder.revoked {
        let (file, _) = batch.get(name)?;
        let codes = file.revocations.iter().map(|own| own.region);
        let unknown =
            codes.into_iter().find(|code| !regions.iter().any(|region| region.code == *code));
        if let Some(code) = unknown {
            return Err(Fault::new(format!("{name}: region {code} is not in the policy")));
        }
        revoked += file.revocations.len();
    }
    if revoked > 0 {
        drawn.replaced.clone()?;
    }
    Ok(revoked)
}
