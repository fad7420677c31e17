//! Translates events of the operating system, and says where there are none.

use std::path::Path;

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RemoveKind, RenameMode};
use notify::{Event, EventKind};

use super::names;
use super::settle::Sighting;

/// Returns what an event of the operating system means, if it means anything to us.
pub(crate) fn sightings(event: Event) -> Vec<Sighting> {
    if event.need_rescan() {
        return vec![Sighting::Everything];
    }
    let kind = event.kind;
    let relevant = event.paths.into_iter().filter(|path| is_relevant(path));
    relevant
        .filter_map(|path| match kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => Some(Sighting::Complete(path)),
            EventKind::Access(AccessKind::Open(_)) => Some(Sighting::Opened(path)),
            EventKind::Create(CreateKind::Folder) => Some(Sighting::Directory),
            EventKind::Create(_) => Some(Sighting::Created(path)),
            EventKind::Modify(ModifyKind::Data(_)) => Some(Sighting::Written(path)),
            EventKind::Modify(ModifyKind::Metadata(_)) => Some(Sighting::Attributes(path)),
            EventKind::Modify(ModifyKind::Name(RenameMode::From)) | EventKind::Remove(RemoveKind::File) => {
                Some(Sighting::Gone(path))
            }
            EventKind::Modify(ModifyKind::Name(RenameMode::To)) if path.is_dir() => {
                Some(Sighting::WholeDirectory(path))
            }
            EventKind::Modify(ModifyKind::Name(RenameMode::To)) => Some(Sighting::Complete(path)),
            // Two events, for the old and the new name, have come before this one.
            EventKind::Modify(ModifyKind::Name(_)) | EventKind::Access(_) => None,
            EventKind::Remove(_) => Some(Sighting::Gone(path)),
            EventKind::Any | EventKind::Modify(_) | EventKind::Other => Some(Sighting::Everything),
        })
        .collect()
}

/// Whether a path can matter; editors write several files for one that is saved.
fn is_relevant(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_none_or(|name| !names::is_ignored(name) || names::is_version_switch(name))
}

/// Whether the kernel reports changes below the path that other hosts, or other kernels, make there. If not,
/// directories have to be looked at over and over.
#[cfg(target_os = "linux")]
pub(crate) fn reports_changes(path: &Path) -> bool {
    /// NFS, SMB, CIFS, SMB2, 9P (WSL, virtual machines), FUSE (sshfs), VirtualBox shared folders.
    const SILENT: [u32; 7] =
        [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x0102_1997, 0x6573_5546, 0x786f_4256];
    rustix::fs::statfs(path).map_or(true, |status| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "magic numbers have 32 bits; the type differs by architecture"
        )]
        let magic = status.f_type as u32;
        !SILENT.contains(&magic)
    })
}

/// Elsewhere notifications are taken at their word.
#[cfg(not(target_os = "linux"))]
pub(crate) fn reports_changes(_path: &Path) -> bool {
    true
}
