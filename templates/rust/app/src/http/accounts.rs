//! Accounts over HTTP.

use axum::{Extension, Json, extract::State, http::StatusCode, response::IntoResponse};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::Serialize;
use uuid::Uuid;

use super::{
    App, Problem,
    body::Content,
    guard::{Caller, Deadline},
    json::Bearer,
    query::{Nothing, Query},
};
use crate::{
    account::{Credentials, Tokens},
    entity::user,
    timestamp,
};

/// BK130: without the hash of the password, and whatever else an account will have.
#[derive(Serialize)]
struct UserDocument {
    id: Uuid,
    email: String,
    #[serde(serialize_with = "timestamp::serialize")]
    created_at: DateTime<Utc>,
}

impl From<user::Model> for UserDocument {
    fn from(user: user::Model) -> Self {
        Self { id: user.id, email: user.email, created_at: user.created_at }
    }
}

#[derive(Serialize)]
struct TokensDocument<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    refresh_token: &'a str,
}

impl IntoResponse for Tokens {
    fn into_response(self) -> axum::response::Response {
        let document = TokensDocument {
            access_token: self.access.expose_secret(),
            token_type: "Bearer",
            expires_in: self.expires_in.as_secs(),
            refresh_token: self.refresh.expose(),
        };
        Json(document).into_response()
    }
}

pub async fn sign_up(
    State(app): State<App>,
    _: Query<Nothing>,
    Content(credentials): Content<Credentials>,
) -> Result<impl IntoResponse, Problem> {
    let user = app.accounts.sign_up(credentials).await?;
    Ok((StatusCode::CREATED, Json(UserDocument::from(user))))
}

pub async fn sign_in(
    State(app): State<App>,
    _: Query<Nothing>,
    Content(credentials): Content<Credentials>,
) -> Result<Tokens, Problem> {
    app.guard.admit_email(&credentials.email)?;
    Ok(app.accounts.sign_in(credentials).await?)
}

pub async fn refresh(
    State(app): State<App>,
    Extension(Deadline(deadline)): Extension<Deadline>,
    _: Query<Nothing>,
    Content(Bearer(token)): Content<Bearer>,
) -> Result<Tokens, Problem> {
    Ok(app.accounts.refresh(deadline, &token).await?)
}

pub async fn sign_out(
    State(app): State<App>,
    Extension(Deadline(deadline)): Extension<Deadline>,
    _: Query<Nothing>,
    Content(Bearer(token)): Content<Bearer>,
) -> Result<StatusCode, Problem> {
    app.accounts.sign_out(deadline, token).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn me(
    State(app): State<App>,
    Extension(Caller(account)): Extension<Caller>,
    _: Query<Nothing>,
) -> Result<impl IntoResponse, Problem> {
    let user = app.accounts.find(account).await?.ok_or_else(Problem::invalid_token)?;
    Ok(Json(UserDocument::from(user)))
}
