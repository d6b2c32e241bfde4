//! A wave as the API shows it.

use app::citizen::WaveRow;
use domain::policy::Named as _;
use serde::Serialize;

use crate::respond::instant;

/// Everything public of a wave.
#[derive(Debug, Serialize)]
pub(crate) struct WaveView {
    number: u16,
    kind: &'static str,
    state: &'static str,
    opens_at: String,
    closes_at: String,
    results_at: String,
    seats: u32,
}

impl From<&WaveRow> for WaveView {
    fn from(wave: &WaveRow) -> Self {
        Self {
            number: wave.wave.get(),
            kind: wave.kind.name(),
            state: wave.state.name(),
            opens_at: instant(wave.opens_at),
            closes_at: instant(wave.closes_at),
            results_at: instant(wave.results_at),
            seats: wave.base_seats,
        }
    }
}
