//! `slingshot doctor`: whether this machine, this project and its engines are as services need them.

mod broker;
mod code;
mod engines;
mod finding;
mod machine;
mod python;
mod queues;
mod system;

use std::time::Duration;

use clap::Args;
use futures_util::future::join_all;
use tokio::time::timeout;

use self::{
    finding::{Finding, Status},
    system::Examined,
};
use crate::{
    Context,
    exit::{Exit, Failure},
};

/// How long all that is asked of one thing may take. Each client has a shorter patience of its own; this is for
/// what hangs all the same.
const PATIENCE: Duration = Duration::from_secs(30);

const ABOUT: &str = "\
Each line begins with what was found: ✓ in order, ! worth a change, ✗ will not work, - not looked at. \
Exit codes: 0 nothing is ✗, 1 something is. Nothing is changed but by --write, which writes an object into each \
bucket and deletes it.";

/// The options of `slingshot doctor`.
#[derive(Debug, Args)]
#[command(after_help = ABOUT)]
pub(crate) struct DoctorArguments {
    /// Ask this sys-map
    #[arg(
        long,
        value_name = "URL",
        help = "Ask this sys-map [default: the one that SLINGSHOT_SYS_MAP names, or the running system's]"
    )]
    sys_map: Option<String>,

    /// Also write an object into each bucket, and delete it
    #[arg(long)]
    write: bool,

    /// How to report; json is an object a line
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// # Errors
///
/// None but for the terminal's: what is wrong is a finding.
#[tokio::main]
pub(crate) async fn run(context: &Context, arguments: &DoctorArguments) -> Result<Exit, Failure> {
    let examined = Examined::of(context, arguments.sys_map.as_deref());
    let checks = [
        bounded("rust", Box::pin(machine::rust(context, &examined))),
        bounded("python", Box::pin(python::python(context, &examined))),
        bounded("slingshot.toml", Box::pin(async { examined.file.clone() })),
        bounded("sys-map", Box::pin(system::sys_map(&examined))),
        bounded("secrets", Box::pin(system::secrets(&examined))),
        bounded("rabbitmq", Box::pin(broker::broker(&examined))),
        bounded("postgresql", Box::pin(engines::database(&examined))),
        bounded(
            "objects",
            Box::pin(engines::objects(&examined, arguments.write)),
        ),
        bounded("machine", Box::pin(async { machine::resources() })),
    ];
    let mut findings = Vec::new();
    for found in join_all(checks).await {
        findings.extend(found);
    }
    let printer = &context.printer;
    match arguments.format {
        Format::Text => printer.result(&finding::text(&findings)),
        Format::Json => {
            for finding in &findings {
                printer.result(&finding.json().to_string());
            }
        }
    }
    let wrong = findings.iter().any(|it| it.status == Status::Wrong);
    Ok(if wrong { Exit::Findings } else { Exit::Clean })
}

type Check<'a> = std::pin::Pin<Box<dyn Future<Output = Vec<Finding>> + 'a>>;

async fn bounded(name: &'static str, check: Check<'_>) -> Vec<Finding> {
    timeout(PATIENCE, check).await.unwrap_or_else(|_| {
        let words = format!("no answer within {} s", PATIENCE.as_secs());
        vec![Finding::wrong(
            name,
            words,
            "something on the way swallows what is sent",
        )]
    })
}
