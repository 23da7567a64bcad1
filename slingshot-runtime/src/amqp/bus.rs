//! What the bus asks of the broker beside what services do: calls with their replies, and topics.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use lapin::{
    BasicProperties, Channel, Consumer, ExchangeKind,
    options::{
        BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions,
        QueueBindOptions, QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable, ShortString},
};

use super::{
    BrokerError, Connection, Headers, Inbound, Inbox,
    confirms::{Confirms, Message},
    publisher::{DEFAULT_EXCHANGE, PERSISTENT, seconds_since_epoch},
    queues::{name, refusal},
};

/// RabbitMQ's name for whoever asks on the same channel.
const DIRECT_REPLY_TO: &str = "amq.rabbitmq.reply-to";

/// Where broadcasts go: the routing key is the topic.
const TOPICS: &str = "slingshot.bus.topics";

/// How long a queue of calls outlives a broker's restart when nobody consumes it any more.
const UNUSED: Duration = Duration::from_mins(1);

/// How many broadcasts the broker keeps for one listening process. Beyond it, the oldest go.
const BROADCASTS_KEPT: u32 = 1_024;

/// How many broadcasts are on their way to a listening process at once.
const BROADCASTS_IN_FLIGHT: u16 = 256;

const TRANSIENT: u8 = 1;

/// Data with what is to be known of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Letter {
    pub(crate) content_type: Option<&'static str>,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

impl Letter {
    fn properties(&self) -> BasicProperties {
        let mut table = FieldTable::default();
        for (name, value) in &self.headers {
            let value = AMQPValue::LongString(value.as_str().into());
            table.insert((*name).into(), value);
        }
        let properties = BasicProperties::default()
            .with_headers(table)
            .with_timestamp(seconds_since_epoch());
        match self.content_type {
            Some(content_type) => properties.with_content_type(content_type.into()),
            None => properties,
        }
    }
}

/// The channel that calls and broadcasts leave by, and that replies come back to. All are confirmed.
#[derive(Debug)]
pub(crate) struct Letters(Confirms);

impl Letters {
    /// Calls for the consumers of a queue. It is dropped when nobody has taken it in time.
    pub(crate) async fn call(
        &self,
        queue: Arc<str>,
        correlation: &str,
        letter: Letter,
        time: Duration,
    ) -> Result<impl Future<Output = Result<(), BrokerError>> + Send + use<>, BrokerError> {
        let milliseconds = time.as_millis().max(1).to_string();
        let properties = letter
            .properties()
            .with_delivery_mode(TRANSIENT)
            .with_reply_to(DIRECT_REPLY_TO.into())
            .with_expiration(milliseconds.into());
        let message = message(DEFAULT_EXCHANGE, queue, correlation, letter.body);
        self.begin(message, properties.with_correlation_id(correlation.into()))
            .await
    }

    /// Leaves a letter in a queue. Ready when the broker has taken responsibility.
    pub(crate) async fn leave(
        &self,
        queue: Arc<str>,
        id: &str,
        letter: Letter,
    ) -> Result<(), BrokerError> {
        let properties = letter.properties().with_delivery_mode(PERSISTENT);
        let message = message(DEFAULT_EXCHANGE, queue, id, letter.body);
        self.begin(message, properties).await?.await
    }

    /// Tells all who listen to a topic, after those that were told before.
    pub(crate) async fn tell(
        &self,
        topic: &str,
        id: &str,
        letter: Letter,
    ) -> Result<impl Future<Output = Result<(), BrokerError>> + Send + use<>, BrokerError> {
        let properties = letter.properties().with_delivery_mode(TRANSIENT);
        let message = message(TOPICS, topic.into(), id, letter.body);
        self.begin(message, properties).await
    }

    async fn begin(
        &self,
        mut message: Message,
        properties: BasicProperties,
    ) -> Result<impl Future<Output = Result<(), BrokerError>> + Send + use<>, BrokerError> {
        if let Some(id) = &message.id {
            message.properties = properties.with_message_id((**id).into());
        }
        self.0.begin(message).await
    }
}

fn message(exchange: &'static str, queue: Arc<str>, id: &str, body: Vec<u8>) -> Message {
    Message {
        exchange,
        queue,
        id: Some(id.into()),
        body,
        properties: BasicProperties::default(),
    }
}

/// What is answered to our own calls.
#[derive(Debug)]
pub(crate) struct Replies(Consumer);

impl Replies {
    pub(crate) async fn next(&mut self) -> Result<Inbound, BrokerError> {
        match self.0.next().await {
            Some(delivery) => Ok(Inbound::new(delivery?)),
            None => Err(BrokerError::Broken("the channel of replies is gone".into())),
        }
    }
}

/// The channel that others' calls are answered by. Whoever does not wait any more is not told, and so not asked.
#[derive(Debug)]
pub(crate) struct Answers(Channel);

impl Answers {
    pub(crate) async fn answer(&self, call: &Inbound, letter: Letter) -> Result<(), BrokerError> {
        let Some(asks) = call.delivery.properties.reply_to() else {
            return Ok(());
        };
        let mut properties = letter.properties().with_delivery_mode(TRANSIENT);
        if let Some(correlation) = call.delivery.properties.correlation_id() {
            properties = properties.with_correlation_id(correlation.clone());
        }
        let options = BasicPublishOptions::default();
        let answering = self.0.basic_publish(
            DEFAULT_EXCHANGE.into(),
            asks.clone(),
            options,
            &letter.body,
            properties,
        );
        answering.await?;
        Ok(())
    }
}

impl Connection {
    /// Opens the channel for calls and broadcasts of our own, and makes sure of the topics' exchange.
    pub(crate) async fn letters(&self) -> Result<(Letters, Replies), BrokerError> {
        let channel = self.channel().await?;
        let durable = ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        let arguments = FieldTable::default();
        channel
            .exchange_declare(TOPICS.into(), ExchangeKind::Direct, durable, arguments)
            .await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        let unacknowledged = BasicConsumeOptions {
            no_ack: true,
            ..BasicConsumeOptions::default()
        };
        let replies = channel.basic_consume(
            DIRECT_REPLY_TO.into(),
            ShortString::default(),
            unacknowledged,
            FieldTable::default(),
        );
        let replies = replies.await?;
        Ok((Letters(Confirms::start(channel)), Replies(replies)))
    }

    pub(crate) async fn answers(&self) -> Result<Answers, BrokerError> {
        Ok(Answers(self.channel().await?))
    }

    /// Makes sure of a queue that is there for as long as it has consumers, so that a call without anybody to
    /// take it comes back at once. Its messages are not kept, and it is durable all the same: RabbitMQ is to
    /// have no transient queues any more.
    pub(crate) async fn ensure_calls(&self, queue: &str, longest: u32) -> Result<(), BrokerError> {
        let mut arguments = bounded(longest, "reject-publish");
        let unused = i64::try_from(UNUSED.as_millis()).unwrap_or(i64::MAX);
        let classic = AMQPValue::LongString("classic".into());
        arguments.insert("x-expires".into(), AMQPValue::LongLongInt(unused));
        arguments.insert("x-queue-type".into(), classic);
        let options = QueueDeclareOptions {
            auto_delete: true,
            ..QueueDeclareOptions::durable()
        };
        self.ensure(queue, options, arguments).await
    }

    /// Makes sure of a durable queue that refuses what it has no room for.
    pub(crate) async fn ensure_bounded(
        &self,
        queue: &str,
        longest: u32,
    ) -> Result<(), BrokerError> {
        let arguments = bounded(longest, "reject-publish");
        self.ensure(queue, QueueDeclareOptions::durable(), arguments)
            .await
    }

    /// A queue that is there is used as it is: two versions of a handler may differ in the length of its line.
    async fn ensure(
        &self,
        queue: &str,
        options: QueueDeclareOptions,
        arguments: FieldTable,
    ) -> Result<(), BrokerError> {
        if self.queue_depth(queue).await?.is_some() {
            return Ok(());
        }
        let channel = self.channel().await?;
        match channel.queue_declare(name(queue), options, arguments).await {
            Ok(_) => Ok(channel.close(200, ShortString::default()).await?),
            // Another process may have declared it in between, in its own way.
            Err(error) if refusal(&error).is_some() => match self.queue_depth(queue).await? {
                Some(_) => Ok(()),
                None => Err(BrokerError::NotDeclared {
                    queue: queue.to_owned(),
                    source: error.into(),
                }),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Listens to a topic with a queue of this connection's own.
    pub(crate) async fn listen(&self, topic: &str) -> Result<Inbox, BrokerError> {
        let channel = self.channel().await?;
        let own = QueueDeclareOptions {
            exclusive: true,
            auto_delete: true,
            ..QueueDeclareOptions::default()
        };
        let arguments = bounded(BROADCASTS_KEPT, "drop-head");
        let declared = channel
            .queue_declare(ShortString::default(), own, arguments)
            .await?;
        let (queue, bound) = (declared.name().clone(), QueueBindOptions::default());
        let arguments = FieldTable::default();
        channel
            .queue_bind(queue.clone(), TOPICS.into(), name(topic), bound, arguments)
            .await?;
        channel.close(200, ShortString::default()).await?;
        Inbox::open(self, queue.as_str(), BROADCASTS_IN_FLIGHT).await
    }
}

fn bounded(longest: u32, overflow: &str) -> FieldTable {
    let mut arguments = FieldTable::default();
    let longest = AMQPValue::LongLongInt(longest.max(1).into());
    arguments.insert("x-max-length".into(), longest);
    let overflow = AMQPValue::LongString(overflow.into());
    arguments.insert("x-overflow".into(), overflow);
    arguments
}
