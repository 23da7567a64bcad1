//! What the test says.

use std::{collections::BTreeMap, fmt::Write as _, io::Write as _, time::Duration};

use crate::{campaign::Campaign, faults::Kind, inspection::Findings, tap::Traffic};

/// How many of one kind of finding are listed.
const LISTED: usize = 20;

/// How long each fault took to recover from.
#[derive(Debug, Default)]
pub(crate) struct Recoveries(BTreeMap<Kind, Vec<Duration>>);

impl Recoveries {
    pub(crate) fn add(&mut self, kind: Kind, took: Duration) {
        self.0.entry(kind).or_default().push(took);
    }
}

/// The result of a campaign.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    pub(crate) campaign: &'a Campaign,
    pub(crate) recoveries: Recoveries,
    pub(crate) findings: Findings,
    /// How long faults struck.
    pub(crate) took: Duration,
    /// Messages a second meanwhile, as fed.
    pub(crate) rate: f64,
    /// And afterwards.
    pub(crate) calm_rate: f64,
    pub(crate) traffic: [(&'static str, Traffic); 3],
}

impl Table<'_> {
    pub(crate) fn print(&self) {
        // Nobody to tell is nobody to complain to.
        std::io::stdout().write_all(self.text().as_bytes()).ok();
    }

    fn text(&self) -> String {
        let mut out = format!(
            "{:<40}{:>6}{:>16}{:>10}\n",
            "fault", "times", "recovery median", "max"
        );
        for (kind, times) in &self.recoveries.0 {
            let (median, longest) = median_and_longest(times);
            let count = times.len();
            line(
                &mut out,
                &format!(
                    "{:<40}{count:>6}{median:>14.2} s{longest:>8.2} s",
                    kind.name()
                ),
            );
        }
        line(&mut out, "");
        line(
            &mut out,
            &format!(
                "{:<10}{:>12}{:>14}{:>24}{:>14}",
                "service", "delivered", "redelivered", "after it was completed", "tried again"
            ),
        );
        for (service, traffic) in &self.traffic {
            line(
                &mut out,
                &format!(
                    "{service:<10}{:>12}{:>14}{:>24}{:>14}",
                    traffic.delivered, traffic.redelivered, traffic.repeated, traffic.tried_again
                ),
            );
        }
        let Findings {
            verdict,
            ledger,
            incidents,
            ..
        } = &self.findings;
        let faults: usize = self.recoveries.0.values().map(Vec::len).sum();
        line(&mut out, "");
        line(
            &mut out,
            &format!(
                "seed {}: {} ids, {} parts, {faults} faults in {:.0} s; {:.0} messages/s meanwhile, {:.0}/s afterwards",
                self.campaign.seed,
                ledger.fed,
                ledger.stamped.len(),
                self.took.as_secs_f64(),
                self.rate,
                self.calm_rate,
            ),
        );
        line(
            &mut out,
            &format!(
                "lost {}, outputs of rolled-back work {}, duplicate effects with `deduplicate` {}, dead letters {}",
                verdict.lost.len(),
                verdict.rolled_back.len(),
                verdict.duplicates(),
                ledger.dead_letters.len(),
            ),
        );
        list(&mut out, "processes that ended on their own", incidents);
        self.what_is_wrong(&mut out);
        out
    }

    fn what_is_wrong(&self, out: &mut String) {
        let Findings {
            verdict,
            ledger,
            objects,
            stuck,
            staged,
            evidence,
            ..
        } = &self.findings;
        list(out, "lost", &debugged(&verdict.lost));
        list(
            out,
            "outputs of rolled-back work",
            &debugged(&verdict.rolled_back),
        );
        list(
            out,
            "stamped more than once",
            &debugged(&verdict.stamped_again),
        );
        list(
            out,
            "tallied more than once",
            &debugged(&verdict.tallied_again),
        );
        let letters = ledger.dead_letters.iter();
        let letters =
            letters.map(|letter| format!("{} {}: {}", letter.service, letter.body, letter.reason));
        list(out, "dead letters", &letters.collect::<Vec<_>>());
        list(out, "wrong objects", objects);
        list(out, "messages that nobody takes", &debugged(stuck));
        list(out, "staged files left behind", staged);
        list(out, "what was seen of them, with the second", evidence);
    }
}

fn debugged<T: std::fmt::Debug>(items: &[T]) -> Vec<String> {
    items.iter().map(|item| format!("{item:?}")).collect()
}

fn list(out: &mut String, title: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    line(out, &format!("{title}:"));
    for item in items.iter().take(LISTED) {
        line(out, &format!("  {item}"));
    }
    if items.len() > LISTED {
        line(out, &format!("  and {} more", items.len() - LISTED));
    }
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("a string takes any text");
}

fn median_and_longest(times: &[Duration]) -> (f64, f64) {
    let mut seconds: Vec<_> = times.iter().map(Duration::as_secs_f64).collect();
    seconds.sort_unstable_by(f64::total_cmp);
    (seconds[seconds.len() / 2], seconds[seconds.len() - 1])
}

/// A line beside the result.
pub(crate) fn remark(line: &str) {
    // Nobody to tell is nobody to complain to.
    writeln!(std::io::stderr(), "{line}").ok();
}
