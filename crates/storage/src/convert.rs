//! Small conversions between stored values and the domain.

use domain::policy::Named;
use domain::region::RegionCode;
use domain::wave::WaveNumber;

use crate::error::StorageError;

/// A wave's number as stored.
pub(crate) fn wave_key(wave: WaveNumber) -> i16 {
    i16::try_from(wave.get()).unwrap_or(i16::MAX)
}

/// A stored wave number.
pub(crate) fn wave_number(stored: i16) -> Result<WaveNumber, StorageError> {
    u16::try_from(stored)
        .ok()
        .and_then(WaveNumber::new)
        .ok_or(StorageError::Inconsistency { table: "waves", column: "wave" })
}

/// A region as stored.
pub(crate) fn region_key(region: RegionCode) -> i16 {
    i16::try_from(region.get()).unwrap_or(i16::MAX)
}

/// A stored region.
pub(crate) fn region_code(stored: i16) -> Result<RegionCode, StorageError> {
    u16::try_from(stored)
        .ok()
        .and_then(RegionCode::new)
        .ok_or(StorageError::Inconsistency { table: "regions", column: "region" })
}

/// A stored name of an enum.
pub(crate) fn named<T: Named>(
    table: &'static str,
    column: &'static str,
    stored: &str,
) -> Result<T, StorageError> {
    T::from_name(stored).ok_or(StorageError::Inconsistency { table, column })
}

/// A stored count.
pub(crate) fn count(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}
