//! Every error code has a page that says what to do, and every page is about a code.

use crate::finding::Finding;
use crate::tidy::Repository;
use crate::tree::File;

/// Where codes are given out.
const CODES: &str = "rust/zato-core/src/error.rs";
/// Where they are explained.
const PAGES: &str = "docs/errors/";

/// See the module.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    let tree = &repository.tree;
    let Some(source) = tree.get(CODES) else { return Vec::new() };
    let codes = codes(source);
    let mut findings = Vec::new();
    for (line, code) in &codes {
        let path = format!("{PAGES}{code}.md");
        match tree.get(&path) {
            None => findings.push(Finding::error(CODES, *line, format!("{code} has no page {path}"))),
            Some(page) if !page.text.starts_with(&format!("# {code}: ")) => {
                findings.push(Finding::error(&path, 1, format!("the page has to begin with `# {code}: `")));
            }
            Some(_) => {}
        }
    }
    for page in tree.below(PAGES, "md") {
        let name = page.path.trim_start_matches(PAGES).trim_end_matches(".md");
        if name != "README" && !codes.iter().any(|(_, code)| code == name) {
            findings.push(Finding::error(&page.path, None, format!("there is no error code {name}")));
        }
    }
    findings
}

/// Returns lines and codes of `Self::Kind => "Z1001"` arms.
fn codes(source: &File) -> Vec<(usize, String)> {
    source
        .lines()
        .filter(|(number, _)| !source.is_test(*number))
        .filter_map(|(number, line)| {
            let code = line.split_once("=> \"")?.1.split('"').next()?;
            let digits = code.strip_prefix('Z')?;
            let is_code = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit());
            is_code.then(|| (number, code.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    const SOURCE: &str = "Self::A => \"Z1001\",\nSelf::B => \"Zed\",\n";

    fn found(pages: &[(&str, &str)]) -> Vec<String> {
        let mut files = vec![(CODES, SOURCE)];
        files.extend_from_slice(pages);
        let repository = Repository { tree: Tree::of(&files), ..Repository::default() };
        check(&repository).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn accepts_a_code_with_its_page() {
        assert!(
            found(&[("docs/errors/Z1001.md", "# Z1001: invalid input\n"), ("docs/errors/README.md", "")])
                .is_empty()
        );
    }

    #[test]
    fn rejects_codes_without_pages_and_pages_without_codes() {
        assert_eq!(found(&[]), ["Z1001 has no page docs/errors/Z1001.md"]);
        let pages = [("docs/errors/Z1001.md", "# Other\n"), ("docs/errors/Z7.md", "")];
        assert_eq!(found(&pages), ["the page has to begin with `# Z1001: `", "there is no error code Z7"]);
    }
}
