//! Field types of the published JSON files, and the canonical form of a file (section 16.1).

use std::fmt::{self, Write as _};

use serde::de::{DeserializeOwned, Error as _, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::format::{FormatError, FormatFault};

/// Largest JSON file that is read: far above any honest one, and small enough for memory.
const FILE_SIZE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Largest whole number of a JSON number: every reader's doubles hold it exactly (RFC 8785).
const WHOLE_MAX: u64 = (1 << 53) - 1;

/// Reads a file and refuses every form but the canonical one.
pub(crate) fn read<T: DeserializeOwned + Serialize>(
    file: &str,
    bytes: &[u8],
) -> Result<T, FormatError> {
    let value: T = read_any_form(file, bytes)?;
    let canonical = write(&value);
    if canonical == bytes {
        return Ok(value);
    }
    let same = canonical.iter().zip(bytes).take_while(|(own, given)| own == given).count();
    Err(FormatError { file: file.to_owned(), fault: FormatFault::NotCanonical { offset: same } })
}

/// Reads a file that is not published, such as one written by hand, with any white space and order.
pub(crate) fn read_any_form<T: DeserializeOwned>(
    file: &str,
    bytes: &[u8],
) -> Result<T, FormatError> {
    let refused = |fault| FormatError { file: file.to_owned(), fault };
    if bytes.len() > FILE_SIZE_BYTES_MAX {
        return Err(refused(FormatFault::TooLarge { size_bytes: bytes.len() }));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = error.path().to_string();
        refused(FormatFault::Field { field, reason: error.inner().to_string() })
    })?;
    reader.end().map_err(|error| {
        refused(FormatFault::Field { field: ".".to_owned(), reason: error.to_string() })
    })?;
    Ok(value)
}

/// The canonical form of a file.
///
/// # Panics
/// Never for the types of this crate: they have no floats, no maps with keys other than strings, and
/// no whole number beyond 53 bits.
pub(crate) fn write<T: Serialize>(value: &T) -> Vec<u8> {
    let written = serde_json_canonicalizer::to_vec(value);
    assert!(written.is_ok(), "every published type has a canonical form");
    written.unwrap_or_default()
}

/// Writes lower-case digits without a prefix.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads exactly `N` bytes in lower-case hexadecimal.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

/// `N` bytes in lower-case hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hex<const N: usize>(pub(crate) [u8; N]);

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits<const N: usize>;
        impl<const N: usize> Visitor<'_> for Digits<N> {
            type Value = Hex<N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{N} bytes in lower-case hexadecimal")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Hex<N>, E> {
                unhex(text).map(Hex).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Digits::<N>)
    }
}

/// `N` bytes in lower-case hexadecimal, or an empty text for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HexOrEmpty<const N: usize>(pub(crate) Option<[u8; N]>);

impl<const N: usize> Serialize for HexOrEmpty<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.map(|bytes| hex(&bytes)).unwrap_or_default())
    }
}

impl<'de, const N: usize> Deserialize<'de> for HexOrEmpty<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self(None));
        }
        let bytes = unhex(&text).ok_or_else(|| {
            let expected = format!("{N} bytes in lower-case hexadecimal, or nothing");
            D::Error::invalid_value(Unexpected::Str(&text), &expected.as_str())
        })?;
        Ok(Self(Some(bytes)))
    }
}

/// A 64-bit number as a decimal text without leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct U64Text(pub(crate) u64);

impl Serialize for U64Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for U64Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // Signs and leading zeros do not survive the comparison with the canonical form.
        text.parse().map(Self).map_err(|_| {
            D::Error::invalid_value(Unexpected::Str(&text), &"a 64-bit number in decimal digits")
        })
    }
}

/// A time (Unix seconds, UTC): a JSON number that doubles hold exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whole(pub(crate) u64);

impl Serialize for Whole {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 > WHOLE_MAX {
            return Err(serde::ser::Error::custom("a number is beyond 53 bits"));
        }
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer)?;
        if number > WHOLE_MAX {
            let expected = "a whole number of at most 53 bits";
            return Err(D::Error::invalid_value(Unexpected::Unsigned(number), &expected));
        }
        Ok(Self(number))
    }
}

/// A sum of seats or people. It is a `u32` in the file; a larger one is written for the reader to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) u64);

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u32::deserialize(deserializer).map(|number| Self(number.into()))
    }
}

/// The version of the format: always 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Version;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(1)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            1 => Ok(Self),
            other => Err(D::Error::invalid_value(Unexpected::Unsigned(other), &"version 1")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        a: Whole,
        b: Hex<2>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        c: Option<U64Text>,
    }

    /// Goal: one form of a file is read and no other; method: a table of texts.
    #[test]
    fn only_the_canonical_form() {
        let check = |text: &str, said: Option<&str>| {
            let read = read::<Sample>("x.json", text.as_bytes());
            match (read, said) {
                (Ok(_), None) => {}
                (Err(error), Some(said)) => {
                    let error = error.to_string();
                    assert!(error.starts_with("x.json") && error.contains(said), "{text}: {error}");
                }
                (read, _) => panic!("{text}: {read:?}"),
            }
        };
        check(r#"{"a":1,"b":"0aff"}"#, None);
        check(r#"{"a":1,"b":"0aff","c":"18446744073709551615"}"#, None);
        check(r#"{"b":"0aff","a":1}"#, Some("canonical"));
        check(r#"{"a":1, "b":"0aff"}"#, Some("canonical"));
        check("{\"a\":1,\"b\":\"0aff\"}\n", Some("canonical"));
        check(r#"{"a":1,"b":"0aff"}x"#, Some("trailing"));
        check(r#"{"a":1,"a":1,"b":"0aff"}"#, Some("duplicate field `a`"));
        check(r#"{"a":1,"b":"0aff","d":1}"#, Some("unknown field `d`"));
        check(r#"{"a":1,"b":"0AFF"}"#, Some("field b"));
        check(r#"{"a":1,"b":"0aff0"}"#, Some("field b"));
        check(r#"{"a":1,"b":"\u0030aff"}"#, Some("canonical"));
        check(r#"{"a":1.0,"b":"0aff"}"#, Some("field a"));
        check(r#"{"a":-1,"b":"0aff"}"#, Some("field a"));
        check(r#"{"a":9007199254740991,"b":"0aff"}"#, None);
        check(r#"{"a":9007199254740992,"b":"0aff"}"#, Some("53 bits"));
        check(r#"{"a":1,"b":"0aff","c":"01"}"#, Some("canonical"));
        check(r#"{"a":1,"b":"0aff","c":"+1"}"#, Some("canonical"));
        check(r#"{"a":1,"b":"0aff","c":1}"#, Some("field c"));
        check(r#"{"a":1,"b":"0aff","c":null}"#, Some("canonical"));
        check(r#"{"a":1}"#, Some("missing field `b`"));
        check("", Some("EOF"));
    }
}
