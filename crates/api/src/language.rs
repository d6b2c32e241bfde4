//! The language of an answer, by `Accept-Language` (RFC 9110 section 12.5.4).

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use domain::reasons::Language;

/// English if it is preferred to Indonesian; Indonesian otherwise.
pub(crate) fn preferred(headers: &HeaderMap) -> Language {
    let listed = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    let wishes = listed.flat_map(|value| value.split(',')).filter_map(wish);
    // Of equal wishes the first counts.
    let best = wishes.fold(None, |best: Option<(Language, u16)>, wish| match best {
        Some(best) if best.1 >= wish.1 => Some(best),
        _ => Some(wish),
    });
    best.map_or(Language::Indonesian, |(language, _)| language)
}

/// One of ours with its weight in thousandths; a weight of nought is no wish.
fn wish(text: &str) -> Option<(Language, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next()?.to_ascii_lowercase();
    let language = match tag.split('-').next()? {
        "en" => Language::English,
        // `in` is the old code of Indonesian, which some phones still send.
        "id" | "in" | "*" => Language::Indonesian,
        _ => return None,
    };
    let weight =
        parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok());
    let thousandths = (weight.filter(|weight: &f32| (0.0..=1.0).contains(weight))? * 1000.0) as u16;
    (thousandths > 0).then_some((language, thousandths))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headers as browsers and phones send them, and broken ones.
    #[test]
    fn languages() {
        for (header, language) in [
            ("", Language::Indonesian),
            ("en", Language::English),
            ("en-GB,en;q=0.9", Language::English),
            ("id,en;q=0.9", Language::Indonesian),
            ("in-ID", Language::Indonesian),
            ("id;q=0.2, en;q=0.7", Language::English),
            ("jv,en;q=0.5,id;q=0.5", Language::English),
            ("en;q=0", Language::Indonesian),
            ("en;q=x", Language::Indonesian),
            ("fr", Language::Indonesian),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, header.parse().expect("a header"));
            assert_eq!(preferred(&headers), language, "{header}");
        }
    }
}
