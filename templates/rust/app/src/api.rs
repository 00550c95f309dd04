//! The process that serves the API.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    account::{AccessTokens, Accounts, HashError, Hasher},
    admin::Admin,
    config,
    database::Database,
    http::{App, server::Server},
    telemetry::metrics::Metrics,
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot listen: {0}")]
    Listen(#[from] io::Error),
    #[error("cannot use the database: {0}")]
    Database(#[from] sea_orm::DbErr),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("requests outlasted the grace time and were cut")]
    Cut,
}

/// Serve until told to stop, and then until what has begun is finished.
pub async fn run(settings: config::Api, terminated: CancellationToken) -> Result<(), Error> {
    let database = Database::open(&settings.database).await?;
    let (metrics, requests) = Metrics::new(database.clone());
    let accounts = Accounts {
        database: database.clone(),
        hasher: Hasher::new(settings.hashes_at_once)?,
        access_tokens: AccessTokens::new(&settings.tokens),
        refresh_lifetime: settings.tokens.refresh_lifetime,
    };
    let leaving = CancellationToken::new();
    let admin =
        Admin { database: database.clone(), metrics: Arc::new(metrics), leaving: leaving.clone() };
    let head_timeout = settings.limits.read_timeout;
    let public = Server {
        listener: TcpListener::bind((settings.host.as_str(), settings.port)).await?,
        router: App::new(accounts, settings.limits, requests).router(),
        head_timeout,
    };
    let admin = Server {
        listener: TcpListener::bind((settings.host.as_str(), settings.admin_port)).await?,
        router: admin.router(),
        head_timeout,
    };
    tracing::info!(port = settings.port, admin_port = settings.admin_port, "listening");

    let stop = CancellationToken::new();
    // Probes are answered to the end.
    tokio::spawn(admin.run(CancellationToken::new()));
    let serving = tokio::spawn(public.run(stop.clone()));

    terminated.cancelled().await;
    // BK133: fail readiness, let the balancer notice, close the listener, drain with a deadline.
    leaving.cancel();
    tracing::info!("shutting down");
    sleep(settings.shutdown_delay).await;
    stop.cancel();
    let drained = drain(settings.shutdown_grace, serving, database).await;
    tracing::info!(in_time = drained.is_ok(), "stopped");
    drained
}

async fn drain(
    grace: Duration,
    serving: tokio::task::JoinHandle<()>,
    database: Database,
) -> Result<(), Error> {
    let finish = async {
        serving.await.map_err(io::Error::from)?;
        database.close().await?;
        Ok(())
    };
    timeout(grace, finish).await.unwrap_or(Err(Error::Cut))
}
