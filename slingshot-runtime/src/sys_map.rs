//! The client of the sys-map.
//!
//! A starting service has patience with a sys-map that does not answer, and then its last good answers; a
//! definite answer, be it a refusal or nonsense, is never passed over. A running service asks again now
//! and then, and keeps what it has when the answer is not a good one.

mod address;
mod answer;
mod answers;
mod error;
mod http;
mod kept;
mod reload;
#[cfg(test)]
mod stand_in;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::Url;
use slingshot_topology::SecretReference;
use tokio::time::{Instant, sleep};

use self::{address::below, http::Http, kept::KeptAnswers};
pub(crate) use self::{
    answer::{Answer, Bucket},
    answers::{Answers, DATABASE, OBJECT_STORAGE, RABBITMQ},
    error::SysMapError,
    reload::{INTERVAL, Reload},
};
use crate::backoff::Backoff;

/// How long a service keeps asking before it gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long it keeps asking when it has an answer from before.
const PATIENCE_WITH_AN_ANSWER: Duration = Duration::from_secs(5);

/// How long a sys-map that did not answer is taken to be down, where there is an answer from before: a
/// starting service asks for several things, and waits for one.
const DOWN: Duration = Duration::from_secs(30);

/// What a client may use beside the address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access {
    /// Where the bearer token is.
    pub(crate) token: Option<SecretReference>,
    /// A PEM file with root certificates beside the system's.
    pub(crate) certificate: Option<PathBuf>,
    /// Where good answers are kept; none keeps none.
    pub(crate) state: Option<PathBuf>,
}

/// Asks one host for everything.
#[derive(Clone, Debug)]
pub(crate) struct SysMap {
    http: Arc<Http>,
    kept: Option<KeptAnswers>,
    /// When it was found not to answer.
    down: Arc<Mutex<Option<Instant>>>,
    /// Whether it was said that answers cannot be kept: it is tried again and again.
    keeping_failed: Arc<AtomicBool>,
}

impl SysMap {
    /// A client of `host`: a host without a scheme means `https://`.
    pub(crate) fn new(host: &str, access: &Access) -> Result<Self, SysMapError> {
        let http = Http::new(host, access)?;
        let kept = access.state.as_ref().and_then(|state| {
            KeptAnswers::open(state)
                .inspect_err(|error| {
                    let state = state.display();
                    tracing::warn!(
                        %state, %error,
                        "the sys-map's answers are not kept: let SLINGSHOT_STATE name a directory of this user"
                    );
                })
                .ok()
        });
        Ok(Self {
            http: Arc::new(http),
            kept,
            down: Arc::default(),
            keeping_failed: Arc::default(),
        })
    }

    /// Asks until there is an answer; without one in time, the last good answer.
    pub(crate) async fn find<A: Answer>(&self, names: &[&str]) -> Result<A, SysMapError> {
        let url = below(&self.http.base, names);
        let kept = self.kept.as_ref().and_then(|kept| kept.read(&url));
        let Some((answer, age)) = kept else {
            return self.patiently(&url, PATIENCE).await;
        };
        if !self.was_down() {
            match self.patiently(&url, PATIENCE_WITH_AN_ANSWER).await {
                Err(error) if error.may_pass() => {
                    tracing::warn!(%error, "the sys-map is down");
                    self.set_down(Some(Instant::now()));
                }
                answered => return answered,
            }
        }
        let (url, age) = (address::shown(&url), shown_age(age));
        tracing::warn!(url, age, "the sys-map's last good answer is used");
        Ok(answer)
    }

    /// Asks once.
    pub(crate) async fn ask<A: Answer>(&self, names: &[&str]) -> Result<A, SysMapError> {
        self.once(&below(&self.http.base, names)).await
    }

    /// Asks once, for whatever the answer says; none if the sys-map does not know the name.
    pub(crate) async fn text(&self, names: &[&str]) -> Result<Option<Arc<str>>, SysMapError> {
        match self.http.get(&below(&self.http.base, names)).await {
            Ok(text) => Ok(Some(text)),
            Err(SysMapError::Status { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks until there is an answer, an error that will not pass, or no patience left.
    async fn patiently<A: Answer>(&self, url: &Url, patience: Duration) -> Result<A, SysMapError> {
        let give_up = Instant::now() + patience;
        let mut backoff = Backoff::default();
        loop {
            let error = match self.once(url).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let wait = backoff.after_failure();
            if !error.may_pass() || Instant::now() + wait > give_up {
                return Err(error);
            }
            tracing::warn!(%error, "asking the sys-map again");
            sleep(wait).await;
        }
    }

    async fn once<A: Answer>(&self, url: &Url) -> Result<A, SysMapError> {
        let text = self.http.get(url).await?;
        self.set_down(None);
        let answer = A::read(&text).map_err(|source| SysMapError::Answer {
            url: address::shown(url),
            source,
        })?;
        self.keep(url, &answer).await;
        Ok(answer)
    }

    async fn keep<A: Answer>(&self, url: &Url, answer: &A) {
        let Some(kept) = self.kept.clone() else {
            return;
        };
        let (url, answer) = (url.clone(), answer.write());
        let keeping = tokio::task::spawn_blocking(move || kept.keep(&url, answer));
        let error = match keeping.await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        if !self.keeping_failed.swap(true, Ordering::Relaxed) {
            tracing::warn!(error, "an answer of the sys-map could not be kept");
        }
    }

    fn was_down(&self) -> bool {
        let down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
        down.is_some_and(|since| since.elapsed() < DOWN)
    }

    fn set_down(&self, since: Option<Instant>) {
        *self.down.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }
}

/// An age as people say it: of the largest unit that fits.
fn shown_age(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use slingshot_topology::sys_map::ServiceAnswer;
    use tempfile::TempDir;

    use super::{stand_in::StandIn, *};

    const SNIFF: &str = r#"{"in": "sniff", "out": []}"#;

    /// A client that keeps answers in a directory.
    fn client(url: &str, state: &TempDir) -> SysMap {
        let access = Access {
            state: Some(state.path().to_owned()),
            ..Access::default()
        };
        SysMap::new(url, &access).unwrap()
    }

    async fn sniff(sys_map: &SysMap) -> Result<String, String> {
        let found = sys_map.find::<ServiceAnswer>(&["sniff"]).await;
        found
            .map(|answer| answer.inbound)
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn the_last_good_answer_stands_in_for_a_sys_map_that_is_out_of_order() {
        let (state, stand_in) = (TempDir::new().unwrap(), StandIn::start().await);
        stand_in.answers("/sniff", 200, SNIFF);
        assert_eq!(
            sniff(&client(&stand_in.url, &state)).await.as_deref(),
            Ok("sniff")
        );

        stand_in.answers("/sniff", 503, "");
        let restarted = client(&stand_in.url, &state);
        let asked = Instant::now();
        assert_eq!(sniff(&restarted).await.as_deref(), Ok("sniff"));
        let patience = asked.elapsed();
        assert!(patience > Duration::from_millis(100), "{patience:?}");
        assert!(patience < 2 * PATIENCE_WITH_AN_ANSWER, "{patience:?}");
        // It is known to be down, and is not waited for once more.
        stand_in.asked();
        assert_eq!(sniff(&restarted).await.as_deref(), Ok("sniff"));
        assert_eq!(stand_in.asked(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn the_last_good_answer_hides_no_definite_one() {
        let (state, stand_in) = (TempDir::new().unwrap(), StandIn::start().await);
        let url = format!("{}/sniff", stand_in.url);
        let check = async |status, body: &str, expected: &str| {
            stand_in.answers("/sniff", 200, SNIFF);
            let found = sniff(&client(&stand_in.url, &state)).await;
            assert_eq!(found.as_deref(), Ok("sniff"));
            stand_in.answers("/sniff", status, body);
            let error = sniff(&client(&stand_in.url, &state)).await.unwrap_err();
            assert_eq!(error, expected);
        };
        let refused = format!("to GET {url}: it does not know this name");
        check(404, "", &format!("the sys-map answered 404 {refused}")).await;
        check(403, "", &format!("the sys-map answered 403 to GET {url}")).await;
        check(200, "{}", &format!("GET {url}: the field `out` is missing")).await;
        check(
            200,
            "[]",
            &format!("GET {url}: the answer is not a JSON object"),
        )
        .await;
    }

    #[tokio::test]
    async fn an_answer_that_is_no_text_names_its_url() {
        let stand_in = StandIn::start().await;
        stand_in.answers("/sniff/in", 200, *b"r\xff");
        let sys_map = SysMap::new(&stand_in.url, &Access::default()).unwrap();
        let error = sys_map.find::<Bucket>(&["sniff", "in"]).await.unwrap_err();
        let url = format!("{}/sniff/in", stand_in.url);
        assert_eq!(
            error.to_string(),
            format!("GET {url}: the answer is not UTF-8")
        );
    }

    #[tokio::test]
    async fn a_token_that_was_changed_is_read_again() {
        let (place, stand_in) = (TempDir::new().unwrap(), StandIn::start().await);
        let file = place.path().join("token");
        std::fs::write(&file, "old").unwrap();
        stand_in.answers("/sniff", 200, SNIFF);
        stand_in.wants("old");
        let access = Access {
            token: Some(SecretReference::File(file.display().to_string())),
            ..Access::default()
        };
        let sys_map = SysMap::new(&stand_in.url, &access).unwrap();
        assert_eq!(sniff(&sys_map).await.as_deref(), Ok("sniff"));
        stand_in.wants("new");
        std::fs::write(&file, "new").unwrap();
        sleep(Duration::from_millis(1_100)).await;
        stand_in.asked();
        assert_eq!(sniff(&sys_map).await.as_deref(), Ok("sniff"));
        assert_eq!(stand_in.asked(), ["/sniff 401", "/sniff 304"]);

        std::fs::write(&file, "two words").unwrap();
        let sys_map = SysMap::new(&stand_in.url, &access).unwrap();
        assert_eq!(
            sniff(&sys_map).await.unwrap_err(),
            "SLINGSHOT_SYS_MAP_TOKEN: the secret is not a token: visible ASCII, without spaces"
        );
    }

    #[test]
    fn an_age_is_said_in_its_largest_unit() {
        let check = |seconds, expected| {
            assert_eq!(shown_age(Duration::from_secs(seconds)), expected);
        };
        check(0, "0 s");
        check(119, "119 s");
        check(300, "5 min");
        check(7_200, "2 h");
        check(3 * 86_400, "3 days");
    }
}
