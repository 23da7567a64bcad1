//! Messages with any headers, for property tests and fuzz targets.

use lapin::{
    BasicProperties,
    message::Delivery,
    types::{FieldTable, parsing::parse_field_table},
};

use super::{
    Inbound,
    message::{MOST_HEADERS, copied, table_size},
};

/// More than this of ours is in no copy's headers.
const MOST_OF_OURS: usize = 1024;

impl Inbound {
    /// A message whose headers are these bytes on the wire, if they are a table.
    pub(crate) fn with_headers(bytes: &[u8]) -> Option<Self> {
        let (_, table) = parse_field_table(bytes).ok()?;
        Some(Self::with_table(table))
    }

    fn with_table(table: FieldTable) -> Self {
        let mut delivery = Delivery::mock(1, "".into(), "in".into(), true, b"7".to_vec());
        delivery.properties = BasicProperties::default().with_headers(table);
        Self::new(delivery)
    }

    /// Whether the copy of the message in another queue has headers that fit a frame.
    pub(crate) fn fits_a_frame_when_copied(&self) -> bool {
        let copy = copied(&self.delivery.properties, super::Headers::new());
        let headers = copy.headers().as_ref();
        headers.is_some_and(|headers| table_size(headers) <= MOST_HEADERS + MOST_OF_OURS)
    }
}

#[cfg(test)]
pub(crate) mod strategies {
    use lapin::types::{AMQPValue, DecimalValue};
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::{FieldTable, Inbound};

    /// A message with headers of every type, many of them under the names that we read.
    pub(crate) fn any_inbound() -> impl Strategy<Value = Inbound> {
        table(value()).prop_map(Inbound::with_table)
    }

    fn table(value: impl Strategy<Value = AMQPValue>) -> impl Strategy<Value = FieldTable> {
        const NAMES: [&str; 16] = [
            "x-slingshot-attempt",
            "x-slingshot-error-attempt",
            "x-slingshot-error-failed-at",
            "x-slingshot-error-first-failed-at",
            "x-slingshot-error-type",
            "x-slingshot-replayed",
            "x-slingshot-redelivered",
            "x-slingshot-deferred",
            "x-delivery-count",
            "x-death",
            "traceparent",
            "tracestate",
            "time",
            "count",
            "queue",
            "CC",
        ];
        let name = prop_oneof![8 => select(&NAMES).prop_map(str::to_owned), 1 => "\\PC{0,20}"];
        vec((name, value), 0..8).prop_map(|entries| {
            let mut table = FieldTable::default();
            for (name, value) in entries {
                table.insert(name.into(), value);
            }
            table
        })
    }

    fn value() -> impl Strategy<Value = AMQPValue> {
        let text = prop_oneof![
            "\\PC{0,40}",
            "-?[0-9]{1,25}",
            "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|\\+[0-9]{2}:[0-9]{2})",
            "00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]",
        ];
        let leaf = prop_oneof![
            any::<bool>().prop_map(AMQPValue::Boolean),
            any::<i8>().prop_map(AMQPValue::ShortShortInt),
            any::<u16>().prop_map(AMQPValue::ShortUInt),
            any::<i32>().prop_map(AMQPValue::LongInt),
            any::<i64>().prop_map(AMQPValue::LongLongInt),
            any::<u64>().prop_map(AMQPValue::Timestamp),
            any::<f64>().prop_map(AMQPValue::Double),
            any::<(u8, u32)>()
                .prop_map(|(scale, value)| AMQPValue::DecimalValue(DecimalValue { scale, value })),
            text.prop_map(|text| AMQPValue::LongString(text.into())),
            vec(any::<u8>(), 0..40).prop_map(|bytes| AMQPValue::LongString(bytes.into())),
            vec(any::<u8>(), 0..40).prop_map(|bytes| AMQPValue::ByteArray(bytes.into())),
            Just(AMQPValue::Void),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(|items| AMQPValue::FieldArray(items.into())),
                table(inner).prop_map(AMQPValue::FieldTable),
            ]
        })
    }
}
