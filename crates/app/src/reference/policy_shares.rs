//! How a policy file states the seats that the draw sets apart.
//!
//! These rules may be left out, all or some: files without them were in use before, and a version is never edited.
//! What is left out sets nothing apart.

use std::collections::BTreeSet;

use domain::identity::Employment;
use domain::policy::{
    ClassRule, EligibilityRules, GuaranteeRule, Named as _, PoolOrder, PoolRule, RegionalFloors,
    ReservedGroup, SeatShares, Share,
};
use domain::region::RegionCode;
use selection::policy::PolicyFault;
use toml::{Table, Value};

use super::policy_reader::{RuleReader, named, names, whole};
use crate::seats::seat_rules;

/// Reads the shares, each part where it is stated.
pub(super) fn read_shares(rules: &mut RuleReader<'_>) -> SeatShares {
    let open = SeatShares::open();
    let classes = format!(
        "a list of {{ group = ... }}, with regions = [...] for a group by residence, and a group out of {}",
        names::<ReservedGroup>()
    );
    let pools = format!(
        "a list of {{ name = ..., need = [groups], share = {{ num = ..., den = ... }}, order = one of {}, guarantees \
         = as in national_guarantees }}, of which one is named \"open\" and has neither need nor share",
        names::<PoolOrder>()
    );
    let national = "a list of { group = ..., num = ..., den = ... }";
    let weights = format!(
        "numbers of entries such as {{ laid_off = 2 }}, for one or more of {}",
        names::<Employment>()
    );
    let floors = "numbers of seats such as { every = 1, \"15.01\" = 2 }";
    let cells = "a whole number of people, 0 for none";
    SeatShares {
        classes: rules
            .stated("selection.classes", &classes, open.classes, |value| list(value, class_rule)),
        pools: rules.stated("selection.pools", &pools, open.pools, |value| list(value, pool_rule)),
        national: rules.stated("selection.national_guarantees", national, open.national, |value| {
            list(value, guarantee_rule)
        }),
        weights: rules.stated("selection.weights", &weights, open.weights, |value| {
            let weight = |(name, weight): (&String, &Value)| {
                Some((Employment::from_name(name)?, whole(weight)?))
            };
            value.as_table()?.iter().map(weight).collect()
        }),
        floors: rules.stated("selection.regional_floors", floors, open.floors, regional_floors),
        small_cells_below: rules.stated("selection.small_cells_below", cells, 0, number),
        commits: rules.stated("selection.commits_to_openings", "true or false", false, |value| {
            value.as_bool()
        }),
    }
}

/// What the rules of the draw hold against the shares, by the parameter at fault.
pub(super) fn share_faults(
    shares: &SeatShares,
    rules: &EligibilityRules,
) -> Vec<(&'static str, String)> {
    // Seats and regions are those of each wave; they are checked when a wave is published.
    match seat_rules(shares, rules, 0, Vec::new()).check() {
        Ok(_) => Vec::new(),
        Err(faults) => {
            let told = faults.0.iter();
            told.filter_map(|fault| Some((key_of(fault)?, fault.to_string()))).collect()
        }
    }
}

/// The parameter at fault; none where the policy's own check tells it.
fn key_of(fault: &PolicyFault) -> Option<&'static str> {
    match fault {
        PolicyFault::UnknownTrait { .. } | PolicyFault::MaxWeight { .. } => None,
        PolicyFault::TraitTwice { list, .. } | PolicyFault::Share { of: list, .. }
            if list.contains(NATIONAL) =>
        {
            Some("selection.national_guarantees")
        }
        _ => Some("selection.pools"),
    }
}

/// How the draw names the guarantees over all regions in its faults.
const NATIONAL: &str = "the national list";

fn list<T>(value: &Value, read: impl Fn(&Table) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(|item| read(item.as_table()?)).collect()
}

/// True if a table has no other keys than these.
fn has_only(table: &Table, keys: &[&str]) -> bool {
    table.keys().all(|key| keys.contains(&key.as_str()))
}

fn number(value: &Value) -> Option<u32> {
    value.as_integer().and_then(|number| number.try_into().ok())
}

/// A set of values, each at most once; empty if left out.
fn set<T: Ord>(value: Option<&Value>, read: impl Fn(&Value) -> Option<T>) -> Option<BTreeSet<T>> {
    let Some(value) = value else { return Some(BTreeSet::new()) };
    let list = value.as_array()?;
    let set: BTreeSet<T> = list.iter().map(read).collect::<Option<_>>()?;
    (set.len() == list.len()).then_some(set)
}

fn region(value: &Value) -> Option<RegionCode> {
    regency(value.as_str()?)
}

fn regency(text: &str) -> Option<RegionCode> {
    RegionCode::parse(text).ok().filter(|region| !region.is_province())
}

fn class_rule(table: &Table) -> Option<ClassRule> {
    has_only(table, &["group", "regions"]).then_some(())?;
    let regions = set(table.get("regions"), region)?;
    Some(ClassRule { group: named(table.get("group")?)?, regions })
}

fn share(table: &Table) -> Option<Share> {
    Some(Share { num: number(table.get("num")?)?, den: number(table.get("den")?)? })
}

fn guarantee_rule(table: &Table) -> Option<GuaranteeRule> {
    has_only(table, &["group", "num", "den"]).then_some(())?;
    Some(GuaranteeRule { group: named(table.get("group")?)?, share: share(table)? })
}

fn pool_rule(table: &Table) -> Option<PoolRule> {
    has_only(table, &["name", "need", "share", "order", "guarantees"]).then_some(())?;
    let part = match table.get("share") {
        Some(part) => {
            let part = part.as_table().filter(|part| has_only(part, &["num", "den"]))?;
            Some(share(part)?)
        }
        None => None,
    };
    Some(PoolRule {
        name: table.get("name")?.as_str()?.to_owned(),
        need: set(table.get("need"), named)?,
        order: table.get("order").map_or(Some(PoolOrder::GuaranteesFirst), named)?,
        share: part,
        guarantees: table
            .get("guarantees")
            .map_or(Some(Vec::new()), |own| list(own, guarantee_rule))?,
    })
}

fn regional_floors(value: &Value) -> Option<RegionalFloors> {
    let mut floors = RegionalFloors::default();
    for (name, floor) in value.as_table()? {
        let floor = number(floor)?;
        if name == "every" {
            floors.every = floor;
        } else {
            floors.named.insert(regency(name)?, floor);
        }
    }
    Some(floors)
}
