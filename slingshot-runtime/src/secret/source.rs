//! A secret and where it is kept: one that is refused may have been changed there.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use slingshot_topology::SecretReference;
use tokio::{sync, time::Instant};

use super::{Secret, SecretError, resolve};

/// How often one secret is looked for at most: each look may run `pass`, and every message may meet a
/// refusal.
const PAUSE: Duration = Duration::from_secs(1);

/// A secret that follows its rotation.
#[derive(Debug)]
pub(crate) struct SecretSource {
    reference: SecretReference,
    current: Mutex<Secret>,
    /// When it was looked for last; held by the one who looks.
    looked: sync::Mutex<Instant>,
}

impl SecretSource {
    /// Finds a secret.
    pub(crate) async fn resolve(reference: &SecretReference) -> Result<Self, SecretError> {
        let secret = resolve(reference).await?;
        Ok(Self {
            reference: reference.clone(),
            current: Mutex::new(secret),
            looked: sync::Mutex::new(Instant::now()),
        })
    }

    /// The secret as it was found last.
    pub(crate) fn current(&self) -> Secret {
        let current = self.current.lock();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What to log in with in place of `refused`; none when the secret is still that one.
    pub(crate) async fn resolve_again(&self, refused: &Secret) -> Option<Secret> {
        let mut looked = self.looked.lock().await;
        let current = self.current();
        if current != *refused {
            return Some(current);
        }
        if looked.elapsed() < PAUSE {
            return None;
        }
        let found = resolve(&self.reference).await;
        *looked = Instant::now();
        match found {
            Ok(found) if found == *refused => None,
            Ok(found) => {
                tracing::info!(secret = %self.reference, "a refused secret has changed");
                *self.current.lock().unwrap_or_else(PoisonError::into_inner) = found.clone();
                Some(found)
            }
            Err(error) => {
                tracing::warn!(%error, "a refused secret cannot be read again");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn a_refused_secret_is_looked_for_again_and_not_all_the_time() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("password");
        fs::write(&file, "old").unwrap();
        let reference = SecretReference::File(file.display().to_string());
        let source = SecretSource::resolve(&reference).await.unwrap();
        let old = source.current();
        let again = async || {
            let found = source.resolve_again(&old).await;
            found.map(|secret| secret.reveal().to_owned())
        };

        fs::write(&file, "new").unwrap();
        assert_eq!(again().await, None, "it was read a moment ago");
        *source.looked.lock().await -= PAUSE;
        assert_eq!(again().await.as_deref(), Some("new"));
        fs::remove_file(&file).unwrap();
        assert_eq!(
            again().await.as_deref(),
            Some("new"),
            "another one found it"
        );
        let new = source.current();
        *source.looked.lock().await -= PAUSE;
        assert_eq!(source.resolve_again(&new).await, None);
    }
}
