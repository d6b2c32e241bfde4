//! A chain of consecutive waves, added up.

use selection::conserve::WaveSeats;

/// Seats over a whole chain of waves, which satisfy `given + left = base + returned + carry_in`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Conserved {
    /// Seats given by draws and appeals.
    pub(crate) given: u128,
    pub(crate) base: u128,
    pub(crate) returned: u128,
    /// Taken over by the first wave.
    pub(crate) carry_in: u64,
    /// Left by the last wave.
    pub(crate) left: u64,
}

/// Adds up a chain, or says which wave, counted from 0, does not add up.
pub(crate) fn check_chain(waves: &[WaveSeats]) -> Result<Conserved, String> {
    let carry_in = waves.first().map_or(0, |first| first.carry_in);
    let mut sum = Conserved { given: 0, base: 0, returned: 0, carry_in, left: carry_in };
    for (wave, own) in waves.iter().enumerate() {
        if own.carry_in != sum.left {
            let (found, left) = (own.carry_in, sum.left);
            return Err(format!("wave {wave} takes over {found} seats, but {left} were left"));
        }
        let total =
            own.total().ok_or(format!("the seats of wave {wave} are beyond 64-bit numbers"))?;
        let (selected, seats) = (own.selected, total.saturating_sub(own.reserve));
        if own.carry().is_none() {
            return Err(format!("wave {wave} selected {selected} people for {seats} seats"));
        }
        let (granted, reserve) = (own.granted, own.reserve);
        let left = own.carry_out();
        let left = left
            .ok_or(format!("wave {wave} granted {granted} appeals from a reserve of {reserve}"))?;
        sum.given += u128::from(selected) + u128::from(granted);
        sum.base += u128::from(own.base);
        sum.returned += u128::from(own.returned);
        sum.left = left;
    }
    Ok(sum)
}
