//! What a sys-map server answers for each path.

use super::{Boundary, Service, System};
use crate::{
    Spanned,
    sys_map::{ListedBoundary, Listing, Route, ServiceAnswer},
};

/// The body of a 200.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its media type.
    pub content_type: &'static str,
    /// Its text.
    pub body: String,
}

impl System {
    /// What `GET path` answers; `None` is a 404. The three engines' paths come before services of
    /// the same name, which [`check`](crate::check) reports.
    pub fn answer(&self, path: &str) -> Option<Answer> {
        let path = path.trim_matches('/');
        let json = |body: String| Answer {
            content_type: "application/json",
            body,
        };
        match path {
            "" => Some(json(serde_json::to_string(&self.listing()).ok()?)),
            "rabbitmq" => Some(json(self.rabbitmq.as_ref()?.to_json().to_string())),
            "db" => Some(json(self.database.as_ref()?.to_json().to_string())),
            "object-storage" => Some(json(self.object_storage.as_ref()?.to_json().to_string())),
            _ => match path.split_once('/') {
                None => {
                    let answer = self.service(path)?.answer();
                    Some(json(serde_json::to_string(&answer).ok()?))
                }
                Some((service, key)) => Some(Answer {
                    content_type: "text/plain; charset=utf-8",
                    body: self.service(service)?.bucket(key)?.to_owned(),
                }),
            },
        }
    }
}

impl System {
    /// What `GET /` says.
    fn listing(&self) -> Listing {
        let names = |names: &[Spanned<String>]| names.iter().map(|it| it.value.clone()).collect();
        let services = self.services.iter().map(|service| {
            let keys = service
                .buckets
                .iter()
                .map(|bucket| bucket.key.value.clone());
            (service.name.value.to_string(), keys.collect())
        });
        Listing {
            services: services.collect(),
            topology: (self.boundary == Boundary::Declared).then(|| ListedBoundary {
                sources: names(&self.sources),
                sinks: names(&self.sinks),
            }),
        }
    }
}

impl Service {
    /// What `GET /{service}` says.
    pub fn answer(&self) -> ServiceAnswer {
        let route = |route: &super::Route| Route {
            case: route.case.value.clone(),
            queues: route
                .queues
                .iter()
                .map(|queue| queue.value.to_string())
                .collect(),
        };
        ServiceAnswer {
            inbound: self.inbound.value.to_string(),
            out: self.routes.iter().map(route).collect(),
            replicas: self.replicas,
            prefetch: self.prefetch,
            queue_type: self.queue_type.map(|kind| kind.as_str().to_owned()),
            retry: self.retry,
        }
    }
}
