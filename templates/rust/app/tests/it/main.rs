//! The service on a real database. Each test makes a database of its own, on the server of `DATABASE_URL`.
#![cfg(test)]

mod accounts;
mod cancelling;
mod delivery;
mod listing;
mod migrations;
mod placing;
mod serving;
mod support;
mod transactions;
