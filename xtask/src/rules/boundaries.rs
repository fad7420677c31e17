//! What only one place may do: make error responses, name Python, write configuration, start processes.

use crate::finding::Finding;
use crate::rules::has_word;
use crate::tidy::Repository;
use crate::tree::File;

/// Something that source files may say in few places only.
struct Boundary {
    /// Files it is about: paths with this beginning.
    inside: &'static str,
    /// Beginnings of paths that are the place for it.
    except: &'static [&'static str],
    /// Whether a line of code, without comments and strings, says it.
    says: fn(&str) -> bool,
    /// What to do instead.
    message: &'static str,
}

const BOUNDARIES: &[Boundary] = &[
    Boundary {
        inside: "rust/zato-http/src/",
        except: &["rust/zato-http/src/rescue", "rust/zato-http/src/strict"],
        says: names_error_status,
        message: "only `rescue` makes an error a response; return a `Failure`",
    },
    Boundary {
        inside: "rust/",
        except: &["rust/zato-py/"],
        says: |line| has_word(line, "pyo3") || line.contains("Python::"),
        message: "only `zato-py` knows Python; go through `zato_core::guest`",
    },
    Boundary {
        inside: "rust/",
        except: &["rust/zato-store/", "rust/zato-server/src/api/"],
        says: |line| line.contains("Operation::Put") || line.contains("Operation::Delete"),
        message: "only `zato_server::api` writes configuration; call it",
    },
    Boundary {
        inside: "rust/zato-server/src/",
        except: &["rust/zato-server/src/supervisor"],
        says: |line| line.contains("Command::new"),
        message: "only `supervisor` starts processes",
    },
];

/// Statuses from 400 on, as the `http` crate calls them.
const ERROR_STATUSES: [&str; 28] = [
    "BAD_REQUEST",
    "UNAUTHORIZED",
    "FORBIDDEN",
    "NOT_FOUND",
    "METHOD_NOT_ALLOWED",
    "NOT_ACCEPTABLE",
    "REQUEST_TIMEOUT",
    "CONFLICT",
    "GONE",
    "LENGTH_REQUIRED",
    "PRECONDITION_FAILED",
    "PAYLOAD_TOO_LARGE",
    "URI_TOO_LONG",
    "UNSUPPORTED_MEDIA_TYPE",
    "RANGE_NOT_SATISFIABLE",
    "EXPECTATION_FAILED",
    "MISDIRECTED_REQUEST",
    "UNPROCESSABLE_ENTITY",
    "LOCKED",
    "UPGRADE_REQUIRED",
    "TOO_MANY_REQUESTS",
    "REQUEST_HEADER_FIELDS_TOO_LARGE",
    "INTERNAL_SERVER_ERROR",
    "NOT_IMPLEMENTED",
    "BAD_GATEWAY",
    "SERVICE_UNAVAILABLE",
    "GATEWAY_TIMEOUT",
    "HTTP_VERSION_NOT_SUPPORTED",
];

/// See the module.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    repository.tree.files.iter().filter(|file| file.is("rs")).flat_map(judge).collect()
}

fn judge(file: &File) -> Vec<Finding> {
    let is_about = |boundary: &&Boundary| {
        file.path.starts_with(boundary.inside)
            && !boundary.except.iter().any(|beginning| file.path.starts_with(beginning))
    };
    let mut findings = Vec::new();
    for boundary in BOUNDARIES.iter().filter(is_about) {
        let lines =
            file.code_lines().filter(|(number, line)| !file.is_test(*number) && (boundary.says)(line));
        findings.extend(lines.map(|(number, _)| Finding::error(&file.path, number, boundary.message)));
    }
    findings
}

fn names_error_status(line: &str) -> bool {
    line.split("StatusCode::").skip(1).any(|rest| {
        let name = rest.split(|letter: char| !letter.is_ascii_uppercase() && letter != '_').next();
        name.is_some_and(|name| ERROR_STATUSES.contains(&name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        judge(&File::new(path, text)).len()
    }

    #[test]
    fn only_the_rescue_makes_error_responses() {
        assert_eq!(found("rust/zato-http/src/link.rs", "StatusCode::NOT_FOUND;\n"), 1);
        assert_eq!(found("rust/zato-http/src/link.rs", "StatusCode::OK; // StatusCode::NOT_FOUND\n"), 0);
        assert_eq!(found("rust/zato-http/src/rescue.rs", "StatusCode::NOT_FOUND;\n"), 0);
        assert_eq!(found("rust/zato-http/src/link_tests.rs", "StatusCode::NOT_FOUND;\n"), 0);
    }

    #[test]
    fn only_one_crate_names_python() {
        assert_eq!(found("rust/zato-server/src/a.rs", "use pyo3::Python;\n"), 1);
        assert_eq!(found("rust/zato-py/src/a.rs", "use pyo3::Python;\n"), 0);
    }

    #[test]
    fn only_the_api_writes_configuration() {
        assert_eq!(found("rust/zato-cli/src/a.rs", "Operation::Put { kind }\n"), 1);
        assert_eq!(found("rust/zato-server/src/api/a.rs", "Operation::Put { kind }\n"), 0);
    }

    #[test]
    fn only_the_supervisor_starts_processes() {
        assert_eq!(found("rust/zato-server/src/worker/a.rs", "Command::new(program)\n"), 1);
        assert_eq!(found("rust/zato-server/src/supervisor/a.rs", "Command::new(program)\n"), 0);
    }
}
