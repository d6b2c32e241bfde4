//! Figures for a Prometheus on an address of their own: what the queue and the connections look like, and how long
//! requests take.
//!
//! What the database knows is read when asked for, so that it is true also when every worker hangs. Labels are names
//! of states and the patterns of addresses; nothing personal is among them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use app::health::service_health;
use app::jobs::oldest_micros;
use app::notices::{CountScope, Outbox, read_outbox};
use app::rights::requests_near;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use clap::Args;
use domain::notice::Channel;
use domain::notice::state::NoticeState;
use domain::policy::Named as _;
use domain::time::Timestamp;
use metrics::{describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use storage::complaints::complaints_waiting;
use storage::database::Database;
use storage::embedded::RunningServer;
use storage::error::StorageError;
use tokio::net::TcpListener;

use crate::clock;
use crate::interrupt::Stop;
use crate::print::causes;

/// The form of the figures, as Prometheus names it.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const JOBS: &str = "gelombang_jobs";
const OLDEST: &str = "gelombang_jobs_oldest_age_seconds";
const LAST_DONE: &str = "gelombang_jobs_last_done_timestamp_seconds";
const NOTICES: &str = "gelombang_notices";
const NOTICES_OLDEST: &str = "gelombang_notices_oldest_age_seconds";
const CONNECTIONS: &str = "gelombang_database_connections";
const UNSEALED: &str = "gelombang_audit_unsealed_events";
const UNSEALED_AGE: &str = "gelombang_audit_unsealed_age_seconds";
const ARCHIVE: &str = "gelombang_archive_waiting_segments";
const ARCHIVE_AGE: &str = "gelombang_archive_waiting_age_seconds";
const OPEN_WAVES: &str = "gelombang_waves_open";
const SEATS_LEFT: &str = "gelombang_seats_left";
const COMPLAINTS: &str = "gelombang_complaints";
const RIGHTS_NEAR: &str = "gelombang_rights_requests_near";
const REQUESTS: &str = "gelombang_http_request_duration_seconds";
/// Upper bounds of the classes of durations: from an answer at once to what an officer waits for.
const REQUEST_SECONDS: [f64; 11] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 60.0];
/// How often durations are put into their classes, which bounds how many wait if nobody asks.
const UPKEEP: Duration = Duration::from_secs(5);

/// Where figures can be had.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct MetricsArgs {
    /// Address and port of the figures at /metrics, such as 127.0.0.1:9464; nowhere by default. Never one
    /// that the public can reach.
    #[arg(long, env = "GELOMBANG_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    metrics_listen: Option<SocketAddr>,
}

impl MetricsArgs {
    /// Takes the address, if one is given.
    pub(crate) async fn bind(&self) -> anyhow::Result<Option<TcpListener>> {
        let Some(address) = self.metrics_listen else { return Ok(None) };
        let listener = TcpListener::bind(address).await;
        let listener = listener.with_context(|| {
            format!("cannot listen on {address}; choose another address with --metrics-listen")
        })?;
        announce(listener.local_addr().context("the listener has an address")?);
        Ok(Some(listener))
    }
}

#[expect(clippy::print_stderr, reason = "the command line speaks through it")]
fn announce(address: SocketAddr) {
    eprintln!("Figures on http://{address}/metrics");
}

/// What an answer is made of.
#[derive(Clone)]
struct Figures {
    database: Database,
    /// The private server, whose archive may be behind.
    server: Option<RunningServer>,
    handle: PrometheusHandle,
}

/// Answers on `listener` until the program is asked to stop; without one, it waits for nothing.
pub(crate) async fn serve(
    listener: Option<TcpListener>,
    database: Database,
    server: Option<RunningServer>,
    stop: Stop,
) -> anyhow::Result<()> {
    let Some(listener) = listener else { return Ok(()) };
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(REQUESTS.to_owned()), &REQUEST_SECONDS)
        .context("there are classes of durations")?
        .install_recorder()
        .context("another recorder of figures is installed")?;
    describe_gauge!(
        JOBS,
        "Jobs that are not done, by state, counted up to 10,000; 10,001 is any number beyond"
    );
    describe_gauge!(OLDEST, "How long the oldest job waits that could run and nobody runs");
    describe_gauge!(LAST_DONE, "When a job was last done");
    describe_gauge!(
        NOTICES,
        "Notices that wait, are being sent or have failed, by channel and state"
    );
    describe_gauge!(NOTICES_OLDEST, "How long the oldest notice waits that could be sent");
    describe_gauge!(CONNECTIONS, "Connections of this process to the database, by use");
    describe_gauge!(UNSEALED, "Audit events that are not in the chain yet, counted up to 100,000");
    describe_gauge!(COMPLAINTS, "Complaints that wait for an answer, by whether it is late");
    describe_gauge!(
        RIGHTS_NEAR,
        "Requests of people about their data that are within a day of being late."
    );
    describe_gauge!(UNSEALED_AGE, "How long the oldest of them waits");
    describe_gauge!(ARCHIVE, "Finished segments of the log that are not in the archive yet");
    describe_gauge!(ARCHIVE_AGE, "How long the oldest of them waits");
    describe_gauge!(OPEN_WAVES, "Waves that take joins");
    describe_gauge!(
        SEATS_LEFT,
        "Seats that nobody has been given, by wave; nought once there is a decree"
    );
    describe_counter!(
        http_support::REQUESTS,
        "Requests by class, served or turned away (shed) before any work"
    );
    describe_histogram!(REQUESTS, "Time until a request was answered, by route, method and status");
    let upkeep = handle.clone();
    let figures = Arc::new(Figures { database, server, handle });
    let router = Router::new().route("/metrics", get(answer)).with_state(figures);
    let server = axum::serve(listener, router);
    tokio::select! {
        served = async { server.await } => served.context("the server of the figures failed"),
        // Whoever was reading asks again elsewhere; nobody waits for a reader that is slow.
        () = stop.asked() => Ok(()),
        () = async {
            loop {
                tokio::time::sleep(UPKEEP).await;
                upkeep.run_upkeep();
            }
        } => Ok(()),
    }
}

/// Around every request of the public: how long it takes until its answer begins. Joins a second are the count of
/// their route answered with 201. Costs nothing to speak of while nobody collects figures.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| "other".to_owned(), |route| route.as_str().to_owned());
    let method = method_label(request.method());
    let began = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_str().to_owned();
    histogram!(REQUESTS, "route" => route, "method" => method, "status" => status)
        .record(began.elapsed());
    response
}

/// A method as a label; anybody can make names up, and every label is kept.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

async fn answer(State(figures): State<Arc<Figures>>) -> Response {
    let now = clock::now();
    let read = async {
        let health = service_health(&figures.database, now).await?;
        let outbox = read_outbox(&figures.database, CountScope::Open, now).await?;
        let complaints = complaints_waiting(&mut *figures.database.begin().await?, now).await?;
        let near = requests_near(&figures.database, now).await?;
        Ok::<_, StorageError>((health, outbox, complaints, near))
    };
    let (health, outbox, complaints, near) = match read.await {
        Ok(read) => read,
        Err(error) => {
            tracing::warn!(error = causes(&error), "could not read the figures");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    for (state, count) in health.jobs() {
        gauge!(JOBS, "state" => state).set(count as f64);
    }
    gauge!(OLDEST).set(oldest_micros(&health.queue, now) as f64 / 1e6);
    gauge!(LAST_DONE).set(health.queue.last_done.map_or(0, Timestamp::unix_seconds) as f64);
    gauge!(UNSEALED).set(health.unsealed.waiting as f64);
    gauge!(UNSEALED_AGE).set(health.unsealed.oldest.map_or(0.0, |oldest| seconds(oldest, now)));
    gauge!(OPEN_WAVES).set(health.open_waves.len() as f64);
    for (wave, seats) in &health.seats_left {
        gauge!(SEATS_LEFT, "wave" => wave.to_string()).set(*seats as f64);
    }
    if let Some(server) = &figures.server {
        let lag = server.archive_lag(now);
        gauge!(ARCHIVE).set(lag.map_or(0, |lag| lag.segments) as f64);
        gauge!(ARCHIVE_AGE).set(lag.map_or(0.0, |lag| lag.oldest.as_secs_f64()));
    }
    set_notices(&outbox);
    gauge!(COMPLAINTS, "answer" => "due")
        .set(complaints.waiting.saturating_sub(complaints.late) as f64);
    gauge!(COMPLAINTS, "answer" => "late").set(complaints.late as f64);
    gauge!(RIGHTS_NEAR).set(near as f64);
    let (open, idle) = figures.database.connections();
    gauge!(CONNECTIONS, "use" => "idle").set(f64::from(idle));
    gauge!(CONNECTIONS, "use" => "busy").set(f64::from(open.saturating_sub(idle)));
    ([(CONTENT_TYPE, TEXT)], figures.handle.render()).into_response()
}

fn seconds(since: Timestamp, now: Timestamp) -> f64 {
    now.micros().saturating_sub(since.micros()).max(0) as f64 / 1e6
}

/// Sets every state of every channel, so that one without notices is nought and not what it was.
fn set_notices(outbox: &Outbox) {
    let states =
        [NoticeState::Queued, NoticeState::Sending, NoticeState::Unknown, NoticeState::Failed];
    for channel in Channel::ALL {
        for state in states {
            let mut counts = outbox.counts.iter();
            let found = counts.find(|count| count.channel == *channel && count.state == state);
            let notices = found.map_or(0, |count| count.notices);
            gauge!(NOTICES, "channel" => channel.name(), "state" => state.name())
                .set(notices as f64);
        }
    }
    gauge!(NOTICES_OLDEST).set(outbox.oldest_micros as f64 / 1e6);
}
