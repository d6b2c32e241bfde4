//! Waves for tests: in the database, and in a folder of published waves made from the golden folders.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::funnel::Origin;
use domain::region::RegionTable;
use domain::time::Timestamp;
use domain::wave::{WaveNumber, WaveState};
use web::{PoolSeats, RegionSeats, SeatTable, WaveFacts, WaveList};

use super::{AS_OF, code};

pub(crate) fn wave(number: u16) -> WaveNumber {
    WaveNumber::new(number).expect("a number")
}

fn facts(number: u16, state: WaveState, opens_at: Timestamp) -> WaveFacts {
    WaveFacts {
        number: wave(number),
        state,
        opens_at,
        closes_at: opens_at.plus_days(4),
        results_at: opens_at.plus_days(8),
        seats: 1_905,
        entries: None,
        selected: None,
        test_beacon: false,
    }
}

/// Three waves: the first is published too, the second is over and is not, the third is open.
pub(crate) fn list(regions: RegionTable) -> WaveList {
    let long_ago = AS_OF.plus_days(-60);
    let drawn = WaveState::Drawn { drawn_at: long_ago.plus_days(6) };
    let settled = WaveState::Settled { settled_at: AS_OF };
    let open = WaveState::Open { opened_at: AS_OF };
    let figures = |facts| WaveFacts {
        entries: Some(18_240),
        selected: Some(1_905),
        test_beacon: true,
        ..facts
    };
    WaveList {
        waves: vec![
            facts(1, drawn, long_ago.plus_days(-9)),
            figures(facts(70, settled, long_ago)),
            facts(71, open, AS_OF.plus_days(-1)),
        ],
        regions: Arc::new(regions),
        origin: Origin::Replay { finished: true },
    }
}

/// Seats of the wave that is over, in as many regions of as many provinces as asked.
pub(crate) fn seats(provinces: u16, regencies: u16) -> SeatTable {
    let codes = (0..provinces)
        .flat_map(|province| (0..regencies).map(move |at| (11 + province) * 100 + at + 1));
    let region = |number: u16| RegionSeats {
        region: code(number),
        in_play: Some(u32::from(number) * 7),
        seats: u32::from(number),
        selected: Some(u32::from(number)),
        has_hidden_classes: false,
        pools: vec![PoolSeats {
            name: "open".to_owned(),
            seats: u32::from(number),
            guarantees: Vec::new(),
            drawn: None,
        }],
    };
    SeatTable { classes: Vec::new(), regions: codes.map(region).collect() }
}

/// One of the golden folders of the draw.
pub(crate) fn golden(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../publication/tests/golden")).join(name)
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).expect("a copy");
        }
    }
}
