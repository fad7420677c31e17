//! Workers that accept work.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::fleet::Fleet;
use super::seat::{Member, Seat};
use crate::control::WorkerPhase;

impl Fleet {
    /// Waits until a worker accepts work; gives whether one does.
    pub(crate) async fn wait_until_ready(&self, limit: Duration) -> bool {
        let mut changes = self.changes.subscribe();
        let waiting = async {
            while self.ready_members().is_empty() {
                // The sender lives as long as this.
                drop(changes.changed().await);
            }
        };
        tokio::time::timeout(limit, waiting).await.is_ok()
    }

    /// Gives a worker that accepts work, another one each time.
    pub(crate) fn next_ready(&self) -> Option<Member> {
        let mut members = self.ready_members();
        if members.is_empty() {
            return None;
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % members.len();
        Some(members.swap_remove(turn))
    }

    fn ready_members(&self) -> Vec<Member> {
        let is_ready = |member: &Member| {
            let seat: &Seat = &self.seats[member.index].lock();
            seat.phase == WorkerPhase::Ready && seat.starts == member.start
        };
        self.members().into_iter().filter(is_ready).collect()
    }
}
