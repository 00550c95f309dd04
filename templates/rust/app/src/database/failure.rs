//! What an error of the database means.

use std::borrow::Cow;

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{self, error::DatabaseError},
};

/// Return the five characters by which PostgreSQL names an error.
pub fn sqlstate(error: &DbErr) -> Option<Cow<'_, str>> {
    answer(error)?.code()
}

/// Return the name of the constraint that was violated.
pub fn constraint(error: &DbErr) -> Option<&str> {
    answer(error)?.constraint()
}

/// Tell whether the same may succeed later: no connection, no answer in time, or no end of conflicts.
pub fn is_unavailable(error: &DbErr) -> bool {
    match driver(error) {
        Some(sqlx::Error::Database(answer)) => answer.code().as_deref().is_some_and(is_passing),
        Some(cause) => matches!(
            cause,
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
        ),
        None => matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)),
    }
}

/// Connection lost (08), transaction ended (25P03, 25P04), conflict (40), no resources (53), lock or statement timeout,
/// server stopping or starting.
fn is_passing(sqlstate: &str) -> bool {
    let classes = ["08", "40", "53"];
    let codes = ["25P03", "25P04", "55P03", "57014", "57P01", "57P02", "57P03", "57P05"];
    classes.iter().any(|class| sqlstate.starts_with(class)) || codes.contains(&sqlstate)
}

fn answer(error: &DbErr) -> Option<&dyn DatabaseError> {
    driver(error)?.as_database_error()
}

fn driver(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => Some(cause),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Arc};

    use sea_orm::ConnAcquireErr;

    use super::*;

    #[test]
    fn a_lost_connection_is_not_our_fault() {
        let lost = sqlx::Error::Io(io::ErrorKind::ConnectionReset.into());
        assert!(is_unavailable(&DbErr::Query(RuntimeErr::SqlxError(Arc::new(lost)))));
        assert!(is_unavailable(&DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)));
    }

    #[test]
    fn a_row_that_does_not_fit_is() {
        let row = sqlx::Error::ColumnNotFound("total".to_owned());
        assert!(!is_unavailable(&DbErr::Query(RuntimeErr::SqlxError(Arc::new(row)))));
        assert!(!is_unavailable(&DbErr::Type("total".to_owned())));
    }

    #[test]
    fn timeouts_and_conflicts_pass_and_broken_statements_do_not() {
        assert!(["57014", "55P03", "40P01", "08006", "53300"].into_iter().all(is_passing));
        assert!(!["42601", "23505", "22P02", "57000"].into_iter().any(is_passing));
    }
}
