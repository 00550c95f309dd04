//! The public API over HTTP.

mod accounts;
mod body;
mod cursor;
mod guard;
mod if_match;
mod json;
mod linger;
mod observe;
mod openapi;
mod orders;
mod page;
mod problem;
mod products;
mod query;
mod rate_limit;
pub mod server;

use std::sync::Arc;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::{MethodRouter, get, post},
};
use tower_http::catch_panic::CatchPanicLayer;

use self::{guard::Guard, problem::Problem};
use crate::{account::Accounts, config::Limits, database::Database, telemetry::metrics::Requests};

/// What handlers and middleware share.
#[derive(Clone)]
pub struct App {
    database: Database,
    accounts: Accounts,
    limits: Limits,
    requests: Requests,
    guard: Arc<Guard>,
}

type Routes = Vec<(&'static str, MethodRouter<App>)>;

impl App {
    pub fn new(accounts: Accounts, limits: Limits, requests: Requests) -> Self {
        let guard = Arc::new(Guard::new(&limits));
        Self { database: accounts.database.clone(), accounts, limits, requests, guard }
    }

    /// Return the whole service.
    pub fn router(self) -> Router {
        let by_address = from_fn_with_state(self.clone(), guard::by_address);
        let by_account = from_fn_with_state(self.clone(), guard::by_account);
        let mut router = Router::new().route("/openapi.json", get(openapi::show));
        for (path, methods) in self.open() {
            router = router.route(path, methods.route_layer(by_address.clone()));
        }
        for (path, methods) in self.protected() {
            router = router.route(path, methods.route_layer(by_account.clone()));
        }
        router
            .fallback(async || Problem::not_found())
            .method_not_allowed_fallback(async || Problem::method_not_allowed())
            .layer(CatchPanicLayer::custom(problem::of_panic))
            .layer(from_fn_with_state(self.clone(), observe::observe))
            .layer(from_fn(linger::linger))
            .with_state(self)
    }

    /// BK118: what wants no token is in this list, which a test compares with the contract.
    fn open(&self) -> Routes {
        vec![
            ("/v1/users", self.reading(post(accounts::sign_up))),
            ("/v1/auth/sign-in", self.reading(post(accounts::sign_in))),
            ("/v1/auth/refresh", self.reading(post(accounts::refresh))),
            ("/v1/auth/sign-out", self.reading(post(accounts::sign_out))),
        ]
    }

    fn protected(&self) -> Routes {
        let orders = self.timed(get(orders::list)).merge(self.reading(post(orders::place)));
        vec![
            ("/v1/me", self.timed(get(accounts::me))),
            ("/v1/products", self.timed(get(products::list))),
            ("/v1/products/{product_id}", self.timed(get(products::show))),
            ("/v1/orders", orders),
            ("/v1/orders/{order_id}", self.timed(get(orders::show))),
            ("/v1/orders/{order_id}/lines", self.timed(get(orders::lines))),
            ("/v1/orders/{order_id}/cancel", self.timed(post(orders::cancel))),
        ]
    }

    /// For methods that read a body: as long as that takes, no deadline runs but its own.
    fn reading(&self, methods: MethodRouter<Self>) -> MethodRouter<Self> {
        self.timed(methods).route_layer(from_fn_with_state(self.clone(), body::intake))
    }

    fn timed(&self, methods: MethodRouter<Self>) -> MethodRouter<Self> {
        methods.route_layer(from_fn_with_state(self.clone(), guard::deadline))
    }
}

#[cfg(test)]
mod tests;
