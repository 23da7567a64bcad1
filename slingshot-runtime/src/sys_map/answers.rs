//! Everything that one service asks of the sys-map, but its buckets: those are asked for by key.

use serde_json::{Map, Value};
use slingshot_topology::sys_map::{Database, ObjectStorage, RabbitMq, ServiceAnswer};

use super::{SysMap, SysMapError};
use crate::argument::Needs;

/// The paths of the engines.
pub(crate) const RABBITMQ: &[&str] = &["rabbitmq"];
pub(crate) const DATABASE: &[&str] = &["db"];
pub(crate) const OBJECT_STORAGE: &[&str] = &["object-storage"];

/// What a service runs by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answers {
    pub(crate) service: ServiceAnswer,
    pub(crate) rabbitmq: RabbitMq,
    /// None for a service that needs none.
    pub(crate) database: Option<Database>,
    pub(crate) object_storage: Option<ObjectStorage>,
}

impl Answers {
    /// What a starting service needs, be it from the disk.
    pub(crate) async fn find(
        sys_map: &SysMap,
        service: &str,
        needs: Needs,
    ) -> Result<Self, SysMapError> {
        Ok(Self {
            service: sys_map.find(&[service]).await?,
            rabbitmq: sys_map.find(RABBITMQ).await?,
            database: if needs.database {
                Some(sys_map.find(DATABASE).await?)
            } else {
                None
            },
            object_storage: if needs.objects {
                Some(sys_map.find(OBJECT_STORAGE).await?)
            } else {
                None
            },
        })
    }

    /// The same questions, asked once more.
    pub(super) async fn ask_again(
        &self,
        sys_map: &SysMap,
        service: &str,
    ) -> Result<Self, SysMapError> {
        Ok(Self {
            service: sys_map.ask(&[service]).await?,
            rabbitmq: sys_map.ask(RABBITMQ).await?,
            database: match self.database {
                Some(_) => Some(sys_map.ask(DATABASE).await?),
                None => None,
            },
            object_storage: match self.object_storage {
                Some(_) => Some(sys_map.ask(OBJECT_STORAGE).await?),
                None => None,
            },
        })
    }

    /// What differs and takes a restart: everything but the routes.
    pub(super) fn fixed_differences(&self, newest: &Self) -> Vec<String> {
        let (old, new) = (fields(&self.service), fields(&newest.service));
        let names = old.keys().chain(new.keys());
        let of_the_service = names
            .filter(|name| *name != "out" && old.get(*name) != new.get(*name))
            .map(String::as_str);
        let engines = [
            ("rabbitmq", self.rabbitmq != newest.rabbitmq),
            ("db", self.database != newest.database),
            (
                "object-storage",
                self.object_storage != newest.object_storage,
            ),
        ];
        let of_the_engines = engines
            .into_iter()
            .filter_map(|(name, differs)| differs.then_some(name));
        let mut names: Vec<_> = of_the_service
            .chain(of_the_engines)
            .map(str::to_owned)
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

fn fields(answer: &ServiceAnswer) -> Map<String, Value> {
    match serde_json::to_value(answer) {
        Ok(Value::Object(fields)) => fields,
        _ => unreachable!("an answer is an object"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(service: &str, port: u16) -> Answers {
        let rabbitmq =
            format!(r#"{{"host": ["h"], "port": [{port}], "username": ["u"], "pass": ["entry"]}}"#);
        Answers {
            service: ServiceAnswer::from_json(service).unwrap(),
            rabbitmq: RabbitMq::from_json(&rabbitmq).unwrap(),
            database: None,
            object_storage: None,
        }
    }

    #[test]
    fn what_a_running_service_does_not_follow_is_named() {
        let started = answers(r#"{"in": "q", "out": [], "replicas": 4}"#, 5672);
        let check = |service: &str, port, expected: &[&str]| {
            assert_eq!(started.fixed_differences(&answers(service, port)), expected);
        };
        check(r#"{"in": "q", "out": [], "replicas": 4}"#, 5672, &[]);
        let routed = r#"{"in": "q", "out": [{"case": 1, "queues": ["a"]}], "replicas": 4}"#;
        check(routed, 5672, &[]);
        check(routed, 5671, &["rabbitmq"]);
        check(
            r#"{"in": "other", "out": [], "prefetch": 8}"#,
            5672,
            &["in", "prefetch", "replicas"],
        );
    }
}
