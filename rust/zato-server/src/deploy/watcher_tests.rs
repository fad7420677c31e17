use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;

/// How long something that has to happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

struct Pickup {
    base: tempfile::TempDir,
    receiver: UnboundedReceiver<PickedUp>,
    _watcher: Watcher,
}

impl Pickup {
    async fn start(files: &[&str], is_polling: bool) -> Self {
        let base = tempfile::tempdir().unwrap();
        fs::create_dir(base.path().join("in")).unwrap();
        for file in files {
            write(&base.path().join("in").join(file), "x = 1\n");
        }
        Self::watch(base, &["in"], is_polling).await
    }

    async fn watch(base: tempfile::TempDir, directories: &[&str], is_polling: bool) -> Self {
        let directories = directories.iter().map(|name| PickupDirectory {
            name: (*name).to_owned(),
            path: base.path().join(name),
            is_recursive: true,
            patterns: vec!["*.py".to_owned()],
        });
        let options = WatchOptions {
            directories: directories.collect(),
            settle_time: Duration::from_millis(5),
            poll_interval: Duration::from_millis(50),
            is_polling,
        };
        let (sink, receiver) = unbounded_channel();
        let watcher = Watcher::start(&options, sink).unwrap();
        Self { base, receiver, _watcher: watcher }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.base.path().join("in").join(file)
    }

    async fn next(&mut self) -> PickedUp {
        tokio::time::timeout(PATIENCE, self.receiver.recv()).await.expect("nothing was picked up").unwrap()
    }

    async fn next_put(&mut self) -> Vec<String> {
        self.next().await.put.into_iter().map(|unit| unit.key).collect()
    }

    /// Makes a change that is certain to be seen, and gives everything seen up to it.
    async fn all_until_now(&mut self) -> (Vec<String>, Vec<String>) {
        write(&self.path("zz_marker.py"), &format!("# {:?}\n", Instant::now()));
        let (mut put, mut deleted) = (Vec::new(), Vec::new());
        loop {
            let next = self.next().await;
            put.extend(next.put.into_iter().map(|unit| unit.key));
            deleted.extend(next.deleted);
            if put.last().is_some_and(|key| key == "zz_marker.py") {
                put.pop();
                return (put, deleted);
            }
        }
    }
}

fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[tokio::test]
async fn what_is_there_comes_first_then_every_save() {
    for is_polling in [false, true] {
        let mut pickup = Pickup::start(&["util.py", "a.py", "b/c.py"], is_polling).await;
        let first = pickup.next().await;
        assert!(first.is_initial);
        assert_eq!(
            first.put.iter().map(|unit| unit.key.as_str()).collect::<Vec<_>>(),
            ["util.py", "a.py", "b/c.py"]
        );
        write(&pickup.path("a.py"), "x = 2\n");
        let next = pickup.next().await;
        assert_eq!(next.put[0].files[0].content, "x = 2\n");
        assert!(!next.is_initial && next.put.len() == 1 && next.deleted.is_empty());
        fs::remove_file(pickup.path("a.py")).unwrap();
        assert_eq!(pickup.next().await.deleted, ["a.py"]);
    }
}

#[tokio::test]
async fn ten_files_dropped_at_once_are_one_change() {
    let mut pickup = Pickup::start(&[], false).await;
    pickup.next().await;
    let names: Vec<String> = (0..10).map(|number| format!("n{number}.py")).collect();
    for name in &names {
        write(&pickup.path(name), "x = 1\n");
    }
    assert_eq!(pickup.next_put().await, names);
}

#[tokio::test]
async fn a_file_is_not_read_before_it_is_closed() {
    let mut pickup = Pickup::start(&[], false).await;
    pickup.next().await;
    let mut file = fs::File::create(pickup.path("a.py")).unwrap();
    file.write_all(b"def half(").unwrap();
    assert_eq!(pickup.all_until_now().await, (vec![], vec![]));
    file.write_all(b"): pass\n").unwrap();
    drop(file);
    let next = pickup.next().await;
    assert_eq!(next.put[0].files[0].content, "def half(): pass\n");
}

#[tokio::test]
async fn editors_that_replace_files_cause_one_change() {
    let mut pickup = Pickup::start(&["a.py"], false).await;
    pickup.next().await;
    // Vim: probe, move the old file to a backup, write the new one, remove the backup.
    write(&pickup.path("4913"), "");
    fs::remove_file(pickup.path("4913")).unwrap();
    fs::rename(pickup.path("a.py"), pickup.path("a.py~")).unwrap();
    write(&pickup.path("a.py"), "x = 2\n");
    fs::remove_file(pickup.path("a.py~")).unwrap();
    assert_eq!(pickup.all_until_now().await, (vec!["a.py".to_owned()], vec![]));
    // Write aside and rename.
    write(&pickup.path(".a.py.tmp"), "x = 3\n");
    fs::rename(pickup.path(".a.py.tmp"), pickup.path("a.py")).unwrap();
    assert_eq!(pickup.all_until_now().await, (vec!["a.py".to_owned()], vec![]));
    // Swap files alone are nothing.
    write(&pickup.path(".a.py.swp"), "binary");
    write(&pickup.path("#a.py#"), "x");
    assert_eq!(pickup.all_until_now().await, (vec![], vec![]));
}

#[tokio::test]
async fn a_rename_is_one_change() {
    let mut pickup = Pickup::start(&["a.py"], false).await;
    pickup.next().await;
    fs::rename(pickup.path("a.py"), pickup.path("b.py")).unwrap();
    let next = pickup.next().await;
    assert_eq!((next.put[0].key.as_str(), next.deleted), ("b.py", vec!["a.py".to_owned()]));
}

#[tokio::test]
async fn a_package_copied_file_by_file_is_one_unit() {
    let mut pickup = Pickup::start(&[], false).await;
    pickup.next().await;
    for file in ["billing/core.py", "billing/sub/tax.py", "billing/sub/__init__.py", "billing/__init__.py"] {
        write(&pickup.path(file), "x = 1\n");
    }
    let next = pickup.next().await;
    assert_eq!(next.put.len(), 1);
    assert_eq!(
        (next.put[0].key.as_str(), next.put[0].is_package, next.put[0].files.len()),
        ("billing", true, 4)
    );
    write(&pickup.path("billing/sub/tax.py"), "x = 2\n");
    assert_eq!(pickup.next_put().await, ["billing"]);
}

#[tokio::test]
async fn new_and_linked_directories_are_watched() {
    let mut pickup = Pickup::start(&[], false).await;
    pickup.next().await;
    write(&pickup.path("deep/er/a.py"), "x = 1\n");
    assert_eq!(pickup.next_put().await, ["deep/er/a.py"]);
    write(&pickup.path("deep/er/a.py"), "x = 2\n");
    assert_eq!(pickup.next_put().await, ["deep/er/a.py"]);
    let outside = pickup.base.path().join("outside");
    write(&outside.join("b.py"), "x = 1\n");
    symlink(&outside, pickup.path("linked")).unwrap();
    assert_eq!(pickup.next_put().await, ["linked/b.py"]);
    write(&outside.join("b.py"), "x = 2\n");
    assert_eq!(pickup.next_put().await, ["linked/b.py"]);
    fs::remove_file(pickup.path("linked")).unwrap();
    assert_eq!(pickup.next().await.deleted, ["linked/b.py"]);
}

#[tokio::test]
async fn linked_files_are_read_when_their_target_changes_or_is_switched() {
    let mut pickup = Pickup::start(&[], false).await;
    pickup.next().await;
    // The layout of a Kubernetes volume.
    write(&pickup.path("..v1/a.py"), "x = 1\n");
    write(&pickup.path("..v2/a.py"), "x = 2\n");
    symlink("..v1", pickup.path("..data")).unwrap();
    symlink("..data/a.py", pickup.path("a.py")).unwrap();
    assert_eq!(pickup.next_put().await, ["a.py"]);
    symlink("..v2", pickup.path("..data_tmp")).unwrap();
    fs::rename(pickup.path("..data_tmp"), pickup.path("..data")).unwrap();
    assert_eq!(pickup.next().await.put[0].files[0].content, "x = 2\n");
    write(&pickup.path("..v2/a.py"), "x = 3\n");
    assert_eq!(pickup.next().await.put[0].files[0].content, "x = 3\n");
}

#[tokio::test]
async fn a_hard_link_is_complete_at_once() {
    let mut pickup = Pickup::start(&[], false).await;
    pickup.next().await;
    write(&pickup.base.path().join("outside.py"), "x = 1\n");
    fs::hard_link(pickup.base.path().join("outside.py"), pickup.path("a.py")).unwrap();
    assert_eq!(pickup.next_put().await, ["a.py"]);
}

#[tokio::test]
async fn a_directory_that_does_not_exist_is_waited_for() {
    let base = tempfile::tempdir().unwrap();
    let mut pickup = Pickup::watch(base, &["in"], false).await;
    assert!(pickup.next().await.put.is_empty());
    write(&pickup.base.path().join("in.new/a.py"), "x = 1\n");
    fs::rename(pickup.base.path().join("in.new"), pickup.base.path().join("in")).unwrap();
    assert_eq!(pickup.next_put().await, ["a.py"]);
    write(&pickup.path("a.py"), "x = 2\n");
    assert_eq!(pickup.next_put().await, ["a.py"]);
}

#[tokio::test]
async fn another_directory_with_the_same_unit_takes_over() {
    let base = tempfile::tempdir().unwrap();
    write(&base.path().join("in/a.py"), "first = 1\n");
    write(&base.path().join("more/a.py"), "second = 1\n");
    let mut pickup = Pickup::watch(base, &["in", "more"], false).await;
    let first = pickup.next().await;
    assert_eq!((first.put.len(), first.put[0].files[0].content.as_str()), (1, "second = 1\n"));
    fs::remove_file(pickup.base.path().join("more/a.py")).unwrap();
    let next = pickup.next().await;
    assert_eq!((next.put[0].files[0].content.as_str(), next.deleted.len()), ("first = 1\n", 0));
    fs::remove_file(pickup.path("a.py")).unwrap();
    assert_eq!(pickup.next().await.deleted, ["a.py"]);
}

#[tokio::test]
async fn a_file_that_is_no_text_is_reported_by_name() {
    let mut pickup = Pickup::start(&[], false).await;
    pickup.next().await;
    fs::write(pickup.path("a.py"), b"x = '\xff'\n").unwrap();
    let UnreadableUnit { unit, problems } = pickup.next().await.unreadable.remove(0);
    assert_eq!(unit.key, "a.py");
    assert!(problems[0].to_string().contains("not valid UTF-8"), "{}", problems[0]);
    assert_eq!(problems[0].line, Some(1));
}
