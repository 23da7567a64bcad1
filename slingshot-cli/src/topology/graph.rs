//! `slingshot topology graph`: the routes, drawn.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser};
use slingshot_topology::{
    Accepted, Diagnostic, Level, Policy,
    graph::{self, Collapse, Fit, Highlight, Picture},
};

use super::{Declared, Examined, against::Against, selected::SelectArguments, written};
use crate::{
    Context,
    exit::{Exit, Failure},
    project::shown,
};

/// As wide as a text drawing may be where there is no terminal to ask.
const TEXT_WIDTH: usize = 160;

/// The options of `slingshot topology graph`.
#[derive(Debug, Args)]
pub(crate) struct GraphArguments {
    /// As for `topology check`
    path: Option<PathBuf>,

    /// How to draw [default: by the name of --output, else mermaid]
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// Where to write it, instead of stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Draw services as one box that share their first tag, that routes connect, or that can reach each
    /// other
    #[arg(long, value_enum, value_name = "BY", default_value = "none")]
    collapse: CollapseBy,

    /// Point out every way from A to B (path:A..B), what goes round (cycle), or the findings of a rule;
    /// may be given several times
    #[arg(long, value_name = "WHAT", value_parser = highlight)]
    highlight: Vec<Highlight>,

    /// Colour what is new, gone and different since then: a file, a revision of git (its file at the same
    /// place), or REVISION:PATH
    #[arg(long, value_name = "REVISION|FILE", value_parser = NonEmptyStringValueParser::new())]
    diff: Option<String>,

    /// How many columns a text drawing may take [default: the terminal's, else 160]
    #[arg(long, value_name = "COLUMNS")]
    width: Option<usize>,

    #[command(flatten)]
    selected: SelectArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For Markdown
    Mermaid,
    /// For Graphviz
    Dot,
    /// For D2
    D2,
    /// An image
    Svg,
    /// For programs
    Json,
    /// For a terminal
    Ascii,
}

/// How the name of a file ends that holds such a drawing.
const ENDINGS: [(Format, &[&str]); 6] = [
    (Format::Mermaid, &["mmd", "mermaid", "md"]),
    (Format::Dot, &["dot", "gv"]),
    (Format::D2, &["d2"]),
    (Format::Svg, &["svg"]),
    (Format::Json, &["json"]),
    (Format::Ascii, &["txt"]),
];

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CollapseBy {
    None,
    Tag,
    Component,
    Scc,
}

impl GraphArguments {
    /// # Errors
    ///
    /// If the file's name ends as nothing does that we draw, and `--format` is not given.
    fn format(&self) -> Result<Format, Failure> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        let output = self.output.as_deref();
        let Some(extension) = output.and_then(|path| path.extension()) else {
            return Ok(Format::Mermaid);
        };
        let extension = extension.to_string_lossy().to_lowercase();
        let mut known = ENDINGS.iter();
        let known = known.find(|(_, endings)| endings.contains(&&*extension));
        known.map(|(format, _)| *format).ok_or_else(|| {
            let endings = ENDINGS.iter().flat_map(|(_, endings)| *endings);
            let endings: Vec<_> = endings.map(|ending| format!(".{ending}")).collect();
            let help = format!(
                "name a file that ends in one of {}, or give --format",
                endings.join(", ")
            );
            Failure::usage(format!("nothing is drawn as .{extension}")).help(help)
        })
    }
}

fn highlight(text: &str) -> Result<Highlight, String> {
    let help = |error: graph::HighlightError| format!("{error}; {}", error.help());
    text.parse().map_err(help)
}

/// # Errors
///
/// If there is no system to look at, it cannot be read, or nothing is selected.
pub(super) fn run(context: &Context, arguments: &GraphArguments) -> Result<Exit, Failure> {
    let format = arguments.format()?;
    let declared = Declared::at(context, arguments.path.as_deref())?;
    if let Some(output) = &arguments.output {
        let here = &context.environment.current_directory;
        let compared = arguments.diff.as_deref().map(Path::new);
        let inputs = declared.files().into_iter().map(Path::new).chain(compared);
        written::keep_inputs(output, here, inputs)?;
    }
    let against = match &arguments.diff {
        Some(named) => Some(Against::read(context, named, &declared)?),
        None => None,
    };
    let (system, _) = declared.read();
    super::warn_if_incomplete(context, &system);
    let mut picture = match &against {
        Some(against) => {
            against.report(context);
            Picture::between(&against.system, &system)
        }
        None => Picture::of(&system),
    };
    for highlight in &arguments.highlight {
        point_out(context, &mut picture, highlight, &declared)?;
    }
    if let Some(selection) = arguments.selected.of(context, &system)? {
        picture.keep(&selection);
    }
    match arguments.collapse {
        CollapseBy::None => {}
        CollapseBy::Tag => picture.collapse(Collapse::Tag),
        CollapseBy::Component => picture.collapse(Collapse::Component),
        CollapseBy::Scc => picture.collapse(Collapse::Loop),
    }
    let drawn = draw(context, &picture, format, arguments.width);
    let Some(path) = &arguments.output else {
        context.printer.result(&drawn);
        return Ok(Exit::Clean);
    };
    let here = &context.environment.current_directory;
    let path = here.join(path);
    written::replace(&path, &drawn).map_err(|error| {
        Failure::unreadable(format!("cannot write {}", shown(&path, here))).because(error)
    })?;
    let (boxes, arrows) = picture.size();
    let written = format!(
        "{} boxes and {} arrows to {}",
        boxes,
        arrows,
        shown(&path, here)
    );
    context.printer.status("Drew", &written);
    Ok(Exit::Clean)
}

fn point_out(
    context: &Context,
    picture: &mut Picture<'_>,
    highlight: &Highlight,
    declared: &Declared,
) -> Result<(), Failure> {
    let (found, nothing) = match highlight {
        Highlight::Path { from, to } => {
            let found = picture.highlight_path(from, to).map_err(|error| {
                Failure::new(Exit::NoInput, error.to_string()).help(error.help())
            })?;
            (found, format!("no way leads from `{from}` to `{to}`"))
        }
        Highlight::Cycle => (picture.highlight_cycles(), "nothing goes round".to_owned()),
        Highlight::Rule(rule) => {
            let found = picture.highlight_findings(&findings(context, declared, rule)?);
            (found, format!("{rule} has no finding that could be shown"))
        }
    };
    if !found {
        context.printer.warning(&nothing);
    }
    Ok(())
}

/// What a rule finds, also where the system accepts it or does not want to hear of it.
fn findings(
    context: &Context,
    declared: &Declared,
    rule: &str,
) -> Result<Vec<Diagnostic>, Failure> {
    let examined = Examined::of(declared, &context.environment.current_directory)?;
    let policy = Policy {
        levels: vec![(rule.to_owned(), Level::Warning)],
        accepts: false,
        ..Policy::everything()
    };
    let mut findings = examined.report(&policy, Accepted::default()).diagnostics;
    findings.retain(|finding| finding.rule.name == rule);
    Ok(findings)
}

fn draw(context: &Context, picture: &Picture<'_>, format: Format, width: Option<usize>) -> String {
    match format {
        Format::Mermaid => {
            let (drawn, collapsed) = graph::mermaid_within_limits(picture);
            if let Some(by) = collapsed {
                let drawn_as = match by {
                    Collapse::Loop => "services that can reach each other are one box",
                    Collapse::Tag => "services of one tag are one box",
                    Collapse::Component => "services that routes connect are one box",
                    Collapse::Whole => "the whole system is one box",
                };
                context.printer.warning(&format!(
                    "Mermaid draws no more than 500 arrows and 50,000 characters: {drawn_as} \
                     (--select draws a part, --format svg everything)"
                ));
            }
            drawn
        }
        Format::Dot => graph::dot(picture),
        Format::D2 => graph::d2(picture),
        Format::Svg => graph::svg(picture),
        Format::Json => graph::json(picture),
        Format::Ascii => {
            let width = width.or_else(|| context.printer.columns());
            let (drawn, fit) = graph::ascii(picture, width.unwrap_or(TEXT_WIDTH));
            let why = match fit {
                Fit::Drawn => return drawn,
                Fit::TooWide(columns) => format!("the drawing would take {columns} columns"),
                Fit::TooMany(boxes) => format!("{boxes} boxes are too many for a terminal"),
            };
            context.printer.warning(&format!(
                "{why}: this is a list (--select and --collapse draw less, --format svg everything)"
            ));
            drawn
        }
    }
}
