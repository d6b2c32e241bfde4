//! No seat is lost or made between waves (sections 8 and 16.6).

/// Seats of one wave that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaveSeats {
    /// Base seats of its policy.
    pub base: u64,
    /// Seats that came back from revoked people of earlier waves.
    pub returned: u64,
    /// Seats that the wave before left over.
    pub carry_in: u64,
    /// Kept back for granted appeals.
    pub reserve: u64,
    /// Seats given by the draw.
    pub selected: u64,
    /// Seats given to granted appeals.
    pub granted: u64,
}

/// How the seats of a chain of waves fail to add up; waves count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConservationError {
    /// More were selected than there were seats.
    #[error("wave {wave} of the chain selected {selected} people for {seats} seats")]
    Selected {
        /// Place of the wave.
        wave: usize,
        /// People selected.
        selected: u64,
        /// Seats less the reserve.
        seats: u64,
    },
    /// More appeals were granted than the reserve holds.
    #[error("wave {wave} of the chain granted {granted} appeals from a reserve of {reserve}")]
    Granted {
        /// Place of the wave.
        wave: usize,
        /// Appeals granted.
        granted: u64,
        /// Seats kept back.
        reserve: u64,
    },
    /// A wave did not take over what the one before left.
    #[error("wave {wave} of the chain takes over {found} seats, but the wave before left {left}")]
    CarryIn {
        /// Place of the wave.
        wave: usize,
        /// Its `carry_in`.
        found: u64,
        /// What the wave before left.
        left: u64,
    },
    /// The numbers are beyond 64 bits.
    #[error("the seats of wave {wave} of the chain are beyond 64-bit numbers; check them")]
    OutOfRange {
        /// Place of the wave.
        wave: usize,
    },
}

impl WaveSeats {
    /// All seats of the wave, `None` beyond 64 bits.
    pub fn total(&self) -> Option<u64> {
        self.base.checked_add(self.returned)?.checked_add(self.carry_in)
    }

    /// Seats that the draw could not give: `totals.carry` of the result; `None` if more were given
    /// than there are.
    pub fn carry(&self) -> Option<u64> {
        self.total()?.checked_sub(self.reserve)?.checked_sub(self.selected)
    }

    /// What the next wave must take over; `None` if the numbers contradict each other.
    pub fn carry_out(&self) -> Option<u64> {
        self.carry()?.checked_add(self.reserve.checked_sub(self.granted)?)
    }
}

/// Seats over a whole chain of waves, which satisfy `given + left = base + returned + carry_in`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conserved {
    /// Seats given by draws and appeals.
    pub given: u128,
    /// Base seats.
    pub base: u128,
    /// Seats that came back.
    pub returned: u128,
    /// Taken over by the first wave.
    pub carry_in: u64,
    /// Left by the last wave.
    pub left: u64,
}

/// Checks a chain of consecutive waves and adds it up.
///
/// # Errors
/// [`ConservationError`], for the first wave that does not add up.
pub fn check_chain(waves: &[WaveSeats]) -> Result<Conserved, ConservationError> {
    let mut before: Option<u64> = None;
    let carry_in = waves.first().map_or(0, |first| first.carry_in);
    let mut sum = Conserved { given: 0, base: 0, returned: 0, carry_in, left: carry_in };
    for (wave, own) in waves.iter().enumerate() {
        if let Some(left) = before.filter(|&left| left != own.carry_in) {
            return Err(ConservationError::CarryIn { wave, found: own.carry_in, left });
        }
        let total = own.total().ok_or(ConservationError::OutOfRange { wave })?;
        let seats = total.saturating_sub(own.reserve);
        if own.selected > seats {
            return Err(ConservationError::Selected { wave, selected: own.selected, seats });
        }
        if own.granted > own.reserve {
            let (granted, reserve) = (own.granted, own.reserve);
            return Err(ConservationError::Granted { wave, granted, reserve });
        }
        let left = own.carry_out().ok_or(ConservationError::OutOfRange { wave })?;
        // Sums of 64-bit numbers over fewer than 2^63 waves fit 128 bits.
        let given = u128::from(own.selected).saturating_add(u128::from(own.granted));
        sum.given = sum.given.saturating_add(given);
        sum.base = sum.base.saturating_add(u128::from(own.base));
        sum.returned = sum.returned.saturating_add(u128::from(own.returned));
        sum.left = left;
        before = Some(left);
    }
    Ok(sum)
}
