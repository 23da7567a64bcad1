//! Files that go through handlers, over real sockets: those of a program's own functions, and the built-in ones
//! over an object store.

mod client;
mod host;
mod kept;
mod own;

const MIB: u64 = 1024 * 1024;

/// How much a transfer of any size may add to a process's memory.
const GROWTH: u64 = 32 * MIB;
