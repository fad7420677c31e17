//! Compares what is in a pickup directory with what was there before.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::listing::{Identity, ListedFile, ListedUnit, Listing, Signature};
use super::settle::{Completed, Settle};

/// How long a file may be missing before it counts as deleted: editors remove a file and write it anew.
const DELETION_GRACE: Duration = Duration::from_millis(300);

/// How long a file whose completion nobody reported has to stay the same before it is read.
const STABILITY: Duration = Duration::from_millis(50);

#[derive(Debug)]
struct KnownUnit {
    is_package: bool,
    files: Vec<PathBuf>,
}

/// What is known about a pickup directory.
#[derive(Debug, Default)]
pub(super) struct Index {
    units: BTreeMap<String, KnownUnit>,
    /// State in which each file was read; none if it could not be.
    files: HashMap<PathBuf, Option<Signature>>,
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
    pub(super) fn plan(
        &mut self,
        listing: &Listing,
        completed: &Completed,
        settle: &Settle,
        now: Instant,
    ) -> Plan {
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
        let there = if self.missing.is_empty() { HashSet::new() } else { listing.identities() };
        let held = self.held(listing, &there, now, &mut plan);
        for unit in listing.units.values() {
            // What is below a package that may come back are its files, not modules. Whoever writes to a file will
            // close it, which is reported.
            let is_package = |above: &str| self.units.get(above).is_some_and(|unit| unit.is_package);
            let is_held = ancestors(&unit.key).any(|above| held.contains(above) && is_package(above));
            let mut paths = unit.files.iter().flat_map(ListedFile::watched_paths);
            if !is_held && !paths.any(|path| settle.is_being_written(path)) {
                self.plan_unit(unit, &there, now, &mut plan);
            }
        }
        self.plan_deletions(listing, &held, &mut plan);
        self.unstable.retain(|_, (_, seen)| *seen + STABILITY * 20 > now);
        plan
    }

    /// Reads the unit at the next comparison whatever its state; for one that could not be read.
    pub(super) fn read_again(&mut self, key: &str) {
        for path in self.units.get(key).into_iter().flat_map(|unit| &unit.files) {
            self.files.insert(path.clone(), None);
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
            self.files.insert(file.location.clone(), Some(file.signature));
        }
        let files = unit.files.iter().map(|file| file.location.clone()).collect();
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
        self.missing.retain(|path, _| self.files.contains_key(path) && !there.contains(path.as_path()));
        for path in self.files.keys().filter(|path| !there.contains(path.as_path())) {
            self.missing.entry(path.clone()).or_insert(now);
        }
    }

    /// Until when a unit is left alone because one of its files may come back.
    fn held_until(&self, unit: &KnownUnit, there: &HashSet<Identity>) -> Option<Instant> {
        let missing = unit.files.iter().filter_map(|path| {
            let since = self.missing.get(path)?;
            let signature = self.files.get(path).copied().flatten();
            let was_renamed = signature.is_some_and(|signature| there.contains(&signature.identity()));
            (!was_renamed).then(|| *since + DELETION_GRACE)
        });
        missing.max()
    }

    /// Gives the keys of units that are not there but may come back.
    fn held(
        &self,
        listing: &Listing,
        there: &HashSet<Identity>,
        now: Instant,
        plan: &mut Plan,
    ) -> BTreeSet<String> {
        let mut held = BTreeSet::new();
        for (key, unit) in self.units.iter().filter(|(key, _)| !listing.units.contains_key(*key)) {
            let is_unreadable = |file: &PathBuf| listing.problems.keys().any(|path| file.starts_with(path));
            match self.held_until(unit, there) {
                _ if unit.files.iter().any(is_unreadable) => {
                    held.insert(key.clone());
                }
                Some(until) if until > now => {
                    plan.again_at(until);
                    held.insert(key.clone());
                }
                _ => {}
            }
        }
        held
    }

    fn plan_deletions(&mut self, listing: &Listing, held: &BTreeSet<String>, plan: &mut Plan) {
        let is_gone = |key: &String| {
            // Modules that became part of a package are replaced together with the reading of the package.
            match ancestors(key).find(|above| listing.units.contains_key(*above)) {
                Some(package) => self.units.contains_key(package),
                None => !held.contains(key),
            }
        };
        let absent = self.units.keys().filter(|key| !listing.units.contains_key(*key));
        plan.deleted = absent.filter(|key| is_gone(key)).cloned().collect();
        for key in &plan.deleted {
            self.units.remove(key);
        }
        if !plan.deleted.is_empty() {
            let known: HashSet<&PathBuf> = self.units.values().flat_map(|unit| &unit.files).collect();
            self.files.retain(|path, _| known.contains(path));
        }
    }

    fn plan_unit(&mut self, unit: &ListedUnit, there: &HashSet<Identity>, now: Instant, plan: &mut Plan) {
        let known = self.units.get(&unit.key);
        if let Some(until) = known.and_then(|known| self.held_until(known, there))
            && until > now
        {
            plan.again_at(until);
            return;
        }
        let is_known =
            |file: &&ListedFile| self.files.get(&file.location).copied().flatten() == Some(file.signature);
        let reported: Vec<&ListedFile> = unit
            .files
            .iter()
            .filter(|file| file.watched_paths().any(|path| self.completed.contains(path)))
            .collect();
        let unreported: Vec<&ListedFile> = unit
            .files
            .iter()
            .filter(|file| !is_known(file))
            .filter(|file| !is_among(file, &reported))
            .collect();
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
