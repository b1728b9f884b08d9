//! The tasks of a session. They live inside [`run`](matrimony_network::Session::run) and end with it.

use super::MatrixSession;
use crate::bot::Desk;
use crate::limits;
use crate::link::Link;
use crate::listener::router;
use crate::settings::Homeserver;
use crate::worker::Worker;
use matrimony_domain::Reason;
use matrimony_network::{Inbox, SessionEnd};
use std::error::Error;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

impl MatrixSession {
    pub(super) async fn run_until(&self, inbox: Arc<dyn Inbox>, stop: &CancellationToken) -> SessionEnd {
        let listener = match TcpListener::bind(self.settings.listen).await {
            Ok(listener) => listener,
            Err(error) => {
                return SessionEnd::Failed(Reason::computed(format!(
                    "cannot listen on {} for the homeserver: {error}; stop what listens there, or set another address",
                    self.settings.listen
                )));
            }
        };
        let inner = stop.child_token();
        let mut tasks = self.start(listener, inbox, &inner);
        // The first task to end ends the session: they all go on until they are told to stop.
        let first = tasks.join_next().await;
        inner.cancel();
        let rest = timeout(limits::TASKS_STOP, async { while tasks.join_next().await.is_some() {} }).await;
        if rest.is_err() {
            tracing::warn!("a task of the matrix session did not stop in time");
            tasks.shutdown().await;
        }
        match first {
            _ if stop.is_cancelled() => SessionEnd::Stopped,
            Some(Ok(Err(reason))) => SessionEnd::Failed(reason),
            Some(Ok(Ok(()))) | None => SessionEnd::Failed(Reason::fixed("a part of the matrix session has ended")),
            Some(Err(_)) => SessionEnd::Failed(Reason::fixed("a part of the matrix session has panicked")),
        }
    }

    fn start(
        &self,
        listener: TcpListener,
        inbox: Arc<dyn Inbox>,
        stop: &CancellationToken,
    ) -> JoinSet<Result<(), Reason>> {
        let mut tasks = JoinSet::new();
        let (orders, taken) = mpsc::channel(limits::COMMANDS);

        let routes = router(
            Arc::clone(&self.intake),
            &self.settings.homeserver.address().tokens.hs_token,
        );
        let until = stop.clone().cancelled_owned();
        let serve = axum::serve(listener, routes)
            .with_graceful_shutdown(until)
            .into_future();
        tasks.spawn(async {
            serve
                .await
                .map_err(|_| Reason::fixed("the listener for the homeserver failed"))
        });

        let worker = Worker {
            home: Arc::clone(&self.home),
            intake: Arc::clone(&self.intake),
            inbox: Arc::clone(&inbox),
            login: self.login,
            orders,
        };
        let until = stop.clone();
        tasks.spawn(async move {
            worker.work(&until).await;
            Ok(())
        });

        let desk = Desk {
            home: Arc::clone(&self.home),
            steward: Arc::clone(&self.steward),
        };
        let until = stop.clone();
        tasks.spawn(async move {
            desk.work(taken, &until).await;
            Ok(())
        });

        let link = Link {
            home: Arc::clone(&self.home),
            intake: Arc::clone(&self.intake),
            inbox,
            login: self.login,
            clock: Arc::clone(&self.clock),
            registration: self.settings.appservice.id.clone(),
            health: self.health.clone(),
        };
        let until = stop.clone();
        tasks.spawn(async move {
            link.hold(&until).await;
            Ok(())
        });

        if let Homeserver::Managed(synapse) = &self.settings.homeserver {
            let (synapse, until) = (Arc::clone(synapse), stop.clone());
            tasks.spawn(async move {
                let supervised = synapse.supervise(&until).await;
                supervised.map_err(|error| reason(&error))
            });
        }
        tasks
    }
}

/// An error with its causes.
fn reason(error: &(dyn Error + 'static)) -> Reason {
    let causes = std::iter::successors(Some(error), |error: &&dyn Error| (*error).source());
    Reason::computed(causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
}
