//! What a system will bear: how many messages come to each queue, how busy each service is, how long
//! messages wait; by formulas, and by a run of a model that holds none of their assumptions but one.
//!
//! A [`Network`] is the system as a network of queues: rates from outside, results of each case for each
//! message, times and replicas. [`Network::estimate`] solves it as an open Jackson network; [`Network::run`]
//! lets messages through it, event by event, with a seed, so that the same run gives the same numbers.
//!
//! Both assume that messages come from outside one by one and independently (a Poisson process).

mod estimate;
mod events;
pub mod figures;
mod json;
mod network;
mod queueing;
mod random;
mod run;
#[cfg(test)]
mod tests;
mod traffic;

pub use self::{
    estimate::{Estimate, LoopGain, SourceEstimate, StationEstimate},
    json::json,
    network::{Network, Output, Queue, Scenario, ScenarioError, ServiceTimes, Station, WhatIf},
    run::{QueueRun, Run, RunSettings, SourceRun, StationRun, Stop},
};
