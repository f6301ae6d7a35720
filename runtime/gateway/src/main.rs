//! `maas-gateway --config FILE`: runs a gateway until it is told to stop.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use maas_gateway::{Gateway, RunConfig};
use tracing_subscriber::EnvFilter;

/// Enforces a compiled policy in front of model providers.
#[derive(Debug, Parser)]
#[command(name = "maas-gateway", version)]
struct Args {
    /// `gateway.json`, as `maasc build` writes it for a standalone Gateway
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// What is logged, for example `info` or `maas_gateway=debug`
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log: String,
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no errors; wrong usage is 1 in all our programs. A closed terminal is nobody's fault.
            let code = if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
            drop(error.print());
            return code;
        }
    };
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> anyhow::Result<()> {
    let (filter, wrong) = match EnvFilter::try_new(&args.log) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    if let Some(error) = wrong {
        return Err(error).with_context(|| format!("`--log {}` is no filter", args.log));
    }
    let config = RunConfig::read(&args.config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(async {
        let gateway = Gateway::start(config).await?;
        wait_for_stop().await.context("waiting for signals")?;
        gateway.shutdown().await;
        Ok(())
    })
}

/// Returns when the process is told to stop: Ctrl-C, or SIGTERM as Kubernetes sends it.
async fn wait_for_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
