//! Passwords that are long and guessed all the same.

use std::sync::LazyLock;

use crate::identity::Email;

/// Lengthy passwords that many people have (data/README.md), in small letters.
static COMMON: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("../../../../data/passwords-common.txt").lines().collect());

/// What whoever guesses a password of this programme tries first; the longer words before what they contain.
const WORDS: [&str; 10] = [
    "kartuprakerja",
    "gelombang",
    "prakerja",
    "katasandi",
    "indonesia",
    "pelatihan",
    "password",
    "bismillah",
    "sandi",
    "kartu",
];
/// Fewest characters beside such words. Assumed.
const BESIDE_MIN: usize = 5;
/// Fewest characters that differ from each other. Assumed.
const DISTINCT_MIN: usize = 5;

/// True if a password is one of the common ones, little else than words of the programme or the address, few characters
/// over and over, or a run such as 123456. Assumed: no source names a list (ASVS 5.0, 6.2.4 and 6.2.11, asks for one).
pub(super) fn is_guessable(password: &str, email: &Email) -> bool {
    let small: String = password.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    let name = email.expose().split('@').next().unwrap_or_default().to_lowercase();
    COMMON.binary_search(&small.as_str()).is_ok()
        || characters_beside(&small, &name) < BESIDE_MIN
        || distinct(&small) < DISTINCT_MIN
        || is_run(&small)
}

fn characters_beside(password: &str, name: &str) -> usize {
    let name = (name.chars().count() >= 4).then_some(name);
    let words = name.into_iter().chain(WORDS);
    words.fold(password.to_owned(), |left, word| left.replace(word, "")).chars().count()
}

fn distinct(password: &str) -> usize {
    let mut characters: Vec<char> = password.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    characters.len()
}

/// True if three of four characters are the one before, the next, or that one again.
fn is_run(password: &str) -> bool {
    let codes: Vec<u32> = password.chars().map(u32::from).collect();
    let steps = codes.windows(2).filter(|pair| matches!(pair, [a, b] if a.abs_diff(*b) <= 1));
    steps.count().saturating_mul(4) >= codes.len().saturating_mul(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each way of being guessable, and sentences that are not.
    #[test]
    fn passwords() {
        let email = Email::parse("siti.aminah@contoh.id").expect("an address");
        for (password, guessable) in [
            ("1q2w3e4r5t6y", true),
            ("Counterstrike", true),
            ("Gelombang 2026", true),
            ("kartu prakerja 1", true),
            ("siti.aminah99", true),
            ("ababababababab", true),
            ("123456789012", true),
            ("abcdefghijklm", true),
            ("zyxwvu987654", true),
            ("kata sandi yang benar", false),
            ("everybody in chaos", false),
            ("ikan asin di pasar", false),
            ("gelombang setinggi rumah", false),
            ("7Kp-2wq.9zLt", false),
        ] {
            assert_eq!(is_guessable(password, &email), guessable, "{password}");
        }
    }

    /// The list can be searched, and holds nothing that is too short to be taken anyway.
    #[test]
    fn list() {
        assert!(COMMON.is_sorted() && COMMON.len() > 200);
        assert!(COMMON.iter().all(|one| one.chars().count() >= 12));
    }
}
