//! A sys-map, as the command line asks it: once, since a person waits.

use slingshot_topology::sys_map::{Database, ObjectStorage, RabbitMq, ServiceAnswer};

use super::ClientError;
use crate::{
    sys_map::{SysMap, SysMapError},
    tls,
};

/// A sys-map.
#[derive(Debug)]
pub struct SysMapClient {
    sys_map: SysMap,
}

impl SysMapClient {
    /// A client of `host`: a host without a scheme means `https://`.
    ///
    /// # Errors
    ///
    /// [`ClientError::SysMap`] if that is no host.
    pub fn new(host: &str) -> Result<Self, ClientError> {
        tls::install();
        Ok(Self {
            sys_map: SysMap::new(host)?,
        })
    }

    /// A service's queue and routes.
    ///
    /// # Errors
    ///
    /// [`ClientError::SysMap`].
    pub async fn service(&self, name: &str) -> Result<ServiceAnswer, ClientError> {
        Ok(self.sys_map.service_now(name).await?)
    }

    /// The bucket behind a service's key.
    ///
    /// # Errors
    ///
    /// [`ClientError::SysMap`].
    pub async fn bucket(&self, service: &str, key: &str) -> Result<String, ClientError> {
        Ok(self.sys_map.bucket_now(service, key).await?)
    }

    /// The broker.
    ///
    /// # Errors
    ///
    /// [`ClientError::SysMap`].
    pub async fn rabbitmq(&self) -> Result<RabbitMq, ClientError> {
        let asked = self.sys_map.parsed_now("rabbitmq", RabbitMq::from_json);
        Ok(asked.await?)
    }

    /// The database.
    ///
    /// # Errors
    ///
    /// [`ClientError::SysMap`].
    pub async fn database(&self) -> Result<Database, ClientError> {
        Ok(self.sys_map.parsed_now("db", Database::from_json).await?)
    }

    /// The object store.
    ///
    /// # Errors
    ///
    /// [`ClientError::SysMap`].
    pub async fn object_storage(&self) -> Result<ObjectStorage, ClientError> {
        let parse = ObjectStorage::from_json;
        Ok(self.sys_map.parsed_now("object-storage", parse).await?)
    }
}

impl From<SysMapError> for ClientError {
    fn from(error: SysMapError) -> Self {
        Self::SysMap(error.into())
    }
}
