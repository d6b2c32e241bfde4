//! A form that brings a file: its token is looked at before a byte of the file is, memory is bounded over all of them,
//! an account sends only so many, one at a time, and whoever stops sending is not waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, FromRequestParts as _, Multipart, Request};
use axum::http::StatusCode;
use futures_util::TryStreamExt as _;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::sleep;

use crate::fault::Fault;
use crate::form::{Form, TOKEN};
use crate::state::Portal;
use crate::visitor::{Member, Visitor};

/// Largest file: a phone's picture as it is where no script makes it smaller, with some room.
pub(crate) const FILE_BYTES_MAX: usize = 6_000_000;
/// Largest body that is read to its end, without keeping what is too large: a browser whose line is cut amid sending
/// shows its own page instead of ours. Beyond the largest pictures of phones, about 25 MB, it is cut all the same.
pub(crate) const UPLOAD_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Memory for files on their way in, in this process: 64 KiB a piece, 128 MiB in all.
static PIECES: Semaphore = Semaphore::const_new(2048);
const PIECE_BYTES: usize = 64 * 1024;
/// What has to arrive at least, and in which time: 6.5 kbit/s, a sixtieth of the line that pages are made for.
const PACE_BYTES: usize = 16 * 1024;
const PACE: Duration = Duration::from_secs(20);
/// Name of the field with the file.
pub(crate) const FILE: &str = "foto";
/// Longest text of another field.
const TEXT_BYTES_MAX: usize = 4096;
/// Fields of such a form at most.
const FIELDS_MAX: usize = 8;

/// What a form with a file sends, and who.
pub(crate) struct Upload {
    /// Who.
    pub(crate) member: Member,
    /// The other fields.
    pub(crate) form: Form,
    /// The file; empty if none was chosen.
    pub(crate) file: Result<Vec<u8>, FileTooLarge>,
    /// Its place in memory, until it is read.
    _pieces: Vec<SemaphorePermit<'static>>,
}

/// The file was larger than [`FILE_BYTES_MAX`], and nothing of it is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileTooLarge;

/// It shows a person, so it is not shown.
impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upload({} bytes)", self.file.as_ref().map_or(0, Vec::len))
    }
}

impl FromRequest<Portal> for Upload {
    type Rejection = Fault;

    async fn from_request(request: Request, portal: &Portal) -> Result<Self, Fault> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, portal).await?;
        let member = Member::from_request_parts(&mut parts, portal).await?;
        let who = member.account_id.uuid().into_bytes();
        portal.limits.check_upload(who).map_err(Fault::TooManyRequests)?;
        let mut sending = portal.limits.begin_upload(who);
        let arrived = Arc::default();
        let request = Request::from_parts(parts, counted(body, &arrived));
        tokio::select! {
            read = Self::read(request, portal, visitor, member) => read,
            () = stalls(&arrived) => Err(Fault::Stalled),
            () = sending.replaced() => Err(Fault::Stalled),
        }
    }
}

impl Upload {
    async fn read(
        request: Request,
        portal: &Portal,
        visitor: Visitor,
        member: Member,
    ) -> Result<Self, Fault> {
        let multipart = Multipart::from_request(request, portal).await;
        let mut multipart = multipart.map_err(|_| Fault::Forged)?;
        let (mut fields, mut file, mut pieces) = (Vec::new(), Ok(Vec::new()), Vec::new());
        for _ in 0..FIELDS_MAX {
            let Some(field) = multipart.next_field().await.map_err(|error| fault(&error))? else {
                break;
            };
            let name = field.name().unwrap_or_default().to_owned();
            if name != FILE {
                fields.push((name, text(field).await?));
                continue;
            }
            // The token stands before the file in every form of ours.
            let form = Form::of(fields.clone());
            if !visitor.form_secret.has_made(form.text(TOKEN)) {
                return Err(Fault::Forged);
            }
            (file, pieces) = content(field).await?;
        }
        let form = Form::of(fields);
        if !visitor.form_secret.has_made(form.text(TOKEN)) {
            return Err(Fault::Forged);
        }
        Ok(Self { member, form, file, _pieces: pieces })
    }
}

/// The same body, which counts what has arrived of it.
fn counted(body: Body, arrived: &Arc<AtomicUsize>) -> Body {
    let arrived = Arc::clone(arrived);
    let chunks = body.into_data_stream();
    Body::from_stream(chunks.inspect_ok(move |chunk| {
        arrived.fetch_add(chunk.len(), Ordering::Relaxed);
    }))
}

/// Ready once less has arrived than has to.
async fn stalls(arrived: &AtomicUsize) {
    let mut before = 0;
    loop {
        sleep(PACE).await;
        let now = arrived.load(Ordering::Relaxed);
        if now - before < PACE_BYTES {
            return;
        }
        before = now;
    }
}

/// A short text.
async fn text(mut field: Field<'_>) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| fault(&error))? {
        if bytes.len().saturating_add(chunk.len()) > TEXT_BYTES_MAX {
            return Err(Fault::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A file, or that it was too large, and its place in memory.
type Content = (Result<Vec<u8>, FileTooLarge>, Vec<SemaphorePermit<'static>>);

/// A file, as memory allows. What is too large is read to its end and kept nowhere.
async fn content(mut field: Field<'_>) -> Result<Content, Fault> {
    let (mut bytes, mut pieces) = (Vec::new(), Vec::new());
    let mut is_too_large = false;
    while let Some(chunk) = field.chunk().await.map_err(|error| fault(&error))? {
        is_too_large |= bytes.len().saturating_add(chunk.len()) > FILE_BYTES_MAX;
        if is_too_large {
            (bytes, pieces) = (Vec::new(), Vec::new());
            continue;
        }
        bytes.extend_from_slice(&chunk);
        while pieces.len() < bytes.len().div_ceil(PIECE_BYTES) {
            pieces.push(PIECES.try_acquire().map_err(|_| Fault::Busy)?);
        }
    }
    Ok((if is_too_large { Err(FileTooLarge) } else { Ok(bytes) }, pieces))
}

/// Too large, or no form of ours.
fn fault(error: &MultipartError) -> Fault {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Fault::TooLarge,
        _ => Fault::Forged,
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    /// Whoever sends just enough is waited for, and not a piece of time longer than they do.
    #[tokio::test(start_paused = true)]
    async fn pace() {
        let (arrived, began) = (AtomicUsize::new(0), Instant::now());
        let sends = async {
            sleep(PACE / 2).await;
            for _ in 0..5 {
                arrived.fetch_add(PACE_BYTES, Ordering::Relaxed);
                sleep(PACE).await;
            }
            arrived.fetch_add(PACE_BYTES - 1, Ordering::Relaxed);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = sends => {}
            () = stalls(&arrived) => {}
        }
        assert_eq!(began.elapsed(), PACE * 6);
    }
}
