//! `zato wait`: until a server answers (reference operations 1.4).

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use zato_server::config::{Environment, ServerOptions};

use super::{Session, block_on};
use crate::exit::{ExitCode, Failure, Outcome};
use crate::http_client::{self, Address};
use crate::resolve;

/// Options of `wait`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of the server
    #[arg(value_name = "PATH", conflicts_with_all = ["path_option", "address"])]
    path: Option<PathBuf>,
    /// Directory of the server
    #[arg(long = "path", id = "path_option", value_name = "PATH", conflicts_with = "address")]
    path_option: Option<PathBuf>,
    /// Address of the server, for instance http://localhost:17010
    #[arg(long, value_name = "URL")]
    address: Option<String>,
    /// What to ask for
    #[arg(long, value_name = "PATH", default_value = "/zato/ping")]
    url_path: String,
    /// Seconds to wait at most
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = parse_seconds)]
    timeout: Duration,
    /// Seconds between two attempts
    #[arg(long, value_name = "SECONDS", default_value = "0.1", value_parser = parse_seconds)]
    interval: Duration,
    /// Print nothing
    #[arg(long)]
    silent: bool,
}

/// Asks until there is an answer of status 200.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    let address = address(arguments)?;
    let started = Instant::now();
    let answer = block_on(wait_for(&address, arguments))?;
    if !arguments.silent {
        session.output.line(format!(
            "{address}{} answered {answer} after {} ms",
            arguments.url_path,
            started.elapsed().as_millis()
        ));
        session.output.line("OK");
    }
    Ok(())
}

fn address(arguments: &Arguments) -> Outcome<Address> {
    if let Some(url) = &arguments.address {
        return Ok(url.parse()?);
    }
    let Some(path) = arguments.path.as_ref().or(arguments.path_option.as_ref()) else {
        return Err(Failure::new(ExitCode::ParameterMissing, "there is nothing to wait for")
            .hint("give the directory of a server with --path, or an URL with --address"));
    };
    let options = ServerOptions::load(&resolve::server(path)?, &Environment::of_process())?;
    Ok(Address::of_bind(&options.value.bind))
}

async fn wait_for(address: &Address, arguments: &Arguments) -> Outcome<u16> {
    let deadline = Instant::now() + arguments.timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let attempt =
            http_client::get(address, &arguments.url_path, left.max(Duration::from_millis(1))).await;
        let reason = match attempt {
            Ok(answer) if answer.status == 200 => return Ok(answer.status),
            Ok(answer) => format!("it answered {}", answer.status),
            Err(error) => error.to_string(),
        };
        if Instant::now() + arguments.interval >= deadline {
            let message = format!(
                "{address}{} did not answer 200 within {} s: {reason}",
                arguments.url_path,
                arguments.timeout.as_secs_f64()
            );
            return Err(Failure::new(ExitCode::ServerTimeout, message)
                .hint("`zato info` tells whether the server runs; its log is logs/server.log"));
        }
        tokio::time::sleep(arguments.interval).await;
    }
}

/// Reads a number of seconds, with or without a fraction.
pub(crate) fn parse_seconds(text: &str) -> Result<Duration, String> {
    text.trim()
        .parse::<f64>()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("`{text}` is not a number of seconds"))
}
