//! Who compares faces for a process, as the command line names them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use integrations::address::Address;
use integrations::faces::{FaceDesk, HttpFaces};
use integrations::http::{HttpClient, HttpSetup};
use integrations::secret::Secret;

/// Longest time of a comparison, as docs/FACES.md promises the other side: two pictures go there.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Where faces are compared.
#[derive(Clone, Debug, Args)]
pub(crate) struct FaceArgs {
    /// Address of whoever compares faces, as in docs/FACES.md: https, or http on this machine.
    #[arg(long, env = "GELOMBANG_FACE_URL", value_name = "URL")]
    face_url: Option<Address>,
    /// File with the token that they demand.
    #[arg(long, env = "GELOMBANG_FACE_TOKEN", requires = "face_url", value_name = "FILE")]
    face_token: Option<PathBuf>,
}

impl FaceArgs {
    /// Somebody at this address who demands no token.
    pub(crate) const fn at(address: Address) -> Self {
        Self { face_url: Some(address), face_token: None }
    }

    /// The desk that asks them; `None` if none are named.
    pub(crate) fn given(&self) -> anyhow::Result<Option<Arc<FaceDesk>>> {
        let Some(address) = self.face_url.clone() else { return Ok(None) };
        let token = self.face_token.as_deref().map(Secret::from_file).transpose();
        let token = token.context("faces cannot be compared without the token")?;
        let setup = HttpSetup { system: HttpFaces::SYSTEM, address, token, timeout: TIMEOUT };
        let faces = HttpFaces::new(HttpClient::new(setup)?);
        Ok(Some(Arc::new(FaceDesk::new(Arc::new(faces)))))
    }
}

/// Says so if a worker has nobody who compares faces: nothing else would show it until somebody misses the answers.
#[expect(clippy::print_stderr, reason = "the command line speaks through it")]
pub(crate) fn said(faces: Option<Arc<FaceDesk>>) -> Option<Arc<FaceDesk>> {
    if faces.is_none() {
        eprintln!(
            "Nobody compares faces here, so face checks of people who register in a browser wait; name somebody with \
             --face-url."
        );
    }
    faces
}
