//! Masks seen through a short list of traits.

/// The traits of `mask` that are in `bits`, as a number with one bit per place of the list.
///
/// The list has at most 8 bits, so the number is below 256.
pub(crate) fn project(mask: u16, bits: impl IntoIterator<Item = u8>) -> usize {
    bits.into_iter().enumerate().fold(0, |held, (place, bit)| {
        let holds = (mask >> u32::from(bit).min(15)) & 1 == 1;
        if holds { held | (1 << place) } else { held }
    })
}

/// Turns numbers per trait set into sums over all subsets of each set, in place.
pub(crate) fn sum_subsets(values: &mut [u64]) {
    let mut step = 1;
    while step < values.len() {
        for set in 0..values.len() {
            if set & step != 0 {
                let without = values.get(set ^ step).copied().unwrap_or(0);
                if let Some(value) = values.get_mut(set) {
                    *value = value.saturating_add(without);
                }
            }
        }
        step <<= 1;
    }
}
