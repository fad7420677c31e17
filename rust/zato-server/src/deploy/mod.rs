//! From files to deployed services: pickup directories are watched, what changed is imported aside by every worker,
//! and put in force everywhere or nowhere (reference operations 6).
//!
//! On the way: [`watcher`](Watcher) finds out what changed, [`deployer`] decides what to deploy, `carry_out`
//! begins a deployment in the store, `transaction` prepares it in the workers, `verdict` decides, the store finishes it (the moment from which it
//! is in force), the workers commit, [`record`] says what happened.

mod by_path;
mod carry_out;
mod current;
pub(crate) mod deployer;
pub(crate) mod events;
pub(crate) mod import_note;
mod index;
mod initial;
mod listing;
pub(crate) mod names;
mod others;
mod picked_up;
mod read;
pub(crate) mod record;
mod removal;
pub(crate) mod settle;
mod transaction;
mod trial;
mod verdict;
mod watched_root;
mod watcher;

pub use by_path::{PathContents, read_path};
pub use picked_up::PickedUp;
pub use read::{UnreadableUnit, hash_files};
pub use watcher::{WatchOptions, Watcher};
