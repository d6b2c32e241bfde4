//! Keys and hashes in hexadecimal.

/// Reads 32 bytes, as an argument of the command line.
pub(crate) fn parse_bytes(text: &str) -> Result<[u8; 32], String> {
    let digit =
        |digit: &u8| char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let read = || {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let byte = |[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
        let bytes = pairs.iter().map(byte).collect::<Option<Vec<u8>>>()?;
        bytes.try_into().ok().filter(|_| rest.is_empty())
    };
    read().ok_or_else(|| "write 64 hexadecimal digits".to_owned())
}

/// Writes lower-case digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exactly 64 digits are read, and come back in lower case.
    #[test]
    fn thirty_two_bytes() {
        let text = "0123456789abcdef".repeat(4);
        assert_eq!(parse_bytes(&text).map(|bytes| to_hex(&bytes)), Ok(text.clone()));
        assert_eq!(parse_bytes(&text.to_uppercase()), parse_bytes(&text));
        for wrong in ["", &text[1..], &text[2..], &format!("{text}0"), &format!("{text}00")] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
        for other in ["+", "g", "\u{e9}", " "] {
            assert!(parse_bytes(&format!("{other}{}", &text[other.len()..])).is_err(), "{other}");
        }
    }
}
