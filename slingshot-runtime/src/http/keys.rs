//! The keys that clients show, compared in a time that says nothing of them.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use hyper::{HeaderMap, header::AUTHORIZATION};
use sha2::{Digest as _, Sha256};
use slingshot_topology::SecretReference;
use subtle::{Choice, ConstantTimeEq as _};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};

use crate::secret::{Secret, SecretError, resolve};

/// How often the keys are read again, so that one that was taken away is refused.
const READ_AGAIN: Duration = Duration::from_mins(1);

/// How often they are read again because a client's key was refused: a new one may have been added.
const PAUSE: Duration = Duration::from_secs(1);

/// A key as it is compared: digests are of one length, whatever the keys are.
type Hashed = [u8; 32];

/// The keys of a server. Without any, everybody may ask.
#[derive(Debug)]
pub(super) struct Keys {
    /// Given in the code, and never changed.
    fixed: Vec<Hashed>,
    references: Vec<SecretReference>,
    current: RwLock<Arc<[Hashed]>>,
    /// When they were read last; held by the one who reads.
    read: Mutex<Instant>,
}

impl Keys {
    pub(super) async fn find(
        fixed: &[Secret],
        references: Vec<SecretReference>,
    ) -> Result<Self, SecretError> {
        let fixed: Vec<_> = fixed.iter().map(|key| hashed(key.reveal())).collect();
        let current = read(&fixed, &references).await?;
        Ok(Self {
            fixed,
            references,
            current: RwLock::new(current),
            read: Mutex::new(Instant::now()),
        })
    }

    /// Whether anybody is asked for a key.
    pub(super) fn are_asked_for(&self) -> bool {
        !self.fixed.is_empty() || !self.references.is_empty()
    }

    /// Whether a request shows one of the keys: as `Authorization: Bearer KEY`, or bare, as old clients do.
    pub(super) async fn admit(&self, headers: &HeaderMap) -> bool {
        if !self.are_asked_for() {
            return true;
        }
        let Some(shown) = headers.get(AUTHORIZATION) else {
            return false;
        };
        let shown = shown.as_bytes();
        let shown = match shown.split_at_checked(7) {
            Some((scheme, key)) if scheme.eq_ignore_ascii_case(b"bearer ") => key,
            _ => shown,
        };
        let shown = hashed(shown);
        // Read again in a box: rare and large.
        self.hold(&shown) || Box::pin(self.read_again(PAUSE)).await && self.hold(&shown)
    }

    fn hold(&self, shown: &Hashed) -> bool {
        let keys = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        one_is(&keys, shown).into()
    }

    /// Reads the keys again, now and then, for ever.
    pub(super) async fn follow(&self) {
        if self.references.is_empty() {
            return;
        }
        loop {
            sleep(READ_AGAIN).await;
            self.read_again(Duration::ZERO).await;
        }
    }

    /// Whether they were read, and could be.
    async fn read_again(&self, pause: Duration) -> bool {
        if self.references.is_empty() {
            return false;
        }
        let mut last = self.read.lock().await;
        if last.elapsed() < pause {
            return true;
        }
        *last = Instant::now();
        match read(&self.fixed, &self.references).await {
            Ok(keys) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = keys;
                true
            }
            Err(error) => {
                tracing::warn!(%error, "the API keys cannot be read again: those read last are in force");
                false
            }
        }
    }
}

async fn read(
    fixed: &[Hashed],
    references: &[SecretReference],
) -> Result<Arc<[Hashed]>, SecretError> {
    let mut keys = fixed.to_vec();
    for reference in references {
        keys.push(hashed(resolve(reference).await?.reveal()));
    }
    Ok(keys.into())
}

/// Whether one of them is the one that was shown. All are looked at, and all bytes of each: `Choice` cannot be asked
/// before the end.
fn one_is(keys: &[Hashed], shown: &Hashed) -> Choice {
    let or = |found: Choice, key: &Hashed| found | key.ct_eq(shown);
    keys.iter().fold(Choice::from(0), or)
}

fn hashed(key: impl AsRef<[u8]>) -> Hashed {
    Sha256::digest(key).into()
}

#[cfg(test)]
mod tests {
    use std::{fs, hint::black_box, iter::zip};

    use hyper::header::HeaderValue;

    use super::*;

    async fn admits(keys: &Keys, authorization: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
        }
        keys.admit(&headers).await
    }

    #[tokio::test]
    async fn a_key_is_shown_as_a_bearer_or_bare() {
        let fixed = ["one", "two"].map(|key| Secret::from(key.to_owned()));
        let keys = Keys::find(&fixed, Vec::new()).await.expect("no references");
        for shown in ["Bearer one", "bearer two", "BEARER one", "one", "two"] {
            assert!(admits(&keys, Some(shown)).await, "{shown}");
        }
        for shown in [
            "Bearer three",
            "Bearer ",
            "",
            "Bearer one ",
            "Basic one",
            "onetwo",
        ] {
            assert!(!admits(&keys, Some(shown)).await, "{shown}");
        }
        assert!(!admits(&keys, None).await);
        let open = Keys::find(&[], Vec::new()).await.expect("no references");
        assert!(admits(&open, None).await);
    }

    #[test]
    fn any_key_is_compared_as_a_digest_and_any_of_them_is_found() {
        let texts = ["", "k", "key", &"k".repeat(100_000)];
        let keys = texts.map(hashed);
        for (index, text) in texts.iter().enumerate() {
            assert!(bool::from(one_is(&keys, &hashed(text))), "{index}");
        }
        // What differs in one bit, whichever, is another key.
        for bit in 0..Hashed::default().len() * 8 {
            let mut other = keys[2];
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!bool::from(one_is(&keys, &other)), "{bit}");
        }
    }

    /// Measures; docs/decisions/handlers.md has the command and what it said.
    #[test]
    #[ignore = "a measurement, for a release build on a quiet machine"]
    fn what_a_comparison_takes() {
        const ROUNDS: usize = 2_000;
        const AT_ONCE: u32 = 500;
        let keys = ["one", "two", "three"].map(hashed);
        let differs = |index: usize| {
            let mut other = keys[0];
            other[index] ^= 1;
            other
        };
        let shown = [
            ("the first key", keys[0]),
            ("the last key", keys[2]),
            ("the first byte differs", differs(0)),
            ("the last byte differs", differs(31)),
            ("nothing is the same", [0; 32]),
        ];
        let mut took = shown.map(|_| Vec::new());
        for _ in 0..ROUNDS {
            for ((_, shown), took) in zip(&shown, &mut took) {
                let begun = Instant::now();
                for _ in 0..AT_ONCE {
                    black_box(one_is(black_box(&keys), black_box(shown)));
                }
                took.push(begun.elapsed().as_secs_f64() * 1e9);
            }
        }
        let medians = took.each_mut().map(|took| {
            took.sort_by(f64::total_cmp);
            took[ROUNDS / 2] / f64::from(AT_ONCE)
        });
        for ((name, _), median) in zip(shown, medians) {
            eprintln!("{name}: {median:.2} ns");
        }
        let most = medians.into_iter().fold(0.0, f64::max);
        let least = medians.into_iter().fold(f64::MAX, f64::min);
        assert!(most / least < 1.05, "{medians:?}");
    }

    #[tokio::test]
    async fn keys_follow_their_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("key");
        fs::write(&file, "old").expect("a file");
        let reference = SecretReference::File(file.display().to_string());
        let keys = Keys::find(&[], vec![reference]).await.expect("a key");
        assert!(admits(&keys, Some("old")).await);
        fs::write(&file, "new").expect("a file");
        assert!(
            !admits(&keys, Some("new")).await,
            "it was read a moment ago"
        );
        *keys.read.lock().await -= PAUSE;
        assert!(admits(&keys, Some("new")).await);
        assert!(!admits(&keys, Some("old")).await);
    }
}
