//! `-D`, `-W` and `-A`, in the order of the command line: of two words about one rule, the last holds.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use slingshot_topology::Level;

/// The rules that the command line speaks of, and how bad their findings are.
#[derive(Clone, Debug, Default)]
pub(super) struct Levels(pub(super) Vec<(String, Level)>);

/// Each option's name, letter and help.
const OPTIONS: [(&str, char, &str, Level); 3] = [
    (
        "deny",
        'D',
        "Make the findings of a rule errors",
        Level::Error,
    ),
    (
        "warn",
        'W',
        "Make the findings of a rule warnings",
        Level::Warning,
    ),
    (
        "allow",
        'A',
        "Do not report the findings of a rule; of several words about one rule, the last holds",
        Level::Off,
    ),
];

impl FromArgMatches for Levels {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut levels = Self::default();
        levels.update_from_arg_matches(matches)?;
        Ok(levels)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let mut named = Vec::new();
        for (name, _, _, level) in OPTIONS {
            let places = matches.indices_of(name).into_iter().flatten();
            let rules = matches.get_many::<String>(name).into_iter().flatten();
            named.extend(
                places
                    .zip(rules)
                    .map(|(at, rule)| (at, rule.clone(), level)),
            );
        }
        named.sort_by_key(|(at, ..)| *at);
        let named = named.into_iter();
        self.0 = named.map(|(_, rule, level)| (rule, level)).collect();
        Ok(())
    }
}

impl Args for Levels {
    fn augment_args(command: Command) -> Command {
        let option = |(name, letter, help, _): (&'static str, char, &'static str, Level)| {
            Arg::new(name)
                .short(letter)
                .long(name)
                .value_name("RULE")
                .help(help)
                .help_heading("What is reported")
                .action(ArgAction::Append)
        };
        command.args(OPTIONS.map(option))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
