//! Refresh tokens: each works once, and a second use ends all that descend from the same sign-in (RFC 9700, 4.14).

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::Utc;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter, Statement,
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
        let Some(family) = lock_family(tx, &self.given).await? else { return Ok(None) };
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
            end_family(tx, family).await?;
            return Ok(None);
        };
        add(tx, &self.next, spent.user_id, family, self.lifetime).await?;
        Ok(Some((spent.user_id, self.next.clone())))
    }
}

/// The end of a token's family, whether the token still counts, counted once or never did.
pub struct End {
    pub given: RefreshToken,
}

impl UnitOfWork for End {
    type Output = ();
    type Refusal = Error;

    async fn run(&self, tx: &DatabaseTransaction) -> Result<(), Rollback<Error>> {
        if let Some(family) = lock_family(tx, &self.given).await? {
            end_family(tx, family).await?;
        }
        Ok(())
    }
}

/// Return the family of a token, which nobody else changes until the transaction ends.
///
/// Without the lock, a family that is ended while a token of it is exchanged would not know the next one, and leave it.
async fn lock_family(
    tx: &DatabaseTransaction,
    token: &RefreshToken,
) -> Result<Option<Uuid>, DbErr> {
    let lock = Statement::from_sql_and_values(
        tx.get_database_backend(),
        "select family_id, pg_advisory_xact_lock(hashtextextended(family_id::text, 0))
         from refresh_tokens where token_hash = $1",
        [token.hash().into()],
    );
    let row = tx.query_one_raw(lock).await?;
    row.map(|row| row.try_get_by_index(0)).transpose()
}

async fn end_family(tx: &DatabaseTransaction, family: Uuid) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::current_timestamp())
        .filter(COLUMN.family_id.eq(family))
        .filter(COLUMN.revoked_at.is_null())
        .exec(tx)
        .await?;
    Ok(())
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
