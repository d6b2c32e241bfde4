//! `/pendaftaran/kabupaten` and `/pendaftaran/kecamatan`: the area of the family card, by search.

use app::reference::RegionData;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::draft::{Draft, DraftField, read_region};
use http_support::Routes;
use web::Frame;

use super::step::{LATER, Step, words};
use super::words::{StepTexts, task_words};
use super::{CHECK, TASKS, applicant, comes_from_check, goes_on, save};
use crate::fault::Fault;
use crate::form::Form;
use crate::page::{Hidden, page_with};
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

/// Most regencies found that are shown: more are not looked through.
const FOUND_MAX: usize = 20;
/// Name of the search, in the query.
const SEARCH: &str = "q";
/// Name of the choice.
const CHOICE: &str = "pilihan";

texts! {
    /// What both pages say.
    PlaceTexts {
        back: "Kembali", "Back";
        fault: "Salah:", "Error:";
        faults: "Ada yang perlu diperbaiki", "There is a problem";
        search: "Cari", "Search";
        name: "Nama", "Name";
        go_on: "Lanjutkan", "Continue";
        choose: "Pilih satu dari daftar", "Choose one from the list";
        search_first: "Cari namanya dulu, lalu pilih dari daftar", "Search for the name first, then choose from the list";
        none: "Tidak ada yang cocok. Periksa ejaannya, atau tulis lebih sedikit huruf.", "Nothing fits. Check the spelling, or write fewer letters.";
        more: "Hanya sebagian yang tampil. Tulis lebih banyak huruf.", "Only some are shown. Write more letters.";
        region_first: "Pilih kabupaten atau kota dulu.", "Choose the kabupaten or kota first.";
        results: "Pilih dari daftar ini", "Choose from this list";
    }
}

/// One place to choose.
struct Place {
    code: String,
    name: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "register_place.html")]
struct PlacePage {
    frame: Frame,
    texts: &'static PlaceTexts,
    later: &'static str,
    hidden: Hidden,
    caption: &'static str,
    back: String,
    title: &'static str,
    hint: &'static str,
    /// Where it stands, without its query.
    path: String,
    /// Whether it leads back to all answers.
    from_check: bool,
    search: String,
    places: Vec<Place>,
    note: Option<&'static str>,
    fault: Option<&'static str>,
}

pub(super) fn routes() -> Routes<Portal> {
    [DraftField::Region, DraftField::District].into_iter().filter_map(Step::of).fold(
        Routes::new(),
        |routes, step| {
            let show =
                async move |State(portal): State<Portal>, visitor: Visitor, member: Member| {
                    show(step, &portal, &visitor, &member).await
                };
            let submit = async move |State(portal): State<Portal>,
                                     visitor: Visitor,
                                     member: Member,
                                     form: Form| {
                submit(step, &portal, &visitor, &member, &form).await
            };
            routes.get(step.path, show).post(step.path, submit)
        },
    )
}

async fn show(
    step: Step,
    portal: &Portal,
    visitor: &Visitor,
    member: &Member,
) -> Result<Response, Fault> {
    match applicant(portal, visitor, member).await? {
        Ok(application) => place_page(step, portal, visitor, (&application.draft, None)),
        Err(elsewhere) => Ok(elsewhere),
    }
}

async fn submit(
    step: Step,
    portal: &Portal,
    visitor: &Visitor,
    member: &Member,
    form: &Form,
) -> Result<Response, Fault> {
    let texts = PlaceTexts::of(visitor.language);
    let application = match applicant(portal, visitor, member).await? {
        Ok(application) => application,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let chosen = form.text(CHOICE);
    let regions = &portal.service.regions;
    if !chosen.is_empty() && place_name(regions, step.field, chosen).is_some() {
        let draft = match save(portal, visitor, member, &[(step.field, chosen)]).await? {
            Ok(draft) => draft,
            Err(elsewhere) => return Ok(elsewhere),
        };
        let today = portal.service.clock.now().wib_date();
        // Another regency has another kecamatan, which is asked for before all answers are shown again.
        let to = match step.field {
            DraftField::Region if draft.district().is_none() => step.next(),
            _ => goes_on(visitor, step, &draft, today),
        };
        return Ok(visitor.go(if form.has(LATER) { TASKS } else { to }));
    }
    if form.has(LATER) {
        return Ok(visitor.go(TASKS));
    }
    let searched = visitor.asked(SEARCH).is_some_and(|text| !text.trim().is_empty());
    let needs_search = step.field == DraftField::Region && !searched;
    let fault = if needs_search { texts.search_first } else { texts.choose };
    place_page(step, portal, visitor, (&application.draft, Some(fault)))
}

fn place_page(
    step: Step,
    portal: &Portal,
    visitor: &Visitor,
    (draft, fault): (&Draft, Option<&'static str>),
) -> Result<Response, Fault> {
    let texts = PlaceTexts::of(visitor.language);
    let step_texts = StepTexts::of(visitor.language);
    let search = visitor.asked(SEARCH).unwrap_or_default();
    let chosen = draft.text(step.field);
    let mut places = find(&portal.service.regions, (step.field, draft), search.trim());
    let is_cut = step.field == DraftField::Region && places.len() > FOUND_MAX;
    if is_cut {
        places.truncate(FOUND_MAX);
    }
    let lacks_region =
        step.field == DraftField::District && read_region(draft.text(DraftField::Region)).is_none();
    let note = if lacks_region {
        Some(texts.region_first)
    } else if is_cut {
        Some(texts.more)
    } else if places.is_empty() && !search.trim().is_empty() {
        Some(texts.none)
    } else {
        None
    };
    let places = places.into_iter().map(|(code, name)| {
        let is_chosen = code == chosen;
        Place { code, name, is_chosen }
    });
    let (title, hint) = words(step.field, step_texts);
    let mut frame = visitor.frame(title);
    if fault.is_some() {
        frame.title = format!("{} {}", texts.fault, frame.title);
    }
    let back = if comes_from_check(visitor) { CHECK } else { step.back() };
    let page = PlacePage {
        frame,
        texts,
        later: step_texts.later,
        hidden: Hidden::new(portal, visitor),
        caption: task_words(step.task, step_texts),
        back: visitor.link(back),
        title,
        hint,
        path: visitor.link(step.path),
        from_check: comes_from_check(visitor),
        search,
        places: places.collect(),
        note,
        fault,
    };
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page_with(status, &page)
}

/// The places whose names hold every word searched for, with their codes: at most one more than are shown of regencies,
/// and the one chosen before if nothing is searched for; of kecamatan all in the regency.
fn find(
    regions: &RegionData,
    (field, draft): (DraftField, &Draft),
    search: &str,
) -> Vec<(String, String)> {
    let wanted: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
    let fits = |name: &str| {
        let name = name.to_lowercase();
        wanted.iter().all(|word| name.contains(word))
    };
    if field == DraftField::District {
        let Some(regency) = read_region(draft.text(DraftField::Region)) else { return Vec::new() };
        let codes = regions.districts_of(regency).iter();
        let named = codes.filter_map(|code| Some((code, regions.district_name(*code)?)));
        return named
            .filter(|(_, name)| fits(name))
            .map(|(code, name)| (code.to_string(), name.to_owned()))
            .collect();
    }
    if wanted.is_empty() {
        let chosen = draft.text(DraftField::Region);
        let name = place_name(regions, field, chosen);
        return name.map(|name| (chosen.to_owned(), name)).into_iter().collect();
    }
    let regencies = regions.table().iter().filter(|region| !region.code.is_province());
    regencies
        .filter_map(|region| {
            let name = place_name(regions, field, &region.code.to_string())?;
            fits(&name).then(|| (region.code.to_string(), name))
        })
        .take(FOUND_MAX.saturating_add(1))
        .collect()
}

/// The name of a place by its code, a regency with its province; `None` if there is no such place.
pub(crate) fn place_name(regions: &RegionData, field: DraftField, code: &str) -> Option<String> {
    if field == DraftField::District {
        return code.parse().ok().and_then(|code| regions.district_name(code)).map(str::to_owned);
    }
    let region = regions.table().get(read_region(code)?)?;
    let province = regions.table().get(region.code.province())?;
    Some(format!("{}, {}", region.name, province.name))
}
