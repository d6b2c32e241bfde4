//! The folder of published waves: files for everybody, and what the pages read in them.
//!
//! The folder is filled by others while it is served. A file there has its final name only once it is whole, so
//! names that end in `.part`, and names that begin with a dot, are nobody's business.

mod guard;
mod read;
mod wave;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use domain::wave::WaveNumber;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tower_http::services::ServeDir;

use self::guard::{Guarded, is_published};
pub(crate) use self::wave::{PublishedFile, PublishedWave, SeatSources};

/// For how long one look at the folder serves everybody.
const FRESH: Duration = Duration::from_secs(2);

/// What the name of a wave's folder begins with; its number follows.
const WAVE_FOLDER: &str = "gelombang-";

/// The name of a wave's folder.
pub(crate) fn folder_name(wave: WaveNumber) -> String {
    format!("{WAVE_FOLDER}{wave}")
}

/// The published waves by number.
pub(crate) type PublishedWaves = BTreeMap<WaveNumber, Arc<PublishedWave>>;

/// The folder that the binary names; it may not be there.
#[derive(Debug)]
pub struct PublicFolder {
    root: PathBuf,
    kept: Mutex<Option<(Instant, Arc<PublishedWaves>)>>,
}

impl PublicFolder {
    /// The folder at this place.
    pub const fn new(root: PathBuf) -> Self {
        Self { root, kept: Mutex::const_new(None) }
    }

    /// Answers a request whose path is that of a file below the folder.
    ///
    /// # Errors
    /// Those of opening the file; a missing one, a folder and what is not published are `NotFound`.
    pub(crate) async fn serve(&self, request: Request) -> io::Result<Response> {
        let guard = Guarded::new(self.root.clone());
        let mut files =
            ServeDir::with_backend(&self.root, guard).append_index_html_on_directories(false);
        Ok(files.try_call(request).await?.map(Body::new))
    }

    /// What is published. One looks at the folder, the others wait for what it sees; a wave is read again only if
    /// its folder has changed.
    pub(crate) async fn waves(&self) -> Arc<PublishedWaves> {
        let mut kept = self.kept.lock().await;
        if let Some((looked_at, waves)) = kept.as_ref()
            && looked_at.elapsed() < FRESH
        {
            return Arc::clone(waves);
        }
        let before = kept.as_ref().map(|(_, waves)| Arc::clone(waves)).unwrap_or_default();
        let root = self.root.clone();
        let seen = tokio::task::spawn_blocking(move || look(&root, &before)).await;
        let waves = Arc::new(seen.unwrap_or_else(|error| {
            tracing::error!(%error, "reading the published waves panicked");
            PublishedWaves::new()
        }));
        *kept = Some((Instant::now(), Arc::clone(&waves)));
        waves
    }

    /// The addresses of all files of a wave, below the address of the folder, sorted.
    ///
    /// # Errors
    /// Those of reading folders.
    pub(crate) async fn list(&self, wave: WaveNumber) -> io::Result<Vec<String>> {
        let folder = self.root.join(folder_name(wave));
        let listed = tokio::task::spawn_blocking(move || {
            let mut files = Vec::new();
            list_into(&folder, &folder_name(wave), &mut files)?;
            files.sort_unstable();
            Ok(files)
        });
        listed.await.map_err(io::Error::other)?
    }
}

/// Adds the published files below a folder. Links are left out: what they lead to may lie elsewhere.
fn list_into(folder: &Path, address: &str, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some(name) =
            entry.file_name().to_str().filter(|name| is_published(name)).map(str::to_owned)
        else {
            continue;
        };
        let (kind, address) = (entry.file_type()?, format!("{address}/{name}"));
        if kind.is_dir() {
            list_into(&entry.path(), &address, files)?;
        } else if kind.is_file() {
            files.push(address);
        }
    }
    Ok(())
}

fn look(root: &Path, before: &PublishedWaves) -> PublishedWaves {
    let entries = match fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return PublishedWaves::new(),
        Err(error) => {
            tracing::error!(%error, "could not read the folder of published waves");
            return PublishedWaves::new();
        }
    };
    let numbers = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        let name = entry.file_name();
        // What a link leads to is not served either.
        entry.file_type().ok().filter(fs::FileType::is_dir)?;
        let number = name.to_str()?.strip_prefix(WAVE_FOLDER)?.parse().ok();
        // Written in one way only, so that no two folders are the same wave.
        number.and_then(WaveNumber::new).filter(|wave| name == *folder_name(*wave))
    });
    let waves = numbers.filter_map(|wave| {
        let read = read::wave(&root.join(folder_name(wave)), wave, before.get(&wave))?;
        Some((wave, read))
    });
    waves.collect()
}
