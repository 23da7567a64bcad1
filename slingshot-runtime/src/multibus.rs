//! The bus as the predecessor's handlers see it.

use crate::Bus;

/// What [`Base::publish`](crate::manager::Base::publish) and its like go by.
#[derive(Clone, Debug)]
pub struct MultiBus(Bus);

impl MultiBus {
    pub(crate) fn over(bus: Bus) -> Self {
        Self(bus)
    }

    /// The bus itself, with all that it can do.
    pub fn bus(&self) -> &Bus {
        &self.0
    }
}
