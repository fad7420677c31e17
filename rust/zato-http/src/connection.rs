//! One connection, from accept to close.

use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::link::Link;
use crate::options::HttpOptions;
use crate::pipeline;
use crate::state::State;
use crate::strict::{Limits, StrictStream};

/// Returns how hyper is set up. Its header timeout stays off: it would count idle time too, and never see
/// heads that the strict check holds back; the hub keeps time instead. Responses are flushed as soon as they
/// are made (no `pipeline_flush`): with it, a pipelined response waits in a buffer for as long as the next
/// service runs.
pub(crate) fn builder(options: &HttpOptions) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.half_close(false).keep_alive(true).header_read_timeout(None);
    builder.max_buf_size(options.max_header_bytes.saturating_add(16 * 1024));
    let headers = limits(options).headers;
    if headers > 100 {
        // Up to its default hyper keeps headers on the stack.
        builder.max_headers(headers);
    }
    builder
}

/// Returns the limits of the strict check, kept below those of hyper.
pub(crate) fn limits(options: &HttpOptions) -> Limits {
    Limits {
        head_bytes: options.max_header_bytes,
        headers: options.max_headers.min(1000),
        target_bytes: options.max_target_bytes.min(65_534),
        ..Limits::default()
    }
}

/// Serves requests until the connection ends, for whatever reason.
pub(crate) async fn run(stream: TcpStream, link: Arc<Link>, state: Arc<State>, builder: &http1::Builder) {
    let stream = StrictStream::new(stream, limits(&state.options), Arc::clone(&link));
    let service = {
        let link = Arc::clone(&link);
        service_fn(move |request| pipeline::answer(Arc::clone(&state), Arc::clone(&link), request))
    };
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut was_told = false;
    let ended = poll_fn(|context| {
        link.waker.register(context.waker());
        if link.is_cut() {
            return Poll::Ready(Ok(()));
        }
        if link.is_draining() && !was_told && !link.is_fresh() {
            was_told = true;
            connection.as_mut().graceful_shutdown();
        }
        let poll = connection.as_mut().poll(context);
        if poll.is_pending() && link.is_draining() && !was_told && !link.is_fresh() {
            // What a connection is still to say when it was accepted just before the end is answered too.
            was_told = true;
            connection.as_mut().graceful_shutdown();
            context.waker().wake_by_ref();
        }
        poll
    });
    if let Err(error) = ended.await {
        tracing::debug!(remote = %link.remote, "connection ended: {error}");
    }
}

/// Answer to connections beyond the limit.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nretry-after: 1\r\n\
    connection: close\r\ncontent-length: 33\r\n\r\nToo many connections, retry later";

/// Answers a connection for which there is no room, and closes it once the client has had time to read that.
pub(crate) async fn refuse(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(FULL).await?;
    stream.shutdown().await?;
    let mut space = [0; 4096];
    let drained = async {
        while stream.read(&mut space).await? > 0 {}
        io::Result::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(1), drained).await?
}
