//! Accounts: signing up, signing in, staying signed in, signing out.

mod access_token;
mod credentials;
mod password;
mod refresh_token;

use std::time::Duration;

use sea_orm::{ActiveValue::Set, DbErr, EntityTrait, QueryFilter};
use secrecy::SecretString;
use tokio::time::Instant;
use uuid::Uuid;

pub use self::{
    access_token::AccessTokens,
    credentials::{Credentials, Email, Password},
    password::{HashError, Hasher},
    refresh_token::RefreshToken,
};
use crate::{
    database::{Database, Rollback, constraint},
    entity::user,
};

/// What becomes of somebody who wants in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the email belongs to an account")]
    EmailTaken,
    #[error("no account has this email and password")]
    Credentials,
    #[error("the refresh token does not count (any more)")]
    RefreshToken,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Random(#[from] getrandom::Error),
    #[error(transparent)]
    Token(#[from] jsonwebtoken::errors::Error),
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error("the deadline has passed")]
    Late,
}

/// An access token, and the refresh token that replaces it.
pub struct Tokens {
    pub access: SecretString,
    pub refresh: RefreshToken,
    pub expires_in: Duration,
}

#[derive(Clone)]
pub struct Accounts {
    pub database: Database,
    pub hasher: Hasher,
    pub access_tokens: AccessTokens,
    pub refresh_lifetime: Duration,
}

impl Accounts {
    pub async fn sign_up(&self, new: Credentials) -> Result<user::Model, Error> {
        let password_hash = self.hasher.hash(new.password).await?;
        let user = user::ActiveModel {
            email: Set(new.email.into_string()),
            password_hash: Set(password_hash),
            ..Default::default()
        };
        let added =
            user::Entity::insert(user).exec_with_returning(self.database.connection()).await;
        added.map_err(|error| match constraint(&error) {
            Some("users_email_key") => Error::EmailTaken, // BK131
            _ => error.into(),
        })
    }

    pub async fn sign_in(&self, given: Credentials) -> Result<Tokens, Error> {
        let user = user::Entity::find()
            .filter(user::COLUMN.email.eq(given.email.as_str()))
            .one(self.database.connection())
            .await?;
        let (id, hash) = user.map(|user| (user.id, user.password_hash)).unzip();
        // Without an account there is as much work to do, or the time would tell who has one.
        let matches = self.hasher.matches(given.password, hash).await?;
        let id = id.filter(|_| matches).ok_or(Error::Credentials)?;
        let token = refresh_token::begin(self.database.connection(), id, self.refresh_lifetime);
        self.tokens(id, token.await?)
    }

    pub async fn refresh(&self, deadline: Instant, token: &RefreshToken) -> Result<Tokens, Error> {
        let exchange = refresh_token::Exchange::new(token, self.refresh_lifetime)?;
        let exchanged = self.database.transact(deadline, exchange).await?;
        let (id, token) = exchanged.ok_or(Error::RefreshToken)?;
        self.tokens(id, token)
    }

    pub async fn sign_out(&self, deadline: Instant, given: RefreshToken) -> Result<(), Error> {
        let end = refresh_token::End { given };
        Ok(self.database.transact(deadline, end).await?)
    }

    pub async fn find(&self, id: Uuid) -> Result<Option<user::Model>, DbErr> {
        user::Entity::find_by_id(id).one(self.database.connection()).await
    }

    fn tokens(&self, user: Uuid, refresh: RefreshToken) -> Result<Tokens, Error> {
        let access = self.access_tokens.issue(user)?;
        Ok(Tokens { access, refresh, expires_in: self.access_tokens.lifetime() })
    }
}

impl From<Rollback<Error>> for Error {
    fn from(reason: Rollback<Self>) -> Self {
        match reason {
            Rollback::Refused(refusal) => refusal,
            Rollback::Database(error) => error.into(),
            Rollback::Late => Self::Late,
        }
    }
}
