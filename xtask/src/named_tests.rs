//! Tests that a document names, as `path/to/file.rs::name`: each must exist.

use std::fs;

use anyhow::{Context as _, bail};

/// Documents that name tests in that way.
const DOCUMENTS: [&str; 1] = ["docs/SECURITY.md"];

/// Looks every named test up.
pub(crate) fn check() -> anyhow::Result<()> {
    let mut missing = Vec::new();
    for document in DOCUMENTS {
        let text =
            fs::read_to_string(document).with_context(|| format!("could not read {document}"))?;
        let named = text.split('`').filter_map(|quoted| quoted.split_once("::"));
        for (path, name) in named.filter(|(path, _)| path.contains('/')) {
            let source = fs::read_to_string(path).unwrap_or_default();
            let is_there =
                source.contains(&format!("fn {name}(")) || source.contains(&format!("fn {name}<"));
            if !is_there {
                missing.push(format!("{document}: there is no {path}::{name}"));
            }
        }
    }
    if missing.is_empty() { Ok(()) } else { bail!("\n  {}", missing.join("\n  ")) }
}
