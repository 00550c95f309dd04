//! The commands of the service.

use std::{
    env,
    error::Error,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use storefront::{
    api,
    config::{self, Faults},
    migration, seed, telemetry, worker,
};

/// `EX_USAGE` and `EX_CONFIG` of sysexits.h.
const USAGE: u8 = 64;
const CONFIG: u8 = 78;
/// For closures on blocking threads, which nobody can stop.
const LAST_MOMENT: Duration = Duration::from_secs(1);

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let lookup = |name: &str| Some(env::var_os(name)?.to_string_lossy().into_owned());
    match arguments.as_slice() {
        ["api"] => with(config::Api::load(&lookup), |settings| {
            run(&settings.telemetry.clone(), async |stop| Ok(api::run(settings, stop).await?))
        }),
        ["worker"] => with(config::Worker::load(&lookup), |settings| {
            run(&settings.telemetry.clone(), async |stop| Ok(worker::run(settings, stop).await?))
        }),
        ["migrate"] => with(config::Migration::load(&lookup), |settings| {
            run(&settings.telemetry, async |_| Ok(migration::up(&settings).await?))
        }),
        ["migrate", "down"] => with(config::Migration::load(&lookup), |settings| {
            run(&settings.telemetry, async |_| Ok(migration::down(&settings).await?))
        }),
        ["seed"] => with(config::Migration::load(&lookup), |settings| {
            run(&settings.telemetry, async |_| Ok(seed::products(&settings).await?))
        }),
        ["seed", "--development"] => with(config::Migration::load(&lookup), |settings| {
            run(&settings.telemetry, async |_| Ok(seed::development(&settings).await?))
        }),
        ["health"] => with(config::Probe::load(&lookup), |settings| {
            run(&settings.telemetry, async |_| probe(settings.admin_port).await)
        }),
        _ => {
            say("usage: storefront api | worker | migrate [down] | seed [--development] | health");
            ExitCode::from(USAGE)
        }
    }
}

/// Go on with the settings, or name everything that is wrong with them.
fn with<T>(settings: Result<T, Faults>, command: impl FnOnce(T) -> ExitCode) -> ExitCode {
    match settings {
        Ok(settings) => command(settings),
        Err(faults) => {
            for fault in faults {
                say(&fault.to_string());
            }
            ExitCode::from(CONFIG)
        }
    }
}

/// Run a command with logs and traces, and tell it when it has to stop.
fn run(
    settings: &config::Telemetry,
    command: impl AsyncFnOnce(CancellationToken) -> Result<(), Failure>,
) -> ExitCode {
    let (telemetry, runtime) = match (telemetry::start(settings), Runtime::new()) {
        (Ok(telemetry), Ok(runtime)) => (telemetry, runtime),
        (Err(error), _) => return failed(&error),
        (_, Err(error)) => return failed(&error),
    };
    let outcome = runtime.block_on(async {
        let stop = termination()?;
        command(stop).await
    });
    runtime.shutdown_timeout(LAST_MOMENT);
    let code = match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    };
    telemetry.shutdown();
    code
}

/// Return a token that SIGTERM or SIGINT cancels.
fn termination() -> io::Result<CancellationToken> {
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let token = CancellationToken::new();
    let signalled = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        signalled.cancel();
    });
    Ok(token)
}

/// Ask the process in the same container whether it lives.
async fn probe(admin_port: u16) -> Result<(), Failure> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).no_proxy().build()?;
    let url = format!("http://127.0.0.1:{admin_port}/healthz");
    client.get(url).send().await?.error_for_status()?;
    Ok(())
}

fn failed(error: &(dyn Error + 'static)) -> ExitCode {
    tracing::error!(error, "failed");
    ExitCode::FAILURE
}

fn say(words: &str) {
    // Where standard error is gone, the exit code has to do.
    writeln!(io::stderr(), "{words}").unwrap_or_default();
}
