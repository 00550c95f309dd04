//! Refresh tokens: each works once, and a second use ends all that descend from the same sign-in (RFC 9700, 4.14).

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::Utc;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QuerySelect, QueryTrait,
    sea_query::Expr,
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Error;
use crate::{
    database::{Rollback, UnitOfWork},
    entity::refresh_token::{ActiveModel, COLUMN, Column, Entity},
};

/// 32 random bytes in base64url, which only the client keeps.
#[derive(Clone, Debug)]
pub struct RefreshToken(SecretString);

impl RefreshToken {
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let is_ours = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let valid = (1..=128).contains(&text.len()) && text.chars().all(is_ours);
        let token = valid.then(|| Self(text.into()));
        token.ok_or("has to be the refresh token that was given last")
    }

    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(bytes).into()))
    }

    fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.expose()).to_vec()
    }
}

/// Begin a family of tokens.
pub async fn begin(
    db: &impl ConnectionTrait,
    user: Uuid,
    lifetime: Duration,
) -> Result<RefreshToken, Error> {
    let token = RefreshToken::random()?;
    add(db, &token, user, Uuid::new_v4(), lifetime).await?;
    Ok(token)
}

/// End the family of a token, whether it still counts, counted once or never did.
pub async fn end_family(db: &impl ConnectionTrait, token: &RefreshToken) -> Result<(), DbErr> {
    let family = Entity::find()
        .select_only()
        .column(Column::FamilyId)
        .filter(COLUMN.token_hash.eq(token.hash()))
        .into_query();
    Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::current_timestamp())
        .filter(Column::FamilyId.in_subquery(family))
        .filter(COLUMN.revoked_at.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// One token for the next.
pub struct Exchange {
    given: RefreshToken,
    next: RefreshToken,
    lifetime: Duration,
}

impl Exchange {
    pub fn new(given: &RefreshToken, lifetime: Duration) -> Result<Self, getrandom::Error> {
        Ok(Self { given: given.clone(), next: RefreshToken::random()?, lifetime })
    }
}

impl UnitOfWork for Exchange {
    /// None where the token does not count. That is no rollback: the end of the family has to be committed.
    type Output = Option<(Uuid, RefreshToken)>;
    type Refusal = Error;

    async fn run(&self, tx: &DatabaseTransaction) -> Result<Self::Output, Rollback<Error>> {
        // BK105: of two who spend the same token, one changes a row.
        let spent = Entity::update_many()
            .col_expr(Column::UsedAt, Expr::current_timestamp())
            .filter(COLUMN.token_hash.eq(self.given.hash()))
            .filter(COLUMN.used_at.is_null())
            .filter(COLUMN.revoked_at.is_null())
            .filter(ExprTrait::gt(Expr::col(Column::ExpiresAt), Expr::current_timestamp()))
            .exec_with_returning(tx)
            .await?;
        let Some(spent) = spent.into_iter().next() else {
            end_family(tx, &self.given).await?;
            return Ok(None);
        };
        add(tx, &self.next, spent.user_id, spent.family_id, self.lifetime).await?;
        Ok(Some((spent.user_id, self.next.clone())))
    }
}

async fn add(
    db: &impl ConnectionTrait,
    token: &RefreshToken,
    user: Uuid,
    family: Uuid,
    lifetime: Duration,
) -> Result<(), DbErr> {
    let token = ActiveModel {
        id: NotSet,
        family_id: Set(family),
        user_id: Set(user),
        token_hash: Set(token.hash()),
        expires_at: Set(Utc::now() + lifetime),
        ..Default::default()
    };
    Entity::insert(token).exec_without_returning(db).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_256_random_bits() {
        let (one, other) = (RefreshToken::random().unwrap(), RefreshToken::random().unwrap());
        assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(one.expose()).unwrap().len(), 32);
        assert_ne!(one.expose(), other.expose());
        assert!(RefreshToken::parse(one.expose()).is_ok());
    }

    #[test]
    fn what_never_was_a_token_is_refused() {
        for text in ["", "a b", "a.b", "ä", &"a".repeat(129)] {
            assert!(RefreshToken::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_token_is_not_printed() {
        let token = RefreshToken::parse("canary").unwrap();
        assert!(!format!("{token:?}").contains("canary"));
    }
}
