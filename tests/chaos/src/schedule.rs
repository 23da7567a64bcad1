//! Which faults strike, and in which order. It follows from the seed alone.

use std::time::Duration;

use crate::{
    dice::Dice,
    faults::{Fault, Kind},
    fleet::PROCESSES,
    pipeline::SERVICES,
};

/// Faults that strike at the same time.
pub(crate) type Round = Vec<Fault>;

/// How much is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Every fault once, and not for long.
    Short,
    /// Every fault several times, alone and together with others.
    Long,
}

impl Form {
    /// How long a fault lasts that lasts, in milliseconds.
    fn hold(self, dice: &mut Dice) -> Duration {
        Duration::from_millis(match self {
            Self::Short => 400 + dice.below(500),
            Self::Long => 500 + dice.below(5_000),
        })
    }
}

/// The rounds of a campaign, of the faults among `kinds`.
pub(crate) fn rounds(seed: u64, form: Form, kinds: &[Kind]) -> Vec<Round> {
    let mut dice = Dice::new(seed);
    let known = kinds
        .iter()
        .copied()
        .filter(|kind| form == Form::Long || !kind.takes_minutes());
    let known: Vec<_> = known.collect();
    let mut rounds: Vec<Round> = Vec::new();
    let alone = match form {
        Form::Short => 1,
        Form::Long => 2,
    };
    for _ in 0..alone {
        let alone = known.iter().map(|kind| vec![fault(*kind, form, &mut dice)]);
        rounds.extend(alone);
    }
    if form == Form::Long {
        for kind in &known {
            let others = known.iter().filter(|other| other.domain() != kind.domain());
            let others: Vec<_> = others.copied().collect();
            let mut round = vec![fault(*kind, form, &mut dice)];
            if !others.is_empty() {
                let second = dice.pick(&others);
                round.push(fault(second, form, &mut dice));
                let thirds = others
                    .iter()
                    .filter(|other| other.domain() != second.domain());
                let thirds: Vec<_> = thirds.copied().collect();
                if !thirds.is_empty() && dice.below(3) == 0 {
                    let third = dice.pick(&thirds);
                    round.push(fault(third, form, &mut dice));
                }
            }
            rounds.push(round);
        }
    }
    dice.shuffle(&mut rounds);
    rounds
}

fn fault(kind: Kind, form: Form, dice: &mut Dice) -> Fault {
    let processes = (SERVICES.len() * PROCESSES) as u64;
    Fault {
        kind,
        hold: form.hold(dice),
        process: usize::try_from(dice.below(processes)).expect("a small number"),
        queue: dice.pick(&SERVICES),
    }
}
