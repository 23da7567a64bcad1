//! The keys of the object store, as they are now: a store that refuses them may have been given others.
//!
//! Every attempt of every request asks for the keys anew. One that the store refuses is made again by the
//! SDK, within its bound on attempts, and before that the keys are looked for where they are kept.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, future},
};
use aws_smithy_runtime_api::client::{
    interceptors::context::InterceptorContext,
    retries::classifiers::{ClassifyRetry, RetryAction},
};
use slingshot_topology::sys_map::ObjectStorage;

use crate::secret::{SecretError, SecretSource};

/// The answer of HTTP to keys that are not known, not right, or not allowed to do this. Stores differ in
/// which of these they tell.
const FORBIDDEN: u16 = 403;

/// The access key and the secret key.
#[derive(Clone, Debug)]
pub(crate) struct Keys(Arc<Pair>);

struct Pair {
    access: SecretSource,
    secret: SecretSource,
    /// Since they were handed out, the store has refused them.
    refused: AtomicBool,
}

impl Keys {
    /// Finds both.
    pub(crate) async fn resolve(endpoint: &ObjectStorage) -> Result<Self, SecretError> {
        Ok(Self(Arc::new(Pair {
            access: SecretSource::resolve(&endpoint.access_key).await?,
            secret: SecretSource::resolve(&endpoint.secret_key).await?,
            refused: AtomicBool::new(false),
        })))
    }
}

impl Pair {
    fn current(&self) -> Credentials {
        let (access, secret) = (self.access.current(), self.secret.current());
        Credentials::new(access.reveal(), secret.reveal(), None, None, "sys-map")
    }

    async fn look_again(&self) {
        for source in [&self.access, &self.secret] {
            source.resolve_again(&source.current()).await;
        }
    }
}

impl ProvideCredentials for Keys {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let Self(pair) = self;
        if !pair.refused.swap(false, Ordering::Relaxed) {
            return future::ProvideCredentials::ready(Ok(pair.current()));
        }
        future::ProvideCredentials::new(async {
            pair.look_again().await;
            Ok(pair.current())
        })
    }
}

impl ClassifyRetry for Keys {
    fn classify_retry(&self, request: &InterceptorContext) -> RetryAction {
        let status = request.response().map(|answer| answer.status().as_u16());
        if status != Some(FORBIDDEN) {
            return RetryAction::NoActionIndicated;
        }
        self.0.refused.store(true, Ordering::Relaxed);
        RetryAction::client_error()
    }

    fn name(&self) -> &'static str {
        "keys that were changed"
    }
}

/// The SDK shows what it is made of.
impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(…)")
    }
}
