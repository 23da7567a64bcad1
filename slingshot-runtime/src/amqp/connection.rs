//! One connection to the broker.

use std::{sync::Arc, time::Duration};

use lapin::{
    Channel, ConnectionProperties, ErrorKind,
    options::ConfirmSelectOptions,
    protocol::AMQPSoftError,
    uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo},
};
use slingshot_topology::sys_map::RabbitMq;
use thiserror::Error;
use tokio::time::timeout;

use super::{
    BrokerVersion, Publisher, RABBITMQS_LIMIT,
    queues::{PRECONDITION_FAILED, refusal},
    transport,
};
use crate::{
    AnyError,
    secret::{Secret, SecretSource},
};

/// How long the broker may take from the TCP handshake to the open connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a closing connection waits for the broker's word.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Seconds between heartbeats: a dead peer is noticed within twice that.
const HEARTBEAT: u16 = 30;

/// The longest frame: as long as RabbitMQ's own default has it. `lapin` makes its buffers as large as it takes,
/// and said before the broker does, they need no more memory than is used of them.
const FRAME_MAX: u32 = 128 * 1024;

/// Something that the broker did not do.
#[derive(Debug, Error)]
pub enum BrokerError {
    /// The connection could not be opened.
    #[error("no connection to RabbitMQ at {host}:{port}: {source}")]
    Connect {
        /// The host that was tried.
        host: String,
        /// The port that was tried.
        port: u16,
        /// What went wrong.
        source: AnyError,
    },
    /// The broker does not know the user, or not with this password.
    #[error("RabbitMQ at {host}:{port} refused the login of `{username}`: {source}")]
    LoginRefused {
        /// The host that was tried.
        host: String,
        /// The port that was tried.
        port: u16,
        /// The user who was to log in.
        username: String,
        /// The broker's words.
        source: AnyError,
    },
    /// The connection or its channel is gone.
    #[error("the RabbitMQ connection broke: {0}")]
    Broken(#[source] AnyError),
    /// The consumer was cancelled by the broker: its queue was deleted, or moved.
    #[error("RabbitMQ cancelled the consumer of `{queue}`: the queue was deleted or moved")]
    Cancelled {
        /// The queue that was consumed.
        queue: String,
    },
    /// The broker closed the channel, as it had waited for the end of a message for as long as it does.
    #[error("RabbitMQ closed the channel, as a message was not settled in time: {0}")]
    Impatient(String),
    /// The broker is there, and does not do what it was asked.
    #[error("RabbitMQ did not {asked} within {limit:?}")]
    Silent {
        /// What it was to do.
        asked: &'static str,
        /// How long it had.
        limit: Duration,
    },
    /// A queue is not there, and the broker would not make it.
    #[error("RabbitMQ would not declare the queue `{queue}`: {source}")]
    NotDeclared {
        /// The queue.
        queue: String,
        /// The broker's words.
        source: AnyError,
    },
    /// A message could not be routed to its queue.
    #[error("RabbitMQ returned a message for `{queue}`: {reason} (the queue does not exist)")]
    Returned {
        /// The queue that it was for.
        queue: String,
        /// The broker's words.
        reason: String,
    },
    /// The broker would not take responsibility for a message.
    #[error(
        "RabbitMQ refused a message for `{queue}`: the queue is full or its node is out of order"
    )]
    Refused {
        /// The queue that it was for.
        queue: String,
    },
}

impl BrokerError {
    /// What kind of thing went wrong, for people who count: no words of the broker's.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Connect { .. } => "connect",
            Self::LoginRefused { .. } => "login",
            Self::Broken(_) => "broken",
            Self::Impatient(_) => "consumer_timeout",
            Self::NotDeclared { .. } => "not_declared",
            Self::Cancelled { .. } => "cancelled",
            Self::Silent { .. } => "silent",
            Self::Returned { .. } => "returned",
            Self::Refused { .. } => "refused",
        }
    }

    /// Whether the connection still works, and only this message met a problem.
    pub(crate) fn concerns_one_message(&self) -> bool {
        matches!(self, Self::Returned { .. } | Self::Refused { .. })
    }
}

impl From<lapin::Error> for BrokerError {
    fn from(error: lapin::Error) -> Self {
        match refusal(&error) {
            Some((PRECONDITION_FAILED, words)) if is_impatient(words) => {
                Self::Impatient(words.to_owned())
            }
            _ => Self::Broken(error.into()),
        }
    }
}

/// RabbitMQ's 403 `ACCESS_REFUSED`, before there is any channel to refuse it on.
fn refuses_login(error: &lapin::Error) -> bool {
    let refused = AMQPSoftError::ACCESSREFUSED.get_id();
    matches!(error.kind(), ErrorKind::ProtocolError(error) if error.get_id() == refused)
}

/// `consumer_timeout` has passed, in RabbitMQ's words.
fn is_impatient(words: &str) -> bool {
    words.contains("delivery acknowledgement on channel") && words.contains("timed out")
}

/// An open connection. Dropping the last of its clones closes the socket; the broker takes unsettled messages
/// back.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    inner: Arc<lapin::Connection>,
    /// Who is at its other end, if that is known.
    broker: Option<BrokerVersion>,
}

impl Connection {
    /// Opens a connection that the broker's tools show under `name`.
    pub(crate) async fn open(
        endpoint: &RabbitMq,
        password: &Secret,
        name: &str,
    ) -> Result<Self, BrokerError> {
        let failed = |source: AnyError| BrokerError::Connect {
            host: endpoint.host.clone(),
            port: endpoint.port,
            source,
        };
        let uri = AMQPUri {
            scheme: if endpoint.tls {
                AMQPScheme::AMQPS
            } else {
                AMQPScheme::AMQP
            },
            authority: AMQPAuthority {
                userinfo: AMQPUserInfo {
                    username: endpoint.username.clone(),
                    password: password.reveal().to_owned(),
                },
                host: endpoint.host.clone(),
                port: endpoint.port,
            },
            vhost: endpoint.vhost.clone(),
            query: AMQPQueryString {
                heartbeat: Some(HEARTBEAT),
                frame_max: Some(FRAME_MAX),
                ..AMQPQueryString::default()
            },
        };
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let opening = transport::connect(uri, properties);
        let (inner, broker) = timeout(CONNECT_TIMEOUT, opening)
            .await
            .map_err(|elapsed| failed(elapsed.into()))?
            .map_err(|error| {
                if refuses_login(&error) {
                    BrokerError::LoginRefused {
                        host: endpoint.host.clone(),
                        port: endpoint.port,
                        username: endpoint.username.clone(),
                        source: error.into(),
                    }
                } else {
                    failed(error.into())
                }
            })?;
        Ok(Self {
            inner: Arc::new(inner),
            broker,
        })
    }

    /// How long the broker lets a delivered message be, unless it is configured otherwise or has no such limit.
    pub(crate) fn consumer_timeout(&self) -> Option<Duration> {
        let broker = self.broker.as_ref();
        broker.map_or(Some(RABBITMQS_LIMIT), BrokerVersion::consumer_timeout)
    }

    /// Opens a connection; a password that is refused may have been changed since it was read.
    pub(crate) async fn log_in(
        endpoint: &RabbitMq,
        source: &SecretSource,
        name: &str,
    ) -> Result<Self, BrokerError> {
        let password = source.current();
        let refusal = match Self::open(endpoint, &password, name).await {
            Err(error @ BrokerError::LoginRefused { .. }) => error,
            opened => return opened,
        };
        match source.resolve_again(&password).await {
            Some(password) => Self::open(endpoint, &password, name).await,
            None => Err(refusal),
        }
    }

    pub(super) async fn channel(&self) -> Result<Channel, BrokerError> {
        Ok(self.inner.create_channel().await?)
    }

    /// Opens a channel whose every message is confirmed. `app_id` names the sender in each.
    pub(crate) async fn publisher(&self, app_id: &str) -> Result<Publisher, BrokerError> {
        let channel = self.channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        Ok(Publisher::new(channel, app_id))
    }

    /// Closes in an orderly way, so that what was sent last arrives.
    pub(crate) async fn close(self) {
        let closing = self.inner.close(200, "drained".into());
        match timeout(CLOSE_TIMEOUT, closing).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the connection was gone before it closed"),
            Err(_) => tracing::debug!("the broker did not answer the close"),
        }
    }
}

/// What the broker answers within `limit`; else that it does not do what it was `asked`.
pub(crate) async fn within<T>(
    limit: Duration,
    asked: &'static str,
    answer: impl Future<Output = Result<T, BrokerError>>,
) -> Result<T, BrokerError> {
    match timeout(limit, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(BrokerError::Silent { asked, limit }),
    }
}

#[cfg(test)]
mod tests {
    use lapin::{ErrorKind, protocol::AMQPError};

    use super::*;

    #[test]
    fn a_broker_that_lost_patience_is_understood() {
        let refused = |code, words: &str| {
            let error = AMQPError::from_id(code, words.into()).expect("a code of AMQP's");
            BrokerError::from(lapin::Error::from(ErrorKind::ProtocolError(error))).to_string()
        };
        let words = "PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout value \
                     used: 1800000 ms. This timeout value can be configured, see consumers doc guide to \
                     learn more";
        assert_eq!(
            refused(406, words),
            format!("RabbitMQ closed the channel, as a message was not settled in time: {words}")
        );
        let unknown = refused(406, "PRECONDITION_FAILED - unknown delivery tag 7");
        assert!(
            unknown.starts_with("the RabbitMQ connection broke"),
            "{unknown}"
        );
    }
}
