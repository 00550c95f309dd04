//! Pages of listings: which one is wanted, and what it is answered with.

use std::str::FromStr;

use serde::Serialize;

use super::{
    Problem, cursor,
    query::{FromQuery, Noted, Parameters},
};

const LIMIT: u64 = 20;
const MOST: u64 = 100;

/// What of a listing to show.
pub struct Page {
    pub limit: u64,
    pub cursor: Option<String>,
}

impl FromQuery for Page {
    fn from_query(parameters: &mut Parameters) -> Result<Self, Noted> {
        let limit = parameters.optional("limit", |text| {
            let number = whole(text).filter(|number| (1..=MOST).contains(number));
            number.ok_or("has to be a whole number from 1 to 100")
        });
        let cursor = parameters.optional("cursor", |text| {
            cursor::is_well_formed(text).then(|| text.to_owned()).ok_or(cursor::EXPECTED)
        });
        Ok(Self { limit: limit?.unwrap_or(LIMIT), cursor: cursor? })
    }
}

/// A page of a listing.
#[derive(Serialize)]
pub struct Listing<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

impl<T> Listing<T> {
    /// Make a page of what was found: one more than it may have, if there is a next one.
    pub fn new(
        mut items: Vec<T>,
        limit: u64,
        cursor: impl FnOnce(&T) -> Result<String, Problem>,
    ) -> Result<Self, Problem> {
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_next = items.len() > size;
        items.truncate(size);
        let last = items.last().filter(|_| has_next);
        let next_cursor = last.map(cursor).transpose()?;
        Ok(Self { items, next_cursor })
    }
}

fn whole(text: &str) -> Option<u64> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    u64::from_str(text).ok().filter(|_| is_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &str) -> Result<Page, Problem> {
        let mut parameters = Parameters::parse(query);
        let read = Page::from_query(&mut parameters);
        parameters.finish(read)
    }

    #[test]
    fn a_page_has_twenty_items_unless_told_otherwise() {
        assert_eq!(page("").map(|page| page.limit).unwrap(), 20);
        assert_eq!(page("limit=100").map(|page| page.limit).unwrap(), 100);
    }

    #[test]
    fn what_is_unknown_repeated_or_out_of_bounds_is_refused() {
        for query in [
            "limit=0",
            "limit=101",
            "limit=",
            "limit=%2B5",
            "limit=1&limit=1",
            "page=2",
            "cursor=a%20b",
        ] {
            assert!(page(query).is_err(), "{query}");
        }
    }
}
