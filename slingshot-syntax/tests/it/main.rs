//! What annotations say, and what is wrong with them.

mod annotations;
mod cases;
mod handlers;
mod scans;
