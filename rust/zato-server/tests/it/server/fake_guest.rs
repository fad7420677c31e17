//! A guest without Python. Its "modules" are lists of directives, one a line:
//!
//! - `service NAME REPLY`: provides a service; `slow NAME MILLISECONDS` lets it take that long; one whose reply is
//!   `stuck` is answered as timed out and holds all threads for as long;
//! - one whose reply is `record PATH` first adds a line to that file: its name, channel, type and name of the job, request;
//! - `import MODULE`: needs that module; `needs WORD MODULE`: needs a line `# WORD` in it; `fail TEXT`: does not load;
//! - `sleep MILLISECONDS`, `hang`, `exit CODE`, `touch PATH`, `wait PATH`, `die-once PATH`: what importing does;
//!   with `# silent` nobody is told that the module is imported, after `# stuck` the guest no longer answers an abort;
//!   `exit-with MODULE CODE` ends the process only if that module is there;
//!   `touch-own PREFIX` and `wait-own PREFIX` do so with a file for each process.
//!
//! A module without files, which is found by its name, provides a service of that name; one called `missing` is not found.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use zato_core::guest::{
    Guest, GuestOptions, GuestStatistics, ImportListener, PreparedUnit, ServiceInfo, ServiceSettings,
    Standstill, Unit, UnitChanges,
};
use zato_core::invocation::{Body, Failure, FailureKind, Invocation, Outcome, Response};
use zato_core::{Error, ErrorKind, Problem, Result};

pub(crate) struct FakeGuest {
    on_import: ImportListener,
    state: Arc<Mutex<State>>,
    running: Arc<AtomicUsize>,
    stuck: Arc<Mutex<Option<String>>>,
    has_given_up: AtomicBool,
}

#[derive(Default)]
struct State {
    in_force: BTreeMap<String, Module>,
    prepared: Option<(i64, BTreeMap<String, Module>, Vec<String>)>,
    importing: Option<String>,
    is_stuck: bool,
    settings: Arc<ServiceSettings>,
}

#[derive(Clone)]
struct Module {
    unit: Unit,
    services: BTreeMap<String, (String, Duration)>,
    imports: Vec<String>,
}

impl FakeGuest {
    pub(crate) fn make(options: GuestOptions) -> Result<Arc<dyn Guest>> {
        if let Ok(text) = std::env::var("ZATO_TEST_GUEST_FAILS") {
            return Err(Error::new(ErrorKind::Internal, text).hint("this is a test"));
        }
        Ok(Arc::new(Self {
            on_import: options.on_import,
            state: Arc::default(),
            running: Arc::default(),
            stuck: Arc::default(),
            has_given_up: AtomicBool::new(false),
        }))
    }

    fn services_of(state: &State) -> Vec<ServiceInfo> {
        let all = state.in_force.values().flat_map(|module| {
            module.services.keys().map(|name| ServiceInfo {
                name: name.clone(),
                impl_name: format!("{}.{name}", module.unit.module),
                unit: module.unit.key.clone(),
                file: file_of(&module.unit),
                line: 1,
                is_internal: false,
            })
        });
        let mut all: Vec<ServiceInfo> = all.collect();
        all.sort_by(|left, right| left.name.cmp(&right.name));
        all
    }
}

impl Guest for FakeGuest {
    fn submit(&self, invocation: Invocation) {
        let found = {
            let state = self.state.lock().unwrap();
            let is_active =
                state.settings.by_name.get(&*invocation.service).is_none_or(|setting| setting.is_active);
            let found =
                state.in_force.values().find_map(|module| module.services.get(&*invocation.service).cloned());
            found.filter(|_| is_active)
        };
        let Some((reply, pause)) = found else {
            invocation.reply.fail(Failure::new(FailureKind::ServiceMissing, "no such service"));
            return;
        };
        if self.has_given_up.load(Ordering::SeqCst) {
            invocation.reply.fail(Failure::new(FailureKind::Overloaded, "the worker is replaced"));
            return;
        }
        if reply == "stuck" {
            *self.stuck.lock().unwrap() = Some(invocation.service.to_string());
            let stuck = Arc::clone(&self.stuck);
            invocation.reply.fail(Failure::new(FailureKind::Timeout, "it took longer than it may"));
            std::thread::spawn(move || {
                std::thread::sleep(pause);
                *stuck.lock().unwrap() = None;
            });
            return;
        }
        if let Some(path) = reply.strip_prefix("record ") {
            let channel = &invocation.channel;
            let line = format!(
                "{} {} {} {} {}\n",
                invocation.service,
                channel.channel_type,
                channel.job_type,
                channel.name,
                String::from_utf8_lossy(&invocation.body),
            );
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
            std::io::Write::write_all(&mut file, line.as_bytes()).unwrap();
        }
        if reply == "break" {
            invocation.reply.fail(Failure::new(FailureKind::Exception, "it broke"));
            return;
        }
        self.running.fetch_add(1, Ordering::SeqCst);
        let running = Arc::clone(&self.running);
        std::thread::spawn(move || {
            std::thread::sleep(pause);
            let body = Body::Full(Bytes::from(format!("{reply} {}", std::process::id())));
            let response = Response { status: 200, content_type: None, headers: Vec::new(), body };
            invocation.reply.send(Outcome::Response(response));
            running.fetch_sub(1, Ordering::SeqCst);
        });
    }

    fn services(&self) -> Vec<ServiceInfo> {
        Self::services_of(&self.state.lock().unwrap())
    }

    fn has_service(&self, name: &str) -> bool {
        self.services().iter().any(|service| service.name == name)
    }

    fn prepare(
        &self,
        deployment: i64,
        changes: UnitChanges,
    ) -> BoxFuture<'static, Result<Vec<PreparedUnit>>> {
        let (state, listener) = (Arc::clone(&self.state), self.on_import.clone());
        let (sender, receiver) = futures::channel::oneshot::channel();
        std::thread::spawn(move || drop(sender.send(import_all(&state, &listener, deployment, changes))));
        async move { receiver.await.unwrap() }.boxed()
    }

    fn commit(&self, deployment: i64, units: Vec<String>) -> BoxFuture<'static, Result<Vec<ServiceInfo>>> {
        let mut state = self.state.lock().unwrap();
        let outcome = match state.prepared.take() {
            Some((prepared, modules, delete)) if prepared == deployment => {
                for key in delete {
                    state.in_force.remove(&key);
                }
                for (key, module) in modules.into_iter().filter(|(key, _)| units.contains(key)) {
                    state.in_force.insert(key, module);
                }
                Ok(Self::services_of(&state))
            }
            _ => Err(Error::new(ErrorKind::Conflict, format!("deployment {deployment} is not prepared"))),
        };
        async move { outcome }.boxed()
    }

    fn abort(&self, _deployment: i64) -> BoxFuture<'static, Result<()>> {
        let mut state = self.state.lock().unwrap();
        state.prepared = None;
        if state.is_stuck {
            return std::future::pending().boxed();
        }
        async { Ok(()) }.boxed()
    }

    fn standstill(&self) -> Option<Standstill> {
        let stuck = self.stuck.lock().unwrap().clone()?;
        Some(Standstill { held: "all 3 threads".to_owned(), services: [(stuck, 3)].into() })
    }

    fn give_up(&self) {
        self.has_given_up.store(true, Ordering::SeqCst);
    }

    fn write_stacks(&self) {
        tracing::warn!("stacks of process {}", std::process::id());
    }

    fn statistics(&self) -> GuestStatistics {
        let running = self.running.load(Ordering::SeqCst);
        GuestStatistics { running, services: self.services().len(), ..GuestStatistics::default() }
    }

    fn configure(&self, settings: Arc<ServiceSettings>) {
        self.state.lock().unwrap().settings = settings;
    }

    fn drain(&self, limit: Duration) -> BoxFuture<'static, bool> {
        let running = Arc::clone(&self.running);
        async move {
            let deadline = Instant::now() + limit;
            while running.load(Ordering::SeqCst) > 0 {
                if Instant::now() >= deadline {
                    return false;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            true
        }
        .boxed()
    }

    fn preparing(&self) -> Option<String> {
        self.state.lock().unwrap().importing.clone()
    }
}

fn import_all(
    state: &Mutex<State>,
    listener: &ImportListener,
    deployment: i64,
    changes: UnitChanges,
) -> Result<Vec<PreparedUnit>> {
    let in_force = state.lock().unwrap().in_force.clone();
    let mut after = in_force.clone();
    let mut wanted: BTreeMap<String, Unit> = BTreeMap::new();
    for key in &changes.delete {
        after.remove(key);
    }
    for unit in &changes.put {
        after.remove(&unit.key);
        wanted.insert(unit.key.clone(), unit.clone());
    }
    // Whatever imports a changed unit is imported again, after it.
    let mut order: Vec<(Unit, bool)> = changes.put.iter().map(|unit| (unit.clone(), false)).collect();
    loop {
        let changed: BTreeSet<&str> = order.iter().map(|(unit, _)| unit.module.as_str()).collect();
        let dependant = in_force.values().find(|module| {
            module.imports.iter().any(|import| changed.contains(import.as_str()))
                && !order.iter().any(|(unit, _)| unit.key == module.unit.key)
                && !changes.delete.contains(&module.unit.key)
        });
        let Some(dependant) = dependant else { break };
        after.remove(&dependant.unit.key);
        order.push((dependant.unit.clone(), true));
    }
    let mut prepared: BTreeMap<String, PreparedUnit> = BTreeMap::new();
    // A unit that imports another of the batch comes after it, if need be in a later round.
    let mut open = order;
    while !open.is_empty() {
        let names: Vec<String> = open.iter().map(|(unit, _)| unit.module.clone()).collect();
        let at = open
            .iter()
            .position(|(unit, _)| {
                !imports_of(unit).iter().any(|import| *import != unit.module && names.contains(import))
            })
            .unwrap_or(0);
        let (unit, is_dependant) = open.remove(at);
        state.lock().unwrap().importing = Some(unit.key.clone());
        state.lock().unwrap().is_stuck |= has_line(&unit, "# stuck");
        if !has_line(&unit, "# silent") {
            (listener.0)(Some(&unit.key));
        }
        let loaded = import(&unit, &after);
        let depends_on = |module: &Module| {
            let imported = after.values().filter(|other| module.imports.contains(&other.unit.module));
            imported.map(|other| other.unit.key.clone()).collect()
        };
        let entry = match loaded {
            Ok(module) => {
                let services = module.services.keys().map(|name| ServiceInfo {
                    name: name.clone(),
                    impl_name: name.clone(),
                    unit: unit.key.clone(),
                    file: file_of(&unit),
                    line: 1,
                    is_internal: false,
                });
                let entry = PreparedUnit {
                    key: unit.key.clone(),
                    services: services.collect(),
                    depends_on: depends_on(&module),
                    is_dependant,
                    problems: Vec::new(),
                };
                after.insert(unit.key.clone(), module);
                entry
            }
            Err(problem) => {
                let imports = imports_of(&unit);
                let all = in_force.values().map(|module| &module.unit).chain(wanted.values());
                let keys: BTreeSet<String> = all
                    .filter(|other| imports.contains(&other.module))
                    .map(|other| other.key.clone())
                    .collect();
                PreparedUnit {
                    key: unit.key.clone(),
                    depends_on: keys.into_iter().collect(),
                    is_dependant,
                    problems: vec![problem],
                    ..PreparedUnit::default()
                }
            }
        };
        prepared.insert(unit.key.clone(), entry);
    }
    (listener.0)(None);
    let mut state = state.lock().unwrap();
    state.importing = None;
    let modules = prepared.keys().filter_map(|key| Some((key.clone(), after.get(key)?.clone()))).collect();
    state.prepared = Some((deployment, modules, changes.delete));
    Ok(prepared.into_values().collect())
}

fn file_of(unit: &Unit) -> String {
    unit.files.first().map_or_else(String::new, |file| file.location.display().to_string())
}

fn has_line(unit: &Unit, wanted: &str) -> bool {
    unit.files.iter().any(|file| file.content.lines().any(|line| line == wanted))
}

fn imports_of(unit: &Unit) -> Vec<String> {
    let lines = unit.files.iter().flat_map(|file| file.content.lines());
    lines.filter_map(|line| line.strip_prefix("import ")).map(|name| name.trim().to_owned()).collect()
}

#[expect(clippy::result_large_err, reason = "it is a test")]
fn import(unit: &Unit, others: &BTreeMap<String, Module>) -> Result<Module, Problem> {
    let mut module = Module { unit: unit.clone(), services: BTreeMap::new(), imports: Vec::new() };
    if unit.files.is_empty() {
        if unit.module == "missing" {
            return Err(Problem::new("ModuleNotFoundError: No module named 'missing'"));
        }
        module.services.insert(unit.module.clone(), ("installed".to_owned(), Duration::ZERO));
    }
    for file in &unit.files {
        for (line, number) in file.content.lines().zip(1..) {
            let wrong = |message: String| {
                Problem::new(message).file(file.location.display().to_string()).line(number)
            };
            let mut words = line.splitn(3, ' ');
            let directive = words.next().unwrap();
            let mut word = || words.next().unwrap_or_default().to_owned();
            match directive {
                "" | "#" => {}
                "service" => {
                    let (name, reply) = (word(), word());
                    module.services.insert(name, (reply, Duration::ZERO));
                }
                "slow" => {
                    let (name, pause) = (word(), word().parse().unwrap());
                    module.services.get_mut(&name).unwrap().1 = Duration::from_millis(pause);
                }
                "import" => {
                    let name = word();
                    if !others.values().any(|other| other.unit.module == name) {
                        return Err(wrong(format!("ModuleNotFoundError: No module named '{name}'")));
                    }
                    module.imports.push(name);
                }
                "needs" => {
                    let (name, module) = (format!("# {}", word()), word());
                    let mut lines = others
                        .values()
                        .filter(|other| other.unit.module == module)
                        .flat_map(|other| other.unit.files[0].content.lines());
                    if !lines.any(|line| line == name) {
                        return Err(wrong(format!(
                            "ImportError: cannot import name '{name}' from '{module}'"
                        )));
                    }
                }
                "fail" => return Err(wrong(line["fail ".len()..].to_owned())),
                "sleep" => std::thread::sleep(Duration::from_millis(word().parse().unwrap())),
                "hang" => std::thread::sleep(Duration::from_secs(3600)),
                "exit" => std::process::exit(word().parse().unwrap()),
                "exit-with" => {
                    let name = word();
                    if others.values().any(|other| other.unit.module == name) {
                        std::process::exit(word().parse().unwrap());
                    }
                }
                "touch" => std::fs::write(word(), std::process::id().to_string()).unwrap(),
                "wait" => wait_for_file(&[word()]),
                "touch-own" => std::fs::write(format!("{}{}", word(), std::process::id()), "").unwrap(),
                "wait-own" => {
                    let prefix = word();
                    wait_for_file(&[format!("{prefix}{}", std::process::id()), format!("{prefix}all")]);
                }
                "die-once" => {
                    let path = word();
                    if std::fs::OpenOptions::new().write(true).create_new(true).open(&path).is_ok() {
                        let own = rustix::process::getpid();
                        rustix::process::kill_process(own, rustix::process::Signal::KILL).unwrap();
                    }
                }
                other => return Err(wrong(format!("NameError: name '{other}' is not defined"))),
            }
        }
    }
    Ok(module)
}

/// Waits until one of the files exists.
fn wait_for_file(paths: &[String]) {
    while !paths.iter().any(|path| Path::new(path).exists()) {
        std::thread::sleep(Duration::from_millis(2));
    }
}
