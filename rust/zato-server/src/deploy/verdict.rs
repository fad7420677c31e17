//! Decides which units of a deployment may come in force, out of what workers say about them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use zato_core::Problem;
use zato_core::guest::PreparedUnit;

/// What may come in force and what may not.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Keys to put in force, dependants included.
    pub(super) accepted: BTreeSet<String>,
    /// Units of the deployment that failed, and why.
    pub(super) failed: BTreeMap<String, Vec<Problem>>,
    /// Whether a unit in force was imported anew against both accepted and failed units: the accepted ones have
    /// to be prepared again, without those that failed.
    pub(super) is_mixed: bool,
}

/// Judges the units that a deployment wants to put in force.
///
/// A unit fails if it has problems, if it imports a unit that failed, and if a unit in force that imports it would
/// no longer load: otherwise the next start would lose that one.
pub(super) fn judge(wanted: &BTreeSet<String>, prepared: &[PreparedUnit]) -> Verdict {
    let imports = Imports::of(prepared);
    let mut failed: BTreeMap<String, Vec<Problem>> = BTreeMap::new();
    for key in wanted {
        match imports.units.get(key.as_str()) {
            Some(unit) if unit.problems.is_empty() => {}
            Some(unit) => {
                failed.insert(key.clone(), unit.problems.clone());
            }
            None => {
                failed
                    .insert(key.clone(), vec![Problem::new("the worker said nothing about it").object(key)]);
            }
        }
    }
    blame_for_dependants(wanted, prepared, &imports, &mut failed);
    fail_importers(wanted, &imports, &mut failed);
    let mut verdict = Verdict { failed, ..Verdict::default() };
    for unit in
        prepared.iter().filter(|unit| unit.problems.is_empty() && !verdict.failed.contains_key(&unit.key))
    {
        if wanted.contains(&unit.key) {
            verdict.accepted.insert(unit.key.clone());
            continue;
        }
        let below = imports.closure(&unit.key);
        let has_failed = below.iter().any(|key| verdict.failed.contains_key(*key));
        let has_accepted =
            below.iter().any(|key| wanted.contains(*key) && !verdict.failed.contains_key(*key));
        match (has_accepted, has_failed) {
            (true, true) => verdict.is_mixed = true,
            (true, false) => {
                verdict.accepted.insert(unit.key.clone());
            }
            (false, _) => {}
        }
    }
    // A dependant that failed because of one unit may load once that one is left out.
    verdict.is_mixed |= prepared
        .iter()
        .filter(|unit| !unit.problems.is_empty() && !wanted.contains(&unit.key))
        .any(|unit| imports.closure(&unit.key).iter().any(|key| verdict.accepted.contains(*key)));
    verdict
}

/// Fails the units that broke units in force.
fn blame_for_dependants(
    wanted: &BTreeSet<String>,
    prepared: &[PreparedUnit],
    imports: &Imports<'_>,
    failed: &mut BTreeMap<String, Vec<Problem>>,
) {
    let own: HashSet<String> = failed.keys().cloned().collect();
    for dependant in prepared.iter().filter(|unit| !unit.problems.is_empty() && !wanted.contains(&unit.key)) {
        let culprits: Vec<&str> =
            imports.closure(&dependant.key).into_iter().filter(|key| wanted.contains(*key)).collect();
        // It cannot load because of one that cannot load either.
        if culprits.iter().any(|key| own.contains(*key)) {
            continue;
        }
        for culprit in culprits {
            let problems = dependant.problems.iter().map(|problem| Problem {
                message: format!(
                    "`{}` imports it and would no longer load: {}",
                    dependant.key, problem.message
                ),
                hint: Some(format!(
                    "save `{}` in a form that works with it, then both are deployed",
                    dependant.key
                )),
                ..problem.clone()
            });
            failed.entry(culprit.to_owned()).or_default().extend(problems);
        }
    }
}

/// Fails units that import failed ones.
fn fail_importers(
    wanted: &BTreeSet<String>,
    imports: &Imports<'_>,
    failed: &mut BTreeMap<String, Vec<Problem>>,
) {
    let own: BTreeSet<String> = failed.keys().cloned().collect();
    for key in wanted.difference(&own) {
        if let Some(cause) = imports.closure(key).into_iter().find(|below| own.contains(*below)) {
            let problem =
                Problem::new(format!("it imports `{cause}`, which could not be deployed")).object(key);
            failed.insert(key.clone(), vec![problem]);
        }
    }
}

/// Who imports whom.
struct Imports<'p> {
    units: HashMap<&'p str, &'p PreparedUnit>,
}

impl<'p> Imports<'p> {
    fn of(prepared: &'p [PreparedUnit]) -> Self {
        Self { units: prepared.iter().map(|unit| (unit.key.as_str(), unit)).collect() }
    }

    /// Keys of everything that a unit imports, directly or not, without itself.
    fn closure(&self, key: &str) -> BTreeSet<&'p str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = vec![key];
        while let Some(next) = open.pop() {
            for below in self.units.get(next).into_iter().flat_map(|unit| &unit.depends_on) {
                if below != key && found.insert(below.as_str()) {
                    open.push(below);
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(key: &str, depends_on: &[&str], problem: Option<&str>) -> PreparedUnit {
        PreparedUnit {
            key: key.to_owned(),
            depends_on: depends_on.iter().map(ToString::to_string).collect(),
            problems: problem
                .map(|message| Problem::new(message).file(format!("/{key}")).line(3))
                .into_iter()
                .collect(),
            ..PreparedUnit::default()
        }
    }

    fn keys(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn failed(verdict: &Verdict) -> Vec<&str> {
        verdict.failed.keys().map(String::as_str).collect()
    }

    #[test]
    fn everything_is_accepted_with_its_dependants() {
        let verdict = judge(
            &keys(&["base", "other"]),
            &[
                unit("base", &[], None),
                unit("other", &[], None),
                unit("crm", &["base"], None),
                unit("report", &["crm"], None),
            ],
        );
        assert_eq!(verdict.accepted, keys(&["base", "crm", "other", "report"]));
        assert!(verdict.failed.is_empty() && !verdict.is_mixed);
    }

    #[test]
    fn a_failure_spreads_to_those_who_import_it_and_to_nobody_else() {
        let verdict = judge(
            &keys(&["base", "crm", "report", "other"]),
            &[
                unit("base", &[], Some("SyntaxError")),
                unit("crm", &["base"], None),
                unit("report", &["crm"], None),
                unit("other", &[], None),
            ],
        );
        assert_eq!(failed(&verdict), ["base", "crm", "report"]);
        assert!(verdict.failed["report"][0].message.contains("imports `base`"), "{:?}", verdict.failed);
        assert_eq!(verdict.accepted, keys(&["other"]));
        assert!(!verdict.is_mixed);
    }

    #[test]
    fn a_change_that_breaks_a_unit_in_force_is_refused_and_says_which() {
        let verdict = judge(
            &keys(&["base", "other"]),
            &[
                unit("base", &[], None),
                unit("crm", &["base"], Some("ImportError: cannot import name 'old'")),
                unit("other", &[], None),
            ],
        );
        assert_eq!(failed(&verdict), ["base"]);
        let problem = &verdict.failed["base"][0];
        assert_eq!((problem.file.as_deref(), problem.line), (Some("/crm"), Some(3)));
        assert!(problem.message.contains("`crm` imports it and would no longer load"), "{problem}");
        assert_eq!(verdict.accepted, keys(&["other"]));
    }

    #[test]
    fn dependants_of_failed_and_accepted_units_need_another_round() {
        let verdict = judge(
            &keys(&["base", "util"]),
            &[
                unit("base", &[], Some("SyntaxError")),
                unit("util", &[], None),
                unit("crm", &["base", "util"], None),
            ],
        );
        assert_eq!(failed(&verdict), ["base"]);
        assert!(verdict.is_mixed && !verdict.accepted.contains("crm"));
        let verdict = judge(
            &keys(&["base", "util"]),
            &[
                unit("base", &[], Some("SyntaxError")),
                unit("util", &[], None),
                unit("crm", &["base", "util"], Some("ImportError")),
            ],
        );
        assert_eq!(failed(&verdict), ["base"], "crm cannot load because of base, not of util");
        assert!(verdict.is_mixed);
    }

    #[test]
    fn units_that_import_each_other_end_together() {
        let verdict =
            judge(&keys(&["a", "b"]), &[unit("a", &["b"], None), unit("b", &["a"], Some("NameError"))]);
        assert_eq!(failed(&verdict), ["a", "b"]);
    }

    #[test]
    fn silence_is_no_consent() {
        assert_eq!(failed(&judge(&keys(&["a"]), &[])), ["a"]);
    }
}
