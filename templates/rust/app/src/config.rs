//! What the settings of each command are, and where in the environment they stand.

mod reader;

use std::time::Duration;

use reqwest::Url;
use secrecy::{SecretSlice, SecretString};
use tracing::Level;

pub use self::reader::{Fault, Faults};
use self::reader::{Lookup, Reader};

/// How a process reaches PostgreSQL, and how long it waits for it.
#[derive(Clone, Debug)]
pub struct Database {
    pub url: SecretString,
    pub pool_size: u32,
    pub acquire_timeout: Duration,
    pub statement_timeout: Duration,
    pub lock_timeout: Duration,
}

/// Where logs and traces go.
#[derive(Clone, Debug)]
pub struct Telemetry {
    pub log_level: Level,
    /// Without it, no traces are made.
    pub otlp_endpoint: Option<Url>,
    pub service_name: String,
}

/// How access and refresh tokens are made and checked.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub secret: SecretSlice<u8>,
    pub issuer: String,
    pub audience: String,
    pub access_lifetime: Duration,
    pub refresh_lifetime: Duration,
}

/// The limits of the public listener.
#[derive(Clone, Debug)]
pub struct Limits {
    pub request_timeout: Duration,
    pub read_timeout: Duration,
    pub body_bytes: usize,
    pub auth_per_minute: u32,
    pub per_minute: u32,
    pub proxy_hops: usize,
}

/// What the command `api` needs.
#[derive(Clone, Debug)]
pub struct Api {
    pub host: String,
    pub port: u16,
    pub admin_port: u16,
    pub database: Database,
    pub telemetry: Telemetry,
    pub tokens: Tokens,
    pub limits: Limits,
    pub hashes_at_once: usize,
    pub shutdown_delay: Duration,
    pub shutdown_grace: Duration,
}

/// What the command `worker` needs.
#[derive(Clone, Debug)]
pub struct Worker {
    pub database: Database,
    pub telemetry: Telemetry,
    /// Without it, events are logged.
    pub webhook: Option<Url>,
    pub poll: Duration,
}

/// What the commands `migrate` and `seed` need.
#[derive(Clone, Debug)]
pub struct Migration {
    pub url: SecretString,
    pub lock_timeout: Duration,
    pub telemetry: Telemetry,
}

/// What the command `health` needs.
#[derive(Clone, Debug)]
pub struct Probe {
    pub admin_port: u16,
    pub telemetry: Telemetry,
}

impl Api {
    pub fn load(lookup: Lookup<'_>) -> Result<Self, Faults> {
        let mut reader = Reader::new(lookup);
        let settings = Self {
            host: reader.text("HOST", "0.0.0.0"),
            port: reader.whole("PORT", 8080, 1..=u16::MAX),
            admin_port: admin_port(&mut reader),
            database: Database::read(&mut reader),
            telemetry: Telemetry::read(&mut reader),
            tokens: Tokens::read(&mut reader),
            limits: Limits::read(&mut reader),
            hashes_at_once: reader.whole("PASSWORD_HASHES_AT_ONCE", 2, 1..=1024),
            shutdown_delay: reader.milliseconds("SHUTDOWN_DELAY_MS", 5000, 0),
            shutdown_grace: reader.milliseconds("SHUTDOWN_GRACE_MS", 15_000, 1),
        };
        reader.finish(settings)
    }
}

impl Worker {
    pub fn load(lookup: Lookup<'_>) -> Result<Self, Faults> {
        let mut reader = Reader::new(lookup);
        let settings = Self {
            database: Database::read(&mut reader),
            telemetry: Telemetry::read(&mut reader),
            webhook: reader.http_url("OUTBOX_WEBHOOK_URL"),
            poll: reader.milliseconds("OUTBOX_POLL_MS", 500, 1),
        };
        reader.finish(settings)
    }
}

impl Migration {
    pub fn load(lookup: Lookup<'_>) -> Result<Self, Faults> {
        let mut reader = Reader::new(lookup);
        let settings = Self {
            url: reader.database_url("MIGRATION_DATABASE_URL"),
            lock_timeout: lock_timeout(&mut reader),
            telemetry: Telemetry::read(&mut reader),
        };
        reader.finish(settings)
    }
}

impl Probe {
    pub fn load(lookup: Lookup<'_>) -> Result<Self, Faults> {
        let mut reader = Reader::new(lookup);
        let settings = Self {
            admin_port: admin_port(&mut reader),
            telemetry: Telemetry { otlp_endpoint: None, ..Telemetry::read(&mut reader) },
        };
        reader.finish(settings)
    }
}

impl Database {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            url: reader.database_url("DATABASE_URL"),
            pool_size: reader.whole("DATABASE_POOL_SIZE", 10, 1..=1000),
            acquire_timeout: reader.milliseconds("DATABASE_ACQUIRE_TIMEOUT_MS", 1000, 1),
            statement_timeout: reader.milliseconds("DATABASE_STATEMENT_TIMEOUT_MS", 3000, 1),
            lock_timeout: lock_timeout(reader),
        }
    }
}

impl Telemetry {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            log_level: reader.level("LOG_LEVEL", Level::INFO),
            otlp_endpoint: reader.http_url("OTEL_EXPORTER_OTLP_ENDPOINT"),
            service_name: reader.text("OTEL_SERVICE_NAME", "orders-api"),
        }
    }
}

impl Tokens {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            secret: reader.key("JWT_SECRET", 32),
            issuer: reader.text("JWT_ISSUER", "orders"),
            audience: reader.text("JWT_AUDIENCE", "orders-api"),
            access_lifetime: reader.seconds("ACCESS_TOKEN_SECONDS", 900),
            refresh_lifetime: reader.seconds("REFRESH_TOKEN_SECONDS", 2_592_000),
        }
    }
}

impl Limits {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            request_timeout: reader.milliseconds("REQUEST_TIMEOUT_MS", 5000, 1),
            read_timeout: reader.milliseconds("READ_TIMEOUT_MS", 10_000, 1),
            body_bytes: reader.whole("BODY_LIMIT_BYTES", 65_536, 1..=1 << 30),
            auth_per_minute: reader.whole("RATE_LIMIT_AUTH_PER_MINUTE", 10, 1..=1_000_000),
            per_minute: reader.whole("RATE_LIMIT_PER_MINUTE", 600, 1..=1_000_000),
            proxy_hops: reader.whole("TRUST_PROXY_HOPS", 0, 0..=16),
        }
    }
}

fn admin_port(reader: &mut Reader<'_>) -> u16 {
    reader.whole("ADMIN_PORT", 9090, 1..=u16::MAX)
}

fn lock_timeout(reader: &mut Reader<'_>) -> Duration {
    reader.milliseconds("DATABASE_LOCK_TIMEOUT_MS", 2000, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0ISEhISE=";

    fn environment<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    fn faulty_names(faults: &Faults) -> Vec<&'static str> {
        faults.iter().map(|fault| fault.name).collect()
    }

    #[test]
    fn what_has_a_default_may_be_left_out() {
        let set = [("DATABASE_URL", "postgres://app@localhost/orders"), ("JWT_SECRET", SECRET)];
        let api = Api::load(&environment(&set)).unwrap();
        assert_eq!((api.port, api.admin_port), (8080, 9090));
        assert_eq!(api.database.acquire_timeout, Duration::from_secs(1));
        assert_eq!(api.tokens.access_lifetime, Duration::from_mins(15));
    }

    #[test]
    fn all_faults_are_named_and_no_value_is() {
        let set = [
            ("ADMIN_PORT", "canary"),
            ("DATABASE_POOL_SIZE", "0"),
            ("JWT_SECRET", "Y2FuYXJ5"),
            ("LOG_LEVEL", "canary"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://canary"),
        ];
        let faults = Api::load(&environment(&set)).unwrap_err();
        assert_eq!(
            faulty_names(&faults),
            [
                "ADMIN_PORT",
                "DATABASE_URL",
                "DATABASE_POOL_SIZE",
                "LOG_LEVEL",
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "JWT_SECRET"
            ]
        );
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(!said.join("\n").contains("canary"), "{said:?}");
    }

    #[test]
    fn an_empty_variable_is_one_that_is_not_set() {
        let set = [("DATABASE_URL", ""), ("OUTBOX_WEBHOOK_URL", "")];
        let faults = Worker::load(&environment(&set)).unwrap_err();
        assert_eq!(faulty_names(&faults), ["DATABASE_URL"]);
    }

    #[test]
    fn migrations_want_an_address_of_postgresql() {
        for url in
            ["mysql://localhost/orders", "localhost", "postgres://[", "postgres://h/d?sslmode=x"]
        {
            let set = [("MIGRATION_DATABASE_URL", url)];
            let faults = Migration::load(&environment(&set)).unwrap_err();
            assert_eq!(faulty_names(&faults), ["MIGRATION_DATABASE_URL"], "{url}");
        }
    }
}
