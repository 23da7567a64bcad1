//! The brokers, and one race on one of them.

use std::{process::Stdio, time::Duration};

use anyhow::{Context as _, Result, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _};
use lapin::{
    Channel, Connection, ConnectionProperties,
    options::{
        BasicConsumeOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions,
        QueuePurgeOptions,
    },
    types::FieldTable,
    uri::AMQPUri,
};
use slingshot_local::{
    broker::{Broker as EmbeddedBroker, BrokerConfig},
    sys_map::{Engines, SysMapConfig, SysMapServer, SysMapSource},
};
use slingshot_topology::{SecretReference, SourceFile, read_toml, sys_map::RabbitMq};
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

use crate::{by_hand::publish, services::SYSTEM};

/// Unsettled messages that each consumer may hold.
pub(crate) const PREFETCH: u16 = 64;
/// After which a race is given up.
const PATIENCE: Duration = Duration::from_mins(2);
/// The variable through which the services learn the broker's password.
const PASSWORD: &str = "SLINGSHOT_BENCH_PASSWORD";
const QUEUES: [&str; 3] = ["bench.in", "bench.middle", "bench.out"];

/// Who races.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Contestant {
    /// Two loops over `lapin`.
    ByHand,
    /// Two Slingshot services.
    Services,
}

impl Contestant {
    pub(crate) const BOTH: [Self; 2] = [Self::ByHand, Self::Services];
}

/// A broker, and the sys-map that leads to it.
pub(crate) struct Broker {
    name: &'static str,
    url: String,
    password: String,
    sys_map: SysMapServer,
    embedded: Option<(EmbeddedBroker, tempfile::TempDir)>,
}

impl Broker {
    /// Starts the broker that `slingshot run` has inside.
    pub(crate) async fn embedded() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let config = BrokerConfig {
            address: ([127, 0, 0, 1], 0).into(),
            directory: directory.path().to_owned(),
            username: "bench".to_owned(),
            password: "bench".to_owned(),
        };
        let broker = EmbeddedBroker::start(config).await?;
        let url = format!("amqp://bench:bench@{}/%2f", broker.address());
        let mut race = Self::at("embedded", &url).await?;
        race.embedded = Some((broker, directory));
        Ok(race)
    }

    /// Takes a RabbitMQ that runs.
    pub(crate) async fn rabbitmq(url: &str) -> Result<Self> {
        Self::at("RabbitMQ", url).await
    }

    async fn at(name: &'static str, url: &str) -> Result<Self> {
        let uri: AMQPUri = url.parse().map_err(anyhow::Error::msg)?;
        let rabbitmq = RabbitMq {
            host: uri.authority.host,
            port: uri.authority.port,
            username: uri.authority.userinfo.username,
            password: SecretReference::Env(PASSWORD.to_owned()),
            tls: false,
            vhost: uri.vhost,
        };
        let (system, findings) = read_toml(&SourceFile::new("bench.toml", SYSTEM));
        ensure!(
            findings.is_empty(),
            "the bench's own system is broken: {findings:?}"
        );
        let sys_map = SysMapServer::start(SysMapConfig {
            address: ([127, 0, 0, 1], 0).into(),
            source: SysMapSource::System(Box::new(system)),
            engines: Engines {
                rabbitmq: Some(rabbitmq),
                ..Engines::default()
            },
        })
        .await?;
        let password = uri.authority.userinfo.password;
        Ok(Self {
            name,
            url: url.to_owned(),
            password,
            sys_map,
            embedded: None,
        })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Ids a second from the first publish to the last arrival.
    pub(crate) async fn race(&self, contestant: Contestant, ids: u64) -> Result<f64> {
        let connection = Connection::connect(&self.url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        prepare(&channel).await?;
        let mut process = self.spawn(contestant)?;
        wait_for_consumers(&channel, &mut process).await?;
        let arrivals = connection.create_channel().await?;
        let options = BasicConsumeOptions {
            no_ack: true,
            ..BasicConsumeOptions::default()
        };
        let mut arrived = arrivals
            .basic_consume(QUEUES[2].into(), "".into(), options, FieldTable::default())
            .await?
            .take(usize::try_from(ids)?);
        let start = Instant::now();
        let race = async {
            tokio::try_join!(send(&channel, ids), async {
                while let Some(delivery) = arrived.next().await {
                    delivery?;
                }
                Ok(())
            })
        };
        timeout(PATIENCE, race)
            .await
            .context("the ids did not arrive")??;
        let seconds = start.elapsed().as_secs_f64();
        process.kill().await?;
        connection.close(200, "raced".into()).await?;
        #[expect(clippy::cast_precision_loss, reason = "a rate, not an id")]
        Ok(ids as f64 / seconds)
    }

    fn spawn(&self, contestant: Contestant) -> Result<Child> {
        let mut command = Command::new(std::env::current_exe()?);
        match contestant {
            Contestant::ByHand => command.args(["--by-hand", &self.url]),
            Contestant::Services => command.arg("--services"),
        };
        command
            .env("SLINGSHOT_SYS_MAP", self.sys_map.url())
            .env("SLINGSHOT_STATE", "off")
            .env(PASSWORD, &self.password)
            .env("RUST_LOG", "warn,lapin=off")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        Ok(command.spawn()?)
    }

    pub(crate) async fn shutdown(self) {
        self.sys_map.shutdown().await;
        if let Some((broker, _directory)) = self.embedded {
            broker.shutdown().await;
        }
    }
}

/// Fresh queues, so that nothing of the last race is in the next.
async fn prepare(channel: &Channel) -> Result<()> {
    for queue in QUEUES {
        channel
            .queue_delete(queue.into(), QueueDeleteOptions::default())
            .await?;
        let durable = QueueDeclareOptions {
            durable: true,
            ..QueueDeclareOptions::default()
        };
        channel
            .queue_declare(queue.into(), durable, FieldTable::default())
            .await?;
        channel
            .queue_purge(queue.into(), QueuePurgeOptions::default())
            .await?;
    }
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    Ok(())
}

async fn wait_for_consumers(channel: &Channel, process: &mut Child) -> Result<()> {
    let passive = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = process.try_wait()? {
            anyhow::bail!("the contestant ended before the race: {status}");
        }
        let mut consumers = Vec::new();
        for queue in [QUEUES[0], QUEUES[1]] {
            let declared = channel
                .queue_declare(queue.into(), passive, FieldTable::default())
                .await?;
            consumers.push(declared.consumer_count());
        }
        if consumers.iter().all(|count| *count > 0) {
            return Ok(());
        }
        sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("the contestant does not consume")
}

/// Publishes the ids, with up to a thousand confirms in flight.
async fn send(channel: &Channel, ids: u64) -> Result<()> {
    futures_util::stream::iter(1..=ids)
        .then(|id| async move { publish(channel, QUEUES[0], id.to_string().as_bytes()).await })
        .map(|confirm| async { anyhow::Ok(confirm?.await?) })
        .buffered(1_000)
        .try_for_each(async |_| Ok(()))
        .await
}
