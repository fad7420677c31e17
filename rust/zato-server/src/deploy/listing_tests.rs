use std::os::unix::fs::symlink;

use super::*;

fn root(path: &Path) -> Root {
    Root { path: path.to_path_buf(), is_recursive: true, patterns: Vec::new(), others: Vec::new() }
}

fn write(base: &Path, path: &str) {
    let path = base.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "x = 1\n").unwrap();
}

fn keys(listing: &Listing) -> Vec<(&str, &str, bool, usize)> {
    let units = listing.units.values();
    units.map(|unit| (unit.key.as_str(), unit.module.as_str(), unit.is_package, unit.files.len())).collect()
}

#[test]
fn finds_modules_packages_and_modules_in_directories() {
    let directory = tempfile::tempdir().unwrap();
    for path in [
        "crm.py",
        "my-api.py",
        "my.api.py",
        ".crm.py.swp",
        "crm.py~",
        "notes.txt",
        "__pycache__/crm.pyc",
        ".git/hook.py",
        "sales/orders.py",
        "sales/deep/leads.py",
        "billing/__init__.py",
        "billing/core.py",
        "billing/sub/__init__.py",
        "billing/sub/tax.py",
        "billing/data/rates.json",
        "venv/pyvenv.cfg",
        "venv/lib/site.py",
        "__init__.py",
    ] {
        write(directory.path(), path);
    }
    let listing = Listing::take(&root(directory.path()));
    assert_eq!(
        keys(&listing),
        [
            ("billing", "billing", true, 4),
            ("crm.py", "crm", false, 1),
            ("my-api.py", "my-api", false, 1),
            ("my.api.py", "my.api", false, 1),
            ("sales/deep/leads.py", "leads", false, 1),
            ("sales/orders.py", "orders", false, 1),
        ]
    );
    assert!(listing.problems.is_empty());
    let paths: Vec<_> = listing.units["billing"].files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["__init__.py", "core.py", "sub/__init__.py", "sub/tax.py"]);
}

#[test]
fn follows_links_to_directories_and_files_but_not_in_circles() {
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "code/orders.py");
    write(outside.path(), "single.py");
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "sub/a.py");
    symlink(outside.path().join("code"), directory.path().join("linked")).unwrap();
    symlink(directory.path(), directory.path().join("sub/loop")).unwrap();
    symlink("sub", directory.path().join("again")).unwrap();
    symlink(outside.path().join("single.py"), directory.path().join("alias.py")).unwrap();
    symlink("/nowhere/at/all.py", directory.path().join("broken.py")).unwrap();
    let listing = Listing::take(&root(directory.path()));
    assert_eq!(
        keys(&listing),
        [
            ("alias.py", "alias", false, 1),
            ("linked/orders.py", "orders", false, 1),
            ("sub/a.py", "a", false, 1),
        ]
    );
    let real = fs::canonicalize(outside.path()).unwrap();
    assert!(listing.directories.contains(&real.join("code")));
    assert!(listing.directories.contains(&real), "the directory of a linked file is watched");
    assert_eq!(listing.units["alias.py"].files[0].event_paths.1, Some(real.join("single.py")));
    assert_eq!(
        listing.problems.values().map(|problem| problem.message.as_str()).collect::<Vec<_>>(),
        ["the symbolic link leads nowhere"]
    );
}

#[test]
fn a_directory_that_does_not_exist_is_told_from_an_empty_one() {
    let directory = tempfile::tempdir().unwrap();
    assert!(Listing::take(&root(directory.path())).exists);
    let missing = Listing::take(&root(&directory.path().join("missing")));
    assert!(!missing.exists && missing.problems.is_empty());
}

#[test]
fn a_path_outside_is_a_file_a_package_or_a_directory_of_them() {
    let directory = tempfile::tempdir().unwrap();
    for path in ["crm.py", "billing/__init__.py", "many/a.py", "many/b.py"] {
        write(directory.path(), path);
    }
    assert_eq!(
        keys(&Listing::take_path(&directory.path().join("crm.py"), &[])),
        [("crm.py", "crm", false, 1)]
    );
    assert_eq!(
        keys(&Listing::take_path(&directory.path().join("billing"), &[])),
        [("billing", "billing", true, 1)]
    );
    assert_eq!(
        keys(&Listing::take_path(&directory.path().join("many"), &[])),
        [("a.py", "a", false, 1), ("b.py", "b", false, 1)]
    );
    assert!(!Listing::take_path(&directory.path().join("missing.py"), &[]).exists);
}

#[test]
fn only_flat_modules_are_taken_where_walking_is_off() {
    let directory = tempfile::tempdir().unwrap();
    for path in ["crm.py", "billing/__init__.py", "many/a.py"] {
        write(directory.path(), path);
    }
    let listing = Listing::take(&Root { is_recursive: false, ..root(directory.path()) });
    assert_eq!(keys(&listing), [("crm.py", "crm", false, 1)]);
}

#[test]
fn a_server_below_or_around_a_directory_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    for path in [
        "project/api.py",
        "project/env/server1/.zato-info",
        "project/env/server1/pickup/incoming/services/crm.py",
        "project/env/server1/work/hot-deploy/current/crm.py",
        "project/env/server1/code/own.py",
        "project/work/jobs.py",
    ] {
        write(directory.path(), path);
    }
    let project = directory.path().join("project");
    let found = [("api.py", "api", false, 1), ("work/jobs.py", "jobs", false, 1)];
    assert_eq!(keys(&Listing::take(&root(&project))), found);
    assert_eq!(keys(&Listing::take_path(&project, &[])), found);
    let pickup = project.join("env/server1/pickup/incoming/services");
    symlink(project.join("env"), pickup.join("up")).unwrap();
    assert_eq!(keys(&Listing::take(&root(&pickup))), [("crm.py", "crm", false, 1)]);
    let server = Root { others: vec![pickup], ..root(&project.join("env/server1")) };
    assert_eq!(keys(&Listing::take(&server)), [("code/own.py", "own", false, 1)]);
}

#[test]
fn a_path_in_a_pickup_directory_is_called_as_it_is_there() {
    let directory = tempfile::tempdir().unwrap();
    for path in ["in/crm.py", "in/many/sub/a.py", "in/many/b.py", "in/billing/__init__.py"] {
        write(directory.path(), path);
    }
    let pickup = [directory.path().join("other"), directory.path().join("in")];
    let picked_up = Listing::take(&root(&pickup[1]));
    let take = |path: &str| Listing::take_path(&pickup[1].join(path), &pickup);
    assert_eq!(keys(&take("crm.py")), [("crm.py", "crm", false, 1)]);
    assert_eq!(keys(&take("many/b.py")), [("many/b.py", "b", false, 1)]);
    let all: Vec<String> =
        ["billing", "crm.py", "many"].iter().flat_map(|path| take(path).units.into_keys()).collect();
    assert_eq!(all, picked_up.units.into_keys().collect::<Vec<_>>());
    assert_eq!(keys(&Listing::take_path(&pickup[1], &pickup)).len(), 4);
    symlink(&pickup[1], directory.path().join("link")).unwrap();
    let linked = Listing::take_path(&directory.path().join("link/many"), &pickup);
    assert_eq!(keys(&linked).iter().map(|unit| unit.0).collect::<Vec<_>>(), ["many/b.py", "many/sub/a.py"]);
}

#[test]
fn files_that_are_left_out_because_of_their_names_are_told() {
    let directory = tempfile::tempdir().unwrap();
    for path in
        ["crm.py", "UPPER.PY", "new\nline.py", "a\tb/c.py", "pack/__init__.py", "pack/Old.Py", "NOTES.TXT"]
    {
        write(directory.path(), path);
    }
    let listing = Listing::take(&root(directory.path()));
    assert_eq!(keys(&listing), [("crm.py", "crm", false, 1), ("pack", "pack", true, 1)]);
    let told: Vec<String> = listing.problems.values().map(|problem| problem.message.clone()).collect();
    let names = ["UPPER.PY", "a\\tb", "new\\nline.py", "Old.Py"];
    assert!(
        told.len() == 4
            && names.iter().zip(&told).all(|(name, text)| text.starts_with(&format!("`{name}` is not"))),
        "{told:?}"
    );
    let listing = Listing::take_path(&directory.path().join("UPPER.PY"), &[]);
    assert!(listing.units.is_empty() && listing.problems.len() == 1);
}
