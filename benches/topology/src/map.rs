//! Sound maps of any size: layers of services, each with three cases of two queues.

use std::fmt::Write as _;

/// How a map is written.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Form {
    Json,
    Toml,
}

/// What a reader of nothing but the syntax makes of a text.
#[expect(dead_code, reason = "kept until the clock has stopped")]
#[derive(Debug)]
pub(crate) enum Plain {
    Json(serde_json::Value),
    Toml(toml::Table),
}

const CASES: [&str; 3] = ["accepted", "again", "rejected"];
/// How far ahead a service's results go, in services.
const REACH: usize = 50;

impl Form {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Toml => "toml",
        }
    }

    /// # Panics
    ///
    /// Never: the maps are ours.
    pub(crate) fn parse(self, text: &str) -> Plain {
        match self {
            Self::Json => Plain::Json(serde_json::from_str(text).expect("the map is JSON")),
            Self::Toml => Plain::Toml(toml::from_str(text).expect("the map is TOML")),
        }
    }

    /// A map of so many services.
    pub(crate) fn map(self, services: usize) -> String {
        let mut text = match self {
            Self::Json => "{\"topology\": {\"sources\": [\"queue-0\"]}".to_owned(),
            Self::Toml => "[topology]\nsources = [\"queue-0\"]\n".to_owned(),
        };
        for service in 0..services {
            self.service(&mut text, service, services);
        }
        if let Self::Json = self {
            text.push_str("}\n");
        }
        text
    }

    fn service(self, text: &mut String, service: usize, services: usize) {
        let routes = CASES.iter().enumerate().map(|(number, case)| {
            let queues = queues(service, number, services);
            let queues: Vec<_> = queues
                .iter()
                .map(|queue| format!("\"queue-{queue}\""))
                .collect();
            let queues = queues.join(", ");
            match self {
                Self::Json => format!("{{\"case\": \"{case}\", \"queues\": [{queues}]}}"),
                Self::Toml => format!("  {{ case = \"{case}\", queues = [{queues}] }},\n"),
            }
        });
        let routes: Vec<_> = routes.collect();
        match self {
            Self::Json => write!(
                text,
                ",\n\"service-{service}\": {{\"in\": \"queue-{service}\", \"out\": [{}]}}",
                routes.join(", ")
            ),
            Self::Toml => write!(
                text,
                "\n[services.service-{service}]\nin = \"queue-{service}\"\nout = [\n{}]\n",
                routes.concat()
            ),
        }
        .expect("a string takes every write");
    }
}

/// The next service, so that all can be reached, and others ahead; the last ones end.
fn queues(service: usize, case: usize, services: usize) -> Vec<usize> {
    let steps = match case {
        0 => [1, 2],
        1 => [3 + service % 7, 11 + service % 13],
        _ => [25 + service % 5, REACH],
    };
    let ahead = steps.into_iter().map(|step| service + step);
    ahead.filter(|&queue| queue < services).collect()
}
