//! What somebody typed into a form that could not be taken: sealed, so that a cookie can hold it until its page is open
//! again, and the server keeps none of it. It is shown on the page it was typed on, in the browser it was typed in, and to
//! the account it was typed by.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ids::AccountId;
use domain::time::Timestamp;
use rand_core::Rng;
use serde::{Deserialize, Serialize};
use storage::vault::KeyRing;
use uuid::Uuid;

/// How long it lasts: an hour, in microseconds, within which whoever has to sign in again has done so.
pub const KEPT_MICROS: i64 = 3600 * 1_000_000;
/// Most characters that it has when sealed. A browser drops a cookie of more than 4,096 bytes, name and attributes
/// included (RFC 6265 section 6.1); the longest complaint fits if it is mostly of Latin letters.
const CHARACTERS_MAX: usize = 3_800;

/// Where a form stands, and in whose browser. Nowhere else it is opened again.
#[derive(Clone, Copy, Debug)]
pub struct KeptAt<'a> {
    /// The random value of the visit.
    pub visit: &'a str,
    /// Address of the page, as it stands in Indonesian.
    pub path: &'a str,
}

impl KeptAt<'_> {
    fn owner(self) -> Vec<u8> {
        [b"form\0", self.visit.as_bytes(), b"\0", self.path.as_bytes()].concat()
    }
}

/// A form that is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptForm {
    /// Who typed it, if anybody was signed in.
    pub account: Option<AccountId>,
    /// True if it came too late: the session was over, or another one had begun.
    pub is_late: bool,
    /// Names and values of its fields.
    pub fields: Vec<(String, String)>,
}

/// People type anything into a form, so it is not shown.
impl std::fmt::Debug for KeptForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeptForm({} fields)", self.fields.len())
    }
}

/// What is sealed, with names of one letter, since a cookie is small.
#[derive(Deserialize, Serialize)]
struct Written {
    a: Option<[u8; 16]>,
    l: bool,
    e: i64,
    f: Vec<(String, String)>,
}

impl KeptForm {
    /// As a cookie holds it; `None` if it is too long for one.
    pub fn seal(
        self,
        keys: &KeyRing,
        at: KeptAt<'_>,
        now: Timestamp,
        rng: &mut (impl Rng + ?Sized),
    ) -> Option<String> {
        let a = self.account.map(|account| account.uuid().into_bytes());
        let e = now.plus_micros(KEPT_MICROS).micros();
        let plain = serde_json::to_vec(&Written { a, l: self.is_late, e, f: self.fields }).ok()?;
        let mut nonce = [0; 24];
        rng.fill_bytes(&mut nonce);
        let sealed = URL_SAFE_NO_PAD.encode(keys.wrap(&at.owner(), &plain, nonce).ok()?);
        (sealed.len() <= CHARACTERS_MAX).then_some(sealed)
    }

    /// Reads what [`Self::seal`] wrote at the same place; `None` for anything else, or once it is over.
    pub fn open(keys: &KeyRing, text: &str, at: KeptAt<'_>, now: Timestamp) -> Option<Self> {
        (text.len() <= CHARACTERS_MAX).then_some(())?;
        let plain = keys.unwrap(&at.owner(), &URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let Written { a, l, e, f } = serde_json::from_slice(&plain).ok()?;
        let account = a.map(|bytes| AccountId::from_uuid(Uuid::from_bytes(bytes)));
        (now.micros() < e).then_some(Self { account, is_late: l, fields: f })
    }
}

#[cfg(test)]
mod tests {
    use domain::complaints::TEXT_MAX;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    fn form(value: &str) -> KeptForm {
        let account = Some(AccountId::from_uuid(Uuid::from_bytes([7; 16])));
        KeptForm { account, is_late: true, fields: vec![("uraian".to_owned(), value.to_owned())] }
    }

    /// A form reads back on its page, in its browser, until it is over; anywhere else, changed or cut, it does not.
    #[test]
    fn seals() {
        let (keys, now) = (KeyRing::new(1, [1; 32], [2; 32]), Timestamp::from_micros(5));
        let mut rng = rand_chacha::ChaCha8Rng::from_seed([0; 32]);
        let at = KeptAt { visit: "v", path: "/akun" };
        let long = "\u{e9}".repeat(9) + &"a".repeat(TEXT_MAX - 9);
        let text = form(&long).seal(&keys, at, now, &mut rng).expect("the longest fits");
        let end = now.plus_micros(KEPT_MICROS);
        assert_eq!(KeptForm::open(&keys, &text, at, end.minus_micros(1)), Some(form(&long)));
        assert_eq!(KeptForm::open(&keys, &text, at, end), None);
        for other in [KeptAt { visit: "w", ..at }, KeptAt { path: "/akun/", ..at }] {
            assert_eq!(KeptForm::open(&keys, &text, other, now), None, "{other:?}");
        }
        let flipped = text.replacen('A', "B", 1);
        for bad in ["", "!", "\u{e9}", &text[2..], &text[..text.len() - 2], &flipped] {
            assert_eq!(KeptForm::open(&keys, bad, at, now), None, "{bad}");
        }
        assert_eq!(form(&"a".repeat(4_000)).seal(&keys, at, now, &mut rng), None);
    }
}
