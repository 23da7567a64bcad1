//! One suite for two brokers: what RabbitMQ does, the embedded broker does.
//!
//! Each case runs against both and expects the same of both; what pika sees is compared as a whole.

mod connections;
mod consuming;
mod dead_letters;
mod declaring;
mod pika;
mod publishing;
mod settling;

/// Makes two tests of each case, one for each broker.
macro_rules! on_both_brokers {
    ($($case:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                let target = crate::brokers::Target::embedded().await;
                super::$case(&target).await;
                target.stop().await;
            })*
        }
        mod rabbitmq {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(&crate::brokers::Target::rabbitmq()).await;
            })*
        }
    };
}
pub(crate) use on_both_brokers;

use lapin::types::{AMQPValue, FieldTable};

/// Queue arguments; strings and numbers as clients send them.
pub(crate) fn arguments(pairs: &[(&str, AMQPValue)]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in pairs {
        table.insert((*name).into(), value.clone());
    }
    table
}

pub(crate) fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

fn number(value: i32) -> AMQPValue {
    AMQPValue::LongInt(value)
}
