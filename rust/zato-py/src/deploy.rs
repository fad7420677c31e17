//! Deployments, on a thread of their own, so that an import that takes long delays no service.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::BoxFuture;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use zato_core::guest::{PreparedUnit, ServiceCandidate, ServiceInfo, Unit, UnitChanges};
use zato_core::{Error, ErrorKind, Problem, Result};

use crate::entry::{Entry, Registry};
use crate::guest::{self, Host};
use crate::{errors, fork, greenlets};

type Work = Box<dyn FnOnce(Python<'_>) + Send>;

/// Services by key of their unit.
type Units = BTreeMap<String, Vec<Arc<Entry>>>;

/// Runs the Python loader.
pub(crate) struct Deployer {
    state: Arc<State>,
    line: Mutex<Line>,
}

/// The thread that deployments run on.
struct Line {
    sender: Sender<Work>,
    pending: Arc<AtomicUsize>,
}

struct State {
    host: Arc<Host>,
    loader: Py<PyAny>,
    /// Services in force.
    current: Mutex<Units>,
    prepared: Mutex<Option<Prepared>>,
    /// Key of the unit that is being imported.
    importing: Arc<Mutex<Option<String>>>,
}

struct Prepared {
    deployment: i64,
    units: Units,
    delete: Vec<String>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Line {
    fn start() -> Result<Self> {
        let (sender, receiver) = channel::<Work>();
        let pending = Arc::new(AtomicUsize::new(0));
        let counted = pending.clone();
        std::thread::Builder::new()
            .name("zato-deploy".to_owned())
            .stack_size(16 << 20)
            .spawn(move || {
                // Waiting happens without the interpreter's lock, which only things that may be shared can cross.
                let receiver = Mutex::new(receiver);
                Python::attach(|py| {
                    while let Ok(work) = py.detach(|| lock(&receiver).recv()) {
                        // A panic must not end deployments; the caller sees that no answer came.
                        let fenced = std::panic::AssertUnwindSafe(|| work(py));
                        if std::panic::catch_unwind(fenced).is_err() {
                            tracing::error!(target: "zato", "a deployment step panicked");
                        }
                        counted.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            })
            .map_err(|error| {
                Error::new(ErrorKind::Io, "could not start the deployment thread").source(error)
            })?;
        Ok(Self { sender, pending })
    }
}

impl Deployer {
    /// Makes the loader and deploys the server's own services.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] if one of them cannot be deployed.
    pub(crate) fn start(host: Arc<Host>) -> Result<Self> {
        let importing: Arc<Mutex<Option<String>>> = Arc::default();
        let noted = importing.clone();
        let made = Python::attach(|py| -> PyResult<Py<PyAny>> {
            let options = PyDict::new(py);
            options.set_item("simple_io", guest::simple_io(py, &host)?)?;
            options.set_item("profile", host.options.profile.as_str())?;
            options.set_item("has_old_module_names", host.options.has_old_module_names)?;
            let filter = host.options.is_service_allowed.clone();
            let is_allowed = pyo3::types::PyCFunction::new_closure(py, None, None, move |arguments, _| {
                let (name, module, files) = arguments.extract()?;
                Ok::<bool, PyErr>((filter.0)(&ServiceCandidate { name, module, files }))
            })?;
            options.set_item("is_service_allowed", is_allowed)?;
            let listener = host.options.on_import.clone();
            let on_import = pyo3::types::PyCFunction::new_closure(py, None, None, move |arguments, _| {
                let key: Option<String> = arguments.get_item(0)?.extract()?;
                (listener.0)(key.as_deref());
                *lock(&noted) = key;
                Ok::<(), PyErr>(())
            })?;
            options.set_item("on_import", on_import)?;
            Ok(py.import("zato.server._loader")?.getattr("Loader")?.call((), Some(&options))?.unbind())
        });
        let loader = made.map_err(|error| {
            Python::attach(|py| errors::to_error(py, "could not make the loader", &error))
        })?;
        let state = Arc::new(State {
            host,
            loader,
            current: Mutex::default(),
            prepared: Mutex::new(None),
            importing,
        });
        let deployer = Self { state, line: Mutex::new(Line::start()?) };
        deployer.deploy_internal()?;
        Ok(deployer)
    }

    fn deploy_internal(&self) -> Result<()> {
        Python::attach(|py| {
            let steps = || -> PyResult<Vec<PreparedUnit>> {
                let units = py.import("zato.server._loader")?.call_method0("internal_units")?;
                let units = units.cast_into::<PyList>()?;
                let prepared = self.state.prepare_units(py, 0, &units, &[])?;
                let keys = prepared.iter().map(|unit| unit.key.clone()).collect();
                self.state.commit(py, 0, keys)?;
                Ok(prepared)
            };
            let prepared = steps()
                .map_err(|error| errors::to_error(py, "could not deploy internal services", &error))?;
            let problems: Vec<_> = prepared.into_iter().flat_map(|unit| unit.problems).collect();
            if problems.is_empty() {
                return Ok(());
            }
            Err(Error::from_problems("internal services are broken; reinstall the package", problems))
        })
    }

    /// Runs a step on the deployment thread.
    fn run<T: Send + 'static>(
        &self,
        step: impl FnOnce(Python<'_>, &State) -> PyResult<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T>> {
        let (sender, receiver) = oneshot::channel();
        let state = self.state.clone();
        let work: Work = Box::new(move |py| {
            let result = step(py, &state);
            fork::end_child(py, result.as_ref().err());
            let result = result.map_err(|error| errors::to_error(py, "deployment failed", &error));
            drop(sender.send(result));
        });
        let line = lock(&self.line);
        line.pending.fetch_add(1, Ordering::SeqCst);
        let sent = line.sender.send(work).is_ok();
        async move {
            let lost = || Error::new(ErrorKind::Deploy, "the deployment thread is gone");
            if !sent {
                return Err(lost());
            }
            receiver.await.unwrap_or_else(|_| Err(lost()))
        }
        .boxed()
    }

    /// See [`zato_core::guest::Guest::prepare`].
    pub(crate) fn prepare(
        &self,
        deployment: i64,
        changes: UnitChanges,
    ) -> BoxFuture<'static, Result<Vec<PreparedUnit>>> {
        {
            let mut line = lock(&self.line);
            if line.pending.load(Ordering::SeqCst) > 0 {
                // An import that hangs keeps its thread; deployments go on with a new one.
                match Line::start() {
                    Ok(fresh) => *line = fresh,
                    Err(error) => return async move { Err(error) }.boxed(),
                }
            }
        }
        self.run(move |py, state| {
            let units = PyList::empty(py);
            for unit in &changes.put {
                units.append(describe(py, unit)?)?;
            }
            state.prepare_units(py, deployment, &units, &changes.delete)
        })
    }

    /// See [`zato_core::guest::Guest::preparing`].
    pub(crate) fn preparing(&self) -> Option<String> {
        lock(&self.state.importing).clone()
    }

    /// See [`zato_core::guest::Guest::commit`].
    pub(crate) fn commit(
        &self,
        deployment: i64,
        units: Vec<String>,
    ) -> BoxFuture<'static, Result<Vec<ServiceInfo>>> {
        let committed = self.run(move |py, state| state.commit(py, deployment, units));
        // Old classes are in reference cycles; collecting them here keeps that work out of requests. Hooks and modules
        // may have spawned greenlets; a deployment that comes meanwhile gets a thread of its own.
        drop(self.run(|py, _| {
            py.import("gc")?.call_method0("collect")?;
            greenlets::go_on(py);
            Ok(())
        }));
        committed
    }

    /// See [`zato_core::guest::Guest::abort`].
    pub(crate) fn abort(&self, deployment: i64) -> BoxFuture<'static, Result<()>> {
        let (sender, receiver) = oneshot::channel();
        let state = self.state.clone();
        let work = move || {
            let aborted = Python::attach(|py| {
                state
                    .abort(py, deployment)
                    .map_err(|error| errors::to_error(py, "could not abort a deployment", &error))
            });
            drop(sender.send(aborted));
        };
        // Not on the line: what is to be aborted may be what keeps it from doing anything else.
        let started = std::thread::Builder::new().name("zato-abort".to_owned()).spawn(work);
        async move {
            if let Err(error) = started {
                let failed = Error::new(ErrorKind::Io, "could not start a thread to abort a deployment");
                return Err(failed.source(error));
            }
            receiver
                .await
                .unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "aborting a deployment failed")))
        }
        .boxed()
    }
}

impl State {
    fn abort(&self, py: Python<'_>, deployment: i64) -> PyResult<()> {
        let forgotten = lock(&self.prepared).take_if(|prepared| prepared.deployment == deployment);
        drop(forgotten);
        self.loader.bind(py).call_method1("abort", (deployment,)).map(drop)
    }

    fn prepare_units(
        &self,
        py: Python<'_>,
        deployment: i64,
        units: &Bound<'_, PyList>,
        delete: &[String],
    ) -> PyResult<Vec<PreparedUnit>> {
        let stale = lock(&self.prepared).take();
        if let Some(stale) = stale {
            self.loader.bind(py).call_method1("abort", (stale.deployment,))?;
        }
        let described = self.loader.bind(py).call_method1("prepare", (deployment, units, delete.to_vec()))?;
        let mut entries = BTreeMap::new();
        let mut report = Vec::new();
        for unit in described.try_iter()? {
            let unit = unit?.cast_into::<PyDict>()?;
            let (prepared, services) = self.read_unit(py, &unit)?;
            if prepared.problems.is_empty() {
                entries.insert(prepared.key.clone(), services);
            }
            report.push(prepared);
        }
        *lock(&self.prepared) = Some(Prepared { deployment, units: entries, delete: delete.to_vec() });
        Ok(report)
    }

    /// Reads what the loader says about one unit and compiles its services.
    fn read_unit(
        &self,
        py: Python<'_>,
        unit: &Bound<'_, PyDict>,
    ) -> PyResult<(PreparedUnit, Vec<Arc<Entry>>)> {
        let item = |name: &str| {
            unit.get_item(name)?
                .ok_or_else(|| pyo3::exceptions::PyKeyError::new_err(format!("the loader left out `{name}`")))
        };
        let key: String = item("key")?.extract()?;
        let is_internal = key.starts_with("zato:");
        let mut problems = Vec::new();
        for problem in item("problems")?.try_iter()? {
            problems.push(read_problem(&problem?.cast_into::<PyDict>()?)?);
        }
        let mut entries = Vec::new();
        if problems.is_empty() {
            for service in item("services")?.try_iter()? {
                let service = service?.cast_into::<PyDict>()?;
                match Entry::from_description(&service, &key, is_internal, self.host.options.profile) {
                    Ok(entry) => entries.push(Arc::new(entry)),
                    Err(error) => {
                        let text =
                            |name: &str| service.get_item(name).ok().flatten().map(|value| value.to_string());
                        let mut problem = Problem::new(error.value(py).to_string())
                            .object(format!("service `{}`", text("name").unwrap_or_default()));
                        problem.file = text("file");
                        problem.line = text("line").and_then(|line| line.parse().ok());
                        problems.push(problem);
                    }
                }
            }
        }
        let prepared = PreparedUnit {
            key,
            services: entries.iter().map(|entry| entry.info.clone()).collect(),
            depends_on: item("depends_on")?.extract()?,
            is_dependant: item("is_dependant")?.is_truthy()?,
            problems,
        };
        Ok((prepared, entries))
    }

    fn commit(&self, py: Python<'_>, deployment: i64, keys: Vec<String>) -> PyResult<Vec<ServiceInfo>> {
        let prepared = lock(&self.prepared).take_if(|prepared| prepared.deployment == deployment);
        let Some(mut prepared) = prepared else {
            return Err(pyo3::exceptions::PyLookupError::new_err(format!(
                "deployment {deployment} is not prepared"
            )));
        };
        let in_effect = self.loader.bind(py).call_method1("commit", (deployment, keys.clone()))?;
        let mut dropped = Vec::new();
        let registry = {
            let mut current = lock(&self.current);
            for key in &prepared.delete {
                dropped.extend(current.remove(key));
            }
            for key in keys {
                if let Some(entries) = prepared.units.remove(&key) {
                    dropped.extend(current.insert(key, entries));
                }
            }
            in_effect_of(&current, &in_effect)?
        };
        let services = registry.entries().map(|entry| entry.info.clone()).collect();
        let previous = self.host.registry.swap(Arc::new(registry));
        drop((previous, dropped, prepared));
        Ok(services)
    }
}

/// Picks the services in effect: of two units with a service of one name the loader says which it is.
fn in_effect_of(units: &Units, services: &Bound<'_, PyAny>) -> PyResult<Registry> {
    let mut entries = Vec::new();
    for service in services.try_iter()? {
        let service = service?;
        let name: String = service.get_item("name")?.extract()?;
        let unit: String = service.get_item("unit")?.extract()?;
        let found =
            units.get(&unit).and_then(|entries| entries.iter().rfind(|entry| entry.info.name == name));
        entries.extend(found.cloned());
    }
    Ok(Registry::new(entries))
}

fn describe<'py>(py: Python<'py>, unit: &Unit) -> PyResult<Bound<'py, PyDict>> {
    let files = PyList::empty(py);
    for file in &unit.files {
        let described = PyDict::new(py);
        described.set_item("path", &file.path)?;
        described.set_item("location", file.location.to_string_lossy().as_ref())?;
        described.set_item("content", &file.content)?;
        files.append(described)?;
    }
    let described = PyDict::new(py);
    described.set_item("key", &unit.key)?;
    described.set_item("module", &unit.module)?;
    described.set_item("is_package", unit.is_package)?;
    described.set_item("is_internal", unit.is_internal)?;
    described.set_item("files", files)?;
    described.set_item("hash", &unit.hash)?;
    Ok(described)
}

fn read_problem(problem: &Bound<'_, PyDict>) -> PyResult<Problem> {
    let text = |name: &str| -> PyResult<Option<String>> {
        problem.get_item(name)?.filter(|value| !value.is_none()).map(|value| value.extract()).transpose()
    };
    let line = problem
        .get_item("line")?
        .filter(|value| !value.is_none())
        .map(|value| value.extract())
        .transpose()?;
    Ok(Problem {
        file: text("file")?,
        line,
        object: None,
        field: None,
        message: text("message")?.unwrap_or_else(|| "unknown problem".to_owned()),
        hint: text("hint")?,
    })
}
