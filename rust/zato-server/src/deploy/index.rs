//! Compares what is in a pickup directory with what was there before.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::listing::{ListedFile, ListedUnit, Listing, Signature};
use super::settle::{Completed, Settle};

/// How long a file may be missing before it counts as deleted: editors remove a file and write it anew.
const DELETION_GRACE: Duration = Duration::from_millis(300);

/// How long a file whose completion nobody reported has to stay the same before it is read.
const STABILITY: Duration = Duration::from_millis(50);

#[derive(Debug)]
struct KnownUnit {
    is_package: bool,
    /// State in which each file was read; none if it could not be.
    files: HashMap<PathBuf, Option<Signature>>,
}

/// What is known about a pickup directory.
#[derive(Debug, Default)]
pub(super) struct Index {
    units: BTreeMap<String, KnownUnit>,
    /// Changed files that nobody reported, with the state they were first seen in, and when.
    unstable: HashMap<PathBuf, (Signature, Instant)>,
    missing: HashMap<PathBuf, Instant>,
    /// Files that are complete and have not been read yet, without symbolic links.
    completed: HashSet<PathBuf>,
    is_scanned: bool,
}

/// What to do about the differences.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Units to read.
    pub(super) read: Vec<ListedUnit>,
    /// Keys of units that are gone.
    pub(super) deleted: Vec<String>,
    /// When to compare again even if nothing happens.
    pub(super) look_again: Option<Instant>,
}

impl Plan {
    fn again_at(&mut self, at: Instant) {
        self.look_again = Some(self.look_again.map_or(at, |known| known.min(at)));
    }
}

impl Index {
    /// Compares, and assumes that the plan will be carried out.
    pub(super) fn plan(&mut self, listing: &Listing, completed: &Completed, settle: &Settle, now: Instant) -> Plan {
        let mut plan = Plan::default();
        if !listing.exists {
            // Whoever moves the whole directory away, or has it on a disk that went away, has not deleted services.
            return plan;
        }
        if !self.is_scanned {
            self.is_scanned = true;
            for unit in listing.units.values() {
                self.read(unit, &mut plan);
            }
            return plan;
        }
        self.note_completed(listing, completed);
        self.note_missing(listing, now);
        let inodes = if self.missing.is_empty() { HashMap::new() } else { listing.inodes() };
        let held = self.plan_deletions(listing, &inodes, now, &mut plan);
        for unit in listing.units.values() {
            // What is below a package that may come back are its files, not modules. Whoever writes to a file will
            // close it, which is reported.
            let is_held = ancestors(&unit.key).any(|above| held.contains(above));
            let mut paths = unit.files.iter().flat_map(ListedFile::watched_paths);
            if !is_held && !paths.any(|path| settle.is_being_written(path)) {
                self.plan_unit(unit, &inodes, now, &mut plan);
            }
        }
        self.unstable.retain(|_, (_, seen)| *seen + STABILITY * 20 > now);
        plan
    }

    /// Reads the unit at the next comparison whatever its state; for one that could not be read.
    pub(super) fn read_again(&mut self, key: &str) {
        if let Some(unit) = self.units.get_mut(key) {
            unit.files.values_mut().for_each(|signature| *signature = None);
        }
    }

    /// Whether there is a unit of that key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.units.contains_key(key)
    }

    fn read(&mut self, unit: &ListedUnit, plan: &mut Plan) {
        for file in &unit.files {
            self.completed.remove(&file.event_paths.0);
            if let Some(target) = &file.event_paths.1 {
                self.completed.remove(target);
            }
            self.unstable.remove(&file.location);
        }
        let files = unit.files.iter().map(|file| (file.location.clone(), Some(file.signature))).collect();
        self.units.insert(unit.key.clone(), KnownUnit { is_package: unit.is_package, files });
        plan.read.push(unit.clone());
    }

    fn note_completed(&mut self, listing: &Listing, completed: &Completed) {
        let files = listing.units.values().flat_map(|unit| &unit.files);
        let paths: HashSet<&Path> = files.flat_map(ListedFile::watched_paths).collect();
        let arrived = |path: &Path| completed.directories.iter().any(|directory| path.starts_with(directory));
        self.completed.extend(completed.files.iter().cloned());
        self.completed.extend(paths.iter().filter(|path| arrived(path)).map(|path| path.to_path_buf()));
        self.completed.retain(|path| paths.contains(path.as_path()));
    }

    fn note_missing(&mut self, listing: &Listing, now: Instant) {
        let files = listing.units.values().flat_map(|unit| &unit.files);
        let there: HashSet<&Path> = files.map(|file| file.location.as_path()).collect();
        let known: HashSet<&Path> =
            self.units.values().flat_map(|unit| unit.files.keys()).map(PathBuf::as_path).collect();
        let mut missing = std::mem::take(&mut self.missing);
        missing.retain(|path, _| known.contains(path.as_path()) && !there.contains(path.as_path()));
        for path in known.difference(&there) {
            missing.entry(path.to_path_buf()).or_insert(now);
        }
        self.missing = missing;
    }

    /// Until when a unit is left alone because one of its files may come back.
    fn held_until(&self, unit: &KnownUnit, inodes: &HashMap<(u64, u64), &Path>) -> Option<Instant> {
        let missing = unit.files.iter().filter_map(|(path, signature)| {
            let since = self.missing.get(path)?;
            let was_renamed = signature.is_some_and(|signature| inodes.contains_key(&signature.inode));
            (!was_renamed).then(|| *since + DELETION_GRACE)
        });
        missing.max()
    }

    /// Gives the keys of packages that may come back, whose files do not count as modules until then.
    fn plan_deletions(
        &mut self,
        listing: &Listing,
        inodes: &HashMap<(u64, u64), &Path>,
        now: Instant,
        plan: &mut Plan,
    ) -> BTreeSet<String> {
        let (mut gone, mut held) = (Vec::new(), BTreeSet::new());
        for (key, unit) in self.units.iter().filter(|(key, _)| !listing.units.contains_key(*key)) {
            let is_hidden = unit.files.keys().any(|file| listing.problems.keys().any(|path| file.starts_with(path)));
            let became_package = ancestors(key).any(|above| listing.units.contains_key(above));
            match self.held_until(unit, inodes) {
                _ if is_hidden => {
                    held.insert(key.clone());
                }
                Some(until) if until > now && !became_package => {
                    plan.again_at(until);
                    if unit.is_package {
                        held.insert(key.clone());
                    }
                }
                _ => gone.push(key.clone()),
            }
        }
        for key in &gone {
            self.units.remove(key);
        }
        plan.deleted = gone;
        held
    }

    fn plan_unit(
        &mut self,
        unit: &ListedUnit,
        inodes: &HashMap<(u64, u64), &Path>,
        now: Instant,
        plan: &mut Plan,
    ) {
        let known = self.units.get(&unit.key);
        if let Some(until) = known.and_then(|known| self.held_until(known, inodes))
            && until > now
        {
            plan.again_at(until);
            return;
        }
        let is_known = |file: &&ListedFile| {
            let signature = known.and_then(|known| known.files.get(&file.location).copied().flatten());
            signature == Some(file.signature)
        };
        let reported: Vec<&ListedFile> =
            unit.files.iter().filter(|file| file.watched_paths().any(|path| self.completed.contains(path))).collect();
        let unreported: Vec<&ListedFile> =
            unit.files.iter().filter(|file| !is_known(file)).filter(|file| !is_among(file, &reported)).collect();
        let is_same_set = known.is_some_and(|known| known.files.len() == unit.files.len());
        if reported.is_empty() && unreported.is_empty() && is_same_set {
            return;
        }
        let unreported: Vec<(PathBuf, Signature)> =
            unreported.iter().map(|file| (file.location.clone(), file.signature)).collect();
        if let Some(stable_at) = self.stable_at(unreported, now)
            && stable_at > now
        {
            plan.again_at(stable_at);
            return;
        }
        self.read(unit, plan);
    }

    /// When all of the files will have stayed the same for long enough.
    fn stable_at(&mut self, files: Vec<(PathBuf, Signature)>, now: Instant) -> Option<Instant> {
        let seen = files.into_iter().map(|(location, signature)| {
            let entry = self.unstable.entry(location).or_insert((signature, now));
            if entry.0 != signature {
                *entry = (signature, now);
            }
            entry.1 + STABILITY
        });
        seen.max()
    }
}

impl ListedFile {
    fn watched_paths(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(self.event_paths.0.as_path()).chain(self.event_paths.1.as_deref())
    }
}

fn is_among(file: &ListedFile, files: &[&ListedFile]) -> bool {
    files.iter().any(|other| other.location == file.location)
}

/// Keys of the directories above, for instance `a/b` and `a` for `a/b/c.py`.
fn ancestors(key: &str) -> impl Iterator<Item = &str> {
    key.rmatch_indices('/').map(|(at, _)| &key[..at])
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
