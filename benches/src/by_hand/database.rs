//! Rows inserted: on as many threads as a service has replicas, each with its connection.

use anyhow::Result;
use diesel::{Connection as _, PgConnection, RunQueryDsl as _, sql_query, sql_types::BigInt};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use lapin::message::Delivery;
use tokio::sync::mpsc;

use super::{Line, Way, id_of, pass};
use crate::engines::INSERT;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Work {
    #[command(flatten)]
    way: Way,
    #[arg(long)]
    database: String,
    #[arg(long)]
    at_once: usize,
}

impl Work {
    pub(crate) async fn run(self) -> Result<()> {
        let mut line = Line::open(&self.way).await?;
        let length = usize::from(self.way.prefetch);
        let (done, mut inserted) = mpsc::channel(length);
        let mut workers = Vec::new();
        for _ in 0..self.at_once {
            let (worker, jobs) = std::sync::mpsc::sync_channel(length);
            let connection = PgConnection::establish(&self.database)?;
            let done = done.clone();
            std::thread::spawn(move || insert_all(connection, &jobs, &done));
            workers.push(worker);
        }
        let mut turns = (0..workers.len()).cycle();
        let mut publishing = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                Some(tag) = publishing.next() => line.ack(tag?)?,
                Some(row) = inserted.recv() => publishing.push(pass(line.channel.clone(), row?)),
                delivery = line.next() => {
                    let turn = turns.next().expect("there are workers");
                    workers[turn].send(delivery?)?;
                }
            }
        }
    }
}

fn insert_all(
    mut connection: PgConnection,
    jobs: &std::sync::mpsc::Receiver<Delivery>,
    done: &mpsc::Sender<Result<Delivery>>,
) {
    while let Ok(delivery) = jobs.recv() {
        let inserted = insert(&mut connection, delivery);
        if done.blocking_send(inserted).is_err() {
            return;
        }
    }
}

fn insert(connection: &mut PgConnection, delivery: Delivery) -> Result<Delivery> {
    let id = i64::try_from(id_of(&delivery)?)?;
    connection
        .transaction(|connection| sql_query(INSERT).bind::<BigInt, _>(id).execute(connection))?;
    Ok(delivery)
}
