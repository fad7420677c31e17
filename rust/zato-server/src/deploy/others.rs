//! Deployments of other servers that use the same config store.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use zato_core::Result;
use zato_store::{Deployment, DeploymentStatus};

use super::deployer::Deployer;
use super::transaction::{Acknowledgement, catch_up};

/// How often to look for them.
pub(super) const LOOK: Duration = Duration::from_millis(300);

/// How many of the latest deployments to look at.
const RECENT: u32 = 20;

/// Deployments that are known.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeSet<i64>);

impl Deployer {
    /// Begins to follow other servers: what they have deployed so far is known.
    ///
    /// # Errors
    /// Whatever keeps the store from being read.
    pub(super) async fn seen_so_far(&self) -> Result<Seen> {
        let recent = self.store.deployments(RECENT).await?;
        self.records.replace(&self.store.current_versions().await?);
        Ok(Seen(
            recent
                .iter()
                .filter(|deployment| is_finished(deployment))
                .map(|deployment| deployment.id)
                .collect(),
        ))
    }

    /// Puts in force what other servers have deployed since the last time.
    ///
    /// # Errors
    /// Whatever keeps the store from being read.
    pub(super) async fn follow_others(&self, seen: &mut Seen) -> Result<()> {
        let recent = self.store.deployments(RECENT).await?;
        let is_new = |deployment: &&Deployment| {
            is_finished(deployment) && !seen.0.contains(&deployment.id) && !self.records.is_own(deployment.id)
        };
        let new: Vec<&Deployment> = recent.iter().filter(is_new).collect();
        if new.is_empty() {
            return Ok(());
        }
        self.records.replace(&self.store.current_versions().await?);
        let (epoch, members) = self.fleet.begin_epoch();
        let catching_up = members.iter().map(|member| async move {
            let outcome = catch_up(&self.fleet, &self.records, member, epoch).await;
            Acknowledgement { worker: member.index, outcome }
        });
        let acknowledgements = join_all(catching_up).await;
        for deployment in &new {
            tracing::info!(
                target: "zato",
                "Deployment {} of {} is in force in this server (workers: {})",
                deployment.id, deployment.actor, acknowledgements.len(),
            );
            self.acknowledge(deployment.id, &acknowledgements).await;
        }
        seen.0.extend(new.iter().map(|deployment| deployment.id));
        self.show_current().await;
        Ok(())
    }
}

fn is_finished(deployment: &Deployment) -> bool {
    deployment.status != DeploymentStatus::Pending
}
