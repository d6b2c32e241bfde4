//! `/tes` and below: the basic ability test, one item a page.

mod begin;
mod done;
mod item;
mod overview;

use app::ability::{TestStanding, read_test};
use domain::ability_test::Sitting;
use http_support::Routes;

use crate::fault::Fault;
use crate::state::Portal;
use crate::visitor::Member;

pub(crate) fn routes() -> Routes<Portal> {
    Routes::new()
        .merge(begin::routes())
        .merge(item::routes())
        .merge(overview::routes())
        .merge(done::routes())
}

/// Where the person of the account stands with the test.
async fn standing(portal: &Portal, member: &Member) -> Result<TestStanding, Fault> {
    let (service, person) = (&portal.service, member.holder()?.person_id);
    let now = service.clock.now();
    Ok(read_test(&service.database, &service.policies, person, now).await?)
}

/// The sitting, if it takes answers now.
fn running(portal: &Portal, standing: TestStanding) -> Option<Sitting> {
    standing.sitting.filter(|sitting| sitting.runs(portal.service.clock.now()))
}

/// Where the first open item stands, or the overview if there is none.
fn first_open(sitting: &Sitting) -> String {
    sitting.first_open().map_or_else(|| "/tes/ringkasan".to_owned(), item_path)
}

fn item_path(number: usize) -> String {
    format!("/tes/{number}")
}
