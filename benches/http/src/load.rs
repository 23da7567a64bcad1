//! The load: `wrk`, and what it saw.

use std::{io::Write as _, process::Command, time::Duration};

use anyhow::{Context as _, bail};

const SCRIPT: &str = r#"
wrk.method = "POST"
wrk.body = '{"type":"request","src":"client","data":"hello world, hello world, hello"}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "key"
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init(args) ok, busy, other = 0, 0, 0 end
function response(status)
  if COUNTED then
    if status == 200 then ok = ok + 1
    elseif status == 429 or status == 503 then busy = busy + 1
    else other = other + 1 end
  end
end
if not COUNTED then response = nil end
done = function(summary, latency, requests)
  if COUNTED then
    local t = threads[1]
    io.write(string.format("STATUS %d %d %d\n", t:get("ok"), t:get("busy"), t:get("other")))
  end
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"#;

/// The statuses that were answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statuses {
    pub(crate) ok: u64,
    /// 429 and 503.
    pub(crate) busy: u64,
    pub(crate) other: u64,
}

/// What came of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) errors: u64,
}

pub(crate) fn post(url: &str, connections: u32, seconds: u32) -> anyhow::Result<Seen> {
    let text = wrk(url, connections, seconds, false)?;
    let numbers = numbers(&text, "RESULT ")?;
    let [requests, microseconds, p50, p99, errors] = numbers[..] else {
        bail!("wrk says: {text}");
    };
    Ok(Seen {
        per_second: requests as f64 / (microseconds as f64 / 1e6),
        p50: Duration::from_micros(p50),
        p99: Duration::from_micros(p99),
        errors,
    })
}

/// The same, with every status counted.
pub(crate) fn statuses(url: &str, connections: u32, seconds: u32) -> anyhow::Result<Statuses> {
    let text = wrk(url, connections, seconds, true)?;
    let numbers = numbers(&text, "STATUS ")?;
    let [ok, busy, other] = numbers[..] else {
        bail!("wrk says: {text}");
    };
    Ok(Statuses { ok, busy, other })
}

fn numbers(text: &str, line: &str) -> anyhow::Result<Vec<u64>> {
    let found = text.lines().find_map(|it| it.strip_prefix(line));
    let found = found.with_context(|| format!("wrk says: {text}"))?;
    Ok(found.split(' ').map(str::parse).collect::<Result<_, _>>()?)
}

fn wrk(url: &str, connections: u32, seconds: u32, counted: bool) -> anyhow::Result<String> {
    let mut script = tempfile::Builder::new().suffix(".lua").tempfile()?;
    writeln!(script, "COUNTED = {counted}")?;
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
    let errors = String::from_utf8_lossy(&output.stderr);
    Ok(format!("{}{errors}", String::from_utf8_lossy(&output.stdout)))
}
