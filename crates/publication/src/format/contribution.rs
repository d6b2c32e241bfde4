//! What a contributor hands to whoever runs a wave: first a commitment, later the value that opens it.
//!
//! These files are not published themselves; what they hold is, in `plan.json` and `reveals.json`.

use serde::{Deserialize, Serialize};

use super::{Commitment, FormatError, Reveal};
use crate::wire::{self, Hex, Version};

/// A file of a contributor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContributionFile {
    /// Context of the wave.
    pub ctx: [u8; 32],
    /// What is given.
    pub given: Given,
}

/// What a contributor gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A commitment, before the list is public.
    Commitment(Commitment),
    /// The committed value, before the beacon.
    Reveal(Reveal),
}

impl ContributionFile {
    /// Reads such a file, in any form of JSON: it may have come by mail.
    ///
    /// # Errors
    /// [`FormatError`] unless it holds either a commitment with its signature or a value.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, FormatError> {
        let File { commitment, ctx, name, signature, value, version: Version } =
            wire::read_any_form(file, bytes)?;
        let given = match (commitment, signature, value) {
            (Some(Hex(commitment)), Some(Hex(signature)), None) => {
                Given::Commitment(Commitment { name, commitment, signature })
            }
            (None, None, Some(Hex(value))) => Given::Reveal(Reveal { name, value }),
            _ => {
                let reason = "it holds neither a commitment with its signature nor a value alone";
                return Err(FormatError::field(file, ".", reason));
            }
        };
        Ok(Self { ctx: ctx.0, given })
    }

    /// The file.
    pub fn write(&self) -> Vec<u8> {
        let (commitment, signature, value) = match &self.given {
            Given::Commitment(own) => (Some(Hex(own.commitment)), Some(Hex(own.signature)), None),
            Given::Reveal(own) => (None, None, Some(Hex(own.value))),
        };
        wire::write(&File {
            commitment,
            ctx: Hex(self.ctx),
            name: self.name().to_owned(),
            signature,
            value,
            version: Version,
        })
    }

    /// Name of the contributor.
    pub fn name(&self) -> &str {
        match &self.given {
            Given::Commitment(own) => &own.name,
            Given::Reveal(own) => &own.name,
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commitment: Option<Hex<32>>,
    ctx: Hex<32>,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<Hex<64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Hex<32>>,
    version: Version,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a file is a commitment or a value, never both or half of one. Method: both written and read again, with
    /// white space too; then the fields mixed.
    #[test]
    fn one_or_the_other() {
        let name = "party".to_owned();
        let commitment = Commitment { name: name.clone(), commitment: [1; 32], signature: [2; 64] };
        let reveal = Reveal { name, value: [3; 32] };
        for given in [Given::Commitment(commitment), Given::Reveal(reveal)] {
            let file = ContributionFile { ctx: [4; 32], given };
            let mut text = String::from_utf8(file.write()).unwrap();
            assert_eq!(ContributionFile::read("file", text.as_bytes()), Ok(file.clone()));
            text = format!(" {}\n", text.replace(',', ",\n  "));
            assert_eq!(ContributionFile::read("file", text.as_bytes()), Ok(file));
        }
        let (ctx, hex, long) = ("0".repeat(64), "1".repeat(64), "2".repeat(128));
        let read = |fields: &str| {
            let text = format!(r#"{{"ctx":"{ctx}","name":"party","version":1{fields}}}"#);
            ContributionFile::read("file", text.as_bytes())
        };
        let commitment = format!(r#","commitment":"{hex}""#);
        let signature = format!(r#","signature":"{long}""#);
        let value = format!(r#","value":"{hex}""#);
        assert!(read(&value).is_ok() && read(&format!("{commitment}{signature}")).is_ok());
        for wrong in [
            String::new(),
            commitment.clone(),
            signature.clone(),
            format!("{commitment}{value}"),
            format!("{commitment}{signature}{value}"),
            format!("{value}{value}"),
            r#","other":1"#.to_owned(),
        ] {
            let error = read(&wrong).unwrap_err();
            assert_eq!(error.file, "file", "{wrong}");
        }
    }
}
