use super::*;

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

#[test]
fn reads_stanzas_entries_lists_and_comments() {
    let (file, problems) = parse(
        "\u{feff}top=1\n[main] # the main one\n  bind = 0.0.0.0:17010 # where\n'odd = key' = \"a # b\"\n\
         list=a, 'b, c',d\none=x,\nempty=\nhash=a#b\n[[inner]]\nx=y\n[[[deep]]]\nz=1\n[other]\nq=2\r\n",
    );
    assert_eq!(problems, vec![]);
    assert_eq!(file.get("top").unwrap().value, text("1"));
    let main = file.stanza("main").unwrap();
    assert_eq!(main.get("bind").unwrap().value, text("0.0.0.0:17010"));
    assert_eq!(main.get("odd = key").unwrap().value, text("a # b"));
    assert_eq!(main.get("list").unwrap().items(), ["a", "b, c", "d"]);
    assert_eq!(main.get("one").unwrap().value, Value::List(vec!["x".into()]));
    assert_eq!(main.get("empty").unwrap().value, text(""));
    assert_eq!(main.get("hash").unwrap().value, text("a#b"));
    assert_eq!(main.stanza("inner").unwrap().stanza("deep").unwrap().get("z").unwrap().line, 12);
    assert_eq!(file.stanza("other").unwrap().get("q").unwrap().value, text("2"));
}

#[test]
fn triple_quotes_span_lines() {
    let (file, problems) = parse("a = '''one\n# two\n three''' # end\nb=\"\"\"x\"\"\"\n");
    assert_eq!(problems, vec![]);
    assert_eq!(file.get("a").unwrap().value, text("one\n# two\n three"));
    assert_eq!(file.get("b").unwrap().line, 4);
}

#[test]
fn reports_every_problem_with_its_line() {
    let (file, problems) = parse(
        "[a]\nx=1\nx=2\nnothing\n[a]\n[[[too deep]]]\n[open\nq='never\ns='a' b\n=v\nt='''\nnever closed\n",
    );
    let lines: Vec<_> = problems.iter().filter_map(|problem| problem.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert!(problems[0].message.contains("line 2"));
    assert!(problems[2].message.contains("line 1"));
    assert_eq!(file.stanza("a").unwrap().get("x").unwrap().value, text("1"));
}

#[test]
fn keeps_the_raw_text_of_values() {
    let (file, problems) = parse("svc={\"a\": [1, 2]} # c\n");
    assert_eq!(problems, vec![]);
    assert_eq!(file.get("svc").unwrap().raw, "{\"a\": [1, 2]} # c");
}

#[test]
fn names_the_line_that_is_not_utf8() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.conf");
    fs::write(&path, b"[a]\nb=\xff\n").unwrap();
    assert_eq!(read(&path, "x.conf").unwrap_err().problems()[0].line, Some(2));
}

#[test]
fn what_is_no_regular_file_is_refused_and_not_waited_for() {
    let root = tempfile::tempdir().unwrap();
    let socket = root.path().join("a.conf");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for path in [Path::new("/dev/zero"), root.path(), &socket] {
        let error = read_text(path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("is not a regular file"), "{error}");
    }
}
