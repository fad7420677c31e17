//! What `zato service check` found out, as data and as text.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use zato_core::guest::Unit;
use zato_core::{Problem, Profile};
use zato_server::deploy::UnreadableUnit;

use crate::Runtime;

/// Everything that was found out.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// What was checked.
    path: String,
    /// Compat profile of services that name none of their own.
    profile: Profile,
    /// Version of Python they were imported with.
    python: String,
    /// Counts.
    pub(super) summary: Summary,
    /// Each file or package, sorted by key.
    pub(super) units: Vec<UnitReport>,
    /// Files and directories that cannot be units at all.
    pub(super) refused: Vec<Problem>,
}

/// Counts of a report.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    /// Files and packages.
    pub(super) units: usize,
    /// How many of them would be deployed.
    deploys: usize,
    /// How many of them would be refused.
    refused: usize,
    /// How many of them `[deploy_patterns_allowed]` leaves out.
    skipped: usize,
    /// Services of those that would be deployed.
    services: usize,
    /// What would be deployed and fail or differ when it runs.
    warnings: usize,
}

/// What becomes of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// It would be deployed.
    Deploys,
    /// It would be refused.
    Refused,
    /// It would be left out.
    Skipped,
}

/// A file or package.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct UnitReport {
    /// Path below the directory that was checked.
    pub(super) key: String,
    /// Name of the module or package.
    module: String,
    /// Whether it is a package.
    is_package: bool,
    /// What becomes of it.
    pub(super) status: Status,
    /// Version of Zato it was most likely written for.
    written_for: Option<Guess>,
    /// Its services.
    services: Vec<ServiceReport>,
    /// Libraries that are not installed.
    libraries: Vec<Library>,
    /// Why it is refused.
    problems: Vec<Problem>,
    /// What keeps it from working although it would be deployed.
    warnings: Vec<Problem>,
}

/// A guess at a version.
#[derive(Debug, Serialize, Deserialize)]
struct Guess {
    version: String,
    because: String,
}

/// A service.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ServiceReport {
    /// Name it would be deployed under.
    pub(super) name: String,
    /// Module and class.
    impl_name: String,
    /// File its class is in.
    file: String,
    /// Line of its class.
    line: u64,
    /// Compat profile that decides about it.
    profile: String,
    /// Parts of the server it uses.
    uses: Vec<Use>,
    /// Constructs whose behavior depends on the profile.
    differences: Vec<Difference>,
    /// What `[deploy_patterns_allowed]` is asked about.
    #[serde(skip_serializing)]
    pub(super) candidate: Candidate,
}

/// A service as rules about names and files see it.
#[derive(Debug, Deserialize)]
pub(super) struct Candidate {
    pub(super) module: String,
    pub(super) files: Vec<String>,
}

/// A part of the server that a service uses.
#[derive(Debug, Serialize, Deserialize)]
struct Use {
    /// The way services write it, for instance `self.out.rest`.
    api: String,
    /// Names of connections, as far as the source says them.
    names: Vec<String>,
    /// Where.
    lines: Vec<u64>,
    /// Whether this version has it.
    is_available: bool,
    /// What is missing, if it has not.
    needs: Option<String>,
}

/// A construct whose behavior depends on the profile.
#[derive(Debug, Serialize, Deserialize)]
struct Difference {
    /// What it is about, for instance `input client_id`.
    construct: String,
    /// Where.
    line: u64,
    /// What each profile makes of it.
    effects: BTreeMap<String, String>,
}

/// A library that is not installed.
#[derive(Debug, Serialize, Deserialize)]
struct Library {
    module: String,
    package: String,
    file: String,
    line: u64,
    is_required: bool,
}

impl Report {
    /// Begins a report.
    pub(super) fn new(path: &Path, profile: Profile, runtime: &Runtime) -> Self {
        Self {
            path: path.display().to_string(),
            profile,
            python: runtime.python_version.clone(),
            summary: Summary::default(),
            units: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// Adds a unit that rules leave out; gives that it is not to be checked.
    pub(super) fn skip(&mut self, unit: &Unit) -> bool {
        self.units.push(UnitReport::unread(unit, Status::Skipped, Vec::new()));
        false
    }

    /// Adds what the process that imported units found out.
    pub(super) fn add(&mut self, units: Vec<UnitReport>) {
        self.units.extend(units);
    }

    /// Adds what could not be read.
    pub(super) fn add_unreadable(&mut self, unreadable: Vec<UnreadableUnit>, refused: Vec<Problem>) {
        for UnreadableUnit { unit, problems } in unreadable {
            self.units.push(UnitReport::unread(&unit, Status::Refused, problems));
        }
        self.refused = refused;
    }

    /// Leaves out services that rules do not let through.
    pub(super) fn keep_services(&mut self, is_allowed: impl Fn(&ServiceReport) -> bool) {
        for unit in &mut self.units {
            unit.services.retain(&is_allowed);
        }
    }

    /// Sorts and counts.
    pub(super) fn finish(&mut self) {
        self.units.sort_by(|left, right| left.key.cmp(&right.key));
        let count = |status| self.units.iter().filter(|unit| unit.status == status).count();
        let good = || self.units.iter().filter(|unit| unit.status == Status::Deploys);
        let missing = |service: &ServiceReport| service.uses.iter().filter(|used| !used.is_available).count();
        self.summary = Summary {
            units: self.units.len(),
            deploys: count(Status::Deploys),
            refused: count(Status::Refused),
            skipped: count(Status::Skipped),
            services: good().map(|unit| unit.services.len()).sum(),
            warnings: good()
                .map(|unit| unit.warnings.len() + unit.services.iter().map(missing).sum::<usize>())
                .sum(),
        };
    }

    /// Writes the report for people; what there is to do comes last.
    pub(super) fn text(&self) -> String {
        let mut lines =
            vec![format!("Checked `{}` with profile {}, Python {}", self.path, self.profile, self.python)];
        let width = self.units.iter().map(|unit| unit.key.chars().count()).max().unwrap_or_default();
        for unit in &self.units {
            lines.push(String::new());
            unit.write(width, &mut lines);
        }
        if !self.refused.is_empty() {
            lines.push(String::new());
            lines.extend(self.refused.iter().map(|problem| format!("refused: {}", one_line(problem))));
        }
        lines.push(String::new());
        lines.extend(self.to_install());
        lines.push(self.summary.text(self.refused.len()));
        lines.join("\n")
    }

    fn to_install(&self) -> Option<String> {
        let libraries = self.units.iter().flat_map(|unit| &unit.libraries);
        let mut packages: Vec<&str> =
            libraries.filter(|library| library.is_required).map(|library| library.package.as_str()).collect();
        packages.sort_unstable();
        packages.dedup();
        (!packages.is_empty())
            .then(|| format!("Missing libraries: python -m pip install {}", packages.join(" ")))
    }
}

impl Summary {
    fn text(&self, refused_files: usize) -> String {
        let skipped = if self.skipped == 0 {
            String::new()
        } else {
            format!(", {} are left out by [deploy_patterns_allowed]", self.skipped)
        };
        format!(
            "{} files or packages: {} would be deployed with {} services, {} would be refused{skipped}; {} warnings",
            self.units + refused_files,
            self.deploys,
            self.services,
            self.refused + refused_files,
            self.warnings,
        )
    }
}

impl UnitReport {
    fn unread(unit: &Unit, status: Status, problems: Vec<Problem>) -> Self {
        Self {
            key: unit.key.clone(),
            module: unit.module.clone(),
            is_package: unit.is_package,
            status,
            written_for: None,
            services: Vec::new(),
            libraries: Vec::new(),
            problems,
            warnings: Vec::new(),
        }
    }

    fn write(&self, width: usize, lines: &mut Vec<String>) {
        let status = match self.status {
            Status::Deploys if self.services.is_empty() => "would be deployed, has no services",
            Status::Deploys => "would be deployed",
            Status::Refused => "would be refused",
            Status::Skipped => "is left out by [deploy_patterns_allowed]",
        };
        let guess = self
            .written_for
            .as_ref()
            .map_or_else(String::new, |guess| format!("; written for {} ({})", guess.version, guess.because));
        let padding = " ".repeat(width - self.key.chars().count());
        lines.push(format!("{}{padding}  {status}{guess}", self.key));
        let mut rows = Vec::new();
        for problem in &self.problems {
            rows.push((self.place(problem), problem.message.clone()));
            rows.extend(problem.hint.iter().map(|hint| (String::new(), format!("fix: {hint}"))));
        }
        let is_deployed = self.status == Status::Deploys;
        for service in &self.services {
            service.write(self.is_package, &mut rows);
        }
        for problem in &self.warnings {
            rows.push((self.place(problem), format!("warning: {}", problem.message)));
            rows.extend(problem.hint.iter().map(|hint| (String::new(), format!("fix: {hint}"))));
        }
        // The import of a refused unit ended at the first of them, which is a problem already.
        let is_told = |library: &Library| {
            self.problems.iter().any(|problem| {
                problem.line == Some(library.line) && problem.file.as_deref() == Some(&*library.file)
            })
        };
        let is_shown = |library: &&Library| is_deployed || (library.is_required && !is_told(library));
        for library in self.libraries.iter().filter(is_shown) {
            let place = self.place_of(&library.file, Some(library.line));
            let when =
                if library.is_required { "is missing" } else { "is not there, which the file allows for" };
            rows.push((
                place,
                format!("library `{}` {when}: pip install {}", library.module, library.package),
            ));
        }
        let margin = rows.iter().map(|(place, _)| place.chars().count()).max().unwrap_or_default();
        for (place, text) in rows {
            lines.push(format!("  {place}{}  {text}", " ".repeat(margin - place.chars().count())));
        }
    }

    fn place(&self, problem: &Problem) -> String {
        self.place_of(problem.file.as_deref().unwrap_or_default(), problem.line)
    }

    fn place_of(&self, file: &str, line: Option<u64>) -> String {
        place(if self.is_package { file } else { "" }, line)
    }
}

impl ServiceReport {
    fn write(&self, names_file: bool, rows: &mut Vec<(String, String)>) {
        rows.push((
            place(if names_file { &self.file } else { "" }, Some(self.line)),
            format!("service {}, profile {}", self.name, self.profile),
        ));
        for used in &self.uses {
            let names =
                if used.names.is_empty() { String::new() } else { format!(" ({})", used.names.join(", ")) };
            let missing = match &used.needs {
                Some(needs) => format!("; warning: needs {needs}, which this version does not have"),
                None => String::new(),
            };
            rows.push((
                used.lines.first().map_or_else(String::new, |line| format!("line {line}")),
                format!("  uses {}{names}{missing}", used.api),
            ));
        }
        for difference in &self.differences {
            let now = difference.effects.get(&self.profile).map_or("as ever", String::as_str);
            let others = difference.others(&self.profile);
            rows.push((
                format!("line {}", difference.line),
                format!("  {}: {now}{others}", difference.construct),
            ));
        }
    }
}

impl Difference {
    /// What other profiles do, those that do the same together.
    fn others(&self, current: &str) -> String {
        let now = self.effects.get(current);
        let mut groups: Vec<(&String, Vec<usize>)> = Vec::new();
        for (position, effect) in self.effects.values().enumerate().filter(|(_, effect)| Some(*effect) != now)
        {
            match groups.iter_mut().find(|(known, _)| *known == effect) {
                Some((_, positions)) => positions.push(position),
                None => groups.push((effect, vec![position])),
            }
        }
        let profiles: Vec<&String> = self.effects.keys().collect();
        groups.iter().fold(String::new(), |text, (effect, positions)| {
            let runs = positions.chunk_by(|left, right| left + 1 == *right).filter_map(|run| {
                let (first, last) = (profiles.get(*run.first()?)?, profiles.get(*run.last()?)?);
                Some(if first == last { (*first).clone() } else { format!("{first}-{last}") })
            });
            format!("{text}; in {}: {effect}", runs.collect::<Vec<_>>().join(", "))
        })
    }
}

fn place(file: &str, line: Option<u64>) -> String {
    let name = Path::new(file).file_name().unwrap_or_default().to_string_lossy();
    match line {
        Some(line) if name.is_empty() => format!("line {line}"),
        Some(line) => format!("{name}:{line}"),
        None => name.into_owned(),
    }
}

fn one_line(problem: &Problem) -> String {
    let hint = problem.hint.as_ref().map_or_else(String::new, |hint| format!("; fix: {hint}"));
    format!("{}{hint}", problem.message)
}
