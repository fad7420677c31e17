//! Files stay small enough to be read in one go.

use crate::finding::Finding;
use crate::tidy::Repository;

/// Lines above which a file is long.
const LONG: usize = 400;
/// Lines that no file may exceed.
const LIMIT: usize = 700;

/// See the module.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    let sources = repository.tree.files.iter().filter(|file| file.is("rs") || file.is("py"));
    sources.filter_map(|file| judge(&file.path, file.text.lines().count())).collect()
}

fn judge(path: &str, lines: usize) -> Option<Finding> {
    if lines > LIMIT {
        return Some(Finding::error(
            path,
            None,
            format!("{lines} lines; {LIMIT} is the limit: split it by concept"),
        ));
    }
    (lines > LONG).then(|| {
        Finding::warning(
            path,
            None,
            format!("{lines} lines; more than {LONG} is long: which concept can leave?"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;

    #[test]
    fn warns_about_long_files_and_rejects_huge_ones() {
        assert_eq!(judge("a.rs", LONG), None);
        assert_eq!(judge("a.rs", LONG + 1).map(|finding| finding.severity), Some(Severity::Warning));
        assert_eq!(judge("a.rs", LIMIT + 1).map(|finding| finding.severity), Some(Severity::Error));
    }
}
