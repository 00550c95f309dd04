//! Access tokens: JWT, HS256 and nothing else.

use std::{sync::Arc, time::Duration};

use chrono::Utc;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, errors::Error,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::config;

const LEEWAY_SECONDS: u64 = 30;

/// Each is required, for none is an `Option`.
#[derive(Deserialize, Serialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    iat: i64,
    exp: i64,
    jti: Uuid,
}

#[derive(Clone)]
pub struct AccessTokens(Arc<Keys>);

struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    issuer: String,
    audience: String,
    lifetime: Duration,
}

impl AccessTokens {
    pub fn new(settings: &config::Tokens) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = LEEWAY_SECONDS;
        validation.set_issuer(&[&settings.issuer]);
        validation.set_audience(&[&settings.audience]);
        // Where a claim is not required, a token without it passes, whatever value is set.
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let secret = settings.secret.expose_secret();
        Self(Arc::new(Keys {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            validation,
            issuer: settings.issuer.clone(),
            audience: settings.audience.clone(),
            lifetime: settings.access_lifetime,
        }))
    }

    pub fn lifetime(&self) -> Duration {
        self.0.lifetime
    }

    pub fn issue(&self, user: Uuid) -> Result<SecretString, Error> {
        let keys = &self.0;
        let now = Utc::now();
        let claims = Claims {
            iss: keys.issuer.clone(),
            aud: keys.audience.clone(),
            sub: user,
            iat: now.timestamp(),
            exp: (now + keys.lifetime).timestamp(),
            jti: Uuid::new_v4(),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &keys.encoding).map(Into::into)
    }

    /// Return whose token it is, if it is one of ours and still counts.
    pub fn verify(&self, token: &str) -> Result<Uuid, Error> {
        let token = decode::<Claims>(token, &self.0.decoding, &self.0.validation)?;
        Ok(token.claims.sub)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SECRET: [u8; 32] = [7; 32];

    fn tokens() -> AccessTokens {
        AccessTokens::new(&config::Tokens {
            secret: SECRET.to_vec().into(),
            issuer: "orders".to_owned(),
            audience: "orders-api".to_owned(),
            access_lifetime: Duration::from_mins(15),
            refresh_lifetime: Duration::from_hours(1),
        })
    }

    fn claims() -> Value {
        let now = Utc::now().timestamp();
        let id = Uuid::new_v4();
        json!({
            "iss": "orders", "aud": "orders-api", "sub": id, "iat": now, "exp": now + 60, "jti": id
        })
    }

    fn signed(claims: &Value, algorithm: Algorithm) -> String {
        let key = EncodingKey::from_secret(&SECRET);
        encode(&Header::new(algorithm), claims, &key).unwrap()
    }

    #[test]
    fn a_token_of_ours_tells_whose_it_is() {
        let user = Uuid::new_v4();
        let token = tokens().issue(user).unwrap();
        assert_eq!(tokens().verify(token.expose_secret()).unwrap(), user);
    }

    #[test]
    fn every_claim_is_required() {
        assert!(tokens().verify(&signed(&claims(), Algorithm::HS256)).is_ok());
        for claim in ["iss", "aud", "sub", "iat", "exp", "jti"] {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(claim);
            let token = signed(&claims, Algorithm::HS256);
            assert!(tokens().verify(&token).is_err(), "without {claim}");
        }
    }

    #[test]
    fn another_algorithm_issuer_or_audience_does_not_count() {
        assert!(tokens().verify(&signed(&claims(), Algorithm::HS512)).is_err());
        for claim in ["iss", "aud"] {
            let mut claims = claims();
            claims[claim] = json!("another");
            assert!(tokens().verify(&signed(&claims, Algorithm::HS256)).is_err(), "{claim}");
        }
    }

    #[test]
    fn clocks_may_differ_by_half_a_minute() {
        for (age, counts) in [(25, true), (35, false)] {
            let mut claims = claims();
            claims["exp"] = json!(Utc::now().timestamp() - age);
            let token = signed(&claims, Algorithm::HS256);
            assert_eq!(tokens().verify(&token).is_ok(), counts, "{age} s");
        }
    }
}
