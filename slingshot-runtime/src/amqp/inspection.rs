//! What a broker and its queues are like, found out without changing them.

use std::time::Duration;

use lapin::{
    options::QueueDeclareOptions,
    types::{AMQPValue, FieldTable, ShortString},
};
use slingshot_topology::sys_map::RabbitMq;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{BrokerError, Connection, queues::name};

/// `PRECONDITION_FAILED`: the queue is there, and is another.
const PRECONDITION_FAILED: u16 = 406;

/// How long a broker may take to greet.
const GREETING_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest greeting that is read: RabbitMQ's takes half a kilobyte.
const LONGEST_GREETING: usize = 16 * 1024;

/// The kind and the channel of a frame, and the length of what follows.
const FRAME_HEADER: usize = 7;

/// What AMQP 0-9-1 begins with.
const PROTOCOL_HEADER: &[u8] = b"AMQP\x00\x00\x09\x01";

/// How an existing queue is not as it would be declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `durable`, or an argument such as `x-queue-type`.
    pub argument: String,
    /// The broker's words.
    pub words: String,
}

/// Who answers at the broker's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerVersion {
    /// `RabbitMQ`.
    pub product: String,
    /// `3.10.8`.
    pub version: String,
}

impl Connection {
    /// How a queue that exists is not as it would be declared. There is no question for that in AMQP: a
    /// declaration of what exists changes nothing, and one of something else is refused with the reason.
    pub(crate) async fn difference(
        &self,
        queue: &str,
        queue_type: Option<&str>,
    ) -> Result<Option<Difference>, BrokerError> {
        let mut arguments = FieldTable::default();
        if let Some(queue_type) = queue_type {
            let value = AMQPValue::LongString(queue_type.into());
            arguments.insert("x-queue-type".into(), value);
        }
        let channel = self.channel().await?;
        let durable = QueueDeclareOptions::durable();
        match channel.queue_declare(name(queue), durable, arguments).await {
            Ok(_) => {
                channel.close(200, ShortString::default()).await?;
                Ok(None)
            }
            Err(error) => match error.kind() {
                lapin::ErrorKind::ProtocolError(refusal)
                    if refusal.get_id() == PRECONDITION_FAILED =>
                {
                    Ok(Some(difference(refusal.get_message().as_str())))
                }
                _ => Err(error.into()),
            },
        }
    }
}

/// `PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q' in vhost '/': received 'true' but current is
/// 'false'`.
fn difference(words: &str) -> Difference {
    let argument = words
        .split_once("inequivalent arg '")
        .and_then(|(_, rest)| rest.split_once('\''))
        .map_or("another argument", |(argument, _)| argument);
    let short = words.split_once("': ").map_or(words, |(_, short)| short);
    Difference {
        argument: argument.to_owned(),
        words: short.to_owned(),
    }
}

/// Asks a broker who it is: the first thing that it says, before anybody logs in. None over TLS, and where
/// something else answers.
pub(crate) async fn greeting(endpoint: &RabbitMq) -> Option<BrokerVersion> {
    if endpoint.tls {
        return None;
    }
    let greeting = timeout(GREETING_TIMEOUT, read_greeting(endpoint)).await;
    let greeting = greeting.ok()?.ok()?;
    Some(BrokerVersion {
        product: property(&greeting, "product")?,
        version: property(&greeting, "version")?,
    })
}

async fn read_greeting(endpoint: &RabbitMq) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await?;
    stream.write_all(PROTOCOL_HEADER).await?;
    let mut header = [0; FRAME_HEADER];
    stream.read_exact(&mut header).await?;
    let [_, _, _, length @ ..] = header;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    let mut frame = vec![0; length.min(LONGEST_GREETING)];
    stream.read_exact(&mut frame).await?;
    Ok(frame)
}

/// A text among the server's properties: its name after the name's length, `S`, the text's length, the text.
fn property(greeting: &[u8], name: &str) -> Option<String> {
    let length = u8::try_from(name.len()).ok()?;
    let key = [&[length], name.as_bytes(), b"S"].concat();
    let start = greeting.windows(key.len()).position(|it| it == key)?;
    let (length, text) = greeting.get(start + key.len()..)?.split_first_chunk()?;
    let text = text.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    Some(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_argument() {
        let check = |words: &str, argument: &str, short: &str| {
            let found = difference(words);
            assert_eq!(
                (found.argument.as_str(), found.words.as_str()),
                (argument, short)
            );
        };
        check(
            "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q' in vhost '/': received 'true' but \
             current is 'false'",
            "durable",
            "received 'true' but current is 'false'",
        );
        check("something else", "another argument", "something else");
    }

    #[test]
    fn a_greeting_says_who_it_is_from() {
        let greeting =
            b"..\x07productS\x00\x00\x00\x08RabbitMQ\x07versionS\x00\x00\x00\x063.10.8..";
        assert_eq!(property(greeting, "product").as_deref(), Some("RabbitMQ"));
        assert_eq!(property(greeting, "version").as_deref(), Some("3.10.8"));
        assert_eq!(property(greeting, "platform"), None);
        assert_eq!(property(b"\x07versionS\xff\xff\xff\xff3", "version"), None);
    }
}
