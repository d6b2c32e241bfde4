//! What comes with a request and may be long on its way. A form is read before anybody is let in, so that whoever has
//! a slow line, or never sends what was announced, keeps no place from others; a picture has a pool of its own.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use futures_util::{StreamExt as _, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Largest form that is read ahead, and the most that an address may take that has no pool of its own.
pub const FORM_BYTES_MAX: usize = 32 * 1024;
/// How long a form may be on its way: the longest at 26 kbit/s, a usual one of 1 KB on any line.
const FORM_PATIENCE: Duration = Duration::from_secs(10);
/// Forms that may be on their way at the same moment: at most 128 MiB.
const FORMS_MAX: usize = 4096;
/// Pictures that may be on their way. The portal bounds their memory and how slow they may be.
const PICTURES_MAX: usize = 256;

/// Places for what is on its way; cheap to copy.
#[derive(Clone, Debug)]
pub struct Bodies {
    forms: Arc<Semaphore>,
    pictures: Arc<Semaphore>,
}

impl Default for Bodies {
    fn default() -> Self {
        Self::with_places(FORMS_MAX, PICTURES_MAX)
    }
}

impl Bodies {
    fn with_places(forms: usize, pictures: usize) -> Self {
        Self {
            forms: Arc::new(Semaphore::new(forms)),
            pictures: Arc::new(Semaphore::new(pictures)),
        }
    }

    /// A form as it came, and its place in memory until somebody takes it; `None` if there are too many, or it did not
    /// come in time. Of one that is too large the rest is left where it is, for whoever refuses it.
    pub(crate) async fn form(&self, body: Body) -> Option<(Body, OwnedSemaphorePermit)> {
        let place = Arc::clone(&self.forms).try_acquire_owned().ok()?;
        if body.is_end_stream() {
            return Some((body, place));
        }
        let read = timeout(FORM_PATIENCE, read_ahead(body)).await.ok()?;
        Some((read.ok()?, place))
    }

    /// A place for a picture on its way.
    pub(crate) fn picture(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.pictures).try_acquire_owned().ok()
    }
}

async fn read_ahead(body: Body) -> Result<Body, axum::Error> {
    let mut chunks = body.into_data_stream();
    let mut read = Vec::new();
    while let Some(chunk) = chunks.next().await {
        read.extend_from_slice(&chunk?);
        if read.len() > FORM_BYTES_MAX {
            let first = stream::once(ready(Ok(Bytes::from(read))));
            return Ok(Body::from_stream(first.chain(chunks)));
        }
    }
    Ok(Body::from(read))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::to_bytes;
    use tokio::time::Instant;

    use super::*;

    /// Sends this, and then nothing any more.
    fn withheld(sent: Vec<u8>) -> Body {
        let sent = stream::once(ready(Ok::<_, Infallible>(Bytes::from(sent))));
        Body::from_stream(sent.chain(stream::pending()))
    }

    /// A whole form is handed on as it came; one that stops is given up after a while and its place is free again;
    /// beyond the places nobody is waited for.
    #[tokio::test(start_paused = true)]
    async fn forms() {
        let bodies = Bodies::with_places(1, 1);
        let (whole, held) = bodies.form(Body::from("a=1")).await.expect("a form");
        assert_eq!(to_bytes(whole, 9).await.expect("read"), "a=1");
        let began = Instant::now();
        assert!(bodies.form(Body::from("a=1")).await.is_none(), "one too many");
        assert_eq!(began.elapsed(), Duration::ZERO);
        drop(held);
        assert!(bodies.form(withheld(b"a=".to_vec())).await.is_none());
        assert_eq!(began.elapsed().as_secs(), FORM_PATIENCE.as_secs());
        assert_eq!(bodies.forms.available_permits(), 1);
    }

    /// Of a form that is too large nobody waits for the end, and whoever may take no more refuses it at once.
    #[tokio::test(start_paused = true)]
    async fn too_large() {
        let began = Instant::now();
        let long = withheld(vec![b'a'; FORM_BYTES_MAX + 1]);
        let (read, _) = Bodies::default().form(long).await.expect("handed on");
        assert!(to_bytes(read, FORM_BYTES_MAX).await.is_err());
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
