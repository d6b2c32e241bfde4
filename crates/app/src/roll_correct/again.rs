//! Judging members of a frozen wave again, on what is known now.
//!
//! Nobody else is touched: whoever is in the list and not judged stays, and with that the places and the home of that
//! person's family card, as the freeze found them.

use std::collections::BTreeMap;

use domain::eligibility::{Rule, home_of_card, refuse_apart};
use domain::ids::PersonId;
use domain::policy::EligibilityRules;
use domain::region::RegionCode;
use storage::memberships::Member;
use storage::plans::JudgedMember;
use uuid::Uuid;

use crate::judge::MemberFacts;
use crate::roll::FrozenRoll;

/// What judging again came to.
#[derive(Debug)]
pub(super) struct Again {
    /// The members of the list, those judged again included who passed.
    pub members: Vec<Member>,
    /// Those judged again, each with the code of the rule that keeps the person out.
    pub judged: BTreeMap<PersonId, Option<String>>,
    /// Places left of family cards that earlier grants have used.
    pub places_left: BTreeMap<Uuid, u8>,
    /// The same where it differs from before, 0 where nothing is to be kept.
    pub changed_places: BTreeMap<Uuid, u8>,
}

/// Judges members again.
pub(super) fn judge_again(
    rules: &EligibilityRules,
    facts: &MemberFacts<'_>,
    frozen: &FrozenRoll,
    members: &BTreeMap<PersonId, JudgedMember>,
) -> Again {
    let staying = frozen.members.iter().filter(|one| !members.contains_key(&one.person_id));
    let mut list: Vec<Member> = staying.copied().collect();
    // A card has one home, so all that stay of it have one region, where the policy counts by card.
    let cards: BTreeMap<Uuid, RegionCode> =
        list.iter().map(|one| (one.kk_index, one.region)).collect();
    let cap = rules.max_beneficiaries_per_kk.unwrap_or(0);
    let left_of = |card: &Uuid| frozen.places_left.get(card).copied();
    let taken_of = |member: &Member| match cards.get(&member.kk_index) {
        Some(_) => left_of(&member.kk_index).map_or(0, |left| cap.saturating_sub(left)),
        None => facts.taken_of(member),
    };
    let judged = members.values().map(|one| &one.member);
    let own = judged.map(|member| (member, facts.refuse(member, taken_of(member))));
    let own: Vec<(&Member, Option<Rule>)> = own.collect();

    let passed = own.iter().filter(|(_, rule)| rule.is_none()).map(|(member, _)| *member);
    let homes = homes(passed, &cards);
    let mut again = Again {
        members: Vec::new(),
        judged: BTreeMap::new(),
        places_left: BTreeMap::new(),
        changed_places: BTreeMap::new(),
    };
    for (member, rule) in own {
        let home = homes.get(&member.kk_index);
        let rule = rule.or_else(|| refuse_apart(rules, *home?, member.region));
        again.judged.insert(member.person_id, rule.map(Rule::code));
        if rule.is_some() {
            continue;
        }
        list.push(*member);
        if cap > 0 && taken_of(member) > 0 {
            again.places_left.insert(member.kk_index, cap.saturating_sub(taken_of(member)));
        }
    }
    for member in members.values().map(|one| &one.member) {
        let (card, now) = (member.kk_index, again.places_left.get(&member.kk_index).copied());
        if !cards.contains_key(&card) && now != left_of(&card) {
            again.changed_places.insert(card, now.unwrap_or(0));
        }
    }
    let kept = cards.keys().filter_map(|card| Some((*card, left_of(card)?)));
    again.places_left.extend(kept);
    again.members = list;
    again
}

/// The home of each card of those who passed: that of whoever stays of it in the list, else the one that most of them state.
fn homes<'m>(
    passed: impl Iterator<Item = &'m Member>,
    cards: &BTreeMap<Uuid, RegionCode>,
) -> BTreeMap<Uuid, RegionCode> {
    let mut stated: BTreeMap<Uuid, Vec<RegionCode>> = BTreeMap::new();
    for member in passed {
        stated.entry(member.kk_index).or_default().push(member.region);
    }
    let home = |(card, mut regions): (Uuid, Vec<RegionCode>)| {
        regions.sort_unstable();
        let home = cards.get(&card).copied().or_else(|| home_of_card(&regions))?;
        Some((card, home))
    };
    stated.into_iter().filter_map(home).collect()
}
