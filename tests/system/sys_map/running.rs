//! A service whose sys-map goes down, and one whose sys-map changes.

use std::{fs, path::Path};

use tempfile::TempDir;

use super::{
    process::{Running, service},
    served::{Served, sample_system},
};
use crate::brokers::{Client, Target};

/// A broker, and a directory with its password.
pub(super) struct Surroundings {
    target: Target,
    pub(super) client: Client,
    directory: TempDir,
}

impl Surroundings {
    pub(super) async fn new() -> Self {
        let target = Target::embedded().await;
        let client = target.client().await;
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("guest"), "guest").unwrap();
        Self {
            target,
            client,
            directory,
        }
    }

    /// A system whose service sends what it keeps to `queue`.
    pub(super) fn system(&self, queue: &str) -> String {
        let password = format!("file:{}", self.directory.path().join("guest").display());
        let port = self.target.broker().address().port();
        sample_system(port, "guest", &password, queue)
    }

    fn state(&self) -> &Path {
        self.directory.path()
    }

    pub(super) async fn stop(self) {
        self.client.close().await;
        self.target.stop().await;
    }
}

#[tokio::test]
async fn a_service_starts_with_the_last_good_answers_of_a_sys_map_that_is_down() {
    let surroundings = Surroundings::new().await;
    let mut served = Served::start(&surroundings.system("kept")).await;
    let mut command = service("sample");
    command.env("SLINGSHOT_SYS_MAP", &served.url);
    let mut process = Running::start_again(surroundings.state(), &mut command);
    process.prints("consuming").await;
    assert_eq!(process.terminate().await, Some(0));
    assert_eq!(served.process.terminate().await, Some(0));

    let mut process = Running::start_again(surroundings.state(), &mut command);
    process.prints("consuming").await;
    surroundings.client.publish("sample", "10").await;
    surroundings.client.reaches("kept", 1).await;
    for path in ["sample", "rabbitmq"] {
        let used = format!(
            "the sys-map's last good answer is used url={}/{path} age=",
            served.url
        );
        process.prints(&used).await;
    }
    let log = process.log();
    assert_eq!(log.matches("the sys-map is down").count(), 1, "{log}");
    assert_eq!(process.terminate().await, Some(0));
    surroundings.stop().await;
}

#[tokio::test]
async fn a_running_service_takes_up_new_routes_with_their_queues() {
    let surroundings = Surroundings::new().await;
    let served = Served::start(&surroundings.system("kept")).await;
    let mut command = service("sample");
    let mut process = Running::start(command.env("SLINGSHOT_SYS_MAP", &served.url));
    process.prints("consuming").await;
    let client = &surroundings.client;
    client.publish("sample", "10").await;
    client.reaches("kept", 1).await;

    // No such queue is there yet.
    served.save(&surroundings.system("archive"));
    process.prints(" INFO new routes").await;
    client.publish("sample", "20").await;
    client.publish("sample", "30").await;
    client.reaches("sample", 0).await;
    assert_eq!(process.terminate().await, Some(0));
    assert_eq!(
        process.log().matches(" consuming ").count(),
        1,
        "{}",
        process.log()
    );
    assert_eq!(
        (client.depth("kept").await, client.depth("archive").await),
        (1, 2)
    );
    surroundings.stop().await;
}
