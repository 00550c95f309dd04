//! The second of two tenants reads along paths that mix projects and documents.

use crate::{
    rules::bk120::{avoid, prefer},
    support::{connect, fresh_database},
};

const TWO_TENANTS: &str = "
    insert into tenants (name) values ('Harbour'), ('Quay');
    insert into projects (tenant_id, name) values (1, 'Harbour''s'), (2, 'Quay''s');
    insert into documents (project_id, title, body) values (1, 'Plan', 'secret'), (2, 'Plan', 'own')";
const QUAY: i64 = 2;

#[tokio::test]
async fn avoid_a_path_through_ones_own_project_opens_a_document_of_another_tenant() {
    let url = fresh_database(TWO_TENANTS).await;
    let db = connect(&url).await;
    let stolen = avoid::read_document(&db, QUAY, (2, 1)).await.unwrap();
    assert_eq!(stolen.as_deref(), Some("secret"));
}

#[tokio::test]
async fn prefer_a_path_opens_only_what_belongs_to_its_project_and_to_the_caller() {
    let url = fresh_database(TWO_TENANTS).await;
    let db = connect(&url).await;
    let read = async |path| prefer::read_document(&db, QUAY, path).await.unwrap();
    assert_eq!(read((2, 2)).await.as_deref(), Some("own"));
    assert_eq!(read((2, 1)).await, None);
    assert_eq!(read((1, 1)).await, None);
}
