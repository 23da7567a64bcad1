//! What a sys-map is asked for, and what it answers.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use slingshot_runtime::client::SysMapClient;
use slingshot_topology::{
    SavedAnswer, SourceFile,
    sys_map::{ListedBoundary, Listing},
};

use super::refused;
use crate::{
    Context,
    code::ScannedCode,
    exit::{Exit, Failure},
    sources::Disk,
    topology::{Declared, Scripts},
};

/// How many questions are asked at once.
const AT_ONCE: usize = 8;

/// The paths that are about no service.
const ENGINES: [&str; 3] = ["rabbitmq", "db", "object-storage"];

/// Asks one sys-map.
pub(super) struct Asking<'a> {
    pub(super) client: &'a SysMapClient,
    /// As it is printed.
    pub(super) url: &'a str,
    pub(super) context: &'a Context,
}

/// What to ask for.
struct Questions {
    /// The services, each with the keys of its buckets.
    services: BTreeMap<String, Vec<String>>,
    boundary: Option<ListedBoundary>,
    /// Whether a service that the sys-map does not know may be passed over.
    are_guesses: bool,
}

impl Asking<'_> {
    /// Every answer: about the services that are named, or that the sys-map lists, or that are declared here; and
    /// about the engines.
    ///
    /// # Errors
    ///
    /// If it does not answer, answers with a web page, or does not know a service that was asked for.
    pub(super) async fn all(
        &self,
        named: &[String],
        declared: Option<&Declared>,
    ) -> Result<Vec<SavedAnswer>, Failure> {
        let questions = self.questions(named, declared).await?;
        let services = questions.services.iter();
        let services = services.map(|(name, keys)| self.service(name, keys, questions.are_guesses));
        let mut answers: Vec<_> = stream::iter(services)
            .buffered(AT_ONCE)
            .try_concat()
            .await?;
        if answers.is_empty() {
            let message = format!(
                "{} knows none of the services that were asked for",
                self.url
            );
            return Err(Failure::new(Exit::NoInput, message).help("name them with --service"));
        }
        for engine in ENGINES {
            let answer = self.ask(&[engine]).await?;
            answers.extend(answer.map(|text| self.saved(engine, None, text)));
        }
        if let Some(boundary) = &questions.boundary {
            let text = serde_json::to_string(boundary).expect("names are JSON");
            answers.push(self.saved("topology", None, text));
        }
        answers.sort_by(|one, other| (&one.name, &one.key).cmp(&(&other.name, &other.key)));
        Ok(answers)
    }

    async fn questions(
        &self,
        named: &[String],
        declared: Option<&Declared>,
    ) -> Result<Questions, Failure> {
        let listing = self.client.text(&[]).await.map_err(refused)?;
        let listing = listing.and_then(|text| Listing::from_json(&text));
        let are_guesses = named.is_empty() && listing.is_none();
        let Listing {
            mut services,
            topology,
        } = match listing {
            Some(listing) => listing,
            None => Listing {
                services: self.known_here(declared)?,
                topology: None,
            },
        };
        if !named.is_empty() {
            let listed = std::mem::take(&mut services);
            let keys = |name| listed.get(name).cloned().unwrap_or_default();
            services = named
                .iter()
                .map(|name| (name.clone(), keys(name)))
                .collect();
        }
        if services.is_empty() {
            let message = format!("{} does not say which services there are", self.url);
            return Err(Failure::new(Exit::NoInput, message)
                .help("name them with --service, or go to their project"));
        }
        Ok(Questions {
            services,
            boundary: topology.filter(|_| named.is_empty()),
            are_guesses,
        })
    }

    /// The services and keys that the project's file and its sources name.
    fn known_here(
        &self,
        declared: Option<&Declared>,
    ) -> Result<BTreeMap<String, Vec<String>>, Failure> {
        let mut services: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let Some(declared) = declared else {
            return Ok(services);
        };
        let (system, _) = declared.read();
        let scripts = Scripts::of(&system, &declared.sources, &Disk);
        for service in system.services {
            let keys = services.entry(service.name.value.into()).or_default();
            keys.extend(service.buckets.into_iter().map(|bucket| bucket.key.value));
        }
        let here = &self.context.environment.current_directory;
        let scanned =
            ScannedCode::of(&declared.sources, &scripts.there, here, &Disk)?.unwrap_or_default();
        for service in scanned.code.services {
            let keys = services.entry(service.name).or_default();
            let used = service.reads.into_iter().chain(service.writes);
            keys.extend(used.map(|key| key.value));
        }
        for keys in services.values_mut() {
            keys.sort();
            keys.dedup();
        }
        Ok(services)
    }

    async fn service(
        &self,
        name: &str,
        keys: &[String],
        is_guess: bool,
    ) -> Result<Vec<SavedAnswer>, Failure> {
        may_be_a_file(name)?;
        let Some(text) = self.ask(&[name]).await? else {
            if is_guess {
                let text = format!("{} does not know the service `{name}`", self.url);
                self.context.printer.warning(&text);
                return Ok(Vec::new());
            }
            let message = format!("{} does not know the service `{name}`", self.url);
            return Err(Failure::unreadable(message));
        };
        let mut answers = vec![self.saved(name, None, text)];
        for key in keys {
            may_be_a_file(key)?;
            if let Some(text) = self.ask(&[name, key]).await? {
                answers.push(self.saved(name, Some(key), text));
            }
        }
        Ok(answers)
    }

    async fn ask(&self, names: &[&str]) -> Result<Option<String>, Failure> {
        let text = self.client.text(names).await.map_err(refused)?;
        if text
            .as_ref()
            .is_some_and(|text| text.trim_start().starts_with('<'))
        {
            let path = names.join("/");
            let message = format!("{} answers /{path} with a web page", self.url);
            return Err(Failure::unreadable(message)
                .help("is this a sys-map's address, and does it want a token or a log-in?"));
        }
        Ok(text)
    }

    /// An answer under the name that diagnostics print.
    fn saved(&self, name: &str, key: Option<&str>, text: String) -> SavedAnswer {
        let path = key.map_or_else(|| name.to_owned(), |key| format!("{name}/{key}"));
        let url = self.url.trim_end_matches('/');
        SavedAnswer {
            name: name.to_owned(),
            key: key.map(str::to_owned),
            file: SourceFile::new(format!("{url}/{path}"), text),
        }
    }
}

/// What is asked for becomes the name of a file.
fn may_be_a_file(name: &str) -> Result<(), Failure> {
    let is_plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    if is_plain {
        return Ok(());
    }
    Err(
        Failure::usage(format!("{name:?} cannot be the name of a file"))
            .help("rename it: services ask for it by a path too"),
    )
}
