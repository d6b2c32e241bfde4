//! The reason that an officer gives for an act: kept for ever and read by many, so it names nobody by number or
//! address.

/// Longest reason in bytes.
const REASON_BYTES_MAX: usize = 500;
/// So many digits are the number of a document or a day; more are that of a person, a telephone or an account.
const DIGITS_MAX: usize = 8;
/// Digits of a NIK or family card: so many are one, in whatever parts they are written.
const CARD_DIGITS: usize = 16;
/// Digits of a part of a number that is written apart; shorter ones, such as waves one after the other, are numbers
/// of their own.
const PART_DIGITS_MIN: usize = 3;

/// What is wrong with a reason. A reason stays in the audit trail for ever and is read by many, so it names nobody
/// by number or address; ids say whom an act concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReasonFault {
    /// It says nothing.
    #[error("a reason must not be empty")]
    Empty,
    /// Too long, or with a control character.
    #[error("a reason has at most {REASON_BYTES_MAX} bytes and no control characters")]
    Form,
    /// It holds what looks like the number or the address of a person.
    #[error(
        "a reason is kept for ever, so it must hold no personal number, telephone or e-mail address; say it without, and write an amount with Rp before it"
    )]
    Personal,
}

/// The reason that an officer gives for an act, without blanks around it.
///
/// # Errors
/// [`ReasonFault`].
pub fn read_reason(text: &str) -> Result<&str, ReasonFault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ReasonFault::Empty);
    }
    if text.len() > REASON_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(ReasonFault::Form);
    }
    if text.contains('@') || holds_number_of_person(text) {
        return Err(ReasonFault::Personal);
    }
    Ok(text)
}

/// True if a number of a person stands somewhere, in one or in parts. Amounts and days stand for themselves.
fn holds_number_of_person(text: &str) -> bool {
    let text = without_amounts(text);
    if holds_card_in_fours(&text) {
        return true;
    }
    text.split(|c: char| !c.is_ascii_digit() && !is_between_parts(c)).any(|stretch| {
        let words: Vec<&str> = stretch.split_whitespace().map(trim_to_digits).collect();
        words.split(|word| is_day(word) || is_days(word)).any(|words| {
            let parts = words.iter().flat_map(|word| word.split(is_between_parts));
            is_number_of_person(&parts.filter(|part| !part.is_empty()).collect::<Vec<_>>())
        })
    })
}

/// True for what people put between the parts of one number.
fn is_between_parts(c: char) -> bool {
    c.is_whitespace() || matches!(c, '.' | '-' | '(' | ')' | '+' | '\u{2011}' | '\u{2013}')
}

fn trim_to_digits(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_ascii_digit())
}

/// The text with a mark in place of each amount that rupiah are named before.
fn without_amounts(text: &str) -> String {
    let mut left = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ','));
        let (number, after) = from.split_at(end.unwrap_or(from.len()));
        left.push_str(before);
        left.push_str(if names_rupiah(before) && is_amount(number) { ";" } else { number });
        rest = after;
    }
    left + rest
}

fn names_rupiah(before: &str) -> bool {
    let before = before.trim_end_matches(|c: char| c.is_whitespace() || c == '.');
    let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    word.eq_ignore_ascii_case("rp") || word.eq_ignore_ascii_case("idr")
}

/// True for rupiah in one or in groups of three, with up to two decimals. A telephone begins with a nought or has
/// groups of four, and a NIK is too long.
fn is_amount(number: &str) -> bool {
    let number = trim_to_digits(number);
    let whole = match number.rsplit_once(['.', ',']) {
        Some((whole, decimals)) if decimals.len() < 3 => whole,
        _ => number,
    };
    let mut groups = whole.split(['.', ',']);
    let first = groups.next().unwrap_or_default();
    number.bytes().filter(u8::is_ascii_digit).count() < CARD_DIGITS
        && !first.starts_with('0')
        && (first.len() <= 3 || first.len() == whole.len())
        && groups.all(|group| group.len() == 3)
}

/// True for two days with a dash between, such as `02.11.2023-05.11.2023`.
fn is_days(word: &str) -> bool {
    word.match_indices(['-', '\u{2013}']).any(|(at, dash)| {
        let (from, rest) = word.split_at(at);
        is_day(from) && rest.strip_prefix(dash).is_some_and(is_day)
    })
}

/// True for a card in groups of four, whatever stands between them.
fn holds_card_in_fours(text: &str) -> bool {
    text.split(char::is_alphabetic).any(|stretch| {
        let groups: Vec<&str> = stretch
            .split(|c: char| !c.is_ascii_digit())
            .filter(|group| !group.is_empty())
            .collect();
        groups.windows(4).any(|four| {
            four.iter().all(|group| group.len() == 4) && !four.iter().all(|group| is_year(group))
        })
    })
}

/// True for a day such as `2023-11-02` or `2.11.2023`.
fn is_day(word: &str) -> bool {
    let within = |part: &str, max: u8| {
        part.len() <= 2 && part.parse::<u8>().is_ok_and(|number| (1..=max).contains(&number))
    };
    match *word.split(['-', '.']).collect::<Vec<_>>() {
        [year, month, day] if is_year(year) => within(month, 12) && within(day, 31),
        [day, month, year] => is_year(year) && within(month, 12) && within(day, 31),
        _ => false,
    }
}

fn is_year(part: &str) -> bool {
    part.len() == 4 && (part.starts_with("19") || part.starts_with("20"))
}

/// True if digits that stand beside each other hold a number of a person: a whole card in any parts, a telephone,
/// which begins with 0 or 62 8, in any parts, or a long number in parts of three digits and more.
fn is_number_of_person(parts: &[&str]) -> bool {
    let is_long = |parts: &[&str]| {
        parts.concat().len() > DIGITS_MAX && !parts.iter().all(|part| is_year(part))
    };
    let is_telephone = |parts: &[&str]| {
        let written = parts.concat();
        written.len() > DIGITS_MAX && (written.starts_with('0') || written.starts_with("628"))
    };
    (is_long(parts) && parts.concat().len() >= CARD_DIGITS)
        || parts.split(|part| part.len() < PART_DIGITS_MIN).any(is_long)
        || (0..parts.len()).filter_map(|start| parts.get(start..)).any(is_telephone)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of documents, days, waves and money may stand in a reason; those of people may not, however they are
    /// written apart.
    #[test]
    fn reasons() {
        for good in [
            " flood ",
            "SK 48/2023 of 2023-11-02",
            "PP 71/2019",
            "from 2023-11-02 09:30 to 2023-11-05 10:00",
            "2.11.2023 - 05.11.2023, 09.30 - 11.00",
            "05.11.2023-12.11.2023",
            "2023-11-02\u{2013}2023-11-05",
            "2019/2020/2021/2022",
            "years 2019 2020 2021 2022",
            "waves 48 49 50 51 52",
            "wave 48, 1200 seats, 350 people",
            "Rp1.500.000.000 too much",
            "Rp1500000000",
            "Rp. 1500000000, not rp 150000000.",
            "(IDR 1,500,000,000.00)",
            "Rp4.200.000,00 each of 12345678 people",
            "Rp1,5 miliar",
        ] {
            assert_eq!(read_reason(good), Ok(good.trim()), "{good:?}");
        }
        let long = "x".repeat(REASON_BYTES_MAX + 1);
        for (bad, fault) in [
            ("", ReasonFault::Empty),
            ("  ", ReasonFault::Empty),
            ("a\0b", ReasonFault::Form),
            (&long, ReasonFault::Form),
            ("siti@contoh.id asked", ReasonFault::Personal),
        ] {
            assert_eq!(read_reason(bad), Err(fault), "{bad:?}");
        }
        for personal in [
            "of 1571014101900001",
            "NIK 3171 2345 6789 0123",
            "NIK 1971 2023 2001 1999 01",
            "3171.2345.6789.0123",
            "3171/2345/6789/0123",
            "3171\u{2014}2345 , 6789_0123",
            "31 71 23 45 67 89 01 23",
            "317123\u{a0}456789\u{a0}0123",
            "call 0812-5551-2345",
            "0812.3456.7890",
            "0812 345 678",
            "08 12 34 56 78 90",
            "+62 812 3456 7890",
            "62 8 12 34 56 78 90",
            "(021) 555 12345",
            "case 5: 0812 3456 7890",
            "case 5 0812 3456 7890",
            "2023-11-02 0812 3456 7890",
            "account 123 456 7890",
            "1.500.000.000",
            "Rp 3171234567890123",
            "Rp 3171 2345 6789 0123",
            "Rp081234567890",
            "Rp812.3456.7890",
            "Rp1.500.000 to 0812 3456 7890",
            "Corp 123456789",
        ] {
            assert_eq!(read_reason(personal), Err(ReasonFault::Personal), "{personal:?}");
        }
    }
}
