//! The physical limit that the benchmarks compare with: hyper alone, on one thread, answering a constant.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Response, body::Incoming, header, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address: SocketAddr = std::env::args().nth(1).as_deref().unwrap_or("127.0.0.1:0").parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind(address).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let answer = service_fn(|_request: hyper::Request<Incoming>| async {
                let mut response = Response::new(Full::new(Bytes::from_static(b"{\"hello\":\"world\"}")));
                let json = header::HeaderValue::from_static("application/json");
                response.headers_mut().insert(header::CONTENT_TYPE, json);
                Ok::<_, Infallible>(response)
            });
            tokio::spawn(async move {
                let io = TokioIo::new(stream);
                drop(http1::Builder::new().pipeline_flush(true).serve_connection(io, answer).await);
            });
        }
    })
}
