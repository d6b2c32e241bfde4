//! The style sheet: contrast of the palette, measured as WCAG 2.2 defines it.

use std::collections::BTreeMap;

const CSS: &str = include_str!("../../assets/gelombang.css");

/// The colours of the style sheet by name.
fn palette() -> BTreeMap<&'static str, [u8; 3]> {
    let colour = |line: &'static str| {
        let (name, value) = line.trim().strip_prefix("--")?.split_once(": #")?;
        let value = u32::from_str_radix(value.strip_suffix(';')?, 16).expect("a colour");
        let [_, red, green, blue] = value.to_be_bytes();
        Some((name, [red, green, blue]))
    };
    CSS.lines().filter_map(colour).collect()
}

/// Relative luminance of a colour.
fn luminance(colour: [u8; 3]) -> f64 {
    let [red, green, blue] = colour.map(|channel| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Text reaches 4.5 on every ground it stands on, and shapes that say something reach 3.
#[test]
fn contrast_of_every_pair_in_use() {
    let palette = palette();
    for (front, ground, least) in [
        ("arang", "pasir", 4.5),
        ("arang", "buih", 4.5),
        ("arang", "riak", 4.5),
        ("arang", "fokus", 4.5),
        ("kelabu", "pasir", 4.5),
        ("laut", "pasir", 4.5),
        ("ombak", "pasir", 4.5),
        ("ombak", "buih", 4.5),
        ("laut", "buih", 4.5),
        ("putih", "laut", 4.5),
        ("putih", "ombak", 4.5),
        ("putih", "merah", 4.5),
        ("arang", "putih", 4.5),
        ("padi", "putih", 4.5),
        ("daun", "putih", 4.5),
        ("merah", "putih", 4.5),
        ("merah", "pasir", 4.5),
        ("kelabu", "putih", 4.5),
        ("laut", "putih", 4.5),
        // Shapes: bars, columns inside columns, the edge of a tile, both parts of the focus ring.
        ("padi", "pasir", 3.0),
        ("merah", "pasir", 3.0),
        ("laut", "riak", 3.0),
        ("arang", "pasir", 3.0),
        ("fokus", "laut", 3.0),
    ] {
        let ratio = contrast(palette[front], palette[ground]);
        assert!(ratio >= least, "{front} on {ground}: {ratio:.2}");
    }
}

/// The style sheet has the palette of the identity: the ratios it publishes are measured again.
#[test]
fn published_ratios() {
    let palette = palette();
    for (front, ground, published) in [
        ("laut", "putih", 11.9),
        ("ombak", "putih", 5.8),
        ("ombak", "pasir", 5.4),
        ("arang", "buih", 14.4),
        ("arang", "pasir", 15.2),
        ("arang", "putih", 16.4),
        ("kelabu", "putih", 7.0),
        ("kelabu", "pasir", 6.5),
        ("padi", "putih", 5.0),
        ("daun", "putih", 6.5),
        ("padi", "pasir", 4.7),
        ("merah", "putih", 6.5),
        ("merah", "pasir", 6.1),
        ("arang", "fokus", 10.7),
    ] {
        let ratio = contrast(palette[front], palette[ground]);
        assert!((ratio - published).abs() <= 0.1, "{front} on {ground}: {ratio:.2}");
    }
}

/// Every colour is used, and none is written anywhere but in the palette.
#[test]
fn colours_have_names() {
    for name in palette().keys() {
        assert!(CSS.contains(&format!("var(--{name})")), "{name} is not used");
    }
    let (_, rules) = CSS.split_once('}').expect("the palette comes first");
    let written = rules.replace("color: #000", "");
    assert!(!written.contains(": #"), "a colour is written outside the palette");
}
