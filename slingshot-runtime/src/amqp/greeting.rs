//! Who a broker is: the first thing that it says, before anybody logs in.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use slingshot_topology::sys_map::RabbitMq;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::screen::frame_length;

/// How long a broker may take to greet.
const GREETING_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest greeting that is read: RabbitMQ's takes half a kilobyte.
const LONGEST_GREETING: usize = 16 * 1024;

/// How long RabbitMQ lets a delivered message be unless it is configured otherwise, since 3.8.17.
pub(crate) const RABBITMQS_LIMIT: Duration = Duration::from_mins(30);

/// The kind and the channel of a frame, and the length of what follows.
const FRAME_HEADER: usize = 7;

/// What AMQP 0-9-1 begins with.
const PROTOCOL_HEADER: &[u8] = b"AMQP\x00\x00\x09\x01";

/// Who answers at the broker's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerVersion {
    /// `RabbitMQ`.
    pub product: String,
    /// `3.10.8`.
    pub version: String,
}

impl BrokerVersion {
    /// What the properties in a broker's greeting say.
    fn of(greeting: &[u8]) -> Option<Self> {
        Some(Self {
            product: property(greeting, "product")?,
            version: property(greeting, "version")?,
        })
    }

    /// How long it lets a delivered message be unless it is configured otherwise (`consumer_timeout`), if it has
    /// such a limit. RabbitMQ's pull requests 2990 (3.8.15) and 3033 (3.8.17) brought it.
    #[must_use]
    pub fn consumer_timeout(&self) -> Option<Duration> {
        if self.product != "RabbitMQ" {
            return None;
        }
        match numbers(&self.version) {
            Some((..=2, _, _) | (3, ..=7, _) | (3, 8, ..=14)) => None,
            Some((3, 8, 15 | 16)) => Some(Duration::from_mins(15)),
            _ => Some(RABBITMQS_LIMIT),
        }
    }
}

fn numbers(version: &str) -> Option<(u32, u32, u32)> {
    let mut numbers = version.split(['.', '-', '+']).map(str::parse);
    let mut next = || numbers.next()?.ok();
    Some((next()?, next()?, next().unwrap_or(0)))
}

/// Hears who the broker is in what arrives first: `lapin` reads that, and keeps it to itself.
#[derive(Debug)]
pub(super) struct Greeting {
    arrived: Vec<u8>,
    from: Arc<OnceLock<BrokerVersion>>,
}

impl Greeting {
    /// `from` is told.
    pub(super) fn new(from: &Arc<OnceLock<BrokerVersion>>) -> Self {
        Self {
            arrived: Vec::new(),
            from: Arc::clone(from),
        }
    }

    /// Whether that was the whole greeting, and nothing more is to be heard.
    pub(super) fn hear(&mut self, bytes: &[u8]) -> bool {
        let room = LONGEST_GREETING - self.arrived.len();
        self.arrived.extend(bytes.iter().take(room));
        let is_whole = |length: usize| self.arrived.len() >= length.min(LONGEST_GREETING);
        let Some(_) = frame_length(&self.arrived).filter(|length| is_whole(*length)) else {
            return false;
        };
        if let Some(version) = BrokerVersion::of(&self.arrived) {
            self.from.get_or_init(|| version);
        }
        true
    }
}

/// Asks a broker who it is, without a login. None over TLS, and where something else answers.
pub(crate) async fn greeting(endpoint: &RabbitMq) -> Option<BrokerVersion> {
    if endpoint.tls {
        return None;
    }
    let greeting = timeout(GREETING_TIMEOUT, read_greeting(endpoint)).await;
    BrokerVersion::of(&greeting.ok()?.ok()?)
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
    fn a_version_is_three_numbers() {
        for (text, expected) in [
            ("3.10.8", Some((3, 10, 8))),
            ("4.3.0-rc.1", Some((4, 3, 0))),
            ("4.1", Some((4, 1, 0))),
            ("master", None),
        ] {
            assert_eq!(numbers(text), expected, "{text}");
        }
    }

    #[test]
    fn a_broker_has_the_patience_of_its_version() {
        let check = |product: &str, version: &str, minutes: Option<u64>| {
            let broker = BrokerVersion {
                product: product.to_owned(),
                version: version.to_owned(),
            };
            assert_eq!(
                broker.consumer_timeout(),
                minutes.map(Duration::from_mins),
                "{product} {version}"
            );
        };
        check("RabbitMQ", "2.8.7", None);
        check("RabbitMQ", "3.7.28", None);
        check("RabbitMQ", "3.8.14", None);
        check("RabbitMQ", "3.8.15", Some(15));
        check("RabbitMQ", "3.8.16", Some(15));
        check("RabbitMQ", "3.8.17", Some(30));
        check("RabbitMQ", "3.10.8", Some(30));
        check("RabbitMQ", "4.3.0-rc.1", Some(30));
        check("RabbitMQ", "master", Some(30));
        check("slingshot", "1.0.0", None);
    }

    #[test]
    fn a_greeting_is_heard_whatever_pieces_it_arrives_in() {
        let payload = b"..\x07productS\x00\x00\x00\x08RabbitMQ\x07versionS\x00\x00\x00\x063.8.16..";
        let length = u32::try_from(payload.len()).unwrap();
        let frame = [&[1, 0, 0], &length.to_be_bytes()[..], payload, &[0xce]].concat();
        for piece in [1, 7, 20, frame.len()] {
            let from = Arc::default();
            let mut greeting = Greeting::new(&from);
            let mut pieces = frame.chunks(piece).peekable();
            while let Some(bytes) = pieces.next() {
                assert_eq!(greeting.hear(bytes), pieces.peek().is_none());
            }
            assert_eq!(from.get().map(|it| &*it.version), Some("3.8.16"));
        }
    }

    #[test]
    fn a_greeting_without_end_is_not_waited_for() {
        let from = Arc::default();
        let mut greeting = Greeting::new(&from);
        assert!(!greeting.hear(&[1, 0, 0, 0xff, 0xff, 0xff, 0xff]));
        assert!(greeting.hear(&vec![0; 2 * LONGEST_GREETING]));
        assert_eq!(from.get(), None);
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
