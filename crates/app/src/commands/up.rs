//! `matrimony up`

use crate::admins::Admins;
use crate::assembly::Assembly;
use crate::config::Config;
use crate::control::server;
use crate::data_dir::{DataDir, control_socket};
use crate::house::House;
use crate::steward::HouseSteward;
use crate::stop::StopSignals;
use crate::{entropy, home, telemetry, tls};
use anyhow::{Context, Result};
use matrimony_domain::limits::STOP_WITHIN;
use matrimony_domain::{Clock, LoginRole, SystemClock};
use matrimony_ledger::{Ledger, NewLogin, WorkerId};
use matrimony_ledger_sqlite::{Durability, Options, SqliteLedger};
use matrimony_matrix::{Appservice, Homeserver, MatrixNetwork, Parts as MatrixParts, Settings as MatrixSettings};
use matrimony_network::Network as _;
use matrimony_service::{Parts, Service, ledger_spool};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tracing::{info, warn};

/// How much of the time to stop is left for closing the ledger.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// Runs everything until SIGTERM or Ctrl-C.
pub(crate) async fn run(config: &Config, assembly: &Assembly) -> Result<()> {
    telemetry::start(&config.log).map_err(anyhow::Error::msg)?;
    tls::install();
    let data = DataDir::take(&config.data_dir)?;
    let mut stop = StopSignals::listen()?;
    let ledger = Arc::new(
        SqliteLedger::open(
            &data.ledger(),
            Options {
                entropy: entropy::bytes(),
                durability: Durability::Full,
            },
        )
        .await?,
    );
    let worked = work(config, assembly, &data, ledger.clone(), &mut stop).await;
    if tokio::time::timeout(CLOSE_WITHIN, ledger.close()).await.is_err() {
        warn!("the ledger did not close in time; nothing is lost by that");
    }
    info!("stopped");
    worked
}

async fn work(
    config: &Config,
    assembly: &Assembly,
    data: &DataDir,
    ledger: Arc<dyn Ledger>,
    stop: &mut StopSignals,
) -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let folder = data.matrix();
    let homeserver = tokio::select! {
        prepared = home::prepare(config, &folder) => prepared.context("the homeserver could not be made ready")?,
        () = stop.received() => return Ok(()),
    };
    check_listen(config.matrix.listen)?;
    let admins = Arc::new(Admins::load(ledger.clone(), clock.clone(), &config.matrix.admins).await?);
    let steward = Arc::new(HouseSteward::default());
    let matrix = matrix(config, &homeserver, steward.clone(), &ledger, &clock)?;
    let account = bot(&matrix);
    let mut networks = assembly.networks(config, data);
    networks.push(Arc::new(matrix));
    let seed = u64::from_le_bytes(entropy::bytes());
    let worker = WorkerId(format!("{}-{seed:016x}", std::process::id()));
    let service = Service::start(Parts {
        ledger,
        networks,
        clock,
        seed,
        worker,
    })
    .await?;
    let house = House {
        service: service.clone(),
        homeserver,
        admins,
    };
    let served = open_house(config, house, &account, &steward, stop).await;
    let report = service.stop(STOP_WITHIN - CLOSE_WITHIN).await;
    info!(?report, "the service has stopped");
    served
}

/// Says at once what the session would find out later: that its address cannot be had.
fn check_listen(listen: SocketAddr) -> Result<()> {
    let taken =
        || format!("matrix.listen = \"{listen}\" cannot be had; stop the program that uses it, or set another address");
    std::net::TcpListener::bind(listen).map(drop).with_context(taken)
}

/// Opens the Matrix side and answers people.
async fn open_house(
    config: &Config,
    house: House,
    account: &NewLogin,
    steward: &HouseSteward,
    stop: &mut StopSignals,
) -> Result<()> {
    house.service.add_account(account).await?;
    steward.serve(house.clone());
    answer(config, house, stop).await
}

/// Answers on the control socket until told to stop.
async fn answer(config: &Config, house: House, stop: &mut StopSignals) -> Result<()> {
    let socket = control_socket(&config.data_dir);
    let listener = server::bind(&socket).with_context(|| format!("cannot listen on {}", socket.display()))?;
    info!(
        homeserver = house.homeserver.address().url,
        "up; `matrimony status` tells how everything is"
    );
    tokio::select! {
        served = server::serve(listener, house) => served.context("the control socket failed"),
        () = stop.received() => Ok(()),
    }
}

fn matrix(
    config: &Config,
    homeserver: &Homeserver,
    steward: Arc<HouseSteward>,
    ledger: &Arc<dyn Ledger>,
    clock: &Arc<dyn Clock>,
) -> Result<MatrixNetwork> {
    let settings = MatrixSettings {
        homeserver: homeserver.clone(),
        listen: config.matrix.listen,
        appservice: Appservice::default(),
    };
    let spool = ledger_spool(ledger.clone(), clock.clone(), "matrix");
    Ok(MatrixNetwork::new(
        settings,
        MatrixParts {
            spool,
            clock: clock.clone(),
            steward,
        },
    )?)
}

/// The login that holds all Matrix rooms and speaks there through ghosts.
fn bot(matrix: &MatrixNetwork) -> NewLogin {
    let (key, person, name) = matrix.bot();
    NewLogin {
        network: matrix.kind(),
        key,
        person,
        name: Some(name),
        role: LoginRole::Relay,
    }
}
