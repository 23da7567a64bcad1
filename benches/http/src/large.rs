//! One large file, up and down, beside a bare axum stream.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Instant,
};

use anyhow::ensure;

use crate::{
    race::{free_port, started},
    serve::Contestant,
    soak::{peak, resident},
};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Large {
    /// How many MiB the file has
    #[arg(long, default_value_t = 2_048)]
    mebibytes: u64,
    /// How often each contestant has it
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

const CHUNK: usize = 256 * 1024;

impl Large {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        println!("| contestant | up MiB/s (median) | down MiB/s (median) | growth MiB |");
        println!("|---|---|---|---|");
        let contestants = [Contestant::Axum, Contestant::Slingshot];
        let mut rows = [const { (Vec::new(), Vec::new(), 0) }; 2];
        for _ in 0..self.rounds {
            for (contestant, row) in contestants.iter().zip(&mut rows) {
                let port = free_port()?;
                let running = started(*contestant, port)?;
                let before = resident(running.0.id())?;
                row.0.push(self.timed(|| up(port, self.bytes()))?);
                row.1.push(self.timed(|| down(port, self.bytes()))?);
                row.2 = row.2.max(peak(running.0.id())?.saturating_sub(before));
            }
        }
        for (contestant, (up, down, growth)) in contestants.iter().zip(rows) {
            println!(
                "| {} | {:.0} | {:.0} | {:.1} |",
                contestant.name(),
                median(up),
                median(down),
                growth as f64 / 1024.0
            );
        }
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.mebibytes * 1024 * 1024
    }

    /// In MiB a second.
    fn timed(&self, transfer: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<f64> {
        let begun = Instant::now();
        transfer()?;
        Ok(self.mebibytes as f64 / begun.elapsed().as_secs_f64())
    }
}

fn up(port: u16, bytes: u64) -> anyhow::Result<()> {
    let mut connection = TcpStream::connect(("127.0.0.1", port))?;
    let head = "POST /stream/upload/a HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length:";
    write!(connection, "{head} {bytes}\r\n\r\n")?;
    let chunk = vec![b'x'; CHUNK];
    let mut left = bytes;
    while left > 0 {
        let some = chunk.len().min(usize::try_from(left)?);
        connection.write_all(&chunk[..some])?;
        left -= some as u64;
    }
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    ensure!(answer.contains(&bytes.to_string()), "{answer}");
    Ok(())
}

fn down(port: u16, bytes: u64) -> anyhow::Result<()> {
    let mut connection = TcpStream::connect(("127.0.0.1", port))?;
    let head = format!("GET /stream/download/{bytes} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    connection.write_all(head.as_bytes())?;
    let mut chunk = vec![0; CHUNK];
    let mut read = 0;
    loop {
        match connection.read(&mut chunk)? {
            0 => break,
            some => read += some as u64,
        }
    }
    ensure!(read > bytes, "{read} bytes of {bytes} and a head");
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
