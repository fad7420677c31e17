//! `[hot_deploy]`, `[pickup]` and `[deploy_patterns_allowed]`.

use std::time::Duration;

use super::super::deploy_patterns::DeployPatterns;
use super::super::env::{HOT_DEPLOY_INTERVAL, HOT_DEPLOY_POLL};
use super::super::options::HotDeployOptions;
use super::super::pickup::PickupDirectory;
use super::super::reader::{Reader, boolean};
use super::patterns;

pub(super) fn read(reader: &mut Reader<'_>) -> HotDeployOptions {
    let paths = reader.paths;
    let directory = PickupDirectory {
        name: "services".to_owned(),
        path: reader.path("hot_deploy", "pickup_dir").unwrap_or_else(|| paths.incoming_services()),
        is_recursive: true,
        patterns: vec!["*.py".to_owned()],
    };
    let mut options = HotDeployOptions {
        directories: vec![directory],
        delete_after_pick_up: reader.boolean("hot_deploy", "delete_after_pick_up", false),
        backup_history: reader.number("hot_deploy", "backup_history", 100, (1, 1_000)) as u32,
        max_batch_size: reader.size("hot_deploy", "max_batch_size", 1_000_000, 1_000),
        redeploy_on_parent_change: reader.boolean("hot_deploy", "redeploy_on_parent_change", true),
        poll_interval: reader.duration("pickup", "poll_interval", Duration::from_secs(1)),
        is_polling: reader.boolean("pickup", "poll", false),
        settle_time: reader.duration("pickup", "settle_time", Duration::from_millis(5)),
        import_timeout: reader.duration("hot_deploy", "import_timeout", Duration::from_secs(30)),
        allowed: DeployPatterns::new(patterns(reader, "deploy_patterns_allowed")),
        sources: Vec::new(),
    };
    if let Some(value) = reader.variable(HOT_DEPLOY_INTERVAL) {
        match value.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
            Some(interval) if !interval.is_zero() => options.poll_interval = interval,
            _ => reader.refuse_variable(HOT_DEPLOY_INTERVAL, "a number of seconds greater than 0"),
        }
    }
    if let Some(value) = reader.variable(HOT_DEPLOY_POLL) {
        match boolean(value) {
            Some(is_polling) => options.is_polling = is_polling,
            None => reader.refuse_variable(HOT_DEPLOY_POLL, "true or false"),
        }
    }
    options
}
