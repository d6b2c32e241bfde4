//! What the pages of waves show: the waves that the database knows, and the seats of one by region.

use std::sync::Arc;

use domain::funnel::Origin;
use domain::region::{RegionCode, RegionTable};
use domain::seats::Lowered;
use domain::time::Timestamp;
use domain::wave::{WaveNumber, WaveState};

/// All waves, and what is needed to name their regions.
#[derive(Clone, Debug)]
pub struct WaveList {
    /// By number, ascending.
    pub waves: Vec<WaveFacts>,
    /// Names of all regions.
    pub regions: Arc<RegionTable>,
    /// What the rows behind the counts are.
    pub origin: Origin,
}

impl WaveList {
    /// The wave of this number.
    pub fn find(&self, number: WaveNumber) -> Option<&WaveFacts> {
        self.waves.iter().find(|wave| wave.number == number)
    }

    /// The region's official name, or its code if the table lacks it.
    pub fn region_name(&self, code: RegionCode) -> String {
        self.regions.get(code).map_or_else(|| code.to_string(), |region| region.name.clone())
    }
}

/// What is public of a wave in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaveFacts {
    /// Number.
    pub number: WaveNumber,
    /// State with its instant.
    pub state: WaveState,
    /// First instant of joining.
    pub opens_at: Timestamp,
    /// First instant after joining.
    pub closes_at: Timestamp,
    /// Announcement.
    pub results_at: Timestamp,
    /// Seats: those of the quota table once it is fixed, the wave's own until then.
    pub seats: u64,
    /// People in the list of the draw; `None` before it is fixed.
    pub entries: Option<u64>,
    /// People selected; `None` before the draw.
    pub selected: Option<u64>,
    /// Whether the draw used a test beacon.
    pub test_beacon: bool,
}

/// The seats of a wave by region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeatTable {
    /// Names of the classes of people, with their bits.
    pub classes: Vec<(u8, String)>,
    /// Regions, ascending.
    pub regions: Vec<RegionSeats>,
}

/// The seats of one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionSeats {
    /// Kabupaten/kota.
    pub region: RegionCode,
    /// People who take part in the draw; `None` where that was not kept.
    pub in_play: Option<u32>,
    /// Seats.
    pub seats: u32,
    /// People selected; `None` before the draw.
    pub selected: Option<u32>,
    /// Whether classes of a few people are hidden, so that auditors alone can recompute all of it.
    pub has_hidden_classes: bool,
    /// Pools in the order in which they are drawn.
    pub pools: Vec<PoolSeats>,
}

/// A pool of a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolSeats {
    /// Published name.
    pub name: String,
    /// Seats.
    pub seats: u32,
    /// Guarantees in order of precedence.
    pub guarantees: Vec<GuaranteeSeats>,
    /// What the draw made of it; `None` before, and where it is not published.
    pub drawn: Option<PoolDrawn>,
}

/// A guarantee within a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuaranteeSeats {
    /// Bit of the class.
    pub bit: u8,
    /// Seats that its share comes to.
    pub asked: u32,
    /// Seats guaranteed.
    pub seats: u32,
    /// Why they are fewer.
    pub lowered: Option<Lowered>,
}

/// What the draw made of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolDrawn {
    /// People with a seat.
    pub selected: u32,
    /// Guaranteed seats that found nobody.
    pub short: u32,
    /// Largest ticket with a seat by ticket.
    pub cutoff: Option<[u8; 32]>,
    /// People by mask, ascending.
    pub masks: Vec<MaskDrawn>,
}

/// What a pool did with the people of one mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaskDrawn {
    /// The mask; 65535 for all that are hidden.
    pub mask: u16,
    /// People whom the pool takes and earlier pools left.
    pub people: u32,
    /// Of them, with a seat of this pool.
    pub selected: u32,
    /// Largest ticket on a guaranteed seat.
    pub close: Option<[u8; 32]>,
}
