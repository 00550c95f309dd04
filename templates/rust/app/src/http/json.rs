//! Reads JSON into types, and names everything that is wrong with it at once: `serde` stops at the first.

use std::{collections::HashSet, hash::Hash};

use serde_json::{Map, Value};
use uuid::Uuid;

use super::problem::{Fault, Place};
use crate::{
    account::{Credentials, Email, Password, RefreshToken},
    order::NewLine,
};

const MOST_LINES: usize = 50;
const MOST_PIECES: i64 = 1000;

/// What is wrong so far.
#[derive(Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Note a fault; there is no value then.
    fn add<T>(&mut self, pointer: impl Into<String>, detail: &'static str) -> Option<T> {
        self.0.push(Fault { place: Place::Pointer(pointer.into()), detail });
        None
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn into_vec(self) -> Vec<Fault> {
        self.0
    }
}

/// Something that a part of a body can be read into. None is returned where a fault was noted.
pub trait FromJson: Sized {
    fn from_json(value: Value, at: &str, faults: &mut Faults) -> Option<Self>;
}

/// An object of which each member has to be asked for.
struct Object<'a> {
    members: Map<String, Value>,
    at: &'a str,
    faults: &'a mut Faults,
}

impl<'a> Object<'a> {
    fn open(value: Value, at: &'a str, faults: &'a mut Faults) -> Option<Self> {
        match value {
            Value::Object(members) => Some(Self { members, at, faults }),
            _ => faults.add(at, "has to be an object"),
        }
    }

    fn member<T: FromJson>(&mut self, name: &str) -> Option<T> {
        let at = format!("{}/{name}", self.at);
        match self.members.remove(name) {
            Some(value) => T::from_json(value, &at, self.faults),
            None => self.faults.add(at, "is missing"),
        }
    }

    /// What was not asked for is refused, so that nobody believes it was heard.
    fn close(self) {
        for name in self.members.keys() {
            let name = name.replace('~', "~0").replace('/', "~1"); // RFC 6901
            self.faults.add::<()>(format!("{}/{name}", self.at), "is not known here");
        }
    }
}

impl FromJson for Credentials {
    fn from_json(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let mut object = Object::open(value, at, faults)?;
        let (email, password) = (object.member("email"), object.member("password"));
        object.close();
        Some(Self { email: email?, password: password? })
    }
}

/// The body of those who have a refresh token.
pub struct Bearer(pub RefreshToken);

impl FromJson for Bearer {
    fn from_json(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let mut object = Object::open(value, at, faults)?;
        let token = object.member("refresh_token");
        object.close();
        token.map(Self)
    }
}

/// The body of those who place an order.
pub struct NewOrder(pub Vec<NewLine>);

impl FromJson for NewOrder {
    fn from_json(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let mut object = Object::open(value, at, faults)?;
        let lines = object.member("lines");
        object.close();
        lines.map(Self)
    }
}

impl FromJson for Vec<NewLine> {
    fn from_json(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let values = match value {
            Value::Array(values) if (1..=MOST_LINES).contains(&values.len()) => values,
            _ => return faults.add(at, "has to be an array of 1 to 50 lines"),
        };
        let read = |(index, value)| NewLine::from_json(value, &format!("{at}/{index}"), faults);
        let lines: Vec<Option<NewLine>> = values.into_iter().enumerate().map(read).collect();
        let products = lines.iter().map(|line| line.map(|line| line.product_id));
        for index in repeated(products) {
            faults.add::<()>(format!("{at}/{index}/product_id"), "is named before");
        }
        lines.into_iter().collect()
    }
}

impl FromJson for NewLine {
    fn from_json(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let mut object = Object::open(value, at, faults)?;
        let (product_id, quantity) = (object.member("product_id"), object.member("quantity"));
        object.close();
        let Pieces(quantity) = quantity?;
        Some(Self { product_id: product_id?, quantity })
    }
}

struct Pieces(i32);

impl FromJson for Pieces {
    fn from_json(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        let pieces = value.as_i64().filter(|pieces| (1..=MOST_PIECES).contains(pieces));
        match pieces.and_then(|pieces| i32::try_from(pieces).ok()) {
            Some(pieces) => Some(Self(pieces)),
            None => faults.add(at, "has to be a whole number from 1 to 1000"),
        }
    }
}

impl FromJson for Uuid {
    fn from_json(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        read_text(&value, at, faults, |text| uuid(text).ok_or("has to be a UUID"))
    }
}

impl FromJson for Email {
    fn from_json(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        read_text(&value, at, faults, Self::parse)
    }
}

impl FromJson for Password {
    fn from_json(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        read_text(&value, at, faults, Self::parse)
    }
}

impl FromJson for RefreshToken {
    fn from_json(value: Value, at: &str, faults: &mut Faults) -> Option<Self> {
        read_text(&value, at, faults, Self::parse)
    }
}

fn read_text<T>(
    value: &Value,
    at: &str,
    faults: &mut Faults,
    parse: impl FnOnce(&str) -> Result<T, &'static str>,
) -> Option<T> {
    match value.as_str().map(parse) {
        Some(Ok(parsed)) => Some(parsed),
        Some(Err(detail)) => faults.add(at, detail),
        None => faults.add(at, "has to be text"),
    }
}

/// Read a UUID with hyphens; the crate knows other ways to write one.
pub fn uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

fn repeated<T: Eq + Hash>(items: impl Iterator<Item = Option<T>>) -> Vec<usize> {
    let mut seen = HashSet::new();
    let is_again = |item: Option<T>| item.is_some_and(|item| !seen.insert(item));
    let again: Vec<bool> = items.map(is_again).collect();
    again.iter().enumerate().filter_map(|(index, again)| again.then_some(index)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults<T: FromJson>(value: Value) -> Vec<String> {
        let mut faults = Faults::default();
        let read = T::from_json(value, "", &mut faults);
        assert!(read.is_none() || !faults.is_empty(), "nothing is wrong");
        let pointer = |fault: Fault| match fault.place {
            Place::Pointer(pointer) => pointer,
            Place::Parameter(name) => panic!("{name} is no part of a body"),
        };
        faults.into_vec().into_iter().map(pointer).collect()
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let wrong = json!({ "email": 1, "a/b~c": true });
        assert_eq!(faults::<Credentials>(wrong), ["/email", "/password", "/a~1b~0c"]);
    }

    #[test]
    fn faults_of_lines_are_named_where_they_are() {
        let id = Uuid::nil();
        let wrong = json!({ "lines": [
            { "product_id": "x", "quantity": 1 }, { "quantity": 0, "colour": "red" }, 7,
            { "product_id": id, "quantity": 1 }, { "product_id": id, "quantity": 2 },
        ]});
        let expected = [
            "/lines/0/product_id",
            "/lines/1/product_id",
            "/lines/1/quantity",
            "/lines/1/colour",
            "/lines/2",
            "/lines/4/product_id",
        ];
        assert_eq!(faults::<NewOrder>(wrong), expected);
    }

    #[test]
    fn what_is_no_object_is_wrong_as_a_whole() {
        for value in [json!(null), json!([]), json!(1), json!("text")] {
            assert_eq!(faults::<Bearer>(value), [""]);
        }
    }

    #[test]
    fn a_quantity_is_a_whole_number_within_bounds() {
        for quantity in [json!(0), json!(1001), json!(1.5), json!("1"), json!(true), json!(1e30)] {
            let line = json!({ "product_id": Uuid::nil(), "quantity": quantity });
            assert_eq!(faults::<NewLine>(line), ["/quantity"]);
        }
    }
}
