//! Where a code went, masked, from what was typed for it: whoever typed it knows it, so an address without an account
//! looks like any other. The browser alone keeps it, and a letter opened on another device shows none.

use domain::codes::CodePurpose;
use domain::identity::{Email, Phone};
use domain::notice::Channel;
use domain::policy::Named as _;
use web::format::hex;

use crate::cookies::Cookie;
use crate::visitor::Visitor;

/// Longest value that is read, in hexadecimal digits: a purpose, and a masked address of 254 bytes and three dots.
const DIGITS_MAX: usize = 600;

/// The cookie and its value for a code to an address.
pub(crate) fn sent_to_email(purpose: CodePurpose, email: &Email) -> (Cookie, String) {
    (Cookie::Sent, hex(format!("{}:{}", purpose.name(), email.masked()).as_bytes()))
}

/// The same for a code to a number.
pub(crate) fn sent_to_phone(purpose: CodePurpose, phone: &Phone) -> (Cookie, String) {
    (Cookie::Sent, hex(format!("{}:{}", purpose.name(), phone.masked()).as_bytes()))
}

/// Where the code of a purpose went on this way, as far as this browser knows.
pub(crate) fn went_to(visitor: &Visitor, purpose: CodePurpose, channel: Channel) -> Option<String> {
    let kept = read(visitor.sent.as_deref()?)?;
    let (name, masked) = kept.split_once(':')?;
    let is_address = masked.contains('@');
    let is_meant = name == purpose.name() && is_address == (channel == Channel::Email);
    is_meant.then(|| masked.to_owned())
}

fn read(value: &str) -> Option<String> {
    (value.len() <= DIGITS_MAX && value.is_ascii() && value.len().is_multiple_of(2))
        .then_some(())?;
    let pairs = value.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> =
        pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written is read; anything else is nothing.
    #[test]
    fn values() {
        let email = Email::parse("siti@contoh.id").expect("an address");
        let (_, value) = sent_to_email(CodePurpose::SignIn, &email);
        assert_eq!(read(&value).as_deref(), Some("sign_in:s•••@contoh.id"));
        for bad in ["0", "zz", "é", "ff", &"61".repeat(301)] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
