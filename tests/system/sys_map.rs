//! The sys-map, each end as the process that people run: `slingshot sys-map serve`, and a service.

mod authority;
mod client;
mod guarded;
mod guide;
mod http;
mod process;
mod running;
mod served;
mod server;
mod stand_in;

pub(crate) use self::{
    guide::blocks,
    process::{Running, service},
    served::{Served, sample_system},
};
