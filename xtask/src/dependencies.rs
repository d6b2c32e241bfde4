//! Which crate may depend on what, and which packages may be used at all.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::Value;

/// Direction of dependency inside the workspace: a crate and what it may use of ours.
const ALLOWED: [(&str, &[&str]); 16] = [
    ("domain", &[]),
    ("selection", &[]),
    ("publication", &["selection"]),
    ("storage", &["domain"]),
    ("integrations", &["domain", "publication", "selection"]),
    ("sandbox", &[]),
    ("pictures", &[]),
    ("app", &["domain", "integrations", "pictures", "publication", "selection", "storage"]),
    ("simulator", &["app", "domain", "selection", "storage"]),
    ("http-support", &[]),
    ("api", &["app", "domain", "http-support"]),
    ("portal", &["app", "domain", "http-support", "pictures", "web"]),
    ("web", &["domain", "http-support", "publication", "selection"]),
    ("worker", &["app", "domain", "integrations", "storage"]),
    (
        "gelombang",
        &[
            "api",
            "app",
            "domain",
            "http-support",
            "integrations",
            "portal",
            "publication",
            "sandbox",
            "selection",
            "simulator",
            "storage",
            "web",
            "worker",
        ],
    ),
    ("xtask", &[]),
];

/// Crates that stay pure, and what they must not reach by any path.
const PURE: [&str; 2] = ["domain", "selection"];
const IMPURE: [&str; 7] = ["tokio", "sqlx", "axum", "serde", "getrandom", "rand", "rayon"];

/// Packages the product never uses: one TLS stack and one set of ciphers (docs/adr/0001-stack.md).
const BANNED: [&str; 5] = ["openssl", "openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys"];

/// Licences that the product may contain. A dual licence passes if one side does.
const LICENCES: [&str; 12] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "Unlicense",
    "0BSD",
    // A list of root certificates, which a package of the TLS stack names for other operating systems.
    "CDLA-Permissive-2.0",
];

/// Checks all rules and reports every breach.
pub(crate) fn check() -> anyhow::Result<()> {
    let metadata = metadata()?;
    let mut faults = direction_faults(&metadata);
    faults.extend(purity_faults()?);
    faults.extend(package_faults(&metadata));
    if faults.is_empty() { Ok(()) } else { bail!("\n  {}", faults.join("\n  ")) }
}

fn metadata() -> anyhow::Result<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .output()
        .context("could not run cargo metadata")?;
    serde_json::from_slice(&output.stdout).context("cargo metadata printed no JSON")
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().into_iter().flatten()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn direction_faults(metadata: &Value) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    let mut faults = Vec::new();
    for package in packages(metadata).filter(|package| package["source"].is_null()) {
        let name = text(package, "name");
        let Some(may_use) = allowed.get(name) else {
            faults.push(format!("{name}: add the crate to the table of xtask/src/dependencies.rs"));
            continue;
        };
        let used = package["dependencies"].as_array().into_iter().flatten();
        let used =
            used.filter(|dependency| !dependency["path"].is_null() && dependency["kind"].is_null());
        for dependency in used.map(|dependency| text(dependency, "name")) {
            if !may_use.contains(&dependency) {
                faults.push(format!("{name} must not depend on {dependency}"));
            }
        }
    }
    faults
}

fn purity_faults() -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    for pure in PURE {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--package", pure, "--edges", "normal", "--prefix", "none", "--locked"])
            .output()
            .context("could not run cargo tree")?;
        let tree = String::from_utf8_lossy(&output.stdout).into_owned();
        let names: BTreeSet<&str> =
            tree.lines().filter_map(|line| line.split(' ').next()).collect();
        faults.extend(
            IMPURE
                .iter()
                .filter(|name| names.contains(*name))
                .map(|name| format!("{pure} reaches {name}")),
        );
    }
    Ok(faults)
}

fn package_faults(metadata: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for package in packages(metadata) {
        let (name, licence) = (text(package, "name"), text(package, "license"));
        if BANNED.contains(&name) {
            faults.push(format!("{name} is banned"));
        }
        if !licence_passes(licence) {
            faults.push(format!("{name} has the licence `{licence}`, which is not in the list"));
        }
    }
    faults
}

/// True if every AND part of the expression has an OR side that is allowed.
fn licence_passes(expression: &str) -> bool {
    expression.split(" AND ").all(|part| {
        part.split(['/', '(', ')'])
            .flat_map(|side| side.split(" OR "))
            .map(str::trim)
            .map(|licence| licence.trim_end_matches(" WITH LLVM-exception"))
            .any(|licence| LICENCES.contains(&licence))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expressions as they occur in packages.
    #[test]
    fn licences() {
        for (expression, passes) in [
            ("MIT", true),
            ("MIT OR Apache-2.0", true),
            ("MIT/Apache-2.0", true),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
            ("GPL-3.0", false),
            ("MIT AND GPL-3.0", false),
            ("", false),
        ] {
            assert_eq!(licence_passes(expression), passes, "{expression}");
        }
    }
}
