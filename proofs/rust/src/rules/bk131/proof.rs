//! Users that the database refuses, each for another reason.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{Request, StatusCode},
    response::IntoResponse,
    routing::post,
};
use sea_orm::{ActiveValue::Set, DatabaseConnection, DbErr, entity::prelude::*};
use tower::ServiceExt as _;

use crate::{
    rules::bk131::{avoid, prefer},
    support::{connect, fresh_database},
};

mod users {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub tenant_id: i64,
        pub email: String,
        pub role: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

const SHOP: &str = "
    insert into tenants (name) values ('Harbour');
    create unique index users_one_owner on users (tenant_id) where role = 'owner';
    alter table users add constraint users_role_check check (role in ('owner', 'member'));
    insert into users (tenant_id, email, role) values (1, 'ada@example.com', 'owner');";

type NewUser = (i64, &'static str, &'static str);

const SECOND_OWNER: NewUser = (1, "bob@example.com", "owner");
const SAME_EMAIL: NewUser = (1, "ada@example.com", "member");
const NO_TENANT: NewUser = (9, "bob@example.com", "member");
const ODD_ROLE: NewUser = (1, "bob@example.com", "king");

/// Creates a user and returns the status and the body of the answer.
async fn create<E>(user: NewUser, wrap: fn(DbErr) -> E) -> (StatusCode, String)
where
    E: IntoResponse + 'static,
{
    let url = fresh_database(SHOP).await;
    let handler = async move |State(db): State<DatabaseConnection>| {
        let (tenant_id, email, role) = user;
        let user = users::ActiveModel {
            tenant_id: Set(tenant_id),
            email: Set(email.to_owned()),
            role: Set(role.to_owned()),
            ..Default::default()
        };
        user.insert(&db).await.map_err(wrap)?;
        Ok::<_, E>(StatusCode::CREATED)
    };
    let app = Router::new().route("/users", post(handler));
    let app = app.with_state(connect(&url).await);
    let request = Request::post("/users").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let body = to_bytes(response.into_body(), 1000).await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    (status, body["title"].as_str().unwrap().to_owned())
}

fn told(status: StatusCode, title: &str) -> (StatusCode, String) {
    (status, title.to_owned())
}

#[tokio::test]
async fn avoid_a_second_owner_is_told_that_a_fresh_e_mail_address_is_taken() {
    let answer = create(SECOND_OWNER, avoid::ApiError).await;
    assert_eq!(
        answer,
        told(StatusCode::CONFLICT, "E-mail address is taken")
    );
}

#[tokio::test]
async fn avoid_a_tenant_that_does_not_exist_is_a_fault_of_the_server() {
    let (status, _) = create(NO_TENANT, avoid::ApiError).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn prefer_each_violation_is_told_as_what_it_is() {
    let answer = create(SECOND_OWNER, prefer::ApiError).await;
    assert_eq!(
        answer,
        told(StatusCode::CONFLICT, "The tenant has an owner")
    );
    let answer = create(SAME_EMAIL, prefer::ApiError).await;
    assert_eq!(
        answer,
        told(StatusCode::CONFLICT, "E-mail address is taken")
    );
    let answer = create(NO_TENANT, prefer::ApiError).await;
    assert_eq!(
        answer,
        told(StatusCode::UNPROCESSABLE_ENTITY, "There is no such tenant")
    );
    let (status, _) = create(ODD_ROLE, prefer::ApiError).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}
