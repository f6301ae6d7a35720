//! `maasc up`: compiles a workspace and runs the gateway on it, reloading on save.

mod demonstration;
mod watch;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use maas_gateway::{
    BundleSource, Gateway, MAX_REQUEST_BYTES, MissingCredentials, RunConfig, RunningGateway, StartError,
};
use maas_schemas::provenance::Provenance;
use maasc_ir::Built;

use crate::args::UpArgs;
use crate::commands::build;
use crate::exit::ExitStatus;
use crate::io::{self, Io};
use crate::load::{self, Loaded};

/// A compiled policy, ready to be served.
struct Policy {
    gateway: String,
    wasm: Vec<u8>,
    digest: String,
    provenance: Provenance,
}

/// Runs the verb until the process is told to stop.
///
/// # Errors
/// When the workspace cannot be read or the gateway cannot start.
pub fn run(args: &UpArgs, io: &mut Io<'_>) -> anyhow::Result<ExitStatus> {
    let loaded = load::load(&args.workspace.path, &args.workspace.compile, io)?;
    if loaded.compiled.refuse_errors(io)? {
        return Ok(ExitStatus::Invalid);
    }
    let built = environment(&loaded, args)?;
    let Some(policy) = policy(&loaded, built, io)? else { return Ok(ExitStatus::Invalid) };
    let state = state_folder(args, &loaded, io)?;
    let config = RunConfig {
        listen: address(&args.listen, "--listen")?,
        admin: Some(address(args.admin.as_deref().unwrap_or("127.0.0.1:0"), "--admin")?),
        state: state.clone(),
        credentials: args.credentials.as_ref().map(|folder| io.cwd.join(folder)),
        bundle: BundleSource::Bytes { wasm: policy.wasm.clone(), provenance: Some(policy.provenance.clone()) },
        max_request_bytes: MAX_REQUEST_BYTES,
        missing_credentials: if args.no_simulator { MissingCredentials::Refuse } else { MissingCredentials::Simulate },
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(async {
        let gateway = Gateway::start(config).await.map_err(explain)?;
        let result = serve(args, &loaded, built, &policy, &state, &gateway, io).await;
        gateway.shutdown().await;
        result
    })
}

async fn serve(
    args: &UpArgs,
    loaded: &Loaded,
    built: &Built,
    policy: &Policy,
    state: &Path,
    gateway: &RunningGateway,
    io: &mut Io<'_>,
) -> anyhow::Result<ExitStatus> {
    let mut changes = watch::Watch::start(&loaded.folder, state).context("watching the workspace")?;
    demonstration::print(args, built, policy, gateway, io).await?;
    io.out.flush()?;
    let stop = stop();
    tokio::pin!(stop);
    let mut running = (policy.digest.clone(), policy.provenance.clone());
    loop {
        tokio::select! {
            result = &mut stop => {
                result.context("waiting for signals")?;
                writeln!(io.out, "stopped")?;
                return Ok(ExitStatus::Done);
            }
            () = changes.next() => {
                reload(args, gateway, &mut running, io).await?;
                io.out.flush()?;
            }
        }
    }
}

/// Compiles what is on disk now and takes it into use; what does not compile leaves the running policy as it is.
async fn reload(
    args: &UpArgs,
    gateway: &RunningGateway,
    running: &mut (String, Provenance),
    io: &mut Io<'_>,
) -> anyhow::Result<()> {
    const KEPT: &str = "the policy that was running goes on";
    let loaded = match load::load(&args.workspace.path, &args.workspace.compile, io) {
        Ok(loaded) => loaded,
        Err(error) => {
            writeln!(io.err, "error: {error:#}; {KEPT}")?;
            return Ok(());
        }
    };
    if loaded.compiled.refuse_errors(io)? {
        writeln!(io.err, "not reloaded: {KEPT}")?;
        return Ok(());
    }
    let built = match environment(&loaded, args) {
        Ok(built) => built,
        Err(error) => {
            writeln!(io.err, "error: {error:#}; {KEPT}")?;
            return Ok(());
        }
    };
    let Some(policy) = policy(&loaded, built, io)? else {
        writeln!(io.err, "not reloaded: {KEPT}")?;
        return Ok(());
    };
    if (&policy.digest, &policy.provenance) == (&running.0, &running.1) {
        return Ok(());
    }
    match gateway.bundles().swap(policy.wasm, Some(policy.provenance.clone())).await {
        Ok(digest) => {
            let what = if digest == running.0 { "same decisions, other lines" } else { "reloaded" };
            writeln!(io.out, "{what}: bundle {}", short(&digest))?;
            *running = (digest, policy.provenance);
        }
        Err(error) => writeln!(io.err, "error: {error}; {KEPT}")?,
    }
    Ok(())
}

/// Returns the environment to run: the one that was named, else the first `standalone` one by name, else the first.
fn environment<'a>(loaded: &'a Loaded, args: &UpArgs) -> anyhow::Result<&'a Built> {
    let all = &loaded.compiled.built;
    let found = match &args.workspace.compile.gateway {
        Some(name) => all.iter().find(|built| built.ir.gateway.name == *name),
        None => all.iter().find(|built| built.ir.gateway.target == "standalone").or_else(|| all.first()),
    };
    found.context("the workspace has no gateway to run")
}

fn policy(loaded: &Loaded, built: &Built, io: &mut Io<'_>) -> anyhow::Result<Option<Policy>> {
    let Some(module) = build::module(&loaded.compiled, built, io)? else { return Ok(None) };
    let mut provenance = loaded.compiled.provenance(built, None);
    provenance.bundle.clone_from(&module.digest);
    let gateway = built.ir.gateway.name.clone();
    Ok(Some(Policy { gateway, wasm: module.bytes, digest: module.digest, provenance }))
}

/// Returns the folder of keys, counters and ledger. The default one ignores itself in Git.
fn state_folder(args: &UpArgs, loaded: &Loaded, io: &Io<'_>) -> anyhow::Result<PathBuf> {
    let folder = args.state.as_ref().map_or_else(|| loaded.folder.join(".maasc"), |folder| io.cwd.join(folder));
    io::make_folder(&folder).with_context(|| format!("making `{}`", folder.display()))?;
    if args.state.is_none() {
        io::write_file(&folder.join(".gitignore"), b"*\n")
            .with_context(|| format!("writing into `{}`", folder.display()))?;
    }
    Ok(folder)
}

fn address(text: &str, flag: &str) -> anyhow::Result<SocketAddr> {
    text.parse().with_context(|| format!("`{flag} {text}` is no address; write for example `127.0.0.1:8080`"))
}

fn explain(error: StartError) -> anyhow::Error {
    match &error {
        StartError::Listen { .. } => {
            anyhow::Error::new(error).context("choose another address with `--listen` or `--admin`")
        }
        _ => anyhow::Error::new(error),
    }
}

fn short(digest: &str) -> &str {
    digest.strip_prefix("sha256:").and_then(|hex| hex.get(..12)).unwrap_or(digest)
}

/// Returns when the process is told to stop: Ctrl-C, or SIGTERM.
async fn stop() -> std::io::Result<()> {
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

/// Says that there is nothing to show.
fn nothing_to_show() -> anyhow::Result<()> {
    bail!("no team of this gateway may chat with any model now; `maasc matrix` shows who may what")
}
