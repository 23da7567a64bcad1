//! Slingshot: syntax.
