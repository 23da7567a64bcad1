//! A sys-map, as the command line asks it: once, since a person waits.

use slingshot_topology::{
    SecretReference,
    sys_map::{Database, ObjectStorage, RabbitMq, ServiceAnswer},
};

use super::ClientError;
use crate::{
    environment,
    sys_map::{Access, Bucket, DATABASE, OBJECT_STORAGE, RABBITMQ, SysMap, SysMapError},
    tls,
};

/// A sys-map.
#[derive(Debug)]
pub struct SysMapClient {
    sys_map: SysMap,
}

impl SysMapClient {
    /// A client of `host`: a host without a scheme means `https://`. It asks as a service of this environment
    /// does, with its token and its root certificates, and keeps no answers.
    ///
    /// # Errors
    ///
    /// [`ClientError::SysMap`] if that is no host, or the environment says what cannot be.
    pub fn new(host: &str) -> Result<Self, ClientError> {
        Self::with_token(host, None)
    }

    /// The same, with a token of another place than the environment names.
    ///
    /// # Errors
    ///
    /// As [`SysMapClient::new`].
    pub fn with_token(host: &str, token: Option<SecretReference>) -> Result<Self, ClientError> {
        tls::install();
        let access = environment::access().map_err(|error| ClientError::SysMap(error.into()))?;
        let access = Access {
            state: None,
            token: token.or(access.token),
            ..access
        };
        Ok(Self {
            sys_map: SysMap::new(host, &access)?,
        })
    }

    /// What is answered to a path, whatever it says; none if the sys-map does not know it. No name asks for what
    /// there is.
    ///
    /// # Errors
    ///
    /// [`ClientError::SysMap`].
    pub async fn text(&self, names: &[&str]) -> Result<Option<String>, ClientError> {
        let text = self.sys_map.text(names).await?;
        Ok(text.map(|text| text.to_string()))
    }

    /// A service's queue and routes.
    ///
    /// # Errors
    ///
    /// [`ClientError::SysMap`].
    pub async fn service(&self, name: &str) -> Result<ServiceAnswer, ClientError> {
        Ok(self.sys_map.ask(&[name]).await?)
    }

    /// The bucket behind a service's key.
    ///
    /// # Errors
    ///
    /// [`ClientError::SysMap`].
    pub async fn bucket(&self, service: &str, key: &str) -> Result<String, ClientError> {
        let Bucket(name) = self.sys_map.ask(&[service, key]).await?;
        Ok(name)
    }

    /// The broker.
    ///
    /// # Errors
    ///
    /// [`ClientError::SysMap`].
    pub async fn rabbitmq(&self) -> Result<RabbitMq, ClientError> {
        Ok(self.sys_map.ask(RABBITMQ).await?)
    }

    /// The database.
    ///
    /// # Errors
    ///
    /// [`ClientError::SysMap`].
    pub async fn database(&self) -> Result<Database, ClientError> {
        Ok(self.sys_map.ask(DATABASE).await?)
    }

    /// The object store.
    ///
    /// # Errors
    ///
    /// [`ClientError::SysMap`].
    pub async fn object_storage(&self) -> Result<ObjectStorage, ClientError> {
        Ok(self.sys_map.ask(OBJECT_STORAGE).await?)
    }
}

impl From<SysMapError> for ClientError {
    fn from(error: SysMapError) -> Self {
        Self::SysMap(error.into())
    }
}
