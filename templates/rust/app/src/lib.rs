//! Accounts, products with stock, and orders that can be sent twice without harm.

pub mod account;
pub mod admin;
pub mod api;
pub mod catalog;
pub mod config;
pub mod database;
pub mod entity;
pub mod housekeeping;
pub mod http;
pub mod idempotency;
pub mod migration;
pub mod money;
pub mod order;
pub mod outbox;
pub mod seed;
pub mod telemetry;
pub mod timestamp;
pub mod worker;
