use std::fs;

use super::super::listing::Root;
use super::super::settle::Sighting;
use super::*;

const QUIET: Duration = Duration::from_millis(5);

/// A real directory, and events and time as the test decides.
struct Scene {
    directory: tempfile::TempDir,
    index: Index,
    settle: Settle,
    now: Instant,
}

impl Scene {
    fn new(files: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut scene =
            Self { directory, index: Index::default(), settle: Settle::new(QUIET), now: Instant::now() };
        for file in files {
            scene.write(file, "x = 1\n");
        }
        scene.look();
        scene
    }

    fn path(&self, file: &str) -> PathBuf {
        fs::canonicalize(self.directory.path()).unwrap().join(file)
    }

    fn write(&self, file: &str, content: &str) {
        let path = self.directory.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn save(&mut self, file: &str, content: &str) {
        self.write(file, content);
        self.settle.note(Sighting::Complete(self.path(file)), self.now);
    }

    fn remove(&self, file: &str) {
        fs::remove_file(self.directory.path().join(file)).unwrap();
    }

    fn wait(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
    }

    fn look(&mut self) -> (Vec<String>, Vec<String>) {
        let root = Root {
            path: self.directory.path().to_path_buf(),
            is_recursive: true,
            patterns: Vec::new(),
            others: Vec::new(),
        };
        let completed = self.settle.begin_look(self.now, |_| false);
        let plan = self.index.plan(&Listing::take(&root), &completed, &self.settle, self.now);
        if let Some(at) = plan.look_again {
            self.settle.look_again_at(at);
        }
        (plan.read.into_iter().map(|unit| unit.key).collect(), plan.deleted)
    }
}

fn nothing() -> (Vec<String>, Vec<String>) {
    (Vec::new(), Vec::new())
}

fn read(keys: &[&str]) -> (Vec<String>, Vec<String>) {
    (keys.iter().map(ToString::to_string).collect(), Vec::new())
}

fn deleted(keys: &[&str]) -> (Vec<String>, Vec<String>) {
    (Vec::new(), keys.iter().map(ToString::to_string).collect())
}

#[test]
fn a_saved_file_is_read_at_once_and_once() {
    let mut scene = Scene::new(&["a.py", "b.py"]);
    assert_eq!(scene.look(), nothing());
    scene.save("a.py", "x = 2\n");
    assert_eq!(scene.look(), read(&["a.py"]));
    assert_eq!(scene.look(), nothing());
}

#[test]
fn a_save_that_changes_neither_size_nor_time_is_read() {
    let mut scene = Scene::new(&["a.py"]);
    let path = scene.path("a.py");
    scene.settle.note(Sighting::Complete(path), scene.now);
    assert_eq!(scene.look(), read(&["a.py"]));
}

#[test]
fn a_file_being_written_is_left_alone() {
    let mut scene = Scene::new(&[]);
    scene.write("a.py", "def half(");
    let path = scene.path("a.py");
    scene.settle.note(Sighting::Created(path.clone()), scene.now);
    scene.settle.note(Sighting::Opened(path), scene.now);
    assert_eq!(scene.look(), nothing());
    scene.wait(200);
    assert_eq!(scene.look(), nothing());
    scene.save("a.py", "x = 1\n");
    assert_eq!(scene.look(), read(&["a.py"]));
}

#[test]
fn a_change_nobody_reported_is_read_once_it_is_stable() {
    let mut scene = Scene::new(&["a.py"]);
    scene.write("a.py", "longer = 1\n");
    assert_eq!(scene.look(), nothing());
    assert!(scene.settle.due_at().is_some());
    scene.write("a.py", "even_longer = 1\n");
    scene.wait(60);
    assert_eq!(scene.look(), nothing());
    scene.wait(60);
    assert_eq!(scene.look(), read(&["a.py"]));
}

#[test]
fn a_file_that_comes_back_was_not_deleted() {
    let mut scene = Scene::new(&["a.py"]);
    scene.remove("a.py");
    assert_eq!(scene.look(), nothing());
    scene.wait(200);
    assert_eq!(scene.look(), nothing());
    scene.save("a.py", "x = 2\n");
    assert_eq!(scene.look(), read(&["a.py"]));
    scene.wait(400);
    assert_eq!(scene.look(), nothing());
}

#[test]
fn a_file_that_stays_away_is_deleted() {
    let mut scene = Scene::new(&["a.py"]);
    scene.remove("a.py");
    assert_eq!(scene.look(), nothing());
    scene.now = scene.settle.due_at().unwrap();
    assert_eq!(scene.look(), deleted(&["a.py"]));
    assert_eq!(scene.look(), nothing());
}

#[test]
fn a_renamed_file_is_one_change() {
    let mut scene = Scene::new(&["a.py"]);
    fs::rename(scene.path("a.py"), scene.path("b.py")).unwrap();
    let path = scene.path("b.py");
    scene.settle.note(Sighting::Complete(path), scene.now);
    assert_eq!(scene.look(), (vec!["b.py".to_owned()], vec!["a.py".to_owned()]));
}

#[test]
fn a_package_is_not_taken_apart_while_a_file_of_it_is_saved() {
    let mut scene = Scene::new(&["billing/__init__.py", "billing/core.py"]);
    scene.remove("billing/__init__.py");
    assert_eq!(scene.look(), nothing());
    scene.save("billing/__init__.py", "x = 3\n");
    assert_eq!(scene.look(), read(&["billing"]));
    scene.remove("billing/core.py");
    assert_eq!(scene.look(), nothing());
    scene.wait(301);
    assert_eq!(scene.look(), read(&["billing"]), "it has one file less");
    scene.remove("billing/__init__.py");
    scene.write("billing/tax.py", "x = 1\n");
    assert_eq!(scene.look(), nothing());
    scene.wait(301);
    let path = scene.path("billing/tax.py");
    scene.settle.note(Sighting::Complete(path), scene.now);
    assert_eq!(scene.look(), (vec!["billing/tax.py".to_owned()], vec!["billing".to_owned()]));
}

#[test]
fn modules_that_become_a_package_are_replaced_at_once() {
    let mut scene = Scene::new(&["billing/core.py"]);
    scene.save("billing/__init__.py", "");
    assert_eq!(scene.look(), (vec!["billing".to_owned()], vec!["billing/core.py".to_owned()]));
}

#[test]
fn nothing_is_deleted_with_the_directory_itself() {
    let mut scene = Scene::new(&["a.py"]);
    let path = scene.directory.path().to_path_buf();
    let away = path.with_extension("away");
    fs::rename(&path, &away).unwrap();
    scene.wait(400);
    assert_eq!(scene.look(), nothing());
    fs::rename(&away, &path).unwrap();
    assert_eq!(scene.look(), nothing());
}

#[test]
fn a_directory_moved_in_is_complete() {
    let mut scene = Scene::new(&[]);
    scene.write("sales/a.py", "x = 1\n");
    let path = scene.path("sales");
    scene.settle.note(Sighting::WholeDirectory(path), scene.now);
    assert_eq!(scene.look(), read(&["sales/a.py"]));
}
