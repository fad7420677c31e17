//! Whole servers: real processes, sockets, files and stores; only the guest is not Python.

mod configuring;
mod crashing;
mod deploying;
mod failing;
mod fake_guest;
mod jobs;
mod lifecycle;
mod pickup;
mod processes;
mod sources;
mod standstill;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zato_server::api::Api;
use zato_server::config::{ServerPaths, secrets};
use zato_server::control::{Client, ServerStatus};
use zato_server::kinds;
use zato_store::{Cipher, SecretKey, Store, StoreOptions, UnitStatus};

use crate::place::object;

/// How long something that has to happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until a condition gives a value.
macro_rules! wait_for {
    ($what:expr, $condition:expr) => {{
        let deadline = std::time::Instant::now() + $crate::server::PATIENCE;
        loop {
            if let Some(value) = $condition {
                break value;
            }
            assert!(std::time::Instant::now() < deadline, "waited in vain: {}", $what);
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
        }
    }};
}
pub(crate) use wait_for;

/// A server in a directory of its own, stopped or running.
struct TestServer {
    directory: tempfile::TempDir,
    paths: ServerPaths,
    store: Store,
    api: Api,
    process: Option<Child>,
    environment: Vec<(String, String)>,
}

impl TestServer {
    /// Makes a server with this many workers; `configuration` is appended to server.conf.
    async fn new(workers: usize, configuration: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let key = SecretKey::generate().unwrap();
        let paths = Self::make_directory(directory.path(), "server1", workers, configuration, &key);
        let store = Store::open(StoreOptions::sqlite(paths.default_database()).create(true)).await.unwrap();
        store.migrate().await.unwrap();
        let api = Api::new(store.clone(), Cipher::new(&key).unwrap(), kinds::registry().unwrap(), "tests");
        Self { directory, paths, store, api, process: None, environment: Vec::new() }
    }

    /// Makes another server of the same cluster.
    async fn beside(other: &Self) -> Self {
        let key = SecretKey::generate().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let database = other.paths.default_database();
        let paths = Self::make_directory(directory.path(), "server2", 2, "", &key);
        let text = fs::read_to_string(paths.server_conf()).unwrap();
        fs::write(paths.server_conf(), format!("{text}[odb]\ndb_name={}\n", database.display())).unwrap();
        let store = Store::open(StoreOptions::sqlite(database)).await.unwrap();
        let api = Api::new(store.clone(), Cipher::new(&key).unwrap(), kinds::registry().unwrap(), "tests");
        Self { directory, paths, store, api, process: None, environment: Vec::new() }
    }

    fn make_directory(
        base: &std::path::Path,
        name: &str,
        workers: usize,
        configuration: &str,
        key: &SecretKey,
    ) -> ServerPaths {
        let paths = ServerPaths::new(base.join(name));
        paths.create_directories().unwrap();
        let main = format!("[main]\nbind=127.0.0.1:0\nworkers={workers}\ndrain_timeout=1\n{configuration}");
        fs::write(paths.server_conf(), main).unwrap();
        secrets::write(&paths.secrets_conf(), Some(key)).unwrap();
        paths
    }

    /// Makes and starts a server with two workers and a channel for service `crm`.
    async fn started() -> Self {
        let mut server = Self::new(2, "[hot_deploy]\nimport_timeout=1\n").await;
        server.channel("crm").await;
        server.start().await;
        server
    }

    /// Makes a channel `/NAME` for a service of that name; gives the revision of the store.
    async fn channel(&self, name: &str) -> i64 {
        let spec = json!({"service": name, "url_path": format!("/{name}")});
        self.api.create(vec![object("channel.rest", name, spec)]).await.unwrap();
        self.store.revision().await.unwrap()
    }

    fn spawn(&mut self) {
        let output = fs::File::options().append(true).create(true).open(self.output()).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["server::processes::supervisor_process", "--exact", "--ignored", "--nocapture"])
            .env("ZATO_TEST_SERVER", self.paths.base())
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output);
        self.process = Some(command.spawn().unwrap());
    }

    /// Starts the server and waits until it is ready.
    async fn start(&mut self) {
        self.spawn();
        wait_for!(format!("start\n{}", self.log()), {
            assert!(self.process.as_mut().unwrap().try_wait().unwrap().is_none(), "it ended\n{}", self.log());
            self.status().await.filter(|status| status.is_ready)
        });
    }

    fn output(&self) -> PathBuf {
        self.directory.path().join("output.log")
    }

    /// Everything the processes have said.
    fn log(&self) -> String {
        fs::read_to_string(self.output()).unwrap_or_default()
    }

    async fn client(&self) -> Client {
        Client::connect(&self.paths).await.unwrap()
    }

    async fn status(&self) -> Option<ServerStatus> {
        Client::connect(&self.paths).await.ok()?.status().await.ok()
    }

    async fn pids(&self) -> Vec<u32> {
        let status = self.status().await.unwrap();
        status.workers.iter().filter_map(|worker| worker.pid).collect()
    }

    /// Waits until all workers are ready; gives their process IDs by number.
    async fn ready_pids(&self) -> Vec<u32> {
        let status = wait_for!("all workers", self.status().await.filter(|status| status.is_ready));
        status.workers.iter().map(|worker| worker.pid.unwrap()).collect()
    }

    async fn address(&self) -> SocketAddr {
        self.status().await.unwrap().address
    }

    fn pickup(&self, file: &str) -> PathBuf {
        self.paths.incoming_services().join(file)
    }

    fn save(&self, file: &str, content: &str) {
        let path = self.pickup(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// What each worker answers, by process ID; asks until every living worker has answered.
    async fn answers(&self, path: &str) -> BTreeMap<u32, String> {
        let address = self.address().await;
        let mut answers = BTreeMap::new();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (status, body) = get(address, path).await.unwrap_or((0, String::new()));
            if status == 200 {
                let (reply, pid) = body.rsplit_once(' ').unwrap();
                answers.insert(pid.parse().unwrap(), reply.to_owned());
                if self.pids().await.iter().all(|pid| answers.contains_key(pid)) {
                    return answers;
                }
            }
            assert!(Instant::now() < deadline, "not all workers answer {path}: {answers:?}\n{}", self.log());
        }
    }

    /// Waits until every worker gives this answer.
    async fn everywhere(&self, path: &str, reply: &str) {
        wait_for!(format!("{reply} from {path}\n{}", self.log()), {
            let seen = self.answers(path).await;
            seen.values().all(|answer| answer == reply).then_some(())
        });
    }

    /// Waits until the latest attempt to deploy a unit has this outcome, and gives its problems as one text.
    async fn outcome(&self, key: &str, hash_is_new: impl Fn(&str) -> bool, status: UnitStatus) -> String {
        wait_for!(format!("{status:?} of {key}\n{}", self.log()), {
            let versions = self.store.unit_versions(key).await.unwrap();
            let latest = versions.first().filter(|version| version.status == status);
            latest.filter(|version| version.hash.as_deref().is_none_or(&hash_is_new)).map(|version| {
                version.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
            })
        })
    }

    /// Waits until the latest attempt to deploy a unit failed, and gives its problems as one text.
    async fn failure(&self, key: &str) -> String {
        self.outcome(key, |_| true, UnitStatus::Failed).await
    }

    fn signal(&self, signal: rustix::process::Signal) {
        send(self.process.as_ref().unwrap().id(), signal);
    }

    /// Waits until the server has ended.
    async fn ended(&mut self) -> ExitStatus {
        let mut process = self.process.take().unwrap();
        wait_for!("end", process.try_wait().unwrap())
    }

    async fn stop(&mut self) {
        self.signal(rustix::process::Signal::TERM);
        assert!(self.ended().await.success(), "{}", self.log());
    }

    async fn kill(&mut self) {
        self.signal(rustix::process::Signal::KILL);
        self.ended().await;
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

fn send(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

fn is_alive(pid: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !state.is_empty() && !state.contains(") Z ")
}

/// Sends one request on a connection of its own; gives status and body.
async fn get(address: SocketAddr, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = tokio::net::TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    let (head, body) = response.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Ok((status, body.to_owned()))
}
