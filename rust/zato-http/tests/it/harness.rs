//! A server on a free port, and a client that sees every byte.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use zato_core::guest::{Guest, GuestStatistics, PreparedUnit, ServiceInfo, ServiceSettings, UnitChanges};
use zato_core::invocation::{Body, Failure, Invocation, Outcome, Response};
use zato_core::{Result, Secret};
use zato_http::{AccessLog, Drained, HttpOptions, Listeners, Metrics, State, Tables, serve};
use zato_store::{Cipher, Object, SecretKey, Snapshot};

/// Nothing in a test takes longer than this, unless it is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Runs services as one closure says.
struct ClosureGuest(Box<dyn Fn(Invocation) + Send + Sync>);

impl Guest for ClosureGuest {
    fn submit(&self, invocation: Invocation) {
        (self.0)(invocation);
    }

    fn services(&self) -> Vec<ServiceInfo> {
        Vec::new()
    }

    fn has_service(&self, _: &str) -> bool {
        true
    }

    fn prepare(&self, _: i64, _: UnitChanges) -> BoxFuture<'static, Result<Vec<PreparedUnit>>> {
        async { Ok(Vec::new()) }.boxed()
    }

    fn commit(&self, _: i64, _: Vec<String>) -> BoxFuture<'static, Result<Vec<ServiceInfo>>> {
        async { Ok(Vec::new()) }.boxed()
    }

    fn abort(&self, _: i64) -> BoxFuture<'static, Result<()>> {
        async { Ok(()) }.boxed()
    }

    fn statistics(&self) -> GuestStatistics {
        GuestStatistics { services: 7, ..GuestStatistics::default() }
    }

    fn configure(&self, _: Arc<ServiceSettings>) {}

    fn drain(&self, _: Duration) -> BoxFuture<'static, bool> {
        async { true }.boxed()
    }
}

/// Keeps lines of the access log.
#[derive(Default)]
pub(crate) struct Lines(pub(crate) Mutex<String>);

impl AccessLog for Lines {
    fn write(&self, lines: &[u8]) {
        self.0.lock().push_str(std::str::from_utf8(lines).unwrap());
    }
}

/// What a server is started with.
pub(crate) struct Setup {
    pub(crate) options: HttpOptions,
    pub(crate) objects: Vec<Object>,
    cipher: Cipher,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let cipher = Cipher::new(&SecretKey::generate().unwrap()).unwrap();
        Self { options: HttpOptions::default(), objects: Vec::new(), cipher }
    }

    pub(crate) fn options(mut self, change: impl FnOnce(&mut HttpOptions)) -> Self {
        change(&mut self.options);
        self
    }

    fn object(mut self, kind: &str, name: &str, is_active: bool, spec: Value) -> Self {
        let id = i64::try_from(self.objects.len()).unwrap() + 1;
        self.objects.push(Object {
            id,
            kind: kind.to_owned(),
            name: name.to_owned(),
            is_active,
            spec,
            revision: id,
            updated_by: "test".to_owned(),
            updated_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        });
        self
    }

    /// A channel whose service has its name.
    pub(crate) fn channel(self, name: &str, url_path: &str) -> Self {
        self.channel_with(name, url_path, json!({}))
    }

    pub(crate) fn channel_with(self, name: &str, url_path: &str, more: Value) -> Self {
        let mut spec = json!({"service": name, "url_path": url_path});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let is_active = spec.as_object_mut().unwrap().remove("is_active").is_none_or(|flag| flag == true);
        self.object("channel.rest", name, is_active, spec)
    }

    pub(crate) fn basic_auth(self, name: &str, password: &str, is_active: bool) -> Self {
        let password = self.encrypt(password);
        let spec = json!({"username": format!("{name}-user"), "password": password, "realm": "Test"});
        self.object("security.basic_auth", name, is_active, spec)
    }

    pub(crate) fn api_key(self, name: &str, key: &str) -> Self {
        let password = self.encrypt(key);
        self.object("security.api_key", name, true, json!({"header": "X-Key", "password": password}))
    }

    /// An object as it is in the store, whatever is wrong with it.
    pub(crate) fn stored(self, kind: &str, name: &str, spec: Value) -> Self {
        self.object(kind, name, true, spec)
    }

    fn encrypt(&self, text: &str) -> String {
        if text.is_empty() { String::new() } else { self.cipher.encrypt(&Secret::new(text)).unwrap() }
    }

    pub(crate) fn compile(&self) -> (Tables, Vec<zato_core::Problem>) {
        let snapshot = Snapshot { revision: 1, objects: self.objects.clone() };
        Tables::compile(&snapshot, &self.cipher, &self.options)
    }

    pub(crate) async fn start(self, guest: impl Fn(Invocation) + Send + Sync + 'static) -> Server {
        Server::start(self, guest, |state| state).await
    }
}

/// A running server; stops when told, or with the test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) state: Arc<State>,
    pub(crate) tables: Arc<ArcSwap<Tables>>,
    pub(crate) lines: Arc<Lines>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<Drained>>,
}

impl Server {
    pub(crate) async fn start(
        setup: Setup,
        guest: impl Fn(Invocation) + Send + Sync + 'static,
        change: impl FnOnce(State) -> State,
    ) -> Self {
        let (tables, problems) = setup.compile();
        for problem in problems {
            eprintln!("problem: {problem}");
        }
        let tables = Arc::new(ArcSwap::from_pointee(tables));
        let lines = Arc::new(Lines::default());
        let state = State::new(
            setup.options,
            Arc::clone(&tables),
            Arc::new(ClosureGuest(Box::new(guest))),
            Metrics::new(0).unwrap(),
        );
        let log: Arc<dyn AccessLog> = Arc::<Lines>::clone(&lines);
        let state = Arc::new(change(state.with_access_log(log)));
        let listeners = Listeners::bind(&["127.0.0.1:0".parse().unwrap()], false).unwrap();
        let address = listeners.addresses().unwrap()[0];
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listeners, Arc::clone(&state), async {
            let _ = stopped.await;
        }));
        Self { address, state, tables, lines, stop: Some(stop), task }
    }

    pub(crate) async fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Client { stream, buffer: Vec::new() }
    }

    /// Sends one request on a connection of its own; gives status, headers and body.
    pub(crate) async fn request(&self, request: &str) -> Answer {
        let mut client = self.connect().await;
        client.send(request).await;
        client.answer().await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(&format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n")).await
    }

    /// Tells the server to stop.
    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    pub(crate) async fn stopped(self) -> Drained {
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap().unwrap()
    }
}

/// A connection to the server.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
}

/// A response as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Client {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    async fn fill(&mut self) -> usize {
        let read = self.stream.read_buf(&mut self.buffer);
        tokio::time::timeout(PATIENCE, read).await.expect("the server says nothing").unwrap_or(0)
    }

    /// Reads a line end, whatever comes before it included.
    async fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
                return String::from_utf8(line[..end].to_vec()).unwrap();
            }
            assert!(
                self.fill().await > 0,
                "connection closed in a line: {:?}",
                self.buffer.escape_ascii().to_string()
            );
        }
    }

    pub(crate) async fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.buffer.len() < count {
            assert!(self.fill().await > 0, "connection closed in a body");
        }
        self.buffer.drain(..count).collect()
    }

    /// Reads the head of a response.
    pub(crate) async fn head(&mut self) -> Answer {
        let status_line = self.line().await;
        let mut parts = status_line.splitn(3, ' ');
        assert!(parts.next().unwrap().starts_with("HTTP/1."), "{status_line}");
        let status = parts.next().unwrap().parse().unwrap();
        let reason = parts.next().unwrap_or_default().to_owned();
        let mut head = String::new();
        loop {
            let line = self.line().await;
            if line.is_empty() {
                return Answer { status, reason, head, body: String::new() };
            }
            head.push_str(&line);
            head.push('\n');
        }
    }

    /// Reads one chunk; none at the end.
    pub(crate) async fn chunk(&mut self) -> Option<String> {
        let size = usize::from_str_radix(&self.line().await, 16).unwrap();
        let bytes = self.exactly(size).await;
        assert_eq!(self.line().await, "");
        (size > 0).then(|| String::from_utf8(bytes).unwrap())
    }

    /// Reads a whole response.
    pub(crate) async fn answer(&mut self) -> Answer {
        let mut answer = self.head().await;
        let bytes = if let Some(length) = answer.header("content-length") {
            let length = length.parse().unwrap();
            self.exactly(length).await
        } else if answer.header("transfer-encoding") == Some("chunked") {
            let mut body = Vec::new();
            while let Some(chunk) = self.chunk().await {
                body.extend_from_slice(chunk.as_bytes());
            }
            body
        } else {
            Vec::new()
        };
        answer.body = String::from_utf8(bytes).unwrap();
        answer
    }

    /// Whether the server closes, without another byte.
    pub(crate) async fn is_closed(&mut self) -> bool {
        self.buffer.is_empty() && self.fill().await == 0
    }

    /// Reads until the server closes.
    pub(crate) async fn rest(&mut self) -> String {
        while self.fill().await > 0 {}
        String::from_utf8_lossy(&std::mem::take(&mut self.buffer)).into_owned()
    }
}

/// A response of a service that sets nothing but its body.
pub(crate) fn response(body: impl Into<Bytes>) -> Outcome {
    Outcome::Response(Response {
        status: 200,
        content_type: None,
        headers: Vec::new(),
        body: Body::Full(body.into()),
    })
}

/// A guest that gives the body back.
pub(crate) fn echo(invocation: Invocation) {
    let Invocation { reply, body, .. } = invocation;
    reply.send(response(body));
}

/// A guest that fails in one way.
pub(crate) fn fail_with(failure: Failure) -> impl Fn(Invocation) + Send + Sync {
    move |invocation| invocation.reply.fail(failure.clone())
}

/// A guest that keeps invocations until the test takes them.
pub(crate) fn hold() -> (impl Fn(Invocation) + Send + Sync, tokio::sync::mpsc::UnboundedReceiver<Invocation>)
{
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    (move |invocation| sender.send(invocation).unwrap(), receiver)
}

/// Waits until a condition holds.
pub(crate) async fn wait_for(mut condition: impl FnMut() -> bool) {
    let patience = tokio::time::timeout(PATIENCE, async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    patience.await.expect("the condition never held");
}
