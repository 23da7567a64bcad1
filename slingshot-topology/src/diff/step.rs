//! One step of a deployment.

use std::fmt;

/// What is done at once, in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// To which services, queues or other things.
    pub subjects: Vec<Named>,
    /// What to know about it.
    pub notes: Vec<String>,
    /// Whether the subjects wait for each other, so that no order is right.
    pub is_circle: bool,
}

/// What a step is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name of a service, a queue or a bucket, or `service/case`.
    pub name: String,
    /// As a sentence has it.
    pub text: String,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// An engine's contents go to another place.
    MoveEngine,
    /// Whoever feeds a queue from outside is told to stop.
    CloseSource,
    /// Objects go to another bucket.
    CopyObjects,
    /// Code that no longer returns a case is deployed.
    WithdrawCase,
    /// A service is started, by its part of the new map.
    Start,
    /// A running service takes up its new routes and buckets.
    Reload,
    /// A service is started anew.
    Restart,
    /// Code that returns a new case is deployed.
    ReturnCase,
    /// A queue is left to run empty.
    Drain,
    /// A service, or what of it reads an old queue, is stopped.
    Stop,
    /// A queue is deleted.
    Delete,
}

impl Action {
    /// As the JSON form has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MoveEngine => "move-engine",
            Self::CloseSource => "close-source",
            Self::CopyObjects => "copy-objects",
            Self::WithdrawCase => "withdraw-case",
            Self::Start => "start",
            Self::Reload => "reload",
            Self::Restart => "restart",
            Self::ReturnCase => "return-case",
            Self::Drain => "drain",
            Self::Stop => "stop",
            Self::Delete => "delete",
        }
    }

    /// What stands before the subjects, and after one or several of them.
    fn words(self) -> (&'static str, [&'static str; 2]) {
        match self {
            Self::MoveEngine => ("move", [""; 2]),
            Self::CloseSource => ("stop what feeds", [" from outside"; 2]),
            Self::CopyObjects => ("copy the objects of", [""; 2]),
            Self::WithdrawCase => ("deploy code that no longer returns", [""; 2]),
            Self::Start => ("start", [", before anything feeds what is new"; 2]),
            Self::Reload => (
                "serve the new map to",
                [
                    ", which takes up routes and buckets while it runs",
                    ", which take up routes and buckets while they run",
                ],
            ),
            Self::Restart => ("restart", [" with the new map"; 2]),
            Self::ReturnCase => ("deploy the code that returns", [""; 2]),
            Self::Drain => (
                "wait until",
                [
                    " is empty, and so are its retries",
                    " are empty, and so are their retries",
                ],
            ),
            Self::Stop => ("stop", [""; 2]),
            Self::Delete => (
                "delete",
                [
                    " and its `.retry.` queues, and its `.dlq` when somebody has looked through it",
                    " and their `.retry.` queues, and their `.dlq` when somebody has looked through them",
                ],
            ),
        }
    }
}

/// As a command.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, [one, several]) = self.action.words();
        let subjects: Vec<_> = self.subjects.iter().map(|subject| &*subject.text).collect();
        let after = if subjects.len() == 1 { one } else { several };
        write!(f, "{before} {}{after}", listed(&subjects))?;
        match self.action {
            Action::Start if self.is_circle => f.write_str(
                "; they feed each other, so that none can be first: start them together, what is sent meanwhile waits",
            )?,
            Action::Drain if self.is_circle => {
                f.write_str("; what reads them feeds each other: all have to be empty at once")?;
            }
            _ => {}
        }
        for note in &self.notes {
            write!(f, "; {note}")?;
        }
        Ok(())
    }
}

/// `a, b and c`.
fn listed(subjects: &[&str]) -> String {
    match subjects {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
