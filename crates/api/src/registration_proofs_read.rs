//! `GET /api/v1/waves/{number}/registrations/{digest}`: the proof that a receipt is in the registration log, by the
//! SHA-256 of its file. Open to everybody, since whoever has the digest has the receipt.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

use crate::problem::Problem;
use crate::state::Api;
use crate::waves_read::number;

pub(crate) async fn handler(
    State(api): State<Api>,
    path: Result<Path<(u16, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path((wave, digest)) = path.map_err(|_| Problem::UnknownWave)?;
    let wave = number(Ok(Path(wave)))?;
    let digest = read_digest(&digest).ok_or(Problem::NotLogged)?;
    let proof = api.service.registration_proof(wave, &digest).await?.ok_or(Problem::NotLogged)?;
    let name = format!("attachment; filename=\"gelombang-{wave}-receipt.tlog-proof\"");
    let headers =
        [(CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, proof).into_response())
}

/// 64 lower-case hexadecimal digits, as `sha256sum` prints them.
fn read_digest(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => byte.checked_sub(b'0'),
        b'a'..=b'f' => byte.checked_sub(b'a' - 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    let bytes: Vec<u8> = bytes.collect::<Option<_>>()?;
    if rest.is_empty() { bytes.try_into().ok() } else { None }
}
