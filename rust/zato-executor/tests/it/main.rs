//! The executor against a guest whose lock is a plain one.

mod delivery;
mod elasticity;
mod ending;
mod failures;
mod guest;
