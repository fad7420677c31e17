//! From files to deployed services: pickup directories are watched, what changed is imported aside by every worker,
//! and put in force everywhere or nowhere (reference operations 6).

mod events;
mod index;
mod listing;
mod names;
mod read;
mod settle;
mod watcher;

pub use read::hash_files;
pub use watcher::{PickedUp, WatchOptions, Watcher, read_path};
