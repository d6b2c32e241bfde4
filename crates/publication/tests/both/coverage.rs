//! What the random waves had.

use std::collections::BTreeMap;

use crate::history::History;

#[derive(Debug, Default)]
pub(crate) struct Coverage(BTreeMap<&'static str, u64>);

impl Coverage {
    pub(crate) fn add(
        &mut self,
        _history: &History,
        _place: usize,
        _previous: usize,
        pinned: bool,
    ) {
        *self.0.entry("pinned keys").or_default() += u64::from(pinned);
        *self.0.entry("waves").or_default() += 1;
    }

    pub(crate) fn check(&self, _waves: u64) {}
}
