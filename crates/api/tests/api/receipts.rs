//! Receipts of a published wave: as a file, as a QR code, and in the registration log.

use std::sync::Arc;

use app::folders::{
    FolderDesk, PublicSetup, PublicTerms, Witnesses, log_registrations, publish_folders, test_facts,
};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::wave::WaveKind;
use publication::format::LogName;
use publication::key::SecretKey;
use publication::log::Witness;
use publication::verify::{Look, registered};
use selection::policy::Share;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::client::{Answer, Served, WAVE, registration};
use crate::support::{HOUR, World, wave};

const NIK: &str = "1571014101900001";
const SECRETS: [[u8; 32]; 3] = [[7; 32], [8; 32], [9; 32]];

/// An API on an open published wave, its folder, and who writes it.
async fn published() -> (Served, TempDir, Arc<FolderDesk>) {
    let [log_key, receipts, witness] = SECRETS.map(|secret| SecretKey::from_bytes(&secret));
    let log = LogName { origin: "gelombang.test/log".to_owned(), key: log_key.public() };
    let folder = tempfile::tempdir().unwrap();
    let witness = Witness::new("ombudsman", witness, &log, &folder.path().join("seen"));
    witness.begin(0).unwrap();
    let terms = PublicTerms {
        origin: log.origin,
        quorum: 1,
        margin_s: 3_600,
        reserve: Share::NONE,
        witnesses: vec![witness.party()],
        contributors: Vec::new(),
        addresses: Vec::new(),
        beacon: test_facts(),
    };
    let setup = PublicSetup { terms, log_key: log_key.public(), receipt_key: receipts.public() };
    let reference = app::reference::Reference::builtin().unwrap();
    let waves = [(WaveKind::Regular, 3)];
    let mut world =
        World::with_reference(reference, WAVE, &waves, Some((&setup, wave(WAVE)))).await;
    let root = folder.path().join("public");
    let desk = Arc::new(FolderDesk { root, log_key, witnesses: Witnesses::Local(vec![witness]) });
    let opens_at = world.calendar(WAVE).opens_at;
    let database = world.scratch.database().clone();
    publish_folders(&database, &desk, opens_at.minus_micros(1)).await.unwrap();
    world.open(WAVE).await.unwrap();
    let mut served = Served::of(world, opens_at.plus_micros(HOUR), 1, 8);
    served.api.service.receipt_key = Some(Arc::new(receipts));
    served.api.service.public_folder.clone_from(&desk.root);
    (served, folder, desk)
}

/// Somebody who has joined; gives the header that acts for her.
async fn member(served: &Served) -> String {
    let bearer = served.sign_in("siti").await;
    let signed = [("authorization", bearer.as_str()), ("idempotency-key", "1")];
    let made = served.ask("POST /api/v1/registrations", &signed, &registration(NIK)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let joined = served.ask(&format!("POST /api/v1/waves/{WAVE}/joins"), &signed, "").await;
    assert_eq!(joined.status, StatusCode::CREATED, "{}", joined.body);
    bearer
}

/// Status and code of a refusal.
fn refusal(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.text("code"))
}

/// What a phone reads off the picture, and the version of the code. The picture is a white square with lines
/// of dark modules, `M` to a row, `m` over a gap, `h` along, drawn here pixel by pixel.
fn scan(svg: &str) -> (String, usize) {
    let between = |from: &str, to: &str| svg.split_once(from).unwrap().1.split_once(to).unwrap().0;
    let number = |text: &str| -> usize { text.parse().unwrap() };
    let modules = number(between("viewBox=\"0 -.5 ", " "));
    let side = number(between(" width=\"", "\""));
    let scale = side / modules;
    let mut dark = vec![false; side * side];
    for row in between("stroke=\"#000\" d=\"", "\"").split('M').skip(1) {
        let (left, rest) = row.split_once(' ').unwrap();
        let (top, rest) = rest.split_once('h').unwrap();
        let mut x = number(left);
        for run in rest.split('m') {
            let width = run.split_once("0h").map_or(run, |(gap, width)| {
                x += number(gap.trim_end());
                width
            });
            for y in number(top) * scale..(number(top) + 1) * scale {
                dark[y * side + x * scale..][..number(width) * scale].fill(true);
            }
            x += number(width);
        }
    }
    let pixel = |x, y| if dark[y * side + x] { 0 } else { 255 };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, pixel);
    let codes = image.detect_grids();
    assert_eq!(codes.len(), 1);
    let (about, text) = codes[0].decode().unwrap();
    (text, about.version.0)
}

/// Goal: the QR code leads a phone to the page that checks this wave, with exactly the receipt behind the `#`, in a code
/// that a camera can read off a screen. Method: another crate decodes the picture.
#[tokio::test]
async fn code_of_a_receipt() {
    let (mut served, _folder, _desk) = published().await;
    let bearer = member(&served).await;
    let signed = [("authorization", bearer.as_str())];
    let address = format!("GET /api/v1/waves/{WAVE}/receipt.svg");
    let nobody = served.ask(&address, &[], "").await;
    assert_eq!(refusal(&nobody), (401, "not_signed_in"));
    let nowhere = served.ask(&address, &signed, "").await;
    assert_eq!(refusal(&nowhere), (404, "no_public_address"));

    served.api.public_url = Some("https://prakerja.contoh.go.id".into());
    let file = served.ask(&format!("GET /api/v1/waves/{WAVE}/receipt"), &signed, "").await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.body);
    let picture = served.ask(&address, &signed, "").await;
    assert_eq!(picture.status, StatusCode::OK, "{}", picture.body);
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    assert_eq!(picture.header("cache-control"), "no-store");
    let (link, version) = scan(std::str::from_utf8(&picture.bytes).unwrap());
    let (page, receipt) = link.split_once('#').unwrap();
    let expected =
        format!("https://prakerja.contoh.go.id/periksa/?folder=/berkas/gelombang-{WAVE}/");
    assert_eq!(page, expected);
    assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(receipt).unwrap(), file.bytes);
    assert!(version <= 20, "version {version} for {} bytes", link.len());

    let bearer = served.sign_in("ani").await;
    let stranger = served.ask(&address, &[("authorization", &bearer)], "").await;
    assert_eq!(refusal(&stranger), (404, "no_receipt"));
}

/// Goal: from the hour after it was handed out, anybody who has a receipt gets the proof that it is logged, and nobody gets
/// one of another. Method: the proof is held against folder and receipt; then other digests and waves.
#[tokio::test]
async fn proof_of_a_registration() {
    let (served, _folder, desk) = published().await;
    let bearer = member(&served).await;
    let signed = [("authorization", bearer.as_str())];
    let receipt = served.ask(&format!("GET /api/v1/waves/{WAVE}/receipt"), &signed, "").await.bytes;
    let digest = storage::keys::to_hex(&Sha256::digest(&receipt));
    let address =
        |wave: &str, digest: &str| format!("GET /api/v1/waves/{wave}/registrations/{digest}");
    let own = address("48", &digest);
    let early = served.ask(&own, &[], "").await;
    assert_eq!(refusal(&early), (404, "not_logged"));

    let hour = served.world.calendar(WAVE).opens_at.plus_micros(2 * HOUR);
    let database = served.world.scratch.database();
    assert_eq!(log_registrations(database, &desk, wave(WAVE), hour).await.unwrap(), 1);
    let proof = served.ask(&own, &[], "").await;
    assert_eq!(proof.status, StatusCode::OK, "{}", proof.body);
    assert!(proof.header("content-type").starts_with("text/plain"));
    let folder = desk.root.join(format!("gelombang-{WAVE}"));
    let found = registered(&folder, &receipt, &proof.bytes, Look::default()).unwrap();
    assert_eq!((found.index, found.size), (0, 1));

    let other = digest.replace(['0', '1'], "2");
    for wrong in [&other, &digest[1..], &digest.to_uppercase(), "x", &format!("{digest}00")] {
        let refused = served.ask(&address("48", wrong), &[], "").await;
        assert_eq!(refusal(&refused), (404, "not_logged"), "{wrong}");
    }
    assert_eq!(refusal(&served.ask(&address("49", &digest), &[], "").await), (404, "not_logged"));
    assert_eq!(refusal(&served.ask(&address("x", &digest), &[], "").await), (404, "unknown_wave"));
}
