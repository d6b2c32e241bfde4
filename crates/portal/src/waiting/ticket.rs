//! Tickets of the waiting room: signed values in a cookie, bound to the visit, so that the server keeps none.
//!
//! A place is given up when it is used, since the leave takes its place in the same cookie. Whoever copies both
//! cookies to another device can use them there until they expire; that is as far as a server goes that keeps none.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Bytes of the signature: 128 bits, far beyond guessing.
const SIGNATURE_BYTES: usize = 16;

/// A place among those who wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// When the room was opened, which tells one opening from another.
    pub(super) opened_s: i64,
    /// The group one came with.
    pub(super) group: u64,
    /// The place within it, as a fraction of all numbers.
    pub(super) random: u32,
}

/// What a cookie says: a place, or the leave to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) issued_s: i64,
    pub(super) place: Option<Place>,
}

/// Writes and reads tickets.
pub(super) struct Tickets {
    key: [u8; 32],
}

impl Tickets {
    pub(super) const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The ticket as the value of a cookie of this visit.
    pub(super) fn write(&self, ticket: &Ticket, visit: &str) -> String {
        let mut value = format!("{}", ticket.issued_s);
        if let Some(Place { opened_s, group, random }) = ticket.place {
            // Writing to a String cannot fail.
            let _ = write!(value, ".{opened_s}.{group}.{random}");
        }
        let signature = self.mac(&value, visit).map(|mac| mac.finalize().into_bytes());
        let signature = signature.unwrap_or_default();
        let signature = signature.get(..SIGNATURE_BYTES).unwrap_or_default();
        let _ = write!(value, "-{}", web::format::hex(signature));
        value
    }

    /// The ticket of a cookie; `None` if we did not write it for this visit.
    pub(super) fn read(&self, value: &str, visit: &str) -> Option<Ticket> {
        let (told, signature) = value.split_once('-')?;
        let signature = unhex(signature)?;
        self.mac(told, visit)?.verify_truncated_left(&signature).ok()?;
        let mut parts = told.split('.');
        let issued_s = parts.next()?.parse().ok()?;
        let place = match parts.next() {
            None => None,
            Some(opened_s) => Some(Place {
                opened_s: opened_s.parse().ok()?,
                group: parts.next()?.parse().ok()?,
                random: parts.next()?.parse().ok()?,
            }),
        };
        Some(Ticket { issued_s, place })
    }

    fn mac(&self, told: &str, visit: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(told.as_bytes());
        // No ticket has this sign, so that one cannot run into the other.
        mac.update(b"|");
        mac.update(visit.as_bytes());
        Some(mac)
    }
}

fn unhex(text: &str) -> Option<[u8; SIGNATURE_BYTES]> {
    (text.len() == 2 * SIGNATURE_BYTES && text.is_ascii()).then_some(())?;
    let mut bytes = [0; SIGNATURE_BYTES];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ticket reads back in its own visit only, under its own key only, and only as it was written.
    #[test]
    fn signed() {
        let (tickets, others) = (Tickets::new([7; 32]), Tickets::new([8; 32]));
        let place = Some(Place { opened_s: 1_700_000_000, group: 3, random: u32::MAX });
        for place in [None, place] {
            let ticket = Ticket { issued_s: 1_700_000_005, place };
            let value = tickets.write(&ticket, "visit");
            assert_eq!(tickets.read(&value, "visit"), Some(ticket));
            assert_eq!(tickets.read(&value, "other"), None);
            assert_eq!(others.read(&value, "visit"), None);
            for changed in
                [value.replacen("17", "18", 1), value.replace('-', ".1-"), format!("{value}0")]
            {
                assert_eq!(tickets.read(&changed, "visit"), None, "{changed}");
            }
        }
        for bad in
            ["", "-", "1", "1-", &format!("1-{}", "é".repeat(16)), &format!("1-{}", "0".repeat(32))]
        {
            assert_eq!(tickets.read(bad, "visit"), None, "{bad}");
        }
    }
}
