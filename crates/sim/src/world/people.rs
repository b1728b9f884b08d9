//! The people of the world and what they see.

use crate::matrix_user::MatrixUser;
use crate::screen::Screen;
use crate::signal_rig::SignalRig;
use matrimony_domain::NetworkKind;
use matrimony_sim_whatsapp::SimWhatsApp;
use std::time::Duration;
use tokio::task::JoinSet;

/// Which app somebody uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum App {
    /// Signal.
    Signal,
    /// WhatsApp.
    WhatsApp,
    /// A Matrix client.
    Matrix,
}

impl App {
    /// Its network.
    pub fn network(self) -> NetworkKind {
        match self {
            Self::Signal => NetworkKind::Signal,
            Self::WhatsApp => NetworkKind::WhatsApp,
            Self::Matrix => NetworkKind::Matrix,
        }
    }
}

/// Somebody.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// Their app.
    pub app: App,
    /// Their phone number, on WhatsApp.
    pub number: String,
    /// What they see in the group.
    pub screen: Screen,
}

/// How long a look at a phone waits for news.
const LOOK: Duration = Duration::from_secs(5);

/// Begins to look at everybody's screen, until `watching` is dropped.
pub(super) fn watch(
    signal: &SignalRig,
    whatsapp: &SimWhatsApp,
    nina: &MatrixUser,
    matrix_room: &str,
    watching: &mut JoinSet<()>,
) -> Vec<Person> {
    let mut people = Vec::new();
    for name in ["alice", "bob"] {
        let screen = Screen::default();
        watching.spawn(watch_signal(signal.clone(), name, screen.clone()));
        people.push(Person {
            name: name.into(),
            app: App::Signal,
            number: String::new(),
            screen,
        });
    }
    for phone in whatsapp
        .phones_info()
        .into_iter()
        .filter(|phone| phone.name != super::RELAY)
    {
        let screen = Screen::default();
        watching.spawn(watch_whatsapp(whatsapp.clone(), phone.number.clone(), screen.clone()));
        people.push(Person {
            name: phone.name,
            app: App::WhatsApp,
            number: phone.number,
            screen,
        });
    }
    let screen = nina.screen(matrix_room);
    people.push(Person {
        name: "nina".into(),
        app: App::Matrix,
        number: String::new(),
        screen,
    });
    people
}

async fn watch_signal(rig: SignalRig, name: &'static str, screen: Screen) {
    let mut since = 0;
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    loop {
        ticks.tick().await;
        // The rig ends with the test; until then an error passes.
        let Ok(shown) = rig.shows(name, since).await else {
            continue;
        };
        for message in shown.messages {
            screen.show(&message.from, message.text.as_deref().unwrap_or_default());
        }
        since = shown.next;
    }
}

async fn watch_whatsapp(server: SimWhatsApp, number: String, screen: Screen) {
    let mut since = 0;
    while let Ok(entries) = server.wait_shown(&number, since, LOOK).await {
        for entry in entries {
            since = entry.seq;
            screen.show(&entry.sender.name, entry.text.as_deref().unwrap_or_default());
        }
    }
}
