//! Configuration files that services read as `self.config` and `self.user_config` (reference service-api 3.7,
//! operations 6.8).
//!
//! The supervisor reads them, so that all workers have the same: [`sources`] says which files there are, [`values`]
//! what is in one, [`files`] keeps the last good content of each, [`FileWatcher`] notices changes. Workers are told
//! all of it at once.

mod files;
mod sources;
mod values;
mod watcher;

pub use watcher::FileWatcher;
