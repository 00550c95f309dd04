//! The process that delivers events and cleans up.

use tokio_util::sync::CancellationToken;

use crate::{
    config,
    database::Database,
    housekeeping,
    outbox::{Destination, Relay},
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot use the database: {0}")]
    Database(#[from] sea_orm::DbErr),
    #[error("cannot send webhooks: {0}")]
    Webhook(#[from] reqwest::Error),
}

pub async fn run(settings: config::Worker, stop: CancellationToken) -> Result<(), Error> {
    let database = Database::open(&settings.database).await?;
    let destination = Destination::new(settings.webhook)?;
    let relay = Relay { database: database.clone(), destination, poll: settings.poll };
    tracing::info!("delivering events");
    tokio::join!(relay.run(&stop), housekeeping::run(&database, &stop));
    database.close().await?;
    tracing::info!("stopped");
    Ok(())
}
