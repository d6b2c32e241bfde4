//! Which files may leave: regular files of published names that lie below the folder, wherever links lead.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use tower_http::services::fs::{Backend, TokioBackend, TokioFile};

/// Whether a file or folder of this name is for the public.
pub(super) fn is_published(name: &str) -> bool {
    !name.starts_with('.') && Path::new(name).extension().is_none_or(|ending| ending != "part")
}

/// The file system as far as it is published.
#[derive(Clone, Debug)]
pub(super) struct Guarded {
    root: PathBuf,
}

impl Guarded {
    pub(super) const fn new(root: PathBuf) -> Self {
        Self { root }
    }
}

impl Backend for Guarded {
    type File = TokioFile;
    type Metadata = std::fs::Metadata;
    type OpenFuture = Pin<Box<dyn Future<Output = io::Result<TokioFile>> + Send>>;
    type MetadataFuture = Pin<Box<dyn Future<Output = io::Result<std::fs::Metadata>> + Send>>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        let root = self.root.clone();
        Box::pin(async move {
            let (path, _) = published(&root, &path).await?;
            TokioBackend.open(path).await
        })
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        let root = self.root.clone();
        Box::pin(async move { Ok(published(&root, &path).await?.1) })
    }
}

/// The place that a path leads to, if that is below the folder and has a published name. A pipe, which would keep
/// whoever opens it waiting, is as good as not there.
async fn published(root: &Path, path: &Path) -> io::Result<(PathBuf, std::fs::Metadata)> {
    let (root, path) = (tokio::fs::canonicalize(root).await?, tokio::fs::canonicalize(path).await?);
    let below = path.strip_prefix(&root).ok();
    let has_names = below.is_some_and(|below| {
        below.components().all(|part| part.as_os_str().to_str().is_some_and(is_published))
    });
    let about = tokio::fs::metadata(&path).await?;
    if has_names && (about.is_file() || about.is_dir()) {
        Ok((path, about))
    } else {
        Err(io::ErrorKind::NotFound.into())
    }
}
