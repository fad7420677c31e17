//! The list of commands in the documents is that of the program.

use std::path::Path;

#[test]
fn the_list_of_commands_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/commands.md");
    let expected = zato_cli::reference();
    if std::env::var_os("ZATO_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == expected,
        "`ZATO_UPDATE_DOCS=1 cargo test -p zato-cli --test it docs` updates {}",
        path.display()
    );
}
