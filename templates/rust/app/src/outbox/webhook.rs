//! Where events go.

use std::time::Duration;

use reqwest::{Client, Url, redirect};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{entity::outbox, timestamp};

const DEADLINE: Duration = Duration::from_secs(5);

pub enum Destination {
    Webhook { client: Client, url: Url },
    Log,
}

#[derive(Serialize)]
struct Event<'a> {
    id: Uuid,
    r#type: &'a str,
    occurred_at: String,
    data: &'a Value,
}

impl Destination {
    pub fn new(webhook: Option<Url>) -> Result<Self, reqwest::Error> {
        let Some(url) = webhook else {
            return Ok(Self::Log);
        };
        // BK134: without one, a receiver that does not answer would hold up all others.
        let client = Client::builder().timeout(DEADLINE).redirect(redirect::Policy::none());
        Ok(Self::Webhook { client: client.build()?, url })
    }

    pub async fn deliver(
        &self,
        event: &outbox::Model,
        traceparent: Option<String>,
    ) -> Result<(), reqwest::Error> {
        let Self::Webhook { client, url } = self else {
            tracing::info!(topic = event.topic, "an event without a receiver");
            return Ok(());
        };
        let body = Event {
            id: event.id,
            r#type: &event.topic,
            occurred_at: timestamp::text(event.created_at),
            data: &event.payload,
        };
        let mut request = client.post(url.clone()).header("Webhook-Id", event.id.to_string());
        if let Some(traceparent) = traceparent {
            request = request.header("traceparent", traceparent);
        }
        let answer = request.json(&body).send().await.map_err(reqwest::Error::without_url)?;
        answer.error_for_status().map_err(reqwest::Error::without_url)?;
        Ok(())
    }
}
