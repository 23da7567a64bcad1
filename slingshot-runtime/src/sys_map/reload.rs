//! A running service's sys-map is asked again, so that new routes come in without a restart.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use slingshot_topology::sys_map::ServiceAnswer;
use tokio::{sync::watch, time::sleep};

use super::{SysMap, SysMapError};
use crate::{backoff::random_fraction, objects::Buckets, registration::Unrouted, routes::Routes};

/// How often a running service asks again, give or take a quarter: services that started together do not
/// ask together for ever.
const INTERVAL: Duration = Duration::from_secs(30);

/// One service's newest answers.
pub(crate) struct Reload {
    sys_map: SysMap,
    service: String,
    unrouted: Unrouted,
    buckets: Option<Arc<Buckets>>,
    /// What the service started with.
    started: ServiceAnswer,
    newest: ServiceAnswer,
    /// What is wrong with the newest answers: said once, and not each time.
    trouble: Option<String>,
}

impl Reload {
    pub(crate) fn new(
        sys_map: SysMap,
        service: &str,
        answer: ServiceAnswer,
        unrouted: Unrouted,
        buckets: Option<Arc<Buckets>>,
    ) -> Self {
        Self {
            sys_map,
            service: service.to_owned(),
            unrouted,
            buckets,
            newest: answer.clone(),
            started: answer,
            trouble: None,
        }
    }

    /// The routes, and every later version of them. The task ends with its last receiver.
    pub(crate) fn start(self) -> watch::Receiver<Arc<Routes>> {
        let (routes, newest) = watch::channel(Arc::new(self.routes()));
        tokio::spawn(self.follow(routes));
        newest
    }

    fn routes(&self) -> Routes {
        Routes::new(self.newest.out.clone(), self.unrouted)
    }

    async fn follow(mut self, routes: watch::Sender<Arc<Routes>>) {
        loop {
            let wait = INTERVAL.mul_f64(0.75 + random_fraction() / 2.0);
            tokio::select! {
                () = routes.closed() => return,
                () = sleep(wait) => {}
            }
            let looked = tokio::select! {
                () = routes.closed() => return,
                looked = self.look() => looked,
            };
            let service = &self.service;
            match looked {
                Ok(changed) => {
                    if self.trouble.take().is_some() {
                        tracing::info!(service, "the sys-map answers again");
                    }
                    if changed {
                        routes.send_replace(Arc::new(self.routes()));
                    }
                }
                Err(error) => {
                    let error = error.to_string();
                    if self.trouble.as_ref() != Some(&error) {
                        tracing::warn!(service, error, "the sys-map's last good answers stay");
                        self.trouble = Some(error);
                    }
                }
            }
        }
    }

    /// Asks for everything once. Whether the routes have changed.
    async fn look(&mut self) -> Result<bool, SysMapError> {
        let answer = self.sys_map.service_now(&self.service).await?;
        if let Some(buckets) = &self.buckets {
            buckets.reload().await?;
        }
        if answer == self.newest {
            return Ok(false);
        }
        let fields = changed_but_routes(&self.started, &answer);
        if fields != changed_but_routes(&self.started, &self.newest) && !fields.is_empty() {
            let (service, fields) = (&self.service, fields.join(", "));
            tracing::warn!(
                service,
                fields,
                "the sys-map changed: restart the service to apply it"
            );
        }
        let changed = answer.out != self.newest.out;
        self.newest = answer;
        Ok(changed)
    }
}

/// The fields of two answers that differ and that a running service does not follow.
fn changed_but_routes(started: &ServiceAnswer, newest: &ServiceAnswer) -> Vec<String> {
    let fields = |answer| match serde_json::to_value(answer) {
        Ok(Value::Object(fields)) => fields,
        _ => unreachable!("an answer is an object"),
    };
    let (started, newest) = (fields(started), fields(newest));
    let names = started.keys().chain(newest.keys());
    let mut changed: Vec<_> = names
        .filter(|name| *name != "out" && started.get(*name) != newest.get(*name))
        .cloned()
        .collect();
    changed.sort();
    changed.dedup();
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_running_service_does_not_follow_is_named() {
        let check = |started: &str, newest: &str, expected: &[&str]| {
            let read = |body| ServiceAnswer::from_json(body).unwrap();
            assert_eq!(changed_but_routes(&read(started), &read(newest)), expected);
        };
        let started = r#"{"in": "q", "out": [], "replicas": 4}"#;
        check(started, started, &[]);
        check(
            started,
            r#"{"in": "q", "out": [{"case": 1, "queues": ["a"]}], "replicas": 4}"#,
            &[],
        );
        check(
            started,
            r#"{"in": "other", "out": [], "prefetch": 8}"#,
            &["in", "prefetch", "replicas"],
        );
    }
}
