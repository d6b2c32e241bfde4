//! `/akun`: one's own account: what to do now, what has happened, and where everything else is.

use app::own_page::read_own_page;
use app::rights::{ErasureStanding, read_erasure};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http_support::Routes;
use web::Frame;
use web::format::date_time;

use crate::fault::Fault;
use crate::own::{Entry, Panel, panel, pending_checks, timeline};
use crate::page::{Hidden, page};
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says.
    AccountTexts {
        title: "Akun saya", "My account";
        simulation: "Simulasi", "Simulation";
        simulation_what: "Orang dan gelombang pada layanan ini buatan, bukan sungguhan. Tanggal-tanggalnya disusun untuk peragaan.", "The people and waves of this service are synthetic, not real. Their dates are laid out for a demonstration.";
        erased: "Akun dan data Anda dihapus setelah {t}.", "Your account and your data are erased after {t}.";
        erased_do: "Lihat atau batalkan", "See it or take it back";
        checks: "Yang sedang diperiksa", "What is being checked";
        checks_what: "Anda tidak perlu melakukan apa pun. Kami bertanya kepada pusat data dengan sendirinya.", "There is nothing for you to do. We ask the registers by ourselves.";
        timeline: "Perjalanan Anda", "What has happened";
        ahead: "Akan datang:", "To come:";
        more: "Selengkapnya", "More";
        earlier: "Lihat yang lebih lama", "See what was earlier";
        links: "Halaman Anda", "Your pages";
        waves: "Gelombang", "Waves";
        notices: "Pemberitahuan", "Messages from us";
        complaints: "Pengaduan", "Complaints";
        contact: "Kontak dan perangkat", "Contact and devices";
        data: "Data saya", "My data";
        sign_out: "Keluar", "Sign out";
    }
}

/// Points of the timeline that are shown at once; the earlier ones unfold.
const SHOWN: usize = 12;

#[derive(Debug, Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    texts: &'static AccountTexts,
    hidden: Hidden,
    is_simulated: bool,
    panel: Panel,
    /// When all of it goes, and where that is taken back.
    erased: Option<(String, String)>,
    /// Checks that nobody has answered yet.
    checks: Vec<String>,
    recent: Vec<Entry>,
    earlier: Vec<Entry>,
    /// Addresses and words.
    links: Vec<(String, &'static str)>,
    sign_out: String,
}

pub(crate) fn routes() -> Routes<Portal> {
    Routes::new().get("/akun", show)
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let texts = AccountTexts::of(visitor.language);
    let now = portal.service.clock.now();
    let own = read_own_page(&portal.service, member.person_id, now).await?;
    let erasure =
        read_erasure(&portal.service.database, member.account_id, member.person_id).await?;
    let erased = match erasure {
        ErasureStanding::Waits(request) => request.run_at,
        ErasureStanding::Possible | ErasureStanding::Refused(_) => None,
    };
    let mut recent = timeline(&own, now, &visitor);
    let earlier = recent.split_off(recent.len().min(SHOWN));
    page(&AccountPage {
        frame: visitor.frame(texts.title),
        texts,
        hidden: Hidden::new(&portal, &visitor),
        is_simulated: own.is_simulated,
        panel: panel(own.next, now, &visitor),
        erased: erased.map(|at| {
            let when = texts.erased.replace("{t}", &date_time(at, visitor.language));
            (when, visitor.link("/akun/data/hapus"))
        }),
        checks: pending_checks(&own, visitor.language),
        recent,
        earlier,
        links: vec![
            (visitor.link("/akun/gelombang"), texts.waves),
            (visitor.link("/akun/pemberitahuan"), texts.notices),
            (visitor.link("/akun/pengaduan"), texts.complaints),
            (visitor.link("/akun/kontak"), texts.contact),
            (visitor.link("/akun/data"), texts.data),
        ],
        sign_out: visitor.link("/keluar"),
    })
}
