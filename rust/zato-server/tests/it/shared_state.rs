//! Caches and locks over a real socket.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use zato_core::ErrorKind;
use zato_server::shared_state::{
    Answer, Call, Client, Criterion, Definitions, Filter, Found, Keeper, Key, Limits, Lookup, Progress,
};

struct Place {
    keeper: Option<Keeper>,
    path: PathBuf,
    _directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("control.shared");
        let keeper = Some(Keeper::start(&path, Definitions::default()).unwrap());
        Self { keeper, path, _directory: directory }
    }

    fn client(&self) -> Client {
        Client::of_server(self.path.clone())
    }
}

fn set(key: &str, value: &str) -> Call {
    let value = bytes::Bytes::copy_from_slice(value.as_bytes());
    Call::Set { key: Key::text(key), value, characters: Some(1), expiry: None, needs_entry: false }
}

fn get(key: &str) -> Call {
    Call::Get { key: Key::text(key), needs_entry: false }
}

fn found(value: &str) -> Answer {
    let value = bytes::Bytes::copy_from_slice(value.as_bytes());
    Answer::Lookup(Lookup::Found(Found { value, entry: None }))
}

/// Waits for as long as it takes to be decided.
fn decide(client: &Client, name: &str, patience: Option<Duration>) -> Progress {
    let mut pending = client.acquire(name, None, patience).unwrap();
    loop {
        match client.wait(&mut pending, Duration::from_millis(50)).unwrap() {
            Progress::Waiting => {}
            decided => return decided,
        }
    }
}

#[test]
fn clients_share_a_cache() {
    let place = Place::new();
    let (one, two) = (place.client(), place.client());
    assert_eq!(one.call("", set("a", "1")).unwrap(), Answer::Lookup(Lookup::Missing));
    assert_eq!(two.call("default", get("a")).unwrap(), found("1"));
    let filter = Filter { criterion: Criterion::Prefix, patterns: vec![Key::text("a")], limit: None };
    let dropped = two.call("", Call::DeleteMatching { filter, returns_found: true }).unwrap();
    assert_eq!(dropped, Answer::Pairs(vec![(Key::text("a"), bytes::Bytes::from_static(b"1"))]));
    assert_eq!(one.call("", get("a")).unwrap(), Answer::Lookup(Lookup::Missing));
    let large = "x".repeat(3 << 20);
    one.call("", set("large", &large)).unwrap();
    assert_eq!(two.call("", get("large")).unwrap(), found(&large));
    let error = one.call("crm", get("a")).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "there is no cache `crm`"));
}

#[test]
fn definitions_change_while_clients_are_connected() {
    let place = Place::new();
    let client = place.client();
    let keeper = place.keeper.as_ref().unwrap();
    let mut definitions = Definitions { revision: 2, ..Definitions::default() };
    definitions.caches.insert("crm".to_owned(), Limits::default());
    keeper.configure(definitions.clone());
    for key in ["a", "b", "c"] {
        client.call("crm", set(key, "1")).unwrap();
    }
    definitions.caches.insert("crm".to_owned(), Limits { max_size: 1, ..Limits::default() });
    keeper.configure(definitions);
    assert_eq!(client.call("crm", Call::Keys).unwrap(), Answer::Keys(vec![Key::text("c")]));
    keeper.configure(Definitions { revision: 1, ..Definitions::default() });
    assert!(client.call("crm", Call::Find).is_ok(), "an older revision is not brought back");
    keeper.configure(Definitions { revision: 3, ..Definitions::default() });
    assert_eq!(client.call("crm", Call::Find).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_slow_client_and_waiting_ones_delay_nobody() {
    let place = Place::new();
    let mut slow = UnixStream::connect(&place.path).unwrap();
    slow.write_all(&[0, 0, 0, 200, 1]).unwrap();
    let holder = place.client();
    let Progress::Granted(fence) = decide(&holder, "a", None) else { panic!("it is free") };
    let waiting = place.client();
    let mut pending = waiting.acquire("a", None, Some(Duration::from_secs(60))).unwrap();
    assert_eq!(waiting.wait(&mut pending, Duration::from_millis(1)).unwrap(), Progress::Waiting);
    let client = Arc::new(place.client());
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let client = Arc::clone(&client);
            std::thread::spawn(move || {
                let key = number.to_string();
                for round in 0..200 {
                    client.call("", set(&key, &format!("{number}.{round}"))).unwrap();
                    assert_eq!(client.call("", get(&key)).unwrap(), found(&format!("{number}.{round}")));
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let begun = Instant::now();
    assert!(holder.release("a", fence).unwrap());
    let progress = waiting.wait(&mut pending, Duration::from_secs(20)).unwrap();
    assert!(matches!(progress, Progress::Granted(next) if next > fence), "{progress:?}");
    assert!(begun.elapsed() < Duration::from_secs(2), "waiters are told at once");
}

#[test]
fn a_frame_that_is_too_long_or_makes_no_sense_ends_its_connection_only() {
    let place = Place::new();
    let client = place.client();
    client.call("", set("a", "1")).unwrap();
    for frame in [&[0xff, 0xff, 0xff, 0xff, 1][..], &[0, 0, 0, 3, 9, 9, 9]] {
        let mut stream = UnixStream::connect(&place.path).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(frame).unwrap();
        // Unread bytes make it a reset.
        let read = stream.read(&mut [0; 8]);
        assert!(
            matches!(&read, Ok(0))
                || read.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset),
            "{read:?}"
        );
    }
    assert_eq!(client.call("", get("a")).unwrap(), found("1"));
}

#[test]
fn waiting_ends_at_its_limit_and_giving_up_leaves_the_queue() {
    let place = Place::new();
    let (holder, other) = (place.client(), place.client());
    let Progress::Granted(fence) = decide(&holder, "a", None) else { panic!("it is free") };
    assert_eq!(decide(&other, "a", None), Progress::Refused);
    assert_eq!(decide(&other, "a", Some(Duration::from_millis(30))), Progress::Refused);
    let mut given_up = other.acquire("a", None, Some(Duration::from_secs(60))).unwrap();
    assert_eq!(other.wait(&mut given_up, Duration::from_millis(1)).unwrap(), Progress::Waiting);
    other.give_up(given_up).unwrap();
    assert!(holder.release("a", fence).unwrap());
    let Progress::Granted(_) = decide(&holder, "a", None) else { panic!("nobody else waits") };
    // Granted before it was given up.
    let granted = other.acquire("b", None, None).unwrap();
    other.give_up(granted).unwrap();
    assert!(matches!(decide(&holder, "b", Some(Duration::from_secs(5))), Progress::Granted(_)));
}

#[test]
fn a_lock_ends_with_the_client_that_holds_it_and_with_its_time() {
    let place = Place::new();
    let (holder, other) = (place.client(), place.client());
    assert!(matches!(decide(&holder, "a", None), Progress::Granted(_)));
    drop(holder);
    assert!(matches!(decide(&other, "a", Some(Duration::from_secs(10))), Progress::Granted(_)));
    let mut short = other.acquire("b", Some(Duration::from_millis(20)), None).unwrap();
    let Progress::Granted(fence) = other.wait(&mut short, Duration::from_secs(5)).unwrap() else {
        panic!("it is free")
    };
    assert!(matches!(decide(&place.client(), "b", Some(Duration::from_secs(10))), Progress::Granted(_)));
    assert!(!other.release("b", fence).unwrap());
}

#[test]
fn a_lock_is_free_when_its_process_is_killed() {
    const VARIABLE: &str = "ZATO_TEST_LOCK_HOLDER";
    if let Some(path) = std::env::var_os(VARIABLE) {
        let client = Client::of_server(path.into());
        assert!(matches!(decide(&client, "a", None), Progress::Granted(_)));
        println!("held");
        loop {
            std::thread::park();
        }
    }
    let place = Place::new();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "shared_state::a_lock_is_free_when_its_process_is_killed", "--nocapture"])
        .env(VARIABLE, &place.path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let output = child.stdout.as_mut().unwrap();
    while !said.contains("held") {
        let mut byte = [0];
        assert_eq!(output.read(&mut byte).unwrap(), 1, "the child ended early: {said}");
        said.push(char::from(byte[0]));
    }
    let client = place.client();
    assert_eq!(decide(&client, "a", None), Progress::Refused);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(matches!(decide(&client, "a", Some(Duration::from_secs(10))), Progress::Granted(_)));
}

#[test]
fn a_client_without_a_server_keeps_everything_itself() {
    let client = Arc::new(Client::of_process());
    client.call("", set("a", "1")).unwrap();
    assert_eq!(client.call("default", get("a")).unwrap(), found("1"));
    let mut held = client.acquire("a", Some(Duration::from_millis(50)), None).unwrap();
    let Progress::Granted(fence) = client.wait(&mut held, Duration::ZERO).unwrap() else {
        panic!("it is free")
    };
    assert_eq!(decide(&client, "a", None), Progress::Refused);
    assert_eq!(decide(&client, "a", Some(Duration::from_millis(5))), Progress::Refused);
    assert!(
        matches!(decide(&client, "a", Some(Duration::from_secs(10))), Progress::Granted(next) if next > fence)
    );
    let pending = client.acquire("a", None, Some(Duration::from_secs(10))).unwrap();
    client.give_up(pending).unwrap();
}

#[test]
fn a_client_says_what_is_the_matter_and_connects_again() {
    let mut place = Place::new();
    let client = place.client();
    client.call("", set("a", "1")).unwrap();
    drop(place.keeper.take());
    assert_eq!(client.call("", get("a")).unwrap_err().kind(), ErrorKind::Io);
    let error = client.call("", get("a")).unwrap_err();
    assert!(error.message().starts_with("could not reach the caches and locks of the server"), "{error}");
    place.keeper = Some(Keeper::start(&place.path, Definitions::default()).unwrap());
    assert_eq!(client.call("", get("a")).unwrap(), Answer::Lookup(Lookup::Missing));
}
