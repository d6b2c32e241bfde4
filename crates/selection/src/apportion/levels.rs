//! Two levels: groups first, then the claims inside each (nation, province, regency).

use std::collections::BTreeMap;

use super::{ApportionError, Apportionment, Claim, Party, divide};
use crate::policy::ApportionMethod;

/// Gives `total` seats to groups, then each group's seats to its claims, by the same method.
///
/// A group's weight, start and cap are the sums of its claims'. `claims` are (group, claim); ties
/// between groups go to the smaller group. Seats come back in the order of the claims.
///
/// # Errors
/// [`ApportionError`], as for one level.
///
/// Source: section 16.5, levels 2.
pub fn apportion_groups(
    method: ApportionMethod,
    total: u64,
    claims: &[(u32, Claim)],
) -> Result<Apportionment, ApportionError> {
    let mut groups: BTreeMap<u32, Vec<(usize, Party)>> = BTreeMap::new();
    for (place, (group, claim)) in claims.iter().enumerate() {
        groups.entry(*group).or_default().push((place, Party::from(claim)));
    }
    let whole: Vec<Party> = groups.iter().map(|(&code, members)| sum_of(code, members)).collect();
    let upper = divide(method, total, &whole)?;
    let mut seats = vec![0; claims.len()];
    for (members, own) in groups.values().zip(&upper.seats) {
        let parties: Vec<Party> = members.iter().map(|(_, party)| *party).collect();
        let lower = divide(method, *own, &parties)?;
        for ((place, _), given) in members.iter().zip(lower.seats) {
            if let Some(seat) = seats.get_mut(*place) {
                *seat = given;
            }
        }
    }
    Ok(Apportionment { seats, unplaced: upper.unplaced })
}

/// A group as one party; caps stop at the highest number, which no total reaches.
fn sum_of(code: u32, members: &[(usize, Party)]) -> Party {
    members.iter().fold(Party { code, weight: 0, start: 0, cap: 0 }, |sum, (_, member)| Party {
        code,
        weight: sum.weight.saturating_add(member.weight),
        start: sum.start.saturating_add(member.start),
        cap: sum.cap.saturating_add(member.cap),
    })
}
