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
