//! The load: `wrk`, and what it saw.

use std::{io::Write as _, process::Command, time::Duration};

use anyhow::{Context as _, bail};

const SCRIPT: &str = r#"
wrk.method = "POST"
wrk.body = '{"type":"request","src":"client","data":"hello world, hello world, hello"}'
wrk.headers["Content-Type"] = "application/json"
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"#;

/// What came of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) errors: u64,
}

pub(crate) fn post(url: &str, connections: u32, seconds: u32) -> anyhow::Result<Seen> {
    let mut script = tempfile::Builder::new().suffix(".lua").tempfile()?;
    script.write_all(SCRIPT.as_bytes())?;
    let output = Command::new("wrk")
        .arg("-t1")
        .arg(format!("-c{connections}"))
        .arg(format!("-d{seconds}s"))
        .arg("-s")
        .args([script.path()])
        .arg(url)
        .output()
        .context("no `wrk`: install Debian's package of that name")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let result = text.lines().find_map(|line| line.strip_prefix("RESULT "));
    let Some(result) = result else {
        bail!("wrk says: {text}{}", String::from_utf8_lossy(&output.stderr));
    };
    let numbers: Result<Vec<u64>, _> = result.split(' ').map(str::parse).collect();
    let [requests, microseconds, p50, p99, errors] = numbers?[..] else {
        bail!("wrk says: {result}");
    };
    Ok(Seen {
        per_second: requests as f64 / (microseconds as f64 / 1e6),
        p50: Duration::from_micros(p50),
        p99: Duration::from_micros(p99),
        errors,
    })
}
