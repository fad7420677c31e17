//! Connections compiled the way a worker does, and servers for them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use zato_http_client::{Answer, Body, Call, Connection, Connections, Failure, Limits, Overrides};
use zato_store::{Cipher, Object, SecretKey, Snapshot};

/// Long enough for anything that works.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn object(id: i64, kind: &str, name: &str, spec: Value) -> Object {
    Object {
        id,
        kind: kind.to_owned(),
        name: name.to_owned(),
        is_active: true,
        spec,
        revision: id,
        updated_by: "test".to_owned(),
        updated_at: "2026-01-01T00:00:00Z".parse().unwrap(),
    }
}

pub(crate) fn compile(objects: Vec<Object>, previous: &Connections) -> Connections {
    let cipher = Cipher::new(&SecretKey::generate().unwrap()).unwrap();
    let (connections, problems) = Connections::compile(&Snapshot { revision: 1, objects }, &cipher, previous);
    assert!(problems.is_empty(), "{problems:?}");
    connections
}

pub(crate) fn connection(spec: Value) -> Arc<Connection> {
    let connections = compile(vec![object(1, "outgoing.rest", "c", spec)], &Connections::default());
    Arc::clone(connections.rest("c").unwrap())
}

pub(crate) fn get(connection: &Connection) -> Call {
    Call {
        method: Method::GET,
        url: connection.config.address(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        limits: Limits { connect: Some(Duration::from_secs(5)), read: Some(Duration::from_secs(5)) },
        follows_redirects: true,
        is_streamed: false,
        overrides: Overrides::default(),
    }
}

pub(crate) fn send(connection: &Connection, call: Call) -> Result<Answer, Failure> {
    connection.start(call)?.wait(PATIENCE).unwrap()
}

pub(crate) fn text(answer: Answer) -> String {
    let Body::Whole(bytes) = answer.body else { return "a streamed body".to_owned() };
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A server that answers every request with what a function makes of its head.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (count, answer) = (Arc::clone(&connections), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                let (stream, answer) = (stream.unwrap(), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &*answer));
            }
        });
        Self { address, connections }
    }

    pub(crate) fn connection(&self) -> Arc<Connection> {
        connection(json!({"host": format!("http://{}", self.address)}))
    }
}

fn serve(mut stream: TcpStream, answer: &(impl Fn(&str) -> Vec<u8> + ?Sized)) {
    let mut head = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
        if head.ends_with(b"\r\n\r\n") {
            let bytes = answer(std::str::from_utf8(&head).unwrap());
            if bytes.is_empty() || stream.write_all(&bytes).is_err() {
                return;
            }
            head.clear();
        }
    }
}

pub(crate) fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
