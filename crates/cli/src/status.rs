//! What the status page is told: whether the services run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::Gate;
use app::health::service_health;
use app::service::Service;
use domain::time::Timestamp;
use storage::database::Database;
use tokio::sync::Mutex;
use web::{ServiceStatus, StatusFuture, WorkStatus};

use crate::clock;
use crate::print::causes;
use crate::serve::can_write;

/// How long the status page waits for the database before it says that it cannot be read.
const PATIENCE: Duration = Duration::from_secs(3);

/// For how long an answer serves everybody: the page is public, and a rush must not cost the joins.
const FRESH: Duration = Duration::from_secs(2);

/// How the status page gets to know how the services are: one asks the database, the others wait for the answer.
pub(crate) fn status_of(
    database: Database,
    gate: Gate,
    service: Option<Service>,
) -> Arc<dyn Fn() -> StatusFuture + Send + Sync> {
    let kept: Arc<Mutex<Option<(Instant, ServiceStatus)>>> = Arc::default();
    Arc::new(move || {
        let (database, gate, service) = (database.clone(), gate.clone(), service.clone());
        let kept = Arc::clone(&kept);
        Box::pin(async move {
            let mut kept = kept.lock().await;
            if let Some((asked, status)) = kept.as_ref()
                && asked.elapsed() < FRESH
            {
                return status.clone();
            }
            let at = clock::now();
            let work = if gate.is_open() { work_status(&database, at).await } else { None };
            let accepts = match service {
                None => None,
                Some(service) => Some(work.is_some() && can_write(&service).await.is_ok()),
            };
            let status = ServiceStatus { at, accepts, work };
            *kept = Some((Instant::now(), status.clone()));
            status
        })
    })
}

/// `None` if the database cannot be asked soon.
async fn work_status(database: &Database, at: Timestamp) -> Option<WorkStatus> {
    let asked = tokio::time::timeout(PATIENCE, service_health(database, at)).await;
    match asked {
        Ok(Ok(health)) => Some(WorkStatus {
            is_on_schedule: health.is_on_schedule(),
            unsealed_since: health.unsealed.oldest,
            open_waves: health.open_waves,
            next_wave: health.next_wave,
        }),
        Ok(Err(error)) => {
            tracing::error!(error = causes(&error), "could not read how the services are");
            None
        }
        Err(_) => {
            tracing::error!("reading how the services are took too long");
            None
        }
    }
}
