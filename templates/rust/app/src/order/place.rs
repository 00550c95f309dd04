//! Placing an order: stock, order, event and answer, all or nothing.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, DbErr, EntityTrait};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Document, Refusal};
use crate::{
    catalog::{self, Taken},
    database::{Rollback, UnitOfWork},
    entity::{
        order::{self, Status},
        order_line,
    },
    idempotency::{self, Answer, Attempt, Claim},
    money::{self, Money, SumError},
    outbox,
};

#[derive(Clone, Copy, Debug, Serialize)]
pub struct NewLine {
    pub product_id: Uuid,
    pub quantity: i32,
}

/// An order that somebody wants to place, once for each key.
pub struct Placement {
    pub user_id: Uuid,
    pub key: String,
    pub lines: Vec<NewLine>,
    /// Of the request that places it.
    pub traceparent: Option<String>,
    /// Makes of the order the answer that each retry gets.
    pub answer: fn(&Document) -> Answer,
}

pub struct Outcome {
    pub answer: Answer,
    pub replayed: bool,
}

impl UnitOfWork for Placement {
    type Output = Outcome;
    type Refusal = Refusal;

    async fn run(&self, tx: &DatabaseTransaction) -> Result<Outcome, Rollback<Refusal>> {
        let claim = self.claim();
        match idempotency::attempt(tx, &claim).await? {
            Attempt::First => {}
            Attempt::Again(answer) => {
                return Ok(Outcome { answer, replayed: true });
            }
            Attempt::TooEarly => return Err(Refusal::InProgress.into()),
            Attempt::KeyReused => return Err(Refusal::KeyReused.into()),
        }
        let order = self.place(tx).await?;
        // BK108, BK132: the event is committed with the order, and published by the worker.
        outbox::append(tx, "order.placed", &order, self.traceparent.as_deref()).await?;
        let answer = (self.answer)(&order);
        idempotency::keep(tx, claim, &answer).await?;
        Ok(Outcome { answer, replayed: false })
    }
}

impl Placement {
    /// The hash is over what was understood, so that spaces do not matter.
    fn claim(&self) -> Claim {
        let mut hash = Sha256::new();
        for line in &self.lines {
            hash.update(line.product_id);
            hash.update(line.quantity.to_be_bytes());
        }
        Claim {
            user_id: self.user_id,
            operation: "placeOrder",
            key: self.key.clone(),
            request_hash: hash.finalize().to_vec(),
        }
    }

    async fn place(&self, tx: &DatabaseTransaction) -> Result<Document, Rollback<Refusal>> {
        let (lines, total) = self.take_stock(tx).await?;
        let order = order::ActiveModel {
            user_id: Set(self.user_id),
            status: Set(Status::Placed),
            total_minor: Set(total.amount_minor),
            currency: Set(total.currency),
            version: Set(1),
            ..Default::default()
        };
        let order = order::Entity::insert(order).exec_with_returning(tx).await?;
        let lines = add_lines(tx, order.id, lines).await?;
        Ok(Document::new(order, lines))
    }

    async fn take_stock(
        &self,
        tx: &DatabaseTransaction,
    ) -> Result<(Vec<(NewLine, Money)>, Money), Rollback<Refusal>> {
        let mut lines: Vec<(usize, &NewLine)> = self.lines.iter().enumerate().collect();
        // BK106: two orders for the same products wait for each other; in different orders they would deadlock.
        lines.sort_unstable_by_key(|(_, line)| line.product_id);
        let (mut priced, mut total) = (Vec::new(), None);
        for (position, line) in lines {
            let price = match catalog::take(tx, line.product_id, line.quantity).await? {
                Taken::At(price) => price,
                Taken::NotEnough => return Err(Refusal::InsufficientStock.into()),
                Taken::NoSuchProduct => {
                    return Err(Refusal::NoSuchProduct { line: position }.into());
                }
            };
            let sum = money::add(total, &price, line.quantity);
            total = Some(sum.map_err(|error| match error {
                SumError::Mixed => Refusal::MixedCurrencies,
                SumError::TooMuch => Refusal::TotalTooLarge,
            })?);
            priced.push((*line, price));
        }
        let nothing = || Refusal::NoSuchProduct { line: 0 };
        Ok((priced, total.ok_or_else(nothing)?))
    }
}

async fn add_lines(
    tx: &DatabaseTransaction,
    order_id: Uuid,
    lines: Vec<(NewLine, Money)>,
) -> Result<Vec<order_line::Model>, DbErr> {
    let lines = lines.into_iter().map(|(line, price)| order_line::Model {
        order_id,
        product_id: line.product_id,
        quantity: line.quantity,
        unit_price_minor: price.amount_minor,
    });
    let lines: Vec<_> = lines.collect();
    let rows = lines.iter().cloned().map(order_line::ActiveModel::from);
    let rows = rows.map(ActiveModelTrait::reset_all);
    order_line::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(lines)
}
