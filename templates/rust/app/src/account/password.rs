//! Password hashes: Argon2id with 19 MiB, 2 passes and 1 lane, away from the threads that serve.

use std::sync::Arc;

use argon2::{
    Argon2, PasswordHash, PasswordHasher, PasswordVerifier,
    password_hash::{self, phc},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    sync::{AcquireError, Semaphore},
    task::{JoinError, spawn_blocking},
};

use super::Password;

#[derive(Debug, thiserror::Error)]
pub enum HashError {
    #[error("cannot hash a password: {0}")]
    Hash(#[from] password_hash::Error),
    #[error("a kept hash is unreadable: {0}")]
    Kept(#[from] phc::Error),
    #[error("the process is ending")]
    Closed(#[from] AcquireError),
    #[error("hashing a password failed: {0}")]
    Task(#[from] JoinError),
}

/// Hashes a few passwords at once. Who comes later waits: 512 blocking threads would take 9.5 GiB.
#[derive(Clone)]
pub struct Hasher {
    slots: Arc<Semaphore>,
    /// The hash of a password that nobody has.
    decoy: Arc<str>,
}

impl Hasher {
    pub fn new(at_once: usize) -> Result<Self, HashError> {
        let decoy = hash(&SecretString::from("the password of nobody"))?;
        Ok(Self { slots: Arc::new(Semaphore::new(at_once)), decoy: decoy.into() })
    }

    pub async fn hash(&self, password: Password) -> Result<String, HashError> {
        let password = password.into_secret();
        self.run(move || hash(&password)).await
    }

    /// Tell whether a hash is that of the password; without one it is not, which takes as long to find out.
    pub async fn matches(&self, given: Password, kept: Option<String>) -> Result<bool, HashError> {
        let given = given.into_secret();
        let exists = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.decoy.to_string());
        let same = self.run(move || verify(&given, &kept)).await?;
        Ok(same && exists)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let slot = Arc::clone(&self.slots).acquire_owned().await?;
        let task = spawn_blocking(move || {
            let _slot = slot; // until the work ends, not until the caller leaves
            work()
        });
        task.await?
    }
}

fn hash(password: &SecretString) -> Result<String, HashError> {
    let hash = Argon2::default().hash_password(password.expose_secret().as_bytes())?;
    Ok(hash.to_string())
}

fn verify(given: &SecretString, kept: &str) -> Result<bool, HashError> {
    let kept = PasswordHash::new(kept)?;
    match Argon2::default().verify_password(given.expose_secret().as_bytes(), &kept) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::parse(text).unwrap()
    }

    #[tokio::test]
    async fn only_the_password_itself_matches_its_hash() {
        let hasher = Hasher::new(1).unwrap();
        let kept = hasher.hash(password("correct horse battery")).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let matches = hasher.matches(password("correct horse battery"), Some(kept.clone()));
        assert!(matches.await.unwrap());
        let matches = hasher.matches(password("correct horse batterz"), Some(kept));
        assert!(!matches.await.unwrap());
    }

    #[tokio::test]
    async fn without_an_account_no_password_matches() {
        let hasher = Hasher::new(1).unwrap();
        assert!(!hasher.matches(password("the password of nobody"), None).await.unwrap());
    }
}
