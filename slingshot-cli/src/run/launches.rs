//! What each process of a run is started with.

use std::{collections::BTreeMap, ffi::OsString};

use super::{plan::Plan, reports::Reports, staging};
use crate::{Context, embedded::Embedded, project::Project, supervise::Launch};

/// A launch for each process of each service.
pub(crate) fn launches(
    context: &Context,
    project: &Project,
    embedded: &Embedded,
    plan: &Plan,
    reports: &Reports,
) -> Vec<Launch> {
    let colors = context.printer.colors_messages();
    let environment = |service: &str| -> BTreeMap<&'static str, OsString> {
        BTreeMap::from([
            ("SLINGSHOT_SYS_MAP", embedded.sys_map_url().into()),
            // It lives as long as the run does, at another address each time, and asks for no token.
            ("SLINGSHOT_STATE", "off".into()),
            ("SLINGSHOT_SYS_MAP_TOKEN", OsString::new()),
            ("SLINGSHOT_SERVICES", service.into()),
            ("SLINGSHOT_REPORT", reports.address().to_string().into()),
            ("SLINGSHOT_STAGING", staging(project).into_os_string()),
            ("SLINGSHOT_LOG", "human".into()),
            // A port of its own; the log names it.
            ("SLINGSHOT_ADMIN", "127.0.0.1:0".into()),
            // Empty is unset. Colours pass through our printer, which knows whether they are wanted.
            ("NO_COLOR", if colors { "" } else { "1" }.into()),
        ])
    };
    let mut launches = Vec::new();
    for (index, service) in plan.services.iter().enumerate() {
        for process in 1..=service.processes {
            launches.push(Launch {
                label: match service.processes {
                    1 => service.name.clone(),
                    _ => format!("{}.{process}", service.name),
                },
                service: service.name.clone(),
                index,
                program: service.binary.clone(),
                environment: environment(&service.name),
                directory: project.directory.clone(),
            });
        }
    }
    launches
}
