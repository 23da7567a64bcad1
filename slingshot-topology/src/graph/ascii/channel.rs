//! The space between two ranks: which line turns where.
//!
//! This is channel routing as it is known from circuits, turned by 90°: a net is all that leads to one box,
//! its pins are the rows in which it enters on the left and goes on at the right, and every net gets a track
//! on which it runs up and down. Where one net enters in the row in which another goes on, the first must turn
//! before the second; nets that demand this of each other in a circle are cut in two at a free row.
//!
//! Hashimoto and Stevens, "Wire routing by optimizing channel assignment within large apertures" (1971);
//! Deutsch, "A dogleg channel router" (1976).

use std::collections::{BTreeMap, BTreeSet};

/// All lines to one box within a channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Net {
    /// The box.
    pub(super) to: usize,
    /// The rows in which it comes from the left, and those in which it goes on to the right.
    pub(super) left: Vec<usize>,
    pub(super) right: Vec<usize>,
}

/// What is drawn in a channel.
#[derive(Debug, Default)]
pub(super) struct Routes {
    /// Lines from one side to the other: the net and the row.
    pub(super) straight: Vec<(usize, usize)>,
    pub(super) turns: Vec<Turn>,
    pub(super) tracks: usize,
}

/// A line up and down, with the rows that join it.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    /// The box that its net leads to.
    pub(super) to: usize,
    pub(super) track: usize,
    /// The rows that reach it from the left side, and from it the right side.
    pub(super) left: Vec<usize>,
    pub(super) right: Vec<usize>,
    /// The row that leads on to the second half of a net that was cut.
    pub(super) on: Option<(usize, usize)>,
}

/// Gives every net its track.
pub(super) fn route(nets: Vec<Net>, height: usize) -> Routes {
    let pins = nets
        .iter()
        .flat_map(|net| net.left.iter().chain(&net.right));
    let mut taken: BTreeSet<usize> = pins.copied().collect();
    let mut routes = Routes::default();
    let mut pieces = Vec::new();
    for net in nets {
        match (&*net.left, &*net.right) {
            ([left], [right]) if left == right => routes.straight.push((net.to, *left)),
            _ => pieces.push(Piece::of(net)),
        }
    }
    loop {
        match assign(&pieces) {
            Ok(tracks) => {
                routes.tracks = tracks.iter().map(|track| track + 1).max().unwrap_or(0);
                routes.turns = turns(&pieces, &tracks);
                return routes;
            }
            Err(stuck) => cut(&mut pieces, stuck, &mut taken, height),
        }
    }
}

/// A net or half of one.
#[derive(Debug)]
struct Piece {
    net: Net,
    /// The second half and the row that leads to it.
    second: Option<(usize, usize)>,
    is_half: bool,
    /// Its first and its last row.
    span: (usize, usize),
}

impl Piece {
    fn of(net: Net) -> Self {
        let mut piece = Self {
            span: (usize::MAX, 0),
            net,
            second: None,
            is_half: false,
        };
        let rows = piece.net.left.iter().chain(&piece.net.right);
        piece.span = rows.fold(piece.span, |span, &row| (span.0.min(row), span.1.max(row)));
        piece
    }

    fn half(net: Net, row: usize) -> Self {
        let whole = Self::of(net);
        Self {
            span: (whole.span.0.min(row), whole.span.1.max(row)),
            is_half: true,
            ..whole
        }
    }
}

/// The track of each piece, or one that waits for itself.
fn assign(pieces: &[Piece]) -> Result<Vec<usize>, usize> {
    let mut goes_on_in: BTreeMap<usize, usize> = BTreeMap::new();
    for (index, piece) in pieces.iter().enumerate() {
        goes_on_in.extend(piece.net.right.iter().map(|&row| (row, index)));
    }
    let mut after = vec![BTreeSet::new(); pieces.len()];
    for (index, piece) in pieces.iter().enumerate() {
        let met = piece.net.left.iter().filter_map(|row| goes_on_in.get(row));
        let met = met.copied().chain(piece.second.map(|(second, _)| second));
        after[index].extend(met.filter(|&other| other != index));
    }
    let mut waits_for = vec![0_usize; pieces.len()];
    for &next in after.iter().flatten() {
        waits_for[next] += 1;
    }
    let mut tracks: Vec<Option<usize>> = vec![None; pieces.len()];
    let mut earliest = vec![0; pieces.len()];
    let mut ready: BTreeSet<((usize, usize), usize)> = (0..pieces.len())
        .filter(|&index| waits_for[index] == 0)
        .map(|index| (pieces[index].span, index))
        .collect();
    while let Some((span, index)) = ready.pop_first() {
        let is_free = |track: &usize| {
            let placed = tracks.iter().zip(pieces);
            let mut on_track = placed.filter(|(placed, _)| **placed == Some(*track));
            on_track.all(|(_, other)| other.span.1 < span.0 || span.1 < other.span.0)
        };
        // Every piece could have a track of its own.
        let mut free = earliest[index]..=earliest[index] + pieces.len();
        let track = free.find(is_free).unwrap_or(earliest[index]);
        tracks[index] = Some(track);
        for &next in &after[index] {
            earliest[next] = earliest[next].max(track + 1);
            waits_for[next] -= 1;
            if waits_for[next] == 0 {
                ready.insert((pieces[next].span, next));
            }
        }
    }
    let is_stuck = |&index: &usize| tracks[index].is_none() && !pieces[index].is_half;
    match (0..pieces.len()).find(is_stuck) {
        Some(stuck) => Err(stuck),
        None => Ok(tracks.into_iter().flatten().collect()),
    }
}

/// Cuts a piece in two: what comes from the left, and what goes on to the right, with a row between them that
/// no line uses.
fn cut(pieces: &mut Vec<Piece>, index: usize, taken: &mut BTreeSet<usize>, height: usize) {
    let Piece { net, span, .. } = &pieces[index];
    let middle = usize::midpoint(span.0, span.1);
    let rows = (0..height).filter(|row| !taken.contains(row));
    let below = || taken.last().map_or(height, |last| height.max(last + 1));
    let nearest = rows.min_by_key(|row| row.abs_diff(middle));
    let row = nearest.unwrap_or_else(below);
    taken.insert(row);
    let to = net.to;
    let left = Net {
        to,
        left: net.left.clone(),
        right: Vec::new(),
    };
    let right = Net {
        to,
        left: Vec::new(),
        right: net.right.clone(),
    };
    let second = pieces.len();
    pieces[index] = Piece {
        second: Some((second, row)),
        ..Piece::half(left, row)
    };
    pieces.push(Piece::half(right, row));
}

fn turns(pieces: &[Piece], tracks: &[usize]) -> Vec<Turn> {
    let turn = |(piece, &track): (&Piece, &usize)| Turn {
        to: piece.net.to,
        track,
        left: piece.net.left.clone(),
        right: piece.net.right.clone(),
        on: piece.second.map(|(second, row)| (tracks[second], row)),
    };
    pieces.iter().zip(tracks).map(turn).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn net(to: usize, left: &[usize], right: &[usize]) -> Net {
        Net {
            to,
            left: left.to_vec(),
            right: right.to_vec(),
        }
    }

    #[test]
    fn a_line_that_need_not_turn_takes_no_track() {
        let routes = route(vec![net(0, &[1], &[1]), net(1, &[3], &[3])], 5);
        assert_eq!((routes.tracks, routes.straight.len()), (0, 2));
    }

    #[test]
    fn lines_that_do_not_meet_share_a_track() {
        let routes = route(vec![net(0, &[0], &[2]), net(1, &[4], &[6])], 8);
        assert_eq!(routes.tracks, 1);
    }

    #[test]
    fn who_enters_where_another_goes_on_turns_first() {
        let routes = route(vec![net(0, &[0], &[4]), net(1, &[4], &[8])], 9);
        let track = |to| {
            routes
                .turns
                .iter()
                .find(|turn| turn.to == to)
                .unwrap()
                .track
        };
        assert!(track(1) < track(0));
    }

    #[test]
    fn two_that_change_places_are_cut_apart() {
        let routes = route(vec![net(0, &[1], &[2]), net(1, &[2], &[1])], 4);
        let cuts = routes.turns.iter().filter(|turn| turn.on.is_some());
        assert_eq!((cuts.count(), routes.turns.len()), (1, 3));
    }

    /// Nets with pins in rows of their own on each side.
    fn nets() -> impl Strategy<Value = Vec<Net>> {
        let rows = || Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle();
        let sizes = proptest::collection::vec((0..3_usize, 0..2_usize), 1..6);
        (rows(), rows(), sizes).prop_map(|(left, right, sizes)| {
            let (mut left, mut right) = (left.into_iter(), right.into_iter());
            let sizes = sizes
                .into_iter()
                .filter(|size| size.0 + size.1 > 1)
                .enumerate();
            sizes
                .map(|(to, (lefts, rights))| Net {
                    to,
                    left: left.by_ref().take(lefts).collect(),
                    right: right.by_ref().take(rights).collect(),
                })
                .collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// No two nets ever share a place in one direction: they cross at most.
        #[test]
        fn no_two_nets_run_into_each_other(nets in nets()) {
            let routes = route(nets, 12);
            let mut upright: BTreeMap<(usize, usize), usize> = BTreeMap::new();
            let mut level: BTreeMap<(usize, usize), usize> = BTreeMap::new();
            let columns = 2 * routes.tracks + 1;
            let mut levels = Vec::new();
            for &(to, row) in &routes.straight {
                levels.push((to, row, 0, columns));
            }
            for turn in &routes.turns {
                let at = 2 * turn.track + 1;
                levels.extend(turn.left.iter().map(|&row| (turn.to, row, 0, at)));
                levels.extend(turn.right.iter().map(|&row| (turn.to, row, at, columns)));
                let mut rows: Vec<_> = turn.left.iter().chain(&turn.right).copied().collect();
                if let Some((second, row)) = turn.on {
                    levels.push((turn.to, row, at, 2 * second + 1));
                    rows.push(row);
                }
                let first = rows.iter().min().copied().unwrap_or(0);
                let last = rows.iter().max().copied().unwrap_or(0);
                for row in first..=last {
                    let other = upright.insert((turn.track, row), turn.to);
                    prop_assert!(other.is_none_or(|other| other == turn.to));
                }
            }
            for (to, row, from, until) in levels {
                prop_assert!(from <= until);
                for column in from..=until {
                    let other = level.insert((column, row), to);
                    prop_assert!(other.is_none_or(|other| other == to), "{column} {row}");
                }
            }
        }
    }
}
