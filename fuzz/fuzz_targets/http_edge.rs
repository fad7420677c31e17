//! The strict check of the HTTP ingress, on any bytes in any pieces.
//!
//! 1. How bytes are split by the network makes no difference.
//! 2. What passes is never a parse error of hyper.
//! 3. What passes is framed by hyper in the same way: where the check sees the end of a message, so does hyper. A
//!    request put behind it is the last one that hyper sees.
#![no_main]

use std::cell::RefCell;
use std::convert::Infallible;
use std::io::Cursor;
use std::rc::Rc;

use http::{Request, Response, Version, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use libfuzzer_sys::fuzz_target;
use zato_http::strict::{Checker, Limits, check, check_in_pieces};

const SENTINEL: &[u8] = b"GET /the-request-after HTTP/1.1\r\nHost: sentinel\r\n\r\n";

/// What hyper made of a connection.
#[derive(Debug, Default)]
struct Seen {
    /// Path of the latest request.
    latest: String,
    /// Whether a request asked to close the connection, so that what follows is not looked at.
    was_closed: bool,
}

fuzz_target!(|data: &[u8]| {
    // The first byte says how many of the next bytes are lengths of pieces.
    let Some((count, rest)) = data.split_first() else { return };
    let (lengths, bytes) = rest.split_at(usize::from(*count % 16).min(rest.len()));

    let whole = check(bytes);
    let pieces = check_in_pieces(bytes, lengths.iter().map(|length| usize::from(*length)));
    assert_eq!(whole, pieces, "the same bytes in pieces");
    assert!(whole.passed <= bytes.len());

    let passed = &bytes[..whole.passed];
    let mut checker = Checker::new(Limits::default());
    checker.advance(passed);
    let is_between_messages = !checker.is_in_body() && checker.advance(SENTINEL).passed == SENTINEL.len();
    if passed.is_empty() || !is_between_messages {
        serve(passed.to_vec());
        return;
    }
    let seen = serve([passed, SENTINEL].concat());
    assert!(
        seen.was_closed || seen.latest == "/the-request-after",
        "hyper frames these messages in another way, it saw {seen:?} last"
    );
});

/// Lets hyper serve a connection on which these bytes arrive.
fn serve(bytes: Vec<u8>) -> Seen {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime =
            tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    }
    let seen = Rc::new(RefCell::new(Seen::default()));
    let for_service = Rc::clone(&seen);
    let service = service_fn(move |request: Request<Incoming>| {
        let seen = Rc::clone(&for_service);
        async move {
            {
                let mut seen = seen.borrow_mut();
                request.uri().path().clone_into(&mut seen.latest);
                seen.was_closed |= request.version() == Version::HTTP_10
                    || request.headers().contains_key(header::CONNECTION)
                    || request.headers().contains_key(header::UPGRADE);
            }
            // A body that ends early is an error of the connection, not of framing.
            drop(request.into_body().collect().await);
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        }
    });
    let stream = TokioIo::new(tokio::io::join(Cursor::new(bytes), tokio::io::sink()));
    let mut builder = http1::Builder::new();
    // All that will ever arrive is there at once; requests before its end are to be served all the same.
    builder.half_close(true);
    let outcome = RUNTIME.with(|runtime| runtime.block_on(builder.serve_connection(stream, service)));
    if let Err(error) = outcome {
        assert!(!error.is_parse(), "hyper cannot parse what was let through: {error}");
    }
    seen.take()
}
