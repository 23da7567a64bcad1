//! Slingshot: runtime.
