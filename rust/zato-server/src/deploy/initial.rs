//! What to do at the start with what changed while the server was down.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use zato_core::Result;
use zato_core::guest::Unit;
use zato_store::{Store, UnitStatus, UnitVersion};

use super::picked_up::PickedUp;
use super::record::Records;

/// Reason of deployments that come from pickup directories, in the store.
pub(super) const PICKUP: &str = "pickup";

/// What to deploy at the start.
#[derive(Debug, Default)]
pub(super) struct Missed {
    /// Units that were saved.
    pub(super) put: Vec<Unit>,
    /// Keys of units whose files were removed.
    pub(super) deleted: Vec<String>,
}

/// Compares pickup directories with the store.
///
/// # Errors
/// Whatever keeps the store from being read.
pub(super) async fn missed(
    found: &PickedUp,
    records: &Records,
    store: &Store,
    server: &str,
    deletes_after_pick_up: bool,
) -> Result<Missed> {
    let mut missed = Missed::default();
    for unit in &found.put {
        if !records.is_in_force(unit) && is_new(unit, server, &store.unit_versions(&unit.key).await?) {
            missed.put.push(unit.clone());
        }
    }
    if !deletes_after_pick_up {
        missed.deleted = removed(found, records, store).await?;
    }
    Ok(missed)
}

/// Whether a unit that is not in force should be: it was saved since it was last picked up, or it failed then and
/// nobody has decided otherwise since.
fn is_new(unit: &Unit, server: &str, versions: &[UnitVersion]) -> bool {
    if !versions.iter().any(|version| is_picked_up(version, server)) {
        // Another server of the cluster may have picked up the same file, and a later version of it.
        return versions.iter().all(|version| version.hash.as_ref() != Some(&unit.hash));
    }
    let was_replaced = replacement(unit, server, versions).is_some();
    if was_replaced {
        warn_of_replacement(unit);
    }
    !was_replaced
}

/// Whether a file that was written again, but not changed, is a version that somebody has rolled back, or replaced by
/// hand. Such a decision stands until the file changes.
pub(super) async fn is_replaced_by_hand(
    unit: &Unit,
    server: &str,
    records: &Records,
    store: &Store,
) -> Result<bool> {
    if records.hash_in_force(&unit.key).is_none_or(|hash| hash == unit.hash) {
        return Ok(false);
    }
    let versions = store.unit_versions(&unit.key).await?;
    let is_by_hand = replacement(unit, server, &versions).is_some_and(|version| version.reason != PICKUP);
    if is_by_hand {
        warn_of_replacement(unit);
    }
    Ok(is_by_hand)
}

/// Gives the version that was deployed after this one, which is the latest that was picked up.
fn replacement<'v>(unit: &Unit, server: &str, versions: &'v [UnitVersion]) -> Option<&'v UnitVersion> {
    let at = versions.iter().position(|version| is_picked_up(version, server))?;
    let (later, latest) = (versions.get(..at)?, versions.get(at)?);
    let was_deleted = later.iter().any(|version| version.status == UnitStatus::Deleted);
    if was_deleted || latest.hash.as_ref() != Some(&unit.hash) {
        return None;
    }
    later.iter().find(|version| version.status == UnitStatus::Deployed)
}

fn is_picked_up(version: &UnitVersion, server: &str) -> bool {
    version.reason == PICKUP && version.actor == server && version.hash.is_some()
}

fn warn_of_replacement(unit: &Unit) {
    tracing::warn!(
        target: "zato",
        "`{}` in the pickup directory is not the version in force, which was rolled back to or deployed by hand after \
         it; change the file to deploy it, or use `zato hot-deploy`",
        unit.key
    );
}

/// Keys of units in force that came from a pickup directory and are not there any more.
async fn removed(found: &PickedUp, records: &Records, store: &Store) -> Result<Vec<String>> {
    let there: HashSet<&str> = found
        .put
        .iter()
        .chain(found.unreadable.iter().map(|unreadable| &unreadable.unit))
        .map(|unit| unit.key.as_str())
        .collect();
    if records.keys_in_force().iter().all(|key| there.contains(key.as_str())) {
        return Ok(Vec::new());
    }
    let units = store.current_units().await?;
    let is_removed = |unit: &&Unit| !there.contains(unit.key.as_str()) && came_from(unit, found);
    Ok(units.iter().filter(is_removed).map(|unit| unit.key.clone()).collect())
}

fn came_from(unit: &Unit, found: &PickedUp) -> bool {
    let below = |directories: &[PathBuf], path: &Path| {
        directories.iter().any(|directory| path.starts_with(directory))
    };
    unit.files.iter().any(|file| below(&found.directories, &file.location))
        && !unit.files.iter().any(|file| below(&found.hidden, &file.location))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn version(reason: &str, hash: Option<&str>, status: UnitStatus) -> UnitVersion {
        UnitVersion {
            key: "crm.py".to_owned(),
            deployment: 1,
            at: Timestamp::UNIX_EPOCH,
            actor: "server1".to_owned(),
            reason: reason.to_owned(),
            hash: hash.map(str::to_owned),
            status,
            is_current: false,
            services: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn is_new_file(hash: &str, versions: &[UnitVersion]) -> bool {
        let unit = Unit {
            key: "crm.py".to_owned(),
            module: "crm".to_owned(),
            is_package: false,
            is_internal: false,
            files: Vec::new(),
            hash: hash.to_owned(),
        };
        is_new(&unit, "server1", versions)
    }

    #[test]
    fn a_rollback_survives_a_restart_until_the_file_is_saved_again() {
        use UnitStatus::{Deleted, Deployed, Failed};
        let versions = [
            version("rollback", Some("1"), Deployed),
            version(PICKUP, Some("2"), Deployed),
            version(PICKUP, Some("1"), Deployed),
        ];
        assert!(!is_new_file("2", &versions));
        assert!(is_new_file("3", &versions));
        let failed = [version("rollback", Some("1"), Deployed), version(PICKUP, Some("2"), Failed)];
        assert!(!is_new_file("2", &failed));
        assert!(is_new_file("2", &[version(PICKUP, Some("2"), Failed)]), "a failure is tried again");
        assert!(is_new_file("2", &[version(PICKUP, None, Deleted), version(PICKUP, Some("2"), Deployed)]));
        assert!(is_new_file("2", &[]));
    }

    #[test]
    fn what_another_server_has_replaced_is_not_new() {
        let by_other = |hash| UnitVersion {
            actor: "server2".to_owned(),
            ..version(PICKUP, Some(hash), UnitStatus::Deployed)
        };
        assert!(!is_new_file("1", &[by_other("2"), by_other("1")]));
        assert!(is_new_file("3", &[by_other("2"), by_other("1")]));
    }
}
