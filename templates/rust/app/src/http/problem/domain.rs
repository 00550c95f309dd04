//! Which problem a failure of the domain or of the database is.

use sea_orm::DbErr;

use super::{Kind, Problem};
use crate::{
    account,
    database::{Rollback, constraint, is_unavailable},
    order::Refusal,
};

impl From<DbErr> for Problem {
    fn from(error: DbErr) -> Self {
        // BK131: by name, for each means something else. Accounts may be deleted while their tokens live.
        match constraint(&error) {
            Some(
                "orders_user_id_fkey"
                | "idempotency_keys_user_id_fkey"
                | "refresh_tokens_user_id_fkey",
            ) => Self::invalid_token(),
            Some("order_lines_product_id_fkey") => {
                Self::invalid_at("/lines".to_owned(), "A product is gone.")
            }
            _ if is_unavailable(&error) => Self::unavailable(error),
            _ => Self::internal(error),
        }
    }
}

impl<R: Into<Self>> From<Rollback<R>> for Problem {
    fn from(reason: Rollback<R>) -> Self {
        match reason {
            Rollback::Refused(refusal) => refusal.into(),
            Rollback::Database(error) => error.into(),
            Rollback::Late => Self::late(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoSuchProduct { line } => {
                Self::invalid_at(format!("/lines/{line}/product_id"), "There is no such product.")
            }
            Refusal::InsufficientStock => Kind::InsufficientStock.into(),
            Refusal::MixedCurrencies => Kind::MixedCurrencies.into(),
            Refusal::TotalTooLarge => {
                Self::invalid_at("/lines".to_owned(), "The total is too large.")
            }
            Refusal::InProgress => Kind::RequestInProgress.into(),
            Refusal::KeyReused => Kind::KeyReused.into(),
            Refusal::NotFound => Kind::NotFound.into(),
            Refusal::Stale => Kind::Stale.into(),
            Refusal::NotCancellable => Kind::OrderNotCancellable.into(),
        }
    }
}

impl From<account::Error> for Problem {
    fn from(error: account::Error) -> Self {
        use account::Error;
        match error {
            Error::EmailTaken => Kind::EmailTaken.into(),
            Error::Credentials => Self::unauthorized("No account has this email and password."),
            Error::RefreshToken => {
                Self::unauthorized("The refresh token does not count (any more).")
            }
            Error::Database(error) => error.into(),
            Error::Late => Self::late(),
            Error::Hash(_) | Error::Random(_) | Error::Token(_) => Self::internal(error),
        }
    }
}
