//! Documents that are wrong, and what is said about them.

use zato_server::config::Environment;
use zato_server::enmasse::{self, Code, Finding, PlanOptions};

use super::shown;
use crate::place::Place;

/// Everything that is found wrong with a text, by parsing and by planning.
async fn findings(place: &Place, text: &str) -> Vec<Finding> {
    let document = enmasse::document::parse(text.as_bytes());
    let snapshot = place.api.store().snapshot().await.unwrap();
    let environment = Environment::default();
    let options = PlanOptions::default();
    enmasse::plan(&document, &snapshot, &place.api, &environment, options).unwrap().problems
}

const CHANNEL: &str = "channel_rest:\n  - name: c\n    service: s\n    url_path: /a\n";

/// Text, line, field (empty for none), code, and a part of message or hint.
const CASES: &[(&str, u64, &str, Code, &str)] = &[
    // Form.
    ("security:\n\t- name: x\n", 2, "", Code::E03, "invalid YAML"),
    ("security: [\n", 2, "", Code::E03, "invalid YAML"),
    ("security:\n  - name: 'x\n", 2, "", Code::E03, "invalid YAML"),
    ("a: 1\n b: 2\n", 2, "", Code::E03, "invalid YAML"),
    ("{\"security\": [\n{\"name\": }]}", 2, "", Code::E03, "invalid JSON"),
    ("{\"security\": [],\n \"security\": []}", 2, "security", Code::E03, "already given on line 1"),
    ("security: []\nsecurity: []\n", 2, "security", Code::E03, "already given on line 1"),
    (
        "security:\n  - name: x\n    type: apikey\n    name: y\n",
        4,
        "name",
        Code::E03,
        "already given on line 2",
    ),
    ("security: []\n---\nsecurity: []\n", 2, "", Code::E03, "second one"),
    ("security:\n  - !!python/object:os.system {name: x, type: apikey}\n", 2, "", Code::E03, "tag"),
    ("security:\n  - *nowhere\n", 2, "", Code::E03, "invalid YAML"),
    ("- security\n", 1, "", Code::E03, "must be a map"),
    ("hello\n", 1, "", Code::E03, "must be a map"),
    // Structure.
    ("security:\n  name: x\n", 2, "security", Code::E05, "must be a list"),
    ("security:\n  - x\n", 2, "", Code::E05, "must be a map"),
    ("include:\n  - [a]\n", 2, "include", Code::E05, "list of paths"),
    ("securty:\n  - {name: x}\n", 1, "securty", Code::E06, "did you mean `security`?"),
    ("channel_amqp:\n  - {name: x}\n", 1, "channel_amqp", Code::E06, "not supported yet by this server"),
    ("\nsearch_solr:\n  - {name: x}\n", 2, "search_solr", Code::E06, "not supported yet by this server"),
    ("frobnicate:\n  - {name: x}\n", 1, "frobnicate", Code::E06, "unknown key"),
    // Types of security.
    ("security:\n  - name: x\n", 2, "type", Code::E04, "basic_auth"),
    ("security:\n  - name: x\n    type: basic_aut\n", 3, "type", Code::E09, "did you mean `basic_auth`?"),
    ("security:\n  - name: x\n    type: jwt\n", 3, "type", Code::E09, "not supported yet by this server"),
    // Fields.
    ("security:\n  - type: apikey\n", 2, "name", Code::E08, "required"),
    ("security:\n  - name: ''\n    type: apikey\n", 2, "name", Code::E05, "empty"),
    ("security:\n  - name: x\n    type: basic_auth\n", 2, "username", Code::E08, "required"),
    ("security:\n  - name: x\n    type: basic_auth\n    username: a:b\n", 4, "username", Code::E05, "colon"),
    (
        "security:\n  - name: x\n    type: apikey\n    pasword: k\n",
        4,
        "pasword",
        Code::E10,
        "did you mean `password`?",
    ),
    ("security:\n  - name: x\n    type: apikey\n    header: [a]\n", 4, "header", Code::E05, "text"),
    ("security:\n  - name: x\n    type: apikey\n    password: yes\n", 4, "password", Code::E05, "quotes"),
    (
        "security:\n  - name: x\n    type: apikey\n    is_active: perhaps\n",
        4,
        "is_active",
        Code::E05,
        "true nor false",
    ),
    (
        "security:\n  - name: x\n    type: apikey\n    password: Zato_Enmasse_Env.NOPE\n",
        4,
        "password",
        Code::E05,
        "`NOPE` is not set",
    ),
    (
        "security:\n  - name: x\n    type: apikey\n    header: 'X-{ZatoEnmasseEnv.NOPE}'\n",
        4,
        "header",
        Code::E05,
        "`NOPE` is not set",
    ),
    ("channel_rest:\n  - name: c\n    url_path: /a\n", 2, "service", Code::E11, "required"),
    ("channel_rest:\n  - name: c\n    service: s\n", 2, "url_path", Code::E08, "required"),
    ("channel_rest:\n  - name: c\n    service: s\n    url_path: a\n", 4, "url_path", Code::E05, "/"),
    (
        "channel_rest:\n  - name: c\n    service: s\n    url_path: /a\n    method: FETCH\n",
        5,
        "method",
        Code::E05,
        "GET",
    ),
    (
        "channel_rest:\n  - name: c\n    service: s\n    url_path: /a\n    timeout: soon\n",
        5,
        "timeout",
        Code::E05,
        "number",
    ),
    (
        "channel_rest:\n  - name: c\n    service: s\n    url_path: /a\n    data_format: hl7\n",
        5,
        "data_format",
        Code::E05,
        "hl7",
    ),
    (
        "channel_rest:\n  - name: c\n    service: s\n    url_path: /a\n    has_rbac: true\n",
        5,
        "has_rbac",
        Code::E05,
        "not supported yet",
    ),
    (
        "channel_rest:\n  - name: c\n    service: s\n    url_path: /a\n    sec_def: gone\n",
        5,
        "security",
        Code::E13,
        "no definition `gone`",
    ),
    (
        "channel_rest:\n  - name: c\n    service: s\n    url_path: /a\n    service_name: t\n",
        3,
        "service",
        Code::E05,
        "twice",
    ),
    ("service:\n  - name: s\n    timeout: -1\n", 3, "timeout", Code::E05, "0"),
    // Across objects.
    (
        "security:\n  - {name: x, type: apikey, password: k}\n  - {name: x, type: apikey, password: k}\n",
        3,
        "",
        Code::E01,
        "given twice",
    ),
    (
        "security:\n  - {name: x, type: apikey, password: k}\n  - {name: y, type: apikey, password: k, username: {a: b}}\nfoo: {}\n",
        4,
        "foo",
        Code::E05,
        "must be a list",
    ),
];

#[tokio::test]
async fn each_is_told_with_line_field_code_and_remedy() {
    let place = Place::new().await;
    assert!(findings(&place, CHANNEL).await.is_empty());
    assert!(CASES.len() >= 40);
    let mut unlike = Vec::new();
    for (text, line, field, code, part) in CASES {
        let found = findings(&place, text).await;
        let told: Vec<_> = found
            .iter()
            .map(|finding| {
                let problem = &finding.problem;
                let words = format!("{} {}", problem.message, problem.hint.as_deref().unwrap_or_default());
                let field = problem.field.clone().unwrap_or_default();
                (problem.line, field, finding.code, words.contains(part))
            })
            .collect();
        // Where the text itself is broken, the message says all there is to say.
        let is_helpful =
            found.iter().all(|finding| finding.code == Code::E03 || finding.problem.hint.is_some());
        if !is_helpful || told != [(Some(*line), (*field).to_owned(), *code, true)] {
            unlike.push(format!("{text}wanted {line} {field} {code} {part}\nfound {:#?}", shown(&found)));
        }
    }
    assert!(unlike.is_empty(), "{}", unlike.join("\n\n"));
}

#[tokio::test]
async fn two_objects_that_clash_are_both_told() {
    let place = Place::new().await;
    let clashing =
        "channel_rest:\n  - {name: a, service: s, url_path: /x}\n  - {name: b, service: s, url_path: /x}\n";
    let found = findings(&place, clashing).await;
    let lines: Vec<_> = found.iter().filter_map(|finding| finding.problem.line).collect();
    assert_eq!(lines, [2, 3], "{found:#?}");
    assert!(found[1].problem.message.contains("taken by channel_rest `a`"));
    let names = "security:\n  - {name: x, type: apikey, password: k}\n  - {name: x, type: basic_auth, username: u, password: p}\n";
    assert_eq!(findings(&place, names).await.len(), 2);
}

#[tokio::test]
async fn all_problems_of_all_objects_are_told_at_once() {
    let place = Place::new().await;
    let text = "security:\n  - {name: a, type: jwt}\n  - {name: b, type: apikey, heder: x, password: [1]}\n\
                channel_rest:\n  - {name: c, url_path: x, security: gone, method: FETCH}\nsearch_solr:\n  - {name: j}\n";
    let found = findings(&place, text).await;
    let lines: Vec<_> = found.iter().filter_map(|finding| finding.problem.line).collect();
    assert_eq!(lines, [2, 3, 3, 5, 5, 5, 5, 6], "{found:#?}");
    let text = "channel_rest:\n  - name: c\n    service: s\n    url_path: [1]\n    timeout: -1\n    method: FOO\n    \
                is_active: maybe\n    http_accept: json\n    security: gone\n";
    let found = findings(&place, text).await;
    let lines: Vec<_> = found.iter().filter_map(|finding| finding.problem.line).collect();
    assert_eq!(lines, [4, 5, 6, 7, 8, 9], "{found:#?}");
    let without_name = "channel_rest:\n  - name: [a]\n    url_path: '{{'\n    http_accept: json\n";
    let found = findings(&place, without_name).await;
    let lines: Vec<_> = found.iter().filter_map(|finding| finding.problem.line).collect();
    assert_eq!(lines, [2, 2, 3, 3, 3, 4], "{found:#?}");
}

#[tokio::test]
async fn secrets_are_not_repeated_in_what_is_said() {
    let place = Place::new().await;
    let text = "security:\n  - {name: a, type: apikey, password: [hunter2]}\n  - {name: b, type: basic_auth, username: u, password: \"hunter2\\n\"}\n";
    let found = findings(&place, text).await;
    assert_eq!(found.len(), 2);
    assert!(!format!("{found:?}").contains("hunter2"));
}

#[tokio::test]
async fn the_table_shows_code_place_problem_and_remedy() {
    let place = Place::new().await;
    let document = enmasse::document::parse(b"securty:\n  - {name: x}\n");
    let snapshot = place.api.store().snapshot().await.unwrap();
    let plan =
        enmasse::plan(&document, &snapshot, &place.api, &Environment::default(), PlanOptions::default())
            .unwrap();
    let table = plan.findings_to_table();
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].starts_with("Code") && lines[0].ends_with("Problem"), "{table}");
    assert!(lines[2].starts_with("E06 unrecognized element  1"), "{table}");
    assert!(lines[2].contains("field `securty`: unknown key `securty`"), "{table}");
    assert!(lines[3].ends_with("did you mean `security`?"), "{table}");
    assert_eq!(plan.to_json()["problems"][0]["code"], "E06");
    assert_eq!(plan.to_json()["is_ok"], false);
}
