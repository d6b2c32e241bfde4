//! From calendar, policies and national figures to what the plan asks of each wave.

use app::reference::{NoPolicy, Reference};
use domain::policy::FreedPlaces;
use domain::wave::WaveKind;

use crate::plan::WaveShape;

/// Recipients per mille who missed the deadline, by year. 2020 and 2021 follow from the published counts
/// (8.0 % and 1.4 %); for later years none is published, and Jambi's 2.9 % over all years leaves about
/// these. Only the proportions count: the plan scales them to the total asked for.
/// Source: programme.md section 16.3.
const fn missed_per_mille(year: i32) -> u64 {
    match year {
        ..=2020 => 80,
        2021 => 14,
        _ => 20,
    }
}

/// The shape of every wave of the calendar, in order.
///
/// # Errors
/// [`NoPolicy`] if a wave has none; loading the reference has made sure of it.
pub fn wave_shapes(reference: &Reference) -> Result<Vec<WaveShape>, NoPolicy> {
    reference
        .calendar
        .iter()
        .map(|wave| {
            let policy = &reference.policies.for_wave(wave.number)?.version;
            let facts = reference.wave_facts.get(&wave.number);
            let announced_on = wave.results_at.wib_date();
            Ok(WaveShape {
                wave: wave.number,
                kind: wave.kind,
                opens_at: wave.opens_at,
                closes_at: wave.closes_at,
                results_at: wave.results_at,
                freezes_at: wave.closes_at,
                sweep_at: policy.deadlines().first_purchase_due(announced_on),
                max_age: policy.eligibility().max_age,
                takes_freed: wave.kind == WaveKind::Recovery
                    || policy.selection().freed_places_to == FreedPlaces::NextWave,
                quota_weight: facts.map_or(1, |facts| u64::from(facts.quota_national)),
                join_weight: facts.map_or(1, |facts| u64::from(facts.joined_national)),
                revoked_weight: missed_per_mille(announced_on.year()),
            })
        })
        .collect()
}
