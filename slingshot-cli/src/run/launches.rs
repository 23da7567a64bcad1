//! What each process of a run is started with.

use std::{collections::BTreeMap, ffi::OsString};

use super::{plan::Plan, reports::Reports, servers::Servers, staging};
use crate::{Context, embedded::Embedded, project::Project, supervise::Launch};

/// A launch for each process of each service, and for each process of handlers.
pub(crate) fn launches(
    context: &Context,
    project: &Project,
    embedded: &Embedded,
    plan: &Plan,
    servers: &Servers,
    reports: &Reports,
) -> Vec<Launch> {
    let colors = context.printer.colors_messages();
    let environment = |services: &str| -> BTreeMap<&'static str, OsString> {
        BTreeMap::from([
            ("SLINGSHOT_SYS_MAP", embedded.sys_map_url().into()),
            // It lives as long as the run does, at another address each time, and asks for no token.
            ("SLINGSHOT_STATE", "off".into()),
            ("SLINGSHOT_SYS_MAP_TOKEN", OsString::new()),
            ("SLINGSHOT_SERVICES", services.into()),
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
    let services = plan.services.iter().enumerate();
    for (index, service) in services.filter(|(_, service)| !service.is_hosted) {
        for process in 1..=service.processes {
            launches.push(Launch {
                label: match service.processes {
                    1 => service.name.clone(),
                    _ => format!("{}.{process}", service.name),
                },
                service: service.name.clone(),
                index,
                program: service.program.clone(),
                environment: environment(&service.name),
                directory: project.directory.clone(),
                may_end: false,
            });
        }
    }
    for (index, host) in plan.hosts.iter().enumerate() {
        let mut environment = environment(&host.services.join(","));
        environment.extend(servers.environment(index));
        launches.push(Launch {
            label: host.name.clone(),
            service: host.name.clone(),
            index: plan.services.len() + index,
            program: host.program.clone(),
            environment,
            directory: project.directory.clone(),
            may_end: true,
        });
    }
    launches
}
