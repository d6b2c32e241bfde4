//! `GET /api/v1/officer/jobs`: jobs that are not done, the oldest first, dead ones among them.

use app::jobs::list_jobs;
use axum::extract::State;
use axum::response::Response;
use domain::policy::Named as _;
use serde_json::{Value, json};

use super::caller::OfficerCaller;
use crate::problem::Problem;
use crate::respond::{found, instant};
use crate::state::Api;

/// Jobs listed at most; more than that are no list for a person.
const LISTED_MAX: u32 = 1_000;

pub(crate) async fn handler(State(api): State<Api>, _: OfficerCaller) -> Result<Response, Problem> {
    let rows = list_jobs(&api.service.database, None, LISTED_MAX).await;
    let jobs: Vec<Value> = rows
        .map_err(app::act::ActError::from)?
        .iter()
        .map(|job| {
            json!({
                "job": job.job_id.to_string(),
                "kind": job.kind,
                "subject": job.subject,
                "state": job.state.name(),
                "run_at": instant(job.run_at),
                "attempts": job.attempts,
                "last_error": job.last_error,
            })
        })
        .collect();
    Ok(found(&json!({ "jobs": jobs })))
}
