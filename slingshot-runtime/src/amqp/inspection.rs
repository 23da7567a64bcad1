//! What a broker's queues are like, found out without changing them.

use lapin::{
    options::QueueDeclareOptions,
    types::{AMQPValue, FieldTable, ShortString},
};

use super::{BrokerError, Connection, queues::name};

/// `PRECONDITION_FAILED`: the queue is there, and is another.
const PRECONDITION_FAILED: u16 = 406;

/// How an existing queue is not as it would be declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `durable`, or an argument such as `x-queue-type`.
    pub argument: String,
    /// The broker's words.
    pub words: String,
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
}
