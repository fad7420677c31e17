use proptest::prelude::*;

use super::*;

fn violation(bytes: &[u8]) -> Option<Violation> {
    check(bytes).violation
}

/// A request with one header after a good Host.
fn with_header(header: &str) -> Vec<u8> {
    format!("POST /a HTTP/1.1\r\nHost: h\r\n{header}\r\n\r\n").into_bytes()
}

/// A request with a chunked body.
fn chunked(body: &str) -> Vec<u8> {
    format!("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{body}").into_bytes()
}

#[test]
fn lets_ordinary_requests_pass() {
    let requests = [
        "GET / HTTP/1.1\r\nHost: localhost:17010\r\n\r\n",
        "GET /a/b?c=d&e=%20 HTTP/1.1\r\nhost: h\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET http://H:80/a HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /ż?q={a:1} HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX-Empty:\r\nX-Tab: a\tb\r\nX-Latin: \u{e9}\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3 \r\n\r\nabc",
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nA;x=\"y z\"\r\n0123456789\r\n00\r\nX-T: v\r\n\r\n",
    ];
    for request in requests {
        let pipelined = request.repeat(3);
        let expected = Verdict { passed: pipelined.len(), violation: None };
        assert_eq!(check(pipelined.as_bytes()), expected, "{request}");
    }
}

#[test]
fn refuses_what_is_wrong_with_request_lines() {
    use Violation::*;
    let lines: &[(&[u8], Violation)] = &[
        (b"GET / HTTP/1.1\nHost: h\r\n\r\n", BareLineFeed),
        (b"\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", BareLineFeed),
        (b"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", LeadingBlankLines),
        (b"GET\r / HTTP/1.1\r\nHost: h\r\n\r\n", BareCarriageReturn),
        (b"GET /\rx HTTP/1.1\r\nHost: h\r\n\r\n", InvalidTarget),
        (b"GET / HTTP/1.1\r\r\nHost: h\r\n\r\n", InvalidRequestLine),
        (b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", InvalidRequestLine),
        (b"GET /  HTTP/1.1\r\nHost: h\r\n\r\n", InvalidRequestLine),
        (b"GET / HTTP/1.1 \r\nHost: h\r\n\r\n", InvalidRequestLine),
        (b" GET / HTTP/1.1\r\nHost: h\r\n\r\n", InvalidRequestLine),
        (b"GET /\r\nHost: h\r\n\r\n", InvalidRequestLine),
        (b"GET\r\nHost: h\r\n\r\n", InvalidRequestLine),
        (b"GET / http/1.1\r\nHost: h\r\n\r\n", InvalidRequestLine),
        (b"GET / HTTP/1.2\r\nHost: h\r\n\r\n", UnsupportedVersion),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", UnsupportedVersion),
        (b"GET / HTTP/0.9\r\nHost: h\r\n\r\n", UnsupportedVersion),
        (b"G(T / HTTP/1.1\r\nHost: h\r\n\r\n", InvalidMethod),
        (b"G\x00T / HTTP/1.1\r\nHost: h\r\n\r\n", InvalidMethod),
        (b"~ / HTTP/1.1\r\nHost: h\r\n\r\n", InvalidMethod),
        (b"CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", ConnectMethod),
        (b"GET a HTTP/1.1\r\nHost: h\r\n\r\n", InvalidTarget),
        (b"GET * HTTP/1.1\r\nHost: h\r\n\r\n", InvalidTarget),
        (b"GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", InvalidTarget),
        (b"GET /a\x01b HTTP/1.1\r\nHost: h\r\n\r\n", InvalidTarget),
        (b"GET /a\x00 HTTP/1.1\r\nHost: h\r\n\r\n", InvalidTarget),
        (b"GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n", InvalidTarget),
        (b"GET /a\x7f HTTP/1.1\r\nHost: h\r\n\r\n", InvalidTarget),
        (b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n", InvalidTarget),
        (b"GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", InvalidTarget),
        (b"GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n", InvalidTarget),
        (b"GET http://u@h/a HTTP/1.1\r\nHost: h\r\n\r\n", InvalidTarget),
        (b"GET http://other/a HTTP/1.1\r\nHost: h\r\n\r\n", HostMismatch),
    ];
    for (bytes, expected) in lines {
        assert_eq!(violation(bytes), Some(*expected), "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn refuses_what_is_wrong_with_headers() {
    use Violation::*;
    let headers: &[(&str, Violation)] = &[
        ("X: a\nY: b", BareLineFeed),
        ("X: a\rY: b", BareCarriageReturn),
        ("X\r: a", BareCarriageReturn),
        ("X: a\r\n b", FoldedHeader),
        ("X: a\r\n\tb", FoldedHeader),
        ("X : a", SpaceBeforeColon),
        ("X\t: a", SpaceBeforeColon),
        ("Transfer-Encoding : chunked", SpaceBeforeColon),
        (": a", EmptyHeaderName),
        ("X(: a", IllegalHeaderName),
        ("X\u{e9}: a", IllegalHeaderName),
        ("X\0: a", IllegalHeaderName),
        ("X", MissingColon),
        ("X y", MissingColon),
        ("X: a\0b", ControlCharacter),
        ("X: a\x0bb", ControlCharacter),
        ("X: a\x7fb", ControlCharacter),
        ("Content-Length: 1\r\nContent-Length: 2", DuplicateContentLength),
        ("Content-Length: 1\r\ncontent-length: 1", DuplicateContentLength),
        ("Content-Length: 1, 1", InvalidContentLength),
        ("Content-Length: +5", InvalidContentLength),
        ("Content-Length: -5", InvalidContentLength),
        ("Content-Length: 0x5", InvalidContentLength),
        ("Content-Length: 5 5", InvalidContentLength),
        ("Content-Length: 5_000", InvalidContentLength),
        ("Content-Length:", InvalidContentLength),
        ("Content-Length: \u{665}", InvalidContentLength),
        ("Content-Length: 18446744073709551616", InvalidContentLength),
        ("Content-Length: 18446744073709551615", InvalidContentLength),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", LengthAndTransferEncoding),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", LengthAndTransferEncoding),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", DuplicateTransferEncoding),
        ("Transfer-Encoding: xchunked", UnknownTransferEncoding),
        ("Transfer-Encoding: chunked, identity", UnknownTransferEncoding),
        ("Transfer-Encoding: gzip, chunked", UnknownTransferEncoding),
        ("Transfer-Encoding: identity", UnknownTransferEncoding),
        ("Transfer-Encoding: \"chunked\"", UnknownTransferEncoding),
        ("Transfer-Encoding: chunked;q=1", UnknownTransferEncoding),
        ("Transfer-Encoding:\x0bchunked", ControlCharacter),
        ("Transfer-Encoding:", UnknownTransferEncoding),
        ("Host: other", DuplicateHost),
        ("HOST: h", DuplicateHost),
        ("Authorization: Basic YTph\r\nauthorization: Basic YTpi", DuplicateAuthorization),
    ];
    for (header, expected) in headers {
        assert_eq!(violation(&with_header(header)), Some(*expected), "{header:?}");
    }
    let others: &[(&[u8], Violation)] = &[
        (b"GET / HTTP/1.1\r\nX: a\r\n\r\n", MissingHost),
        (b"GET / HTTP/1.1\r\n Host: h\r\n\r\n", FoldedHeader),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", InvalidHost),
        (b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", InvalidHost),
        (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", InvalidHost),
        (b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", InvalidHost),
        (b"PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", TransferEncodingInHttp10),
    ];
    for (bytes, expected) in others {
        assert_eq!(violation(bytes), Some(*expected), "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn refuses_what_is_wrong_with_chunks() {
    use Violation::*;
    let long_line = format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(2000));
    let many_extensions = format!("1;{}\r\na\r\n", "x".repeat(900)).repeat(10);
    let long_trailers = format!("0\r\nX: {}\r\n\r\n", "x".repeat(9000));
    let bodies: &[(&str, Violation)] = &[
        ("\r\nabc", InvalidChunkSize),
        ("g\r\n", InvalidChunkSize),
        ("0x3\r\nabc\r\n0\r\n\r\n", InvalidChunkSize),
        ("+3\r\nabc\r\n0\r\n\r\n", InvalidChunkSize),
        ("-1\r\n", InvalidChunkSize),
        (" 3\r\nabc\r\n0\r\n\r\n", InvalidChunkSize),
        ("3 \r\nabc\r\n0\r\n\r\n", InvalidChunkSize),
        ("3\t;x\r\nabc\r\n0\r\n\r\n", InvalidChunkSize),
        (";x\r\n", InvalidChunkSize),
        ("fffffffffffffffff\r\n", InvalidChunkSize),
        ("3\nabc\r\n0\r\n\r\n", BareLineFeed),
        ("3\rabc\r\n0\r\n\r\n", BareCarriageReturn),
        ("3;x\nabc\r\n0\r\n\r\n", BareLineFeed),
        ("3;x\0y\r\nabc\r\n0\r\n\r\n", InvalidChunkExtension),
        ("3;x\u{e9}\r\nabc\r\n0\r\n\r\n", InvalidChunkExtension),
        ("3\r\nabcd\r\n0\r\n\r\n", InvalidChunkEnd),
        ("3\r\nabc0\r\n\r\n", InvalidChunkEnd),
        ("3\r\nabc\n0\r\n\r\n", InvalidChunkEnd),
        ("3\r\nabc\rx0\r\n\r\n", InvalidChunkEnd),
        ("0\r\nX: a\nY: b\r\n\r\n", BareLineFeed),
        ("0\r\nX: a\rY: b\r\n\r\n", BareCarriageReturn),
        ("0\r\nX : a\r\n\r\n", SpaceBeforeColon),
        ("0\r\nGET / HTTP/1.1\r\n\r\n", MissingColon),
        ("0\r\nContent-Length: 5\r\n\r\n", ForbiddenTrailer),
        ("0\r\nHost: x\r\n\r\n", ForbiddenTrailer),
        (&long_line, ChunkLineTooLong),
        (&many_extensions, ChunkLineTooLong),
        (&long_trailers, TrailersTooLarge),
    ];
    for (body, expected) in bodies {
        assert_eq!(violation(&chunked(body)), Some(*expected), "{body:?}");
    }
}

#[test]
fn refuses_heads_that_are_too_large() {
    let limits = Limits { head_bytes: 300, headers: 3, target_bytes: 100, ..Limits::default() };
    let check = |bytes: &[u8]| Checker::new(limits).advance(bytes).violation;
    let head = |target: usize, headers: usize, value: usize| {
        let header = format!("X: {}\r\n", "v".repeat(value));
        format!("GET /{} HTTP/1.1\r\nHost: h\r\n{}\r\n", "t".repeat(target), header.repeat(headers))
            .into_bytes()
    };
    assert_eq!(check(&head(99, 2, 50)), None);
    assert_eq!(check(&head(100, 0, 0)), Some(Violation::TargetTooLong));
    assert_eq!(check(&head(9, 3, 0)), Some(Violation::TooManyHeaders));
    assert_eq!(check(&head(9, 1, 300)), Some(Violation::HeadTooLarge));
    // Neither has to arrive as a whole to be refused.
    assert_eq!(check(&[b'G'; 200]), Some(Violation::TargetTooLong));
    assert_eq!(check(&head(9, 1, 300)[..310]), Some(Violation::HeadTooLarge));
}

#[test]
fn says_how_much_may_pass_before_the_violation() {
    let good = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab";
    let bytes = format!("{good}GET / HTTP/1.1\n\n");
    let expected = Verdict { passed: good.len(), violation: Some(Violation::BareLineFeed) };
    assert_eq!(check(bytes.as_bytes()), expected);
    let body = chunked("3\r\nabcX");
    assert_eq!(check(&body).passed, body.len() - 1);
}

#[test]
fn remembers_whether_a_violation_was_in_a_body() {
    let mut checker = Checker::new(Limits::default());
    checker.advance(&chunked("z"));
    assert!(checker.is_in_body());
    let mut checker = Checker::new(Limits::default());
    checker.advance(b"GET / HTTP/1.1\n");
    assert!(!checker.is_in_body());
}

#[test]
fn numbers_of_violations_lead_back_to_them() {
    for violation in Violation::ALL {
        assert_eq!(Violation::from_number(violation.number()), Some(*violation));
    }
    assert_eq!(Violation::from_number(0), None);
    assert_eq!(Violation::from_number(255), None);
}

fn valid_request() -> impl Strategy<Value = Vec<u8>> {
    let headers = prop::collection::vec(("x-[a-z]{1,8}", "[ -~]{0,20}"), 0..6);
    let body = prop_oneof![
        Just(None),
        prop::collection::vec(any::<u8>(), 0..60).prop_map(|body| Some((body, false))),
        prop::collection::vec(any::<u8>(), 0..60).prop_map(|body| Some((body, true))),
    ];
    ("(GET|POST|X-Y)", "(/[a-z0-9%._-]{0,5}){1,3}(\\?[a-z=&]{0,9})?", headers, body, 1_usize..9).prop_map(
        |(method, target, headers, body, chunk_size)| {
            let mut bytes = format!("{method} {target} HTTP/1.1\r\nHost: h\r\n").into_bytes();
            for (name, value) in headers {
                bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
            match body {
                None => bytes.extend_from_slice(b"\r\n"),
                Some((body, false)) => {
                    bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
                    bytes.extend_from_slice(&body);
                }
                Some((body, true)) => {
                    bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
                    for chunk in body.chunks(chunk_size) {
                        bytes.extend_from_slice(format!("{:x};a=b\r\n", chunk.len()).as_bytes());
                        bytes.extend_from_slice(chunk);
                        bytes.extend_from_slice(b"\r\n");
                    }
                    bytes.extend_from_slice(b"0\r\nX-Trailer: 1\r\n\r\n");
                }
            }
            bytes
        },
    )
}

proptest! {
    #[test]
    fn valid_streams_pass_unchanged_however_they_are_split(
        requests in prop::collection::vec(valid_request(), 1..5),
        lengths in prop::collection::vec(0_usize..40, 0..60),
    ) {
        let bytes = requests.concat();
        let expected = Verdict { passed: bytes.len(), violation: None };
        prop_assert_eq!(check(&bytes), expected);
        prop_assert_eq!(check_in_pieces(&bytes, lengths), expected);
    }

    #[test]
    fn splitting_never_changes_a_verdict(
        requests in prop::collection::vec(valid_request(), 1..4),
        damage in (any::<prop::sample::Index>(), any::<u8>()),
        lengths in prop::collection::vec(0_usize..40, 0..60),
    ) {
        let mut bytes = requests.concat();
        let position = damage.0.index(bytes.len());
        bytes[position] = damage.1;
        prop_assert_eq!(check(&bytes), check_in_pieces(&bytes, lengths));
    }

    #[test]
    fn any_bytes_get_a_verdict(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let verdict = check(&bytes);
        prop_assert!(verdict.passed <= bytes.len());
    }
}
