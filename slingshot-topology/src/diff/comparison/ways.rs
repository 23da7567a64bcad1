//! Ways from the sources to the sinks that a change cuts.

use crate::{source::Span, source::Spanned, system::System, wiring::Wiring};

/// Sources beyond this one are looked at as one.
const LAST_OF_ITS_OWN: u32 = 126;

/// A source and a sink of both systems, of which the one leads to the other at work alone.
pub(crate) struct LostWay<'s> {
    pub(crate) source: &'s Spanned<String>,
    /// How many other sources no longer lead there.
    pub(crate) others: u32,
    pub(crate) sink: &'s Spanned<String>,
    /// A route that leads to the sink at work.
    pub(crate) before: &'s Span,
}

impl LostWay<'_> {
    /// What is lost, in words.
    pub(crate) fn message(&self) -> String {
        let (source, sink) = (&self.source.value, &self.sink.value);
        let others = match self.others {
            0 => String::new(),
            1 => " and another source".to_owned(),
            others => format!(" and {others} other sources"),
        };
        format!("no way leads from `{source}`{others} to `{sink}` any more")
    }
}

/// The ways of the old graph that the new one does not have, one for each sink.
pub(crate) fn lost_ways<'s>(
    old: &Wiring<'s>,
    new: &Wiring<'s>,
    after: &'s System,
) -> Vec<LostWay<'s>> {
    let mut marks = (Vec::new(), Vec::new());
    let mut sources = Vec::new();
    for source in &after.sources {
        let before = old.queue_index(&source.value);
        let before = before.filter(|&queue| old.queues[queue].source.is_some());
        if let (Some(before), Some(after)) = (before, new.queue_index(&source.value)) {
            let number = u32::try_from(sources.len()).unwrap_or(u32::MAX);
            let mark = 1_u128 << number.min(LAST_OF_ITS_OWN);
            marks.0.push((before, mark));
            marks.1.push((after, mark));
            sources.push(source);
        }
    }
    let (was, is) = (old.marks_upstream(&marks.0), new.marks_upstream(&marks.1));
    let mut ways = Vec::new();
    for sink in &after.sinks {
        let before = old.queue_index(&sink.value);
        let Some(before) = before.filter(|&queue| old.queues[queue].sink.is_some()) else {
            continue;
        };
        let arrives = new.queue_index(&sink.value).map_or(0, |queue| is[queue]);
        let lost = was[before] & !arrives;
        if let Some(at) = old.queues[before].feeds.first()
            && let Some(source) = sources.get(lost.trailing_zeros() as usize)
        {
            ways.push(LostWay {
                source,
                others: lost.count_ones() - 1,
                sink,
                before: at.at,
            });
        }
    }
    ways
}
