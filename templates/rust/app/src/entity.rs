//! The tables, as SeaORM sees them. The migrations say what they are.

pub mod idempotency_key;
pub mod order;
pub mod order_line;
pub mod outbox;
pub mod product;
pub mod refresh_token;
pub mod user;
