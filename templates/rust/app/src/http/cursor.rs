//! Where a listing goes on: opaque to clients, and nothing that they could not ask for without it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::problem::{Fault, Place, Problem};
use crate::{
    entity::order::Status,
    order::{Filter, Position},
};

pub const EXPECTED: &str = "has to be the next_cursor of the same listing with the same filters";

/// The last product of a page.
#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Products {
    pub product: Uuid,
}

/// The last order of a page, and the filters of its listing. Times are in milliseconds.
#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Orders {
    order: Uuid,
    created_at: i64,
    status: Option<Status>,
    placed_from: Option<i64>,
    placed_before: Option<i64>,
}

impl Orders {
    pub fn new(last: Position, filter: Filter) -> Self {
        let milliseconds = |time: DateTime<Utc>| time.timestamp_millis();
        Self {
            order: last.id,
            created_at: milliseconds(last.created_at),
            status: filter.status,
            placed_from: filter.placed_from.map(milliseconds),
            placed_before: filter.placed_before.map(milliseconds),
        }
    }

    /// Return where it points to, if it belongs to a listing with these filters.
    pub fn position(&self, filter: Filter) -> Result<Position, Problem> {
        let created_at = DateTime::from_timestamp_millis(self.created_at);
        // What PostgreSQL cannot hold, it would answer with an error.
        let created_at = created_at.filter(|time| (1..=9999).contains(&time.year()));
        let position = created_at.map(|created_at| Position { created_at, id: self.order });
        position.filter(|last| *self == Self::new(*last, filter)).ok_or_else(problem)
    }
}

pub fn encode(cursor: &impl Serialize) -> Result<String, Problem> {
    let text = serde_json::to_vec(cursor).map_err(Problem::internal)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(text))
}

pub fn decode<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| problem())?;
    serde_json::from_slice(&bytes).map_err(|_| problem())
}

pub fn is_well_formed(text: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    (1..=512).contains(&text.len()) && text.bytes().all(is_fit)
}

fn problem() -> Problem {
    let place = Place::Parameter("cursor".to_owned());
    Problem::invalid(vec![Fault { place, detail: EXPECTED }])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position() -> Position {
        let created_at = DateTime::from_timestamp_millis(1_772_366_400_123).unwrap();
        Position { created_at, id: Uuid::new_v4() }
    }

    fn read(text: &str, filter: Filter) -> Result<Position, Problem> {
        decode::<Orders>(text).and_then(|cursor| cursor.position(filter))
    }

    #[test]
    fn a_cursor_leads_back_to_where_it_came_from() {
        let (last, filter) =
            (position(), Filter { status: Some(Status::Placed), ..Filter::default() });
        let text = encode(&Orders::new(last, filter)).unwrap();
        assert!(is_well_formed(&text));
        assert_eq!(read(&text, filter).unwrap(), last);
    }

    #[test]
    fn it_belongs_to_its_filters() {
        let filter = Filter { placed_from: Some(position().created_at), ..Filter::default() };
        let text = encode(&Orders::new(position(), filter)).unwrap();
        assert!(read(&text, Filter::default()).is_err());
        let other = Filter { status: Some(Status::Cancelled), ..filter };
        assert!(read(&text, other).is_err());
    }

    #[test]
    fn it_belongs_to_its_listing() {
        let text = encode(&Products { product: Uuid::new_v4() }).unwrap();
        assert!(read(&text, Filter::default()).is_err());
    }

    #[test]
    fn times_that_no_database_holds_are_refused() {
        for created_at in [i64::MIN, i64::MAX, 8_210_266_876_799_999, -62_135_596_800_001] {
            let cursor = Orders { created_at, ..Orders::new(position(), Filter::default()) };
            assert!(cursor.position(Filter::default()).is_err(), "{created_at}");
        }
    }

    #[test]
    fn garbage_is_refused() {
        for text in ["A", "AAAA", "____", "bnVsbA", "W10", "e30", "MQ"] {
            assert!(read(text, Filter::default()).is_err(), "{text}");
        }
    }
}
