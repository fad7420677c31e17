//! The engine: turns intended state into running state, and files into deployed services.

pub mod api;
pub mod config;
pub mod control;
pub mod deploy;
pub mod enmasse;
pub mod kinds;
pub mod logging;
pub mod scheduler;
pub mod shared_state;
pub mod supervisor;
pub mod user_config;
pub mod worker;
