//! Orders over HTTP.

use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    App, Problem,
    body::Content,
    cursor,
    guard::{Caller, Deadline},
    if_match::{IfMatch, etag},
    json::NewOrder,
    observe::Traceparent,
    page::{Listing, Page},
    query::{self, FromQuery, Id, IdempotencyKey, Noted, Nothing, Parameters, Query},
};
use crate::{
    entity::order::Status,
    idempotency::Answer,
    order::{self, Cancellation, Document, Filter, Placement, Position},
};

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Which orders to list, and which page of them.
pub struct Wanted {
    filter: Filter,
    page: Page,
}

impl FromQuery for Wanted {
    fn from_query(parameters: &mut Parameters) -> Result<Self, Noted> {
        let page = Page::from_query(parameters);
        let status = parameters.optional("status", |text| match text {
            "placed" => Ok(Status::Placed),
            "cancelled" => Ok(Status::Cancelled),
            _ => Err("has to be placed or cancelled"),
        });
        let placed_from = parameters.optional("placed_from", query::time);
        let placed_before = parameters.optional("placed_before", query::time);
        let filter =
            Filter { status: status?, placed_from: placed_from?, placed_before: placed_before? };
        Ok(Self { filter, page: page? })
    }
}

pub async fn place(
    State(app): State<App>,
    Extension(Caller(user_id)): Extension<Caller>,
    Extension(Deadline(deadline)): Extension<Deadline>,
    Extension(Traceparent(traceparent)): Extension<Traceparent>,
    IdempotencyKey(key): IdempotencyKey,
    _: Query<Nothing>,
    Content(NewOrder(lines)): Content<NewOrder>,
) -> Result<Response, Problem> {
    let placement = Placement { user_id, key, lines, traceparent, answer };
    let outcome = app.database.transact(deadline, placement).await?;
    let mut response = replay(outcome.answer)?;
    if outcome.replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// What is kept under the key, byte for byte.
fn answer(order: &Document) -> Answer {
    let header = |name: HeaderName, value: String| (name.to_string(), value);
    Answer {
        status: StatusCode::CREATED.as_u16(),
        headers: vec![
            header(header::CONTENT_TYPE, "application/json".to_owned()),
            header(header::LOCATION, format!("/v1/orders/{}", order.id)),
            header(header::ETAG, etag(order.version)),
        ],
        body: json!(order).to_string(),
    }
}

fn replay(answer: Answer) -> Result<Response, Problem> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body)).map_err(Problem::internal)
}

pub async fn list(
    State(app): State<App>,
    Extension(Caller(user)): Extension<Caller>,
    Query(Wanted { filter, page }): Query<Wanted>,
) -> Result<impl IntoResponse, Problem> {
    let cursor = page.cursor.as_deref().map(cursor::decode::<cursor::Orders>).transpose()?;
    let after = cursor.map(|cursor| cursor.position(filter)).transpose()?;
    let db = app.database.connection();
    let found = order::list(db, user, filter, after, page.limit + 1).await?;
    let listing = Listing::new(found, page.limit, |last| {
        let last = Position { created_at: last.created_at, id: last.id };
        cursor::encode(&cursor::Orders::new(last, filter))
    });
    Ok(Json(listing?))
}

pub async fn show(
    State(app): State<App>,
    Extension(Caller(user)): Extension<Caller>,
    Id(id): Id,
    _: Query<Nothing>,
) -> Result<impl IntoResponse, Problem> {
    let order = order::find(app.database.connection(), user, id).await?;
    Ok(tagged(order.ok_or_else(Problem::not_found)?))
}

pub async fn lines(
    State(app): State<App>,
    Extension(Caller(user)): Extension<Caller>,
    Id(id): Id,
    _: Query<Nothing>,
) -> Result<impl IntoResponse, Problem> {
    let order = order::find(app.database.connection(), user, id).await?;
    let order = order.ok_or_else(Problem::not_found)?;
    Ok(Json(json!({ "items": order.lines })))
}

pub async fn cancel(
    State(app): State<App>,
    Extension(Caller(user_id)): Extension<Caller>,
    Extension(Deadline(deadline)): Extension<Deadline>,
    Extension(Traceparent(traceparent)): Extension<Traceparent>,
    Id(order_id): Id,
    IfMatch(versions): IfMatch,
    _: Query<Nothing>,
) -> Result<impl IntoResponse, Problem> {
    let cancellation = Cancellation { user_id, order_id, versions, traceparent };
    Ok(tagged(app.database.transact(deadline, cancellation).await?))
}

fn tagged(order: Document) -> impl IntoResponse {
    let tag = HeaderValue::from_str(&etag(order.version)).ok();
    let headers = HeaderMap::from_iter(tag.map(|tag| (header::ETAG, tag)));
    (headers, Json(order))
}
