//! Slingshot: local.
