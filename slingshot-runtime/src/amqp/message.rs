//! A message as it arrived.

use std::collections::BTreeMap;

use lapin::{BasicProperties, types::AMQPValue};

use crate::delivery::Header;

/// Headers that we add to a message, in the order of their names.
pub(crate) type Headers = BTreeMap<&'static str, String>;

/// A delivered message. It stays the broker's until it is acknowledged.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(super) delivery: lapin::message::Delivery,
}

impl Inbound {
    /// Names the delivery on its channel.
    pub(crate) fn tag(&self) -> u64 {
        self.delivery.delivery_tag
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.delivery.data
    }

    pub(crate) fn redelivered(&self) -> bool {
        self.delivery.redelivered
    }

    pub(crate) fn message_id(&self) -> Option<&str> {
        let id = self.delivery.properties.message_id().as_ref()?.as_str();
        (!id.is_empty()).then_some(id)
    }

    pub(crate) fn headers(&self) -> BTreeMap<String, Header> {
        let Some(table) = self.delivery.properties.headers() else {
            return BTreeMap::new();
        };
        table
            .inner()
            .iter()
            .map(|(name, value)| (name.to_string(), header(value)))
            .collect()
    }

    /// The message's own properties with our headers added, persistent: everything else that its producer
    /// wrote stays.
    pub(super) fn properties_with(&self, added: Headers) -> BasicProperties {
        let properties = self.delivery.properties.clone();
        let mut table = properties.headers().clone().unwrap_or_default();
        for (name, value) in added {
            table.insert(name.into(), AMQPValue::LongString(value.into()));
        }
        properties
            .with_headers(table)
            .with_delivery_mode(super::publisher::PERSISTENT)
    }
}

/// Tables, arrays and rarities become text: a header is never a reason to fail.
fn header(value: &AMQPValue) -> Header {
    match value {
        AMQPValue::Boolean(value) => Header::Bool(*value),
        AMQPValue::ShortShortInt(value) => Header::Integer((*value).into()),
        AMQPValue::ShortShortUInt(value) => Header::Integer((*value).into()),
        AMQPValue::ShortInt(value) => Header::Integer((*value).into()),
        AMQPValue::ShortUInt(value) => Header::Integer((*value).into()),
        AMQPValue::LongInt(value) => Header::Integer((*value).into()),
        AMQPValue::LongUInt(value) => Header::Integer((*value).into()),
        AMQPValue::LongLongInt(value) => Header::Integer((*value).into()),
        AMQPValue::Timestamp(value) => Header::Integer((*value).into()),
        AMQPValue::Float(value) => Header::Float((*value).into()),
        AMQPValue::Double(value) => Header::Float(*value),
        AMQPValue::ShortString(value) => Header::Text(value.to_string()),
        AMQPValue::LongString(value) => Header::Text(value.to_string()),
        other => Header::Text(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_header_type_becomes_a_header() {
        let check = |value: AMQPValue, expected: Header| assert_eq!(header(&value), expected);
        check(AMQPValue::Boolean(true), Header::Bool(true));
        check(AMQPValue::LongLongInt(-3), Header::Integer(-3));
        check(AMQPValue::LongUInt(3), Header::Integer(3));
        check(AMQPValue::Double(0.5), Header::Float(0.5));
        check(
            AMQPValue::LongString("text".into()),
            Header::Text("text".to_owned()),
        );
        check(AMQPValue::Void, Header::Text("Void".to_owned()));
    }
}
