//! Objects copied: as many at once as a service has replicas.

use anyhow::Result;
use aws_sdk_s3::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
    primitives::ByteStream,
};
use aws_smithy_http_client::{
    Builder, Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use lapin::message::Delivery;

use super::{Line, Way, id_of, pass};
use crate::engines::{ACCESS_KEY, INPUTS, READ_BUCKET, SECRET_KEY, WRITE_BUCKET};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Work {
    #[command(flatten)]
    way: Way,
    #[arg(long)]
    store: String,
    #[arg(long)]
    at_once: usize,
}

impl Work {
    pub(crate) async fn run(self) -> Result<()> {
        let client = client(&self.store);
        let mut line = Line::open(&self.way).await?;
        let mut copying = FuturesUnordered::new();
        let mut publishing = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                Some(tag) = publishing.next() => line.ack(tag?)?,
                Some(copied) = copying.next() => publishing.push(pass(line.channel.clone(), copied??)),
                delivery = line.next(), if copying.len() < self.at_once => {
                    // On both cores, as a service's workers are.
                    copying.push(tokio::spawn(copy(client.clone(), delivery?)));
                }
            }
        }
    }
}

async fn copy(client: Client, delivery: Delivery) -> Result<Delivery> {
    let id = id_of(&delivery)?;
    let read = client.get_object().bucket(READ_BUCKET);
    let object = read.key((id % INPUTS).to_string()).send().await?;
    let bytes = object.body.collect().await?.into_bytes();
    let write = client.put_object().bucket(WRITE_BUCKET).key(id.to_string());
    write.body(ByteStream::from(bytes)).send().await?;
    Ok(delivery)
}

/// A client that keeps `TCP_NODELAY`: the SDK's own default clears it, and each upload waits 40 ms.
pub(crate) fn client(url: &str) -> Client {
    let http = Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .enable_tcp_nodelay(true);
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.build()
    });
    let keys = Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "bench");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new("us-east-1"))
        .force_path_style(true)
        .credentials_provider(keys)
        .http_client(http)
        .build();
    Client::from_conf(config)
}
