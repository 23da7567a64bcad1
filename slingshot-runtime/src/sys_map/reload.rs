//! A running service's sys-map is asked again, so that new routes come in without a restart.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::sleep};

use super::{Answers, SysMap, SysMapError};
use crate::{
    backoff::random_fraction,
    meter::{Dependency, Meter},
    objects::Buckets,
    registration::Unrouted,
    routes::Routes,
};

/// How often a running service asks again, give or take a quarter: services that started together do not
/// ask together for ever.
pub(crate) const INTERVAL: Duration = Duration::from_secs(30);

/// One service's newest answers.
pub(crate) struct Reload {
    pub(crate) sys_map: SysMap,
    pub(crate) service: String,
    /// What the service started with.
    pub(crate) started: Answers,
    pub(crate) buckets: Option<Arc<Buckets>>,
    pub(crate) unrouted: Unrouted,
    pub(crate) interval: Duration,
    pub(crate) meter: Arc<Meter>,
}

impl Reload {
    /// The routes, and every later version of them. The task ends with its last receiver.
    pub(crate) fn start(self) -> watch::Receiver<Arc<Routes>> {
        let (routes, newest) = watch::channel(Arc::new(self.routes(&self.started)));
        tokio::spawn(async move {
            tokio::select! {
                () = routes.closed() => {}
                () = self.follow(&routes) => {}
            }
        });
        newest
    }

    fn routes(&self, answers: &Answers) -> Routes {
        Routes::new(answers.service.out.clone(), self.unrouted)
    }

    async fn follow(&self, routes: &watch::Sender<Arc<Routes>>) {
        let service = &self.service;
        let mut newest = self.started.clone();
        // What is wrong with the newest answers is said once, and not each time.
        let mut trouble = None;
        loop {
            sleep(self.interval.mul_f64(0.75 + random_fraction() / 2.0)).await;
            match self.ask_again().await {
                Ok(answers) => {
                    self.meter.dependency(Dependency::SysMap, Ok(()));
                    if trouble.take().is_some() {
                        tracing::info!(service, "the sys-map's answers are good again");
                    }
                    if answers.service.out != newest.service.out {
                        tracing::info!(service, "the sys-map has new routes");
                        routes.send_replace(Arc::new(self.routes(&answers)));
                    }
                    self.report_differences(&newest, &answers);
                    newest = answers;
                }
                Err(error) => {
                    let error = error.to_string();
                    if trouble.as_ref() != Some(&error) {
                        tracing::warn!(service, error, "the sys-map's last good answers stay");
                        trouble = Some(error);
                    }
                }
            }
        }
    }

    async fn ask_again(&self) -> Result<Answers, SysMapError> {
        let answers = self.started.ask_again(&self.sys_map, &self.service).await?;
        if let Some(buckets) = &self.buckets {
            buckets.reload().await?;
        }
        Ok(answers)
    }

    fn report_differences(&self, before: &Answers, newest: &Answers) {
        let fields = self.started.fixed_differences(newest);
        if !fields.is_empty() && fields != self.started.fixed_differences(before) {
            tracing::warn!(
                service = self.service,
                fields = fields.join(", "),
                "the sys-map changed: restart the service to apply it"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tokio::time::timeout;

    use super::*;
    use crate::{
        argument::Needs,
        metrics::Metrics,
        sys_map::{Access, stand_in::StandIn},
        trace::Tracer,
    };

    const BROKER: &str = r#"{"host": ["h"], "port": [1], "username": ["u"], "pass": ["entry"]}"#;
    const PATIENCE: Duration = Duration::from_secs(20);

    fn to(queue: &str) -> String {
        format!(r#"{{"in": "sniff", "out": [{{"case": true, "queues": ["{queue}"]}}]}}"#)
    }

    struct Running {
        stand_in: StandIn,
        buckets: Arc<Buckets>,
        routes: watch::Receiver<Arc<Routes>>,
    }

    impl Running {
        async fn start() -> Self {
            let stand_in = StandIn::start().await;
            stand_in.answers("/sniff", 200, to("words"));
            stand_in.answers("/sniff/in", 200, "raw");
            stand_in.answers("/rabbitmq", 200, BROKER);
            let sys_map = SysMap::new(&stand_in.url, &Access::default()).unwrap();
            let started = Answers::find(&sys_map, "sniff", Needs::NONE).await.unwrap();
            let buckets = Arc::new(Buckets::new("sniff", sys_map.clone()));
            assert_eq!(buckets.bucket("in").await.unwrap(), "raw");
            let meter = Meter::new("sniff", false, Metrics::new(), Tracer::default());
            let routes = Reload {
                sys_map,
                service: "sniff".to_owned(),
                started,
                buckets: Some(Arc::clone(&buckets)),
                unrouted: Unrouted::DeadLetter,
                interval: Duration::from_millis(20),
                meter: Arc::new(meter),
            }
            .start();
            Self {
                stand_in,
                buckets,
                routes,
            }
        }

        /// What is asked from now on, until the same things come again.
        async fn asked(&self) -> BTreeSet<String> {
            self.stand_in.asked();
            let mut asked = Vec::new();
            let several_rounds = async {
                while asked.len() < 12 {
                    sleep(Duration::from_millis(5)).await;
                    asked.extend(self.stand_in.asked());
                }
            };
            timeout(PATIENCE, several_rounds)
                .await
                .expect("nobody asks");
            asked.into_iter().collect()
        }

        async fn new_routes(&mut self) -> Vec<String> {
            timeout(PATIENCE, self.routes.changed())
                .await
                .expect("no new routes")
                .unwrap();
            let routes = Arc::clone(&self.routes.borrow_and_update());
            routes.queues().iter().map(ToString::to_string).collect()
        }
    }

    #[tokio::test]
    async fn what_has_not_changed_is_not_sent_again() {
        let mut running = Running::start().await;
        let expected = ["/rabbitmq 304", "/sniff 304", "/sniff/in 304"];
        assert_eq!(running.asked().await, expected.map(str::to_owned).into());
        assert!(!running.routes.has_changed().unwrap());
        running.stand_in.answers("/sniff", 200, to("archive"));
        assert_eq!(running.new_routes().await, ["archive"]);
    }

    #[tokio::test]
    async fn a_bucket_and_the_routes_follow_the_sys_map_and_nothing_else_does() {
        let mut running = Running::start().await;
        running.stand_in.answers("/sniff/in", 200, "rare");
        running.stand_in.answers("/sniff", 200, to("archive"));
        assert_eq!(running.new_routes().await, ["archive"]);
        assert_eq!(running.buckets.known("in").as_deref(), Some("rare"));
        running
            .stand_in
            .answers("/rabbitmq", 200, BROKER.replace("[1]", "[2]"));
        running.asked().await;
        assert!(!running.routes.has_changed().unwrap());
    }

    #[tokio::test]
    async fn answers_that_are_not_good_leave_the_last_good_ones() {
        let mut running = Running::start().await;
        for (status, body) in [(500, ""), (404, ""), (200, "<html>"), (200, "{}")] {
            running.stand_in.answers("/sniff", status, body);
            running.asked().await;
            assert!(!running.routes.has_changed().unwrap(), "{status} {body}");
        }
        running.stand_in.answers("/sniff", 200, to("archive"));
        assert_eq!(running.new_routes().await, ["archive"]);
    }

    #[tokio::test]
    async fn nobody_asks_for_a_service_that_has_ended() {
        let running = Running::start().await;
        running.asked().await;
        drop(running.routes);
        sleep(Duration::from_millis(200)).await;
        running.stand_in.asked();
        sleep(Duration::from_millis(200)).await;
        assert_eq!(running.stand_in.asked(), Vec::<String>::new());
    }
}
