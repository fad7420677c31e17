//! Reads the sources of a unit.
#![expect(
    clippy::result_large_err,
    reason = "problems are the rare case, and boxes would be in everybody's way"
)]

use std::fs;

use sha2::{Digest, Sha256};
use zato_core::Problem;
use zato_core::guest::{SourceFile, Unit};

use super::listing::{ListedFile, ListedUnit};

/// Largest source file, in bytes. Python itself takes seconds to compile more.
const FILE_SIZE_LIMIT: u64 = 4 << 20;

/// Largest unit, in bytes.
const UNIT_SIZE_LIMIT: u64 = 16 << 20;

/// A unit that cannot be deployed because its files cannot be read.
#[derive(Debug, Clone)]
pub struct UnreadableUnit {
    /// The unit without the contents that could not be read, so that the failure can be recorded.
    pub unit: Unit,
    /// Everything that is wrong with its files.
    pub problems: Vec<Problem>,
}

/// Reads all files of a unit.
///
/// # Errors
/// The unit without contents if files cannot be read, are too large, or are no text.
pub(super) fn read_unit(listed: &ListedUnit) -> Result<Unit, Box<UnreadableUnit>> {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    let size: u64 = listed.files.iter().map(|file| file.signature.size()).sum();
    if size > UNIT_SIZE_LIMIT {
        let message =
            format!("its files have {size} bytes, more than the {UNIT_SIZE_LIMIT} that are deployed");
        problems.push(Problem::new(message).object(format!("package `{}`", listed.key)));
    }
    for file in &listed.files {
        let content = if size > UNIT_SIZE_LIMIT { Ok(String::new()) } else { read_file(file) };
        let content = content.unwrap_or_else(|problem| {
            problems.push(problem.file(file.location.display().to_string()));
            String::new()
        });
        files.push(SourceFile { path: file.path.clone(), location: file.location.clone(), content });
    }
    let hash = if problems.is_empty() { hash_files(&files) } else { hash_unreadable(listed) };
    let unit = Unit {
        key: listed.key.clone(),
        module: listed.module.clone(),
        is_package: listed.is_package,
        is_internal: false,
        files,
        hash,
    };
    if problems.is_empty() { Ok(unit) } else { Err(Box::new(UnreadableUnit { unit, problems })) }
}

/// Returns an identity that no sources have.
fn hash_unreadable(listed: &ListedUnit) -> String {
    let state =
        format!("unreadable {:?}", listed.files.iter().map(|file| file.signature).collect::<Vec<_>>());
    hexadecimal(&Sha256::digest(state))
}

/// Returns the identity of sources: SHA-256 over the paths inside of the unit and the contents, hexadecimal. Where
/// the files were picked up does not matter.
#[must_use]
pub fn hash_files(files: &[SourceFile]) -> String {
    let mut sorted: Vec<&SourceFile> = files.iter().collect();
    sorted.sort_by(|left, right| left.path.cmp(&right.path));
    let mut hasher = Sha256::new();
    for file in sorted {
        // Lengths keep the end of one part from being read as the beginning of the next.
        for part in [file.path.as_bytes(), file.content.as_bytes()] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
    }
    hexadecimal(&hasher.finalize())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_file(file: &ListedFile) -> Result<String, Problem> {
    let size = file.signature.size();
    if size > FILE_SIZE_LIMIT {
        return Err(Problem::new(format!(
            "the file has {size} bytes, more than the {FILE_SIZE_LIMIT} that are deployed"
        ))
        .hint("keep data in files of their own and read them from the service"));
    }
    let bytes = fs::read(&file.location).map_err(|error| {
        Problem::new(format!("could not read the file: {error}")).hint("check its permissions")
    })?;
    decode(bytes)
}

/// Turns bytes into text the way Python does: UTF-8, with or without byte order mark, unless a comment in the first
/// two lines says otherwise (PEP 263).
fn decode(bytes: Vec<u8>) -> Result<String, Problem> {
    // Python takes none, and does not say where it is.
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(Problem::new(format!("the file has a null byte (byte {at})"))
            .line(line_at(&bytes, at))
            .hint("it is no text, or text in UTF-16; save it as UTF-8"));
    }
    let declared = declared_encoding(&bytes);
    match declared.as_deref() {
        Some("latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1") => {
            Ok(bytes.into_iter().map(char::from).collect())
        }
        None | Some("utf-8" | "utf8" | "utf-8-sig" | "ascii" | "us-ascii") => decode_utf8(bytes),
        // Whatever the encoding, it most likely agrees about ASCII.
        Some(_) if bytes.is_ascii() => decode_utf8(bytes),
        Some(other) => Err(Problem::new(format!("the encoding `{other}` is not supported"))
            .hint("save the file as UTF-8 and remove the coding comment")),
    }
}

fn decode_utf8(bytes: Vec<u8>) -> Result<String, Problem> {
    let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => rest.to_vec(),
        None => bytes,
    };
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Problem::new(format!("the file is not valid UTF-8 (byte {at})"))
            .line(line_at(error.as_bytes(), at))
            .hint("save it as UTF-8, or declare its encoding in the first line, for instance `# -*- coding: latin-1 -*-`")
    })
}

/// Gives the one-based line of a byte.
fn line_at(bytes: &[u8], at: usize) -> u64 {
    bytes.iter().take(at).filter(|byte| **byte == b'\n').count() as u64 + 1
}

/// Finds the coding comment of PEP 263.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    for line in bytes.split(|byte| *byte == b'\n').take(2) {
        let line = String::from_utf8_lossy(&line[..line.len().min(200)]).into_owned();
        let line = line.trim_start_matches(['\u{feff}', ' ', '\t', '\x0c']);
        if !line.starts_with('#') {
            // Only a comment or an empty line may come before the second line.
            if line.trim_end().is_empty() {
                continue;
            }
            return None;
        }
        let Some(at) = line.find("coding:").or_else(|| line.find("coding=")) else { continue };
        let name = line[at + "coding:".len()..].trim_start();
        let end = name
            .find(|character: char| {
                !(character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.'))
            })
            .unwrap_or(name.len());
        return (end > 0).then(|| name[..end].to_ascii_lowercase().replace('_', "-"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, content: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), location: path.into(), content: content.to_owned() }
    }

    #[test]
    fn the_hash_depends_on_paths_and_contents_only() {
        let (one, two) = (source("a.py", "x"), source("b.py", "y"));
        let hash = hash_files(&[one.clone(), two.clone()]);
        assert_eq!(hash.len(), 64);
        assert_eq!(hash, hash_files(&[two, one]));
        let moved = SourceFile { location: "/elsewhere".into(), ..source("a.py", "x") };
        assert_eq!(hash_files(&[moved]), hash_files(&[source("a.py", "x")]));
        assert_ne!(hash_files(&[source("a.py", "bx")]), hash_files(&[source("a.pyb", "x")]));
    }

    #[test]
    fn reads_utf8_with_and_without_mark_and_declared_latin_1() {
        assert_eq!(decode("# ż\n".into()).unwrap(), "# ż\n");
        assert_eq!(decode(b"\xef\xbb\xbfx = 1".to_vec()).unwrap(), "x = 1");
        assert_eq!(
            decode(b"#!/bin/x\n# -*- coding: latin-1 -*-\n# \xe9".to_vec()).unwrap(),
            "#!/bin/x\n# -*- coding: latin-1 -*-\n# é"
        );
        assert_eq!(
            decode(b"# vim: set fileencoding=utf-8 :\nx".to_vec()).unwrap(),
            "# vim: set fileencoding=utf-8 :\nx"
        );
    }

    #[test]
    fn names_the_line_of_what_is_no_text() {
        let problem = decode(b"x = 1\ny = '\xff'\n".to_vec()).unwrap_err();
        assert_eq!(problem.line, Some(2));
        assert!(problem.message.contains("not valid UTF-8"));
        let problem = decode(b"x = 1\ny = 2\nz = '\0'\n".to_vec()).unwrap_err();
        assert_eq!((problem.line, problem.message.as_str()), (Some(3), "the file has a null byte (byte 17)"));
        let problem = decode(b"# coding: cp1250\n'\xff'\n".to_vec()).unwrap_err();
        assert!(problem.message.contains("`cp1250` is not supported"), "{problem}");
    }

    #[test]
    fn a_coding_comment_counts_in_the_first_two_lines_only() {
        assert_eq!(declared_encoding(b"\n\n# coding: latin-1"), None);
        assert_eq!(declared_encoding(b"x = 1\n# coding: latin-1"), None);
        assert_eq!(declared_encoding(b"# coding=Latin_1 x"), Some("latin-1".to_owned()));
    }
}
