//! Sound maps of any size: layers of services, each with three cases of two queues of the next layer. All names have
//! one length, so that a larger map is more of the same bytes.

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
/// How many services a message passes.
const LAYERS: usize = 8;

/// Which services of the next layer get a service's results, from its own place on.
const AHEAD: [[usize; 2]; CASES.len()] = [[0, 1], [3, 11], [25, 50]];

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
        let sources: Vec<_> = (0..width(services))
            .map(|queue| format!("\"queue-{queue:06}\""))
            .collect();
        let sources = sources.join(", ");
        let mut text = match self {
            Self::Json => {
                format!("{{\"topology\": {{\"sources\": [{sources}], \"sinks\": [\"done\"]}}")
            }
            Self::Toml => format!("[topology]\nsources = [{sources}]\nsinks = [\"done\"]\n"),
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
        let routes = routes(service, services).into_iter();
        let routes = routes.map(|(case, queues)| match self {
            Self::Json => format!("{{\"case\": \"{case}\", \"queues\": [{queues}]}}"),
            Self::Toml => format!("  {{ case = \"{case}\", queues = [{queues}] }},\n"),
        });
        let routes: Vec<_> = routes.collect();
        match self {
            Self::Json => write!(
                text,
                ",\n\"service-{service:06}\": {{\"in\": \"queue-{service:06}\", \"idempotent\": true, \"out\": [{}]}}",
                routes.join(", ")
            ),
            Self::Toml => write!(
                text,
                "\n[services.service-{service:06}]\nin = \"queue-{service:06}\"\nidempotent = true\nout = [\n{}]\n",
                routes.concat()
            ),
        }
        .expect("a string takes every write");
    }
}

/// How many services a layer has.
fn width(services: usize) -> usize {
    services.div_ceil(LAYERS)
}

/// Each case with its queues, as both forms have them. What the last layer is done with is collected by the last
/// service, and leaves the system there.
fn routes(service: usize, services: usize) -> Vec<(&'static str, String)> {
    let layer = CASES.into_iter().zip(AHEAD).map(|(case, ahead)| {
        let [one, other] = ahead.map(|steps| next(service, steps, services));
        Some((
            case,
            format!("\"queue-{:06}\", \"queue-{:06}\"", one?, other?),
        ))
    });
    let last = services - 1;
    layer.collect::<Option<_>>().unwrap_or_else(|| {
        let queue = if service == last {
            "\"done\"".to_owned()
        } else {
            format!("\"queue-{last:06}\"")
        };
        vec![(CASES[0], queue)]
    })
}

/// A queue of the next layer; there is none after the last.
fn next(service: usize, steps: usize, services: usize) -> Option<usize> {
    let width = width(services);
    let (layer, place) = (service / width, service % width);
    let queue = (layer + 1) * width + (place + steps) % width;
    (queue < services).then_some(queue)
}
