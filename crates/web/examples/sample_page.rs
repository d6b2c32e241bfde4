//! Serves the pages with sample figures: `cargo run -p web --example sample_page 127.0.0.1:8015`.
//!
//! The browser tests in `e2e/` run against it, so that they need neither a database nor a replay.

#[path = "../tests/sample/mod.rs"]
mod sample;

use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8015".to_owned());
    let listener = TcpListener::bind(&address).await?;
    let stop = async {
        tokio::signal::ctrl_c().await.ok();
    };
    web::serve(listener, sample::state(), stop).await
}
