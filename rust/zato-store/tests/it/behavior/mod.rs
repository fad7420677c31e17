//! What a store does, whatever database it is in.

pub(crate) mod deployments;
pub(crate) mod history;
pub(crate) mod objects;
pub(crate) mod runs;
pub(crate) mod watching;

/// Runs every behavior as a test of its own, each at a new place.
macro_rules! suite {
    ($place:path) => {
        $crate::behavior::each!($place,
            objects {
                a_new_store_is_empty_and_at_revision_zero
                puts_several_objects_in_one_revision
                replaces_what_an_object_says
                leaves_an_object_alone_that_is_already_as_asked_for
                applies_nothing_if_one_operation_fails
                operations_of_a_batch_see_each_other
                names_are_unique_within_a_kind_only
                refuses_a_change_meant_for_an_older_object
                refuses_to_create_an_object_twice
                refuses_a_batch_meant_for_an_older_store
                refuses_to_delete_or_rename_what_does_not_exist
                refuses_objects_without_kind_or_name
                renaming_keeps_identity
                refuses_to_rename_onto_another_object
                tells_what_changed_since_a_revision
                keeps_any_json_as_it_is
                a_clone_sees_what_the_other_wrote
                belongs_to_one_cluster
                a_sound_store_has_no_problems
                futures_move_between_threads
            }
            history {
                tells_who_did_what_and_why
                follows_an_object_through_its_names
                outlives_the_object
                is_empty_for_what_never_was
            }
            deployments {
                a_begun_deployment_changes_nothing_in_force
                a_finished_deployment_is_in_force
                a_failed_unit_leaves_the_old_one_in_force
                deleting_takes_a_unit_out_of_force
                a_unit_without_result_has_failed
                dependants_are_recorded_but_not_versions
                refuses_a_second_finish
                refuses_results_that_contradict_themselves
                refuses_changes_without_a_single_meaning
                goes_back_by_versions_that_were_in_force
                goes_back_to_a_deleted_unit
                the_same_source_under_two_keys_stays_two_units
                abandoned_deployments_are_marked_as_failed
                keeps_a_hundred_versions
                keeps_as_many_versions_as_it_is_told
                remembers_the_last_word_of_each_worker
                the_status_follows_from_the_units
            }
            runs {
                a_run_is_claimed_once_whoever_claims_it
                a_run_is_recorded_from_its_beginning_to_its_end
                runs_are_counted_until_the_job_is_changed
                what_is_gone_or_switched_off_is_not_run
                an_overlapping_run_is_left_out_if_the_job_says_so
                runs_of_a_server_that_ended_are_lost
                knows_the_latest_firing_of_each_job
                keeps_a_hundred_runs_of_a_job
            }
            watching {
                sees_changes_of_the_same_store_at_once
                sees_changes_of_another_store_within_100_ms
                is_not_told_of_what_changes_no_object
                a_late_watcher_is_told_only_of_later_changes
                ends_with_the_store
                looks_at_once_when_nudged
            });
    };
}
pub(crate) use suite;

/// Makes a test of each named behavior.
macro_rules! each {
    ($place:path, $($module:ident { $($name:ident)+ })+) => {
        $(mod $module {
            $(#[tokio::test]
            async fn $name() {
                $crate::behavior::$module::$name($place()).await;
            })+
        })+
    };
}
pub(crate) use each;
