//! Where somebody stands who is not signed in yet and waits for a code: sealed, so that a cookie or a link can hold it and
//! nobody can read or make one. It proves nothing by itself; the code is still to be typed. The one in a letter about a
//! forgotten password is more: nobody has it but who reads the letter, so no code is asked for, and nobody can use up its
//! tries.

use domain::codes::CodePurpose;
use domain::policy::Named as _;
use domain::time::Timestamp;
use rand_core::Rng;
use storage::codes::CodeOwner;
use storage::keys::to_hex;
use storage::vault::KeyRing;
use uuid::Uuid;

/// How long it lasts: 3 hours, in microseconds, which is longer than a wait for another code.
pub const STEP_MICROS: i64 = 3 * 3600 * 1_000_000;
/// What it is sealed for.
const OWNER: &[u8] = b"step";

/// Waiting for a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    purpose: CodePurpose,
    owner: Uuid,
    ends_at: Timestamp,
    /// What a letter replaces, if it is one of a letter that needs no code.
    letter: Option<LetterMark>,
}

/// Of the password that a letter lets somebody replace, so that it does so once.
pub(crate) type LetterMark = [u8; 8];

impl Step {
    /// A step that begins now.
    pub(crate) const fn new((owner, purpose): CodeOwner, now: Timestamp) -> Self {
        Self { purpose, owner, ends_at: now.plus_micros(STEP_MICROS), letter: None }
    }

    /// What the code is for.
    pub const fn purpose(self) -> CodePurpose {
        self.purpose
    }

    /// The same for a letter that needs no code.
    pub(crate) const fn in_letter(self, letter: LetterMark) -> Self {
        Self { letter: Some(letter), ..self }
    }

    /// The mark of its letter, if no code is needed.
    pub(crate) const fn letter(self) -> Option<LetterMark> {
        self.letter
    }

    /// True if a code is to be typed.
    pub const fn needs_code(self) -> bool {
        self.letter.is_none()
    }

    pub(crate) const fn code_owner(self) -> CodeOwner {
        (self.owner, self.purpose)
    }

    /// As a cookie or link holds it.
    pub fn seal(self, keys: &KeyRing, rng: &mut (impl Rng + ?Sized)) -> Option<String> {
        let mut nonce = [0; 24];
        rng.fill_bytes(&mut nonce);
        let ends_at = self.ends_at.micros().to_be_bytes();
        let letter = self.letter.unwrap_or_default();
        let is_letter = [u8::from(self.letter.is_some())];
        let name = self.purpose.name().as_bytes();
        let plain =
            [self.owner.as_bytes().as_slice(), &ends_at, &is_letter, &letter, name].concat();
        keys.wrap(OWNER, &plain, nonce).ok().map(|sealed| to_hex(&sealed))
    }

    /// Reads what [`Self::seal`] wrote; `None` for anything else, or once it is over.
    pub fn open(keys: &KeyRing, text: &str, now: Timestamp) -> Option<Self> {
        Self::read(keys, text).filter(|step| now < step.ends_at)
    }

    /// The same, over or not.
    pub fn read(keys: &KeyRing, text: &str) -> Option<Self> {
        let plain = keys.unwrap(OWNER, &unhex(text)?).ok()?;
        let (owner, rest) = plain.split_first_chunk::<16>()?;
        let (ends_at, rest) = rest.split_first_chunk::<8>()?;
        let (is_letter, rest) = rest.split_first()?;
        let (mark, name) = rest.split_first_chunk::<8>()?;
        let letter = (*is_letter == 1).then_some(*mark);
        let purpose = CodePurpose::from_name(std::str::from_utf8(name).ok()?)?;
        let ends_at = Timestamp::from_micros(i64::from_be_bytes(*ends_at));
        Some(Self { purpose, owner: Uuid::from_bytes(*owner), ends_at, letter })
    }
}

/// Bytes of at most 200 hexadecimal digits.
fn unhex(text: &str) -> Option<Vec<u8>> {
    (text.len() <= 200 && text.is_ascii() && text.len().is_multiple_of(2)).then_some(())?;
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    /// A step reads back until it is over; changed, cut or of other keys, it does not.
    #[test]
    fn seals() {
        let keys = KeyRing::new(1, [1; 32], [2; 32]);
        let start = Timestamp::from_micros(1_000_000);
        let step = Step::new((Uuid::from_bytes([7; 16]), CodePurpose::SignIn), start);
        let mut rng = rand_chacha::ChaCha8Rng::from_seed([0; 32]);
        let text = step.seal(&keys, &mut rng).expect("sealed");
        let end = start.plus_micros(STEP_MICROS);
        assert_eq!(Step::open(&keys, &text, end.minus_micros(1)), Some(step));
        assert_eq!(Step::open(&keys, &text, end), None);
        assert_eq!(Step::read(&keys, &text), Some(step));
        let owner = (Uuid::from_bytes([7; 16]), CodePurpose::ResetPassword);
        let letter = Step::new(owner, start).in_letter([9; 8]);
        let sealed = letter.seal(&keys, &mut rng).expect("sealed");
        assert_eq!(Step::open(&keys, &sealed, start), Some(letter));
        assert_eq!([letter.needs_code(), step.needs_code()], [false, true]);
        let other = KeyRing::new(1, [3; 32], [2; 32]);
        assert_eq!(Step::open(&other, &text, start), None);
        let flipped = text.replacen(['0', '1'], "f", 1);
        for bad in ["", "zz", "é", &text[2..], &text[..text.len() - 2], &flipped, &text.repeat(9)]
        {
            assert_eq!(Step::open(&keys, bad, start), None, "{bad}");
        }
    }
}
