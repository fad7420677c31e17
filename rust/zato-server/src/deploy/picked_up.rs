//! What pickup directories have to say.

use std::path::PathBuf;
use std::time::Instant;

use zato_core::guest::Unit;

use super::names;
use super::read::UnreadableUnit;

/// What was found different in the pickup directories.
#[derive(Debug)]
pub struct PickedUp {
    /// Whether this is everything that is there at the start.
    pub is_initial: bool,
    /// When the first of the changes was noticed.
    pub noticed_at: Instant,
    /// Units that are new or may have changed.
    pub put: Vec<Unit>,
    /// Keys of units that are gone.
    pub deleted: Vec<String>,
    /// Units whose files could not be read.
    pub unreadable: Vec<UnreadableUnit>,
    /// Pickup directories that exist, through which units are deleted.
    pub directories: Vec<PathBuf>,
    /// Files and directories below them that could not be looked at, whose units are not deleted.
    pub hidden: Vec<PathBuf>,
}

impl PickedUp {
    /// Adds what was found later, while there was no time for this: of each unit, its last state counts.
    pub(super) fn merge(&mut self, later: Self) {
        let is_told = |key: &String| {
            later.deleted.contains(key)
                || later.put.iter().any(|unit| unit.key == *key)
                || later.unreadable.iter().any(|unreadable| unreadable.unit.key == *key)
        };
        self.put.retain(|unit| !is_told(&unit.key));
        self.unreadable.retain(|unreadable| !is_told(&unreadable.unit.key));
        self.deleted.retain(|key| !is_told(key));
        self.put.extend(later.put);
        self.put = names::sorted(std::mem::take(&mut self.put));
        self.unreadable.extend(later.unreadable);
        self.deleted.extend(later.deleted);
        self.directories = later.directories;
        self.hidden = later.hidden;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(put: &[(&str, &str)], deleted: &[&str]) -> PickedUp {
        let unit = |(key, hash): &(&str, &str)| Unit {
            key: (*key).to_owned(),
            module: String::new(),
            is_package: false,
            is_internal: false,
            files: Vec::new(),
            hash: (*hash).to_owned(),
        };
        PickedUp {
            is_initial: false,
            noticed_at: Instant::now(),
            put: put.iter().map(unit).collect(),
            deleted: deleted.iter().map(ToString::to_string).collect(),
            unreadable: Vec::new(),
            directories: Vec::new(),
            hidden: Vec::new(),
        }
    }

    #[test]
    fn the_last_state_of_each_unit_counts() {
        let mut first = found(&[("a", "1"), ("b", "1"), ("c", "1")], &["d", "e"]);
        first.merge(found(&[("b", "2"), ("d", "2")], &["c"]));
        let put: Vec<(&str, &str)> =
            first.put.iter().map(|unit| (unit.key.as_str(), unit.hash.as_str())).collect();
        assert_eq!(put, [("a", "1"), ("b", "2"), ("d", "2")]);
        assert_eq!(first.deleted, ["e", "c"]);
    }
}
