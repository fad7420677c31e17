//! Caches that services keep data in.

pub mod builtin;
