//! Slingshot.
