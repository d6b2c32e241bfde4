//! Whoever compares faces: two pictures go there, a verdict comes back. The agreement is in docs/FACES.md.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::face::{FaceFault, FaceVerdict};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::circuit::Circuit;
use crate::error::{CallError, CallErrorKind};
use crate::http::HttpClient;

/// Two pictures, each a JPEG.
#[derive(Clone, Copy)]
pub struct FacePair<'a> {
    /// Of the identity card.
    pub card: &'a [u8],
    /// Of the face.
    pub face: &'a [u8],
}

impl Debug for FacePair<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FacePair(***)")
    }
}

/// A verdict to come.
pub type Comparing<'a> = Pin<Box<dyn Future<Output = Result<FaceVerdict, CallError>> + Send + 'a>>;

/// Somebody who compares faces. A question has no effect and may be repeated.
pub trait Faces: Debug + Send + Sync {
    /// Compares two pictures.
    fn compare<'a>(&'a self, pair: FacePair<'a>) -> Comparing<'a>;
}

/// Somebody who compares faces over HTTP.
#[derive(Clone, Debug)]
pub struct HttpFaces(HttpClient);

#[derive(Serialize)]
struct Question {
    card: String,
    face: String,
}

#[derive(Deserialize)]
struct Answer {
    verdict: WireVerdict,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireVerdict {
    Match,
    Mismatch,
    Unclear,
    NoFace,
}

impl From<WireVerdict> for FaceVerdict {
    fn from(verdict: WireVerdict) -> Self {
        match verdict {
            WireVerdict::Match => Self::Match,
            WireVerdict::Mismatch => Self::Fault(FaceFault::Mismatch),
            WireVerdict::Unclear => Self::Fault(FaceFault::Unclear),
            WireVerdict::NoFace => Self::Fault(FaceFault::NoFace),
        }
    }
}

impl HttpFaces {
    /// Name of the system in errors and logs.
    pub const SYSTEM: &'static str = "faces";

    /// Whom this client reaches.
    pub const fn new(client: HttpClient) -> Self {
        Self(client)
    }
}

impl Faces for HttpFaces {
    fn compare<'a>(&'a self, pair: FacePair<'a>) -> Comparing<'a> {
        let question =
            Question { card: STANDARD.encode(pair.card), face: STANDARD.encode(pair.face) };
        Box::pin(async move {
            match self.0.post::<_, Answer>("faces/compare", &question).await {
                Ok(answer) => Ok(answer.verdict.into()),
                // It cannot read one of the pictures, and never will.
                Err(CallError { kind: CallErrorKind::Status(422), .. }) => {
                    Ok(FaceVerdict::Fault(FaceFault::Unclear))
                }
                Err(error) => Err(error),
            }
        })
    }
}

/// Why there is no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// It has failed often, so nothing was asked.
    #[error("whoever compares faces is left alone for a while after failures")]
    Resting,
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// Asks and spares whoever compares faces; shared by everything in this process that asks.
#[derive(Debug)]
pub struct FaceDesk {
    faces: Arc<dyn Faces>,
    circuit: Mutex<Circuit>,
}

impl FaceDesk {
    /// A desk before somebody who compares.
    pub fn new(faces: Arc<dyn Faces>) -> Self {
        Self { faces, circuit: Mutex::default() }
    }

    /// True if nothing would be asked at `now`.
    pub fn rests(&self, now: Timestamp) -> bool {
        self.circuit().rests(now)
    }

    /// Has two pictures compared.
    ///
    /// # Errors
    /// [`CompareError`]; asking again later is always right.
    pub async fn compare(
        &self,
        pair: FacePair<'_>,
        now: Timestamp,
    ) -> Result<FaceVerdict, CompareError> {
        if !self.circuit().admits(now) {
            return Err(CompareError::Resting);
        }
        let answer = self.faces.compare(pair).await;
        match &answer {
            Err(error) => {
                tracing::warn!(%error, "whoever compares faces does not answer");
                self.circuit().fail(now);
            }
            Ok(_) => self.circuit().succeed(),
        }
        Ok(answer?)
    }

    /// Nothing that holds this lock can panic half way, so a poisoned one is still right.
    fn circuit(&self) -> std::sync::MutexGuard<'_, Circuit> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
