//! The different masks of one region, numbered as they come, so that the draw looks each up once.

use crate::record::HIDDEN_MASK;

/// People of one region who cannot be told apart but by ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class {
    /// True mask; [`HIDDEN_MASK`] if it was not given.
    pub(super) mask: u16,
    /// Whether the record is published without its mask.
    pub(super) hidden: bool,
}

impl Class {
    /// Whether nobody has said what the mask is.
    pub(super) fn is_unknown(self) -> bool {
        self.hidden && self.mask == HIDDEN_MASK
    }
}

/// Numbers of the classes seen so far.
#[derive(Clone, Debug)]
pub(super) struct Classes {
    list: Vec<Class>,
    visible: Vec<Option<u32>>,
    hidden: Vec<Option<u32>>,
}

impl Classes {
    pub(super) fn new() -> Self {
        let none = || vec![None; 1 << 16];
        Self { list: Vec::new(), visible: none(), hidden: none() }
    }

    pub(super) fn clear(&mut self) {
        for class in self.list.drain(..) {
            let table = if class.hidden { &mut self.hidden } else { &mut self.visible };
            if let Some(number) = table.get_mut(usize::from(class.mask)) {
                *number = None;
            }
        }
    }

    /// Number of a class, new or known; there are fewer than 2^17.
    pub(super) fn number(&mut self, class: Class) -> u32 {
        let table = if class.hidden { &mut self.hidden } else { &mut self.visible };
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        match table.get_mut(usize::from(class.mask)) {
            Some(Some(known)) => *known,
            Some(number @ None) => {
                *number = Some(next);
                self.list.push(class);
                next
            }
            None => next,
        }
    }

    pub(super) fn list(&self) -> &[Class] {
        &self.list
    }
}
