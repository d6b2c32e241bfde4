//! When recipients buy their first training, and for how much.

use app::purchase::{PurchaseRefusal, PurchaseRequest};
use domain::beneficiary::BeneficiaryRefusal;
use domain::rupiah::Rupiah;

use crate::hash::Choices;
use crate::replay::{Replay, ReplayError};
use crate::timeline::Moment;

/// Cheapest training of the programme, from the prices seen at its start (programme.md section 5).
const CHEAPEST: i64 = 29_000;
/// Prices step by a thousand rupiah.
const PRICE_STEP: i64 = 1_000;

/// The purchases of a wave's buyers: most in the first days, at prices up to the whole balance.
pub(crate) fn requests(
    replay: &Replay<'_>,
    moment: Moment,
    buyers: &[u32],
) -> Result<Vec<PurchaseRequest>, ReplayError> {
    let shape = &replay.planned(moment).shape;
    let balance = replay.policy(moment.wave)?.grant().training.get();
    let steps = ((balance - CHEAPEST) / PRICE_STEP).max(0).unsigned_abs() + 1;
    let window = (moment.at.micros() - shape.results_at.micros()).max(1).unsigned_abs();
    let when = Choices::new(replay.input.seed, "purchase time");
    let price = Choices::new(replay.input.seed, "purchase price");
    let wave = u64::from(moment.wave.get());
    buyers
        .iter()
        .map(|number| {
            let person = u64::from(*number);
            // The smaller of two uniform instants: the density falls to zero at the deadline.
            let at =
                when.below(wave, 2 * person, window).min(when.below(wave, 2 * person + 1, window));
            let amount =
                CHEAPEST.min(balance) + PRICE_STEP * price.below(wave, person, steps).cast_signed();
            Ok(PurchaseRequest {
                person_id: replay.population.person_id(*number),
                price: Rupiah::new(amount.min(balance)).unwrap_or(Rupiah::ZERO),
                paid_at: shape.results_at.plus_micros(at.cast_signed()),
            })
        })
        .collect()
}

/// True for the refusal that a purchase recorded before an interruption meets when it is sent again.
pub(crate) const fn is_repeated(refusal: PurchaseRefusal) -> bool {
    matches!(refusal, PurchaseRefusal::State(BeneficiaryRefusal::AlreadyActive))
}
