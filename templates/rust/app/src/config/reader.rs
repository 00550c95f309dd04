//! Reads variables of the environment, and keeps what is wrong with them.

use std::{fmt, ops::RangeInclusive, str::FromStr, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::Url;
use sea_orm::sqlx::postgres::PgConnectOptions;
use secrecy::{SecretSlice, SecretString};
use tracing::Level;

pub type Faults = Vec<Fault>;
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What is wrong with a variable. It never has the value, which may be a secret.
#[derive(Debug)]
pub struct Fault {
    pub name: &'static str,
    expected: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.expected)
    }
}

/// Returns something for each variable, so that the next one is read too; `finish` tells.
pub struct Reader<'a> {
    lookup: Lookup<'a>,
    faults: Faults,
}

impl<'a> Reader<'a> {
    pub fn new(lookup: Lookup<'a>) -> Self {
        Self { lookup, faults: Faults::new() }
    }

    pub fn finish<T>(self, settings: T) -> Result<T, Faults> {
        if self.faults.is_empty() { Ok(settings) } else { Err(self.faults) }
    }

    pub fn text(&mut self, name: &'static str, default: &str) -> String {
        self.find(name).unwrap_or_else(|| default.to_owned())
    }

    pub fn whole<T>(&mut self, name: &'static str, default: T, bounds: RangeInclusive<T>) -> T
    where
        T: Copy + FromStr + PartialOrd + fmt::Display,
    {
        let Some(text) = self.find(name) else {
            return default;
        };
        let number = text.parse().ok().filter(|number| bounds.contains(number));
        let words =
            || format!("has to be a whole number from {} to {}", bounds.start(), bounds.end());
        self.known(name, number, words, default)
    }

    pub fn milliseconds(&mut self, name: &'static str, default: u64, least: u64) -> Duration {
        Duration::from_millis(self.whole(name, default, least..=3_600_000))
    }

    pub fn seconds(&mut self, name: &'static str, default: u64) -> Duration {
        Duration::from_secs(self.whole(name, default, 1..=315_360_000))
    }

    pub fn level(&mut self, name: &'static str, default: Level) -> Level {
        let Some(text) = self.find(name) else {
            return default;
        };
        let level = match text.as_str() {
            "debug" => Some(Level::DEBUG),
            "info" => Some(Level::INFO),
            "warn" => Some(Level::WARN),
            "error" => Some(Level::ERROR),
            _ => None,
        };
        self.known(name, level, || "has to be debug, info, warn or error".to_owned(), default)
    }

    pub fn key(&mut self, name: &'static str, least: usize) -> SecretSlice<u8> {
        let text = self.find(name);
        let key = text.and_then(|text| BASE64_STANDARD.decode(text).ok());
        let key = key.filter(|key| key.len() >= least);
        let words = || format!("is required: {least} bytes or more, in base64");
        self.known(name, key, words, Vec::new()).into()
    }

    pub fn http_url(&mut self, name: &'static str) -> Option<Url> {
        let text = self.find(name)?;
        let url = Url::parse(&text).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        self.known(name, url.map(Some), || "has to be an http or https URL".to_owned(), None)
    }

    pub fn database_url(&mut self, name: &'static str) -> SecretString {
        let text = self.find(name).filter(|text| is_postgres(text));
        let words = || "is required: a postgres:// URL".to_owned();
        self.known(name, text, words, String::new()).into()
    }

    /// Compose files and orchestrators pass on variables that are not set as empty ones.
    fn find(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|text| !text.is_empty())
    }

    fn known<T>(
        &mut self,
        name: &'static str,
        value: Option<T>,
        expected: impl FnOnce() -> String,
        default: T,
    ) -> T {
        value.unwrap_or_else(|| {
            self.faults.push(Fault { name, expected: expected() });
            default
        })
    }
}

fn is_postgres(text: &str) -> bool {
    let url = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "postgres" | "postgresql"));
    url && PgConnectOptions::from_str(text).is_ok()
}
