//! The two brokers under test, and a small client for both.

use std::{fmt::Display, net::SocketAddr, path::Path, time::Duration};

use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer, ErrorKind,
    message::{BasicGetMessage, Delivery},
    options::{
        BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, BasicQosOptions,
        ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions,
    },
    types::FieldTable,
};
use slingshot_local::broker::{Broker, BrokerConfig};
use tempfile::TempDir;

use crate::environment;

/// Longer than any answer takes, shorter than anybody's patience.
const PATIENCE: Duration = Duration::from_secs(20);

/// A broker to run a case against.
pub(crate) struct Target {
    pub(crate) url: String,
    embedded: Option<(Broker, TempDir)>,
}

impl Target {
    pub(crate) async fn embedded() -> Self {
        let directory = TempDir::new().unwrap();
        let broker = start(directory.path()).await;
        Self {
            url: url(broker.address()),
            embedded: Some((broker, directory)),
        }
    }

    pub(crate) fn rabbitmq() -> Self {
        Self {
            url: environment::amqp_url(),
            embedded: None,
        }
    }

    /// One that somebody else starts and stops.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self {
            url: url(address),
            embedded: None,
        }
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(&self.url).await
    }

    pub(crate) fn broker(&self) -> &Broker {
        &self
            .embedded
            .as_ref()
            .expect("this case is for the embedded broker")
            .0
    }

    pub(crate) async fn stop(self) {
        if let Some((broker, _directory)) = self.embedded {
            broker.shutdown().await;
        }
    }
}

pub(crate) async fn start(directory: &Path) -> Broker {
    let config = BrokerConfig {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        directory: directory.into(),
        username: "guest".into(),
        password: "guest".into(),
    };
    Broker::start(config).await.unwrap()
}

pub(crate) fn url(address: impl Display) -> String {
    format!("amqp://guest:guest@{address}/%2f")
}

/// A connection with one channel, in confirm mode.
pub(crate) struct Client {
    pub(crate) connection: Connection,
    pub(crate) channel: Channel,
}

impl Client {
    pub(crate) async fn connect(url: &str) -> Self {
        let connection = Connection::connect(url, ConnectionProperties::default())
            .await
            .unwrap();
        let channel = connection.create_channel().await.unwrap();
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await
            .unwrap();
        Self {
            connection,
            channel,
        }
    }

    /// An empty durable queue, whatever was there before.
    pub(crate) async fn queue(&self, name: &str, arguments: FieldTable) {
        let delete = QueueDeleteOptions::default();
        self.channel
            .queue_delete(name.into(), delete)
            .await
            .unwrap();
        self.declare(name, arguments).await;
    }

    pub(crate) async fn declare(&self, name: &str, arguments: FieldTable) {
        let durable = QueueDeclareOptions {
            durable: true,
            ..Default::default()
        };
        self.channel
            .queue_declare(name.into(), durable, arguments)
            .await
            .unwrap();
    }

    pub(crate) async fn publish(&self, queue: &str, body: &str) -> Confirmation {
        let persistent = BasicProperties::default().with_delivery_mode(2);
        self.publish_with(queue, body.as_bytes(), persistent).await
    }

    /// Publishes to a queue, mandatory, and waits for the confirm.
    pub(crate) async fn publish_with(
        &self,
        queue: &str,
        body: &[u8],
        properties: BasicProperties,
    ) -> Confirmation {
        let options = BasicPublishOptions {
            mandatory: true,
            ..Default::default()
        };
        let publish =
            self.channel
                .basic_publish("".into(), queue.into(), options, body, properties);
        patiently(publish.await.unwrap()).await.unwrap()
    }

    pub(crate) async fn get(&self, queue: &str) -> Option<BasicGetMessage> {
        self.channel
            .basic_get(queue.into(), BasicGetOptions::default())
            .await
            .unwrap()
    }

    pub(crate) async fn depth(&self, queue: &str) -> u32 {
        let passive = QueueDeclareOptions {
            passive: true,
            ..Default::default()
        };
        let declared = self
            .channel
            .queue_declare(queue.into(), passive, FieldTable::default());
        declared.await.unwrap().message_count()
    }

    /// Waits until a queue has that many messages ready.
    pub(crate) async fn reaches(&self, queue: &str, count: u32) {
        let reached = async {
            while self.depth(queue).await != count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        patiently(reached).await;
    }

    pub(crate) async fn consume(&self, queue: &str, prefetch: u16) -> Consumer {
        let qos = self.channel.basic_qos(prefetch, BasicQosOptions::default());
        qos.await.unwrap();
        let options = BasicConsumeOptions::default();
        let consume =
            self.channel
                .basic_consume(queue.into(), "".into(), options, FieldTable::default());
        consume.await.unwrap()
    }

    pub(crate) async fn close(self) {
        self.connection.close(200, "done".into()).await.unwrap();
    }
}

pub(crate) async fn next(consumer: &mut Consumer) -> Delivery {
    patiently(consumer.next())
        .await
        .expect("the consumer ended")
        .unwrap()
}

pub(crate) async fn patiently<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("no answer in time")
}

/// How the broker refused: code and text.
pub(crate) fn refusal<T>(result: lapin::Result<T>) -> String {
    match result.map(|_| ()).map_err(|error| error.kind().clone()) {
        Ok(()) => "not refused".into(),
        Err(ErrorKind::ProtocolError(error)) => {
            format!("{} {}", error.get_id(), error.get_message())
        }
        Err(other) => format!("{other:?}"),
    }
}

/// `body`, and whether it was delivered before.
pub(crate) fn shown(delivery: &Delivery) -> String {
    let again = if delivery.redelivered { " again" } else { "" };
    format!("{}{again}", String::from_utf8_lossy(&delivery.data))
}
