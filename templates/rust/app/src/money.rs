//! Money in minor units.

use serde::Serialize;

/// Amounts beyond this are not exact in clients whose numbers are doubles.
const MOST: i64 = (1 << 53) - 1;

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Money {
    pub amount_minor: i64,
    pub currency: String,
}

/// Why a price does not fit into a sum.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SumError {
    Mixed,
    TooMuch,
}

/// Add a price some times to what there is, if anything.
pub fn add(sum: Option<Money>, price: &Money, times: i32) -> Result<Money, SumError> {
    let sum = sum.unwrap_or_else(|| Money { amount_minor: 0, currency: price.currency.clone() });
    if sum.currency != price.currency {
        return Err(SumError::Mixed);
    }
    let amount = price.amount_minor.checked_mul(times.into());
    let amount = amount.and_then(|amount| sum.amount_minor.checked_add(amount));
    let amount_minor = amount.filter(|amount| *amount <= MOST).ok_or(SumError::TooMuch)?;
    Ok(Money { amount_minor, ..sum })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euros(amount_minor: i64) -> Money {
        Money { amount_minor, currency: "EUR".to_owned() }
    }

    #[test]
    fn prices_of_one_currency_add_up() {
        let sum = add(None, &euros(1250), 2).and_then(|sum| add(Some(sum), &euros(1), 3));
        assert_eq!(sum, Ok(euros(2503)));
    }

    #[test]
    fn currencies_do_not_mix() {
        let francs = Money { amount_minor: 1, currency: "CHF".to_owned() };
        assert_eq!(add(Some(euros(1)), &francs, 1), Err(SumError::Mixed));
    }

    #[test]
    fn a_sum_that_json_cannot_carry_is_too_much() {
        assert_eq!(add(Some(euros(MOST)), &euros(1), 1), Err(SumError::TooMuch));
        assert_eq!(add(None, &euros(MOST), 1000), Err(SumError::TooMuch));
        assert_eq!(add(Some(euros(MOST - 1)), &euros(1), 1), Ok(euros(MOST)));
    }
}
