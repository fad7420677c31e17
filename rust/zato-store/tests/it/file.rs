//! The SQLite file: missing, foreign, damaged, newer, locked, and how fast it opens.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use zato_core::{Error, ErrorKind};
use zato_store::{Batch, Operation, Store, StoreOptions};

use crate::place::{Place, put};

async fn raw(place: &Place) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(place.path()).create_if_missing(true);
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn refusal(options: StoreOptions) -> Error {
    Store::open(options).await.unwrap_err()
}

#[tokio::test]
async fn a_missing_file_is_not_found_and_not_made() {
    let place = Place::sqlite();
    let error = refusal(place.options()).await;
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("zato.db"), "{error}");
    assert!(error.get_hint().unwrap().contains("zato quickstart create"));
    assert!(!place.path().exists());
}

#[tokio::test]
async fn a_missing_directory_is_told_as_such() {
    let place = Place::sqlite();
    let error = refusal(StoreOptions::sqlite(place.path().join("zato.db")).create(true)).await;
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(error.get_hint(), Some("create its directory first"));
}

#[tokio::test]
async fn a_directory_is_not_a_store() {
    let place = Place::sqlite();
    fs::create_dir(place.path()).unwrap();
    assert_eq!(refusal(place.options().create(true)).await.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_new_file_is_readable_for_its_owner_only() {
    let place = Place::sqlite();
    let store = place.open().await;
    store.apply(Batch::new("admin", "").with(put("a", 1))).await.unwrap();
    let mut paths = vec![place.path()];
    paths.extend(["zato.db-wal", "zato.db-shm"].map(|name| place.path().with_file_name(name)));
    for path in paths {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn is_in_write_ahead_log_mode_and_sound() {
    let place = Place::sqlite();
    drop(place.open().await);
    let mut connection = raw(&place).await;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await.unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn text_is_not_a_store() {
    let place = Place::sqlite();
    fs::write(
        place.path(),
        "this is not a database, but a text that is long enough to have a header\n".repeat(20),
    )
    .unwrap();
    let error = refusal(place.options().create(true)).await;
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.message().contains("not an SQLite database"), "{error}");
    assert!(error.message().contains("zato.db"), "{error}");
    assert!(error.get_hint().is_some());
}

#[tokio::test]
async fn another_database_is_refused_and_left_as_it_is() {
    let place = Place::sqlite();
    let mut connection = raw(&place).await;
    connection.execute("CREATE TABLE customer (id INTEGER)").await.unwrap();
    let error = refusal(place.options().create(true)).await;
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("not a config store"), "{error}");
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await.unwrap();
    assert_eq!(mode, "delete");
}

#[tokio::test]
async fn damage_is_reported() {
    let place = Place::sqlite();
    let store = place.open().await;
    for number in 0..40 {
        let name = format!("{number} {}", "x".repeat(200));
        store.apply(Batch::new("admin", "").with(put(&name, number))).await.unwrap();
    }
    store.close().await;
    let mut bytes = fs::read(place.path()).unwrap();
    // The first page keeps header and tables; what they say about the others is no longer true.
    bytes[4096..].fill(0x5a);
    fs::write(place.path(), bytes).unwrap();
    let error = match Store::open(place.options()).await {
        Ok(store) => {
            assert!(!store.check().await.unwrap().problems.is_empty());
            store.snapshot().await.unwrap_err()
        }
        Err(error) => error,
    };
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.message().contains("damaged"), "{error}");
    assert!(error.get_hint().unwrap().contains("backup"));
}

#[tokio::test]
async fn a_truncated_file_is_damaged() {
    let place = Place::sqlite();
    let store = place.open().await;
    store.apply(Batch::new("admin", "").with(put("a", 1))).await.unwrap();
    store.close().await;
    let bytes = fs::read(place.path()).unwrap();
    fs::write(place.path(), &bytes[..bytes.len() / 2]).unwrap();
    let problem = match Store::open(place.options()).await {
        Ok(store) => store.check().await.unwrap().problems.remove(0).to_string(),
        Err(error) => error.to_string(),
    };
    assert!(problem.contains("damaged"), "{problem}");
}

#[tokio::test]
async fn changes_made_behind_its_back_are_found() {
    let place = Place::sqlite();
    let store = place.open().await;
    store.apply(Batch::new("admin", "").with(put("a", 1)).with(put("b", 1)).with(put("c", 1))).await.unwrap();
    let mut connection = raw(&place).await;
    for statement in [
        "UPDATE object SET spec = '{}' WHERE name = 'a'",
        "DELETE FROM object WHERE name = 'b'",
        "UPDATE store_state SET revision = 7",
    ] {
        connection.execute(statement).await.unwrap();
    }
    let problems: Vec<_> = store.check().await.unwrap().problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(problems[0].contains("the revision is 7, but the history has 1 batches"), "{problems:?}");
    assert!(problems[1].contains("channel.rest `a`"), "{problems:?}");
    assert!(problems[2].contains("1 objects are missing"), "{problems:?}");
}

#[tokio::test]
async fn history_cannot_be_changed() {
    let place = Place::sqlite();
    let store = place.open().await;
    store.apply(Batch::new("admin", "").with(put("a", 1))).await.unwrap();
    let mut connection = raw(&place).await;
    for statement in [
        "UPDATE history SET name = 'b'",
        "DELETE FROM history",
        "UPDATE batch SET actor = 'nobody'",
        "DELETE FROM batch",
    ] {
        let error = connection.execute(statement).await.unwrap_err();
        assert!(error.to_string().contains("history is append-only"), "{statement}: {error}");
    }
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_refused() {
    let place = Place::sqlite();
    drop(place.open().await);
    let mut connection = raw(&place).await;
    connection.execute("INSERT INTO schema_version VALUES (99, 'future', 0)").await.unwrap();
    let error = refusal(place.options()).await;
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("has version 99, this Zato knows versions up to 2"), "{error}");
    assert!(error.get_hint().unwrap().contains("newer Zato"));
}

#[tokio::test]
async fn a_store_without_tables_says_how_to_get_them() {
    let place = Place::sqlite();
    let store = Store::open(place.options().create(true)).await.unwrap();
    assert_eq!(store.schema_version().await.unwrap(), 0);
    let error = store.snapshot().await.unwrap_err();
    assert!(error.message().contains("no tables"), "{error}");
    assert!(error.get_hint().is_some());
    assert_eq!(store.check().await.unwrap().problems.len(), 1);
    assert_eq!(store.migrate().await.unwrap(), 2);
    assert_eq!(store.migrate().await.unwrap(), 2);
    assert_eq!(store.snapshot().await.unwrap().objects.len(), 0);
}

#[tokio::test]
async fn several_handles_may_create_and_migrate_at_once() {
    let place = Place::sqlite();
    let handles: Vec<_> = (0..8)
        .map(|_| {
            let options = place.options().create(true);
            tokio::spawn(async move {
                let store = Store::open(options).await?;
                store.migrate().await
            })
        })
        .collect();
    for handle in handles {
        assert_eq!(handle.await.unwrap().unwrap(), 2);
    }
}

#[tokio::test]
async fn a_lock_kept_by_somebody_else_is_told_and_readers_do_not_wait_for_it() {
    let place = Place::sqlite();
    place.open().await.apply(Batch::new("admin", "").with(put("a", 1))).await.unwrap();
    let mut other = raw(&place).await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let options = StoreOptions { busy_timeout: Duration::from_millis(50), ..place.options() };
    let store = Store::open(options).await.unwrap();
    assert_eq!(store.snapshot().await.unwrap().objects.len(), 1);
    let error = store.apply(Batch::new("admin", "").with(put("a", 2))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.kind().is_retryable());
    assert!(error.message().contains("another process keeps the config store locked"), "{error}");
    other.execute("ROLLBACK").await.unwrap();
    store.apply(Batch::new("admin", "").with(put("a", 2))).await.unwrap();
}

#[tokio::test]
async fn a_change_that_is_no_longer_awaited_is_made_as_a_whole_or_not_at_all() {
    let place = Place::sqlite();
    let store = place.open().await;
    for polls in 0..40 {
        let mut batch = Batch::new("admin", "");
        for number in 0..5 {
            batch = batch.with(put(&format!("{polls} {number}"), number));
        }
        let mut change = Box::pin(store.apply(batch));
        for _ in 0..polls {
            if futures::poll!(&mut change).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    let snapshot = store.snapshot().await.unwrap();
    assert_eq!(snapshot.objects.len(), usize::try_from(snapshot.revision).unwrap() * 5);
    assert!(store.check().await.unwrap().problems.is_empty());
    store.apply(Batch::new("admin", "").with(put("after", 1))).await.unwrap();
}

#[tokio::test]
async fn watching_does_not_keep_the_log_from_being_emptied() {
    let place = Place::sqlite();
    let (store, writer) = (place.open().await, place.open().await);
    let mut revisions = store.watch().await.unwrap();
    let revision = writer.apply(Batch::new("admin", "").with(put("a", 1))).await.unwrap().revision;
    revisions.wait_for(|seen| *seen == revision).await.unwrap();
    store.snapshot().await.unwrap();
    let mut other = raw(&place).await;
    let (is_busy, left, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut other).await.unwrap();
    assert_eq!((is_busy, left), (0, 0));
}

#[tokio::test]
async fn what_could_not_be_read_again_is_not_written() {
    let place = Place::sqlite();
    let store = place.open().await;
    let deep = (0..500).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]));
    let error = store.apply(Batch::new("admin", "").with(Operation::put("kind", "deep", true, deep))).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Invalid);
    assert!(store.snapshot().await.unwrap().objects.is_empty());
}

#[tokio::test]
async fn names_with_special_characters_are_plain_paths() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["file:zato.db?mode=memory", "ü 💡 %41.db", ":memory:"] {
        let path = directory.path().join(name);
        let store = Store::open(StoreOptions::sqlite(&path).create(true)).await.unwrap();
        store.migrate().await.unwrap();
        assert!(fs::metadata(&path).unwrap().len() > 0, "{name}");
    }
}

#[tokio::test]
async fn an_existing_store_opens_within_20_ms() {
    let place = Place::sqlite();
    let store = place.open().await;
    for batch in 0..10 {
        let operations = (0..100).map(|number| put(&format!("{batch} {number}"), number)).collect();
        store.apply(Batch { operations, ..Batch::new("admin", "") }).await.unwrap();
    }
    store.close().await;
    let mut best = Duration::MAX;
    for _ in 0..10 {
        let start = Instant::now();
        let store = Store::open(place.options()).await.unwrap();
        store.migrate().await.unwrap();
        best = best.min(start.elapsed());
        store.close().await;
    }
    assert!(best < Duration::from_millis(20), "{best:?}");
}

#[tokio::test]
async fn a_file_marked_as_belonging_to_another_program_is_refused() {
    let place = Place::sqlite();
    place.open().await.close().await;
    let mut connection = raw(&place).await;
    let identifier: i64 =
        sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut connection).await.unwrap();
    let statement = AssertSqlSafe(format!("PRAGMA application_id = {}", identifier + 1));
    connection.execute(statement).await.unwrap();
    let error = refusal(place.options()).await;
    assert_eq!(error.kind(), ErrorKind::Invalid);
}
