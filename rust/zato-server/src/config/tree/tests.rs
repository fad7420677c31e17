use serde_json::json;

use super::*;

fn tree(text: &str) -> Node {
    let (node, problems) = parse(text.as_bytes(), Limits::default());
    assert_eq!(problems, vec![], "{text}");
    node.unwrap()
}

fn problems(text: &str) -> Vec<Problem> {
    parse(text.as_bytes(), Limits::default()).1
}

#[test]
fn yaml_values_know_their_lines() {
    let node =
        tree("# c\nsecurity:\n  - name: a\n    password: |\n      x\n  - {name: b,\n     type: 'yes'}\n");
    let items = node.get("security").unwrap().items().unwrap();
    assert_eq!((items[0].line, items[0].column), (3, 5));
    assert_eq!(items[1].get("type").unwrap().line, 7);
    assert_eq!(items[1].pairs().unwrap()[1].line, 7);
    assert_eq!(
        node.to_json(),
        json!({"security": [{"name": "a", "password": "x\n"}, {"name": "b", "type": "yes"}]})
    );
}

#[test]
fn windows_line_ends_count_as_one() {
    assert_eq!(tree("a: 1\r\nb: 2\r\n").get("b").unwrap().line, 2);
}

#[test]
fn json_is_read_with_lines_and_surrogates() {
    let node = tree("\n{ \"a\": [1, -2.5, true, null],\n\t\"b\": {\"c\": \"\\ud83d\\ude00\\/\"}}\n");
    assert_eq!(node.to_json(), json!({"a": [1, -2.5, true, null], "b": {"c": "\u{1f600}/"}}));
    assert_eq!(node.get("b").unwrap().get("c").unwrap().line, 3);
}

#[test]
fn text_that_only_starts_like_json_is_yaml() {
    assert_eq!(tree("{a: b, c: [d]}").to_json(), json!({"a": "b", "c": ["d"]}));
}

#[test]
fn an_empty_document_is_nothing() {
    assert!(tree("").is_null());
    assert!(tree("# only a comment\n").is_null());
}

#[test]
fn json_errors_name_line_and_column() {
    let cases = [
        ("{\"a\": 1,\n \"b\" 2}", 2, "expected `:`"),
        ("{\"a\": 1,\n\n", 3, "name in double quotes"),
        ("[1,\n2\n", 3, "expected `,` or `]`"),
        ("{\"a\":\n nope}", 2, "not a JSON value"),
        ("{\"a\": \"x\ny\"}", 1, "never closed"),
        ("{\"a\": \"\\q\"}", 1, "escape"),
        ("[01-2]", 1, "not a number"),
        ("{} {}", 1, "after the end"),
    ];
    for (text, line, message) in cases {
        // The reader of JSON is asked itself, because some of these are YAML.
        let found = json::parse(text, Limits::default()).1;
        assert_eq!(found[0].line, Some(line), "{text}");
        assert!(found[0].message.contains(message), "{text}: {}", found[0]);
    }
}

#[test]
fn names_given_twice_are_refused_with_both_lines() {
    for text in ["a: 1\nb: 2\na: 3\n", "{\"a\": 1,\n\"b\": 2,\n\"a\": 3}"] {
        let found = problems(text);
        assert_eq!((found.len(), found[0].line), (1, Some(3)), "{text}");
        assert!(found[0].message.contains("line 1"));
    }
}

#[test]
fn aliases_and_merge_keys_are_expanded() {
    let node = tree("base: &b {x: 1, y: 2}\none:\n  <<: *b\n  y: 3\ntwo: *b\nthree:\n  <<: [*b]\n");
    assert_eq!(node.get("one").unwrap().to_json(), json!({"y": 3, "x": 1}));
    assert_eq!(node.get("two").unwrap().line, 5);
    assert_eq!(node.get("three").unwrap().to_json(), json!({"x": 1, "y": 2}));
}

#[test]
fn an_alias_of_what_contains_it_is_refused() {
    assert_eq!(problems("a: &a\n  b: *a\n")[0].line, Some(2));
}

#[test]
fn a_bomb_of_aliases_is_refused_quickly() {
    let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..20 {
        let before = format!("*a{}", level - 1);
        text.push_str(&format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(",")));
    }
    let found = problems(&text);
    assert!(found[0].message.contains("aliases expanded"), "{}", found[0]);
}

#[test]
fn depth_and_size_are_limited() {
    for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000), "- ".repeat(50_000), "? ".repeat(50_000)] {
        let found = problems(&text);
        // The scanner of YAML, which reads ahead, has a limit of its own.
        let is_told =
            ["nested more than 64", "recursion limit"].iter().any(|part| found[0].message.contains(part));
        assert!(is_told, "{}", found[0]);
    }
    let limits = Limits { bytes: 10, ..Limits::default() };
    assert!(parse(b"a: 1\nbbbbbbbb: 2\n", limits).1[0].message.contains("at most 10"));
}

#[test]
fn tags_and_further_documents_are_refused() {
    assert_eq!(problems("a: 1\nb: !!python/object:os.system x\n")[0].line, Some(2));
    assert_eq!(problems("a: !!str 1\n")[0].message, "the tag `!!str` is not accepted");
    assert!(problems("a: 1\n---\nb: 2\n")[0].message.contains("second one"));
}

#[test]
fn names_that_are_not_text_are_refused() {
    assert_eq!(problems("a: 1\n? [x]\n: 2\n")[0].line, Some(2));
    assert_eq!(problems("url: {a}\nx: {{b}}\n")[0].line, Some(2));
}

#[test]
fn text_that_is_not_utf8_is_refused_with_its_line() {
    assert_eq!(parse(b"a: 1\nb: \xff\n", Limits::default()).1[0].line, Some(2));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        drop(parse(&bytes, Limits::default()));
    }

    #[test]
    fn no_yaml_like_text_makes_it_panic(text in "[a-c\\[\\]{}:,\\-?&*!|>'\"#%@~<\\n \\t0-9\\\\]{0,80}") {
        drop(parse(text.as_bytes(), Limits::default()));
    }
}
