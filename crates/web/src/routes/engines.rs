//! `GET /robots.txt` and `GET /sitemap.xml`: what programs that search the web may and should read.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;

use crate::front::Front;
use crate::language::Language;
use crate::respond::{TEXT, fresh};
use crate::routes::{faults, within_limit};

const XML: &str = "application/xml; charset=utf-8";

/// Nobody is to be led to an account, nor to gigabytes of files and figures for programs.
const RULES: &str = "User-agent: *\n\
                     Disallow: /api/\n\
                     Disallow: /berkas/\n\
                     Disallow: /kesehatan/\n\
                     Disallow: /akun\n\
                     Disallow: /en/akun\n";

pub(super) async fn robots(State(front): State<Arc<Front>>, headers: HeaderMap) -> Response {
    let map = front.state.site.public_url.as_deref();
    let map = map.map_or_else(String::new, |site| format!("Sitemap: {site}/sitemap.xml\n"));
    fresh(&headers, TEXT, format!("{RULES}{map}"))
}

/// A map is made of whole addresses, so there is none as long as nobody has said where the pages are reached.
pub(super) async fn sitemap(
    State(front): State<Arc<Front>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Some(site) = front.state.site.public_url.as_deref() else {
        return faults::no_page(uri).await;
    };
    let (waves, regions) = tokio::join!(within_limit((front.state.waves)()), front.provinces());
    let (waves, regions) = match (waves, regions) {
        (Ok(waves), Ok(regions)) => (waves, regions),
        (Err(error), _) | (_, Err(error)) => {
            return faults::page_of(error, Language::Indonesian);
        }
    };
    let mut pages: Vec<[String; 2]> = [
        Language::landing_path,
        Language::programme_path,
        Language::help_path,
        Language::waves_path,
        Language::regions_path,
        Language::status_path,
        Language::register_path,
    ]
    .map(|path| Language::ALL.map(|language| path(language).to_owned()))
    .into();
    pages.push(["/periksa/".to_owned(), "/periksa/?lang=en".to_owned()]);
    pages
        .extend(waves.waves.iter().map(|wave| Language::ALL.map(|own| own.wave_path(wave.number))));
    pages.extend(
        regions.iter().map(|region| Language::ALL.map(|own| own.statistics_path(region.code))),
    );
    fresh(&headers, XML, map(site, &pages))
}

fn map(site: &str, pages: &[[String; 2]]) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                   <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"
        .to_owned();
    for path in pages.iter().flatten() {
        // Our own addresses have nothing that XML reads as its own; writing to a String cannot fail.
        let _ = writeln!(xml, "<url><loc>{site}{path}</loc></url>");
    }
    xml.push_str("</urlset>\n");
    xml
}
