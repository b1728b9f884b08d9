//! What can happen: a seed becomes a list of operations, and a list can be read, kept and shortened.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

/// Operations of one run. Long enough for faults to meet, short enough to be read.
const OPS: std::ops::Range<usize> = 20..90;

/// Something that happens to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// A person writes.
    Say {
        room: usize,
        chat: Chat,
        person: usize,
        words: usize,
    },
    /// Somebody writes by hand on the phone of the chat's relay.
    Hand { room: usize, chat: Chat },
    /// A login hands over what its network has for it.
    Deliver {
        login: Login,
        fault: Option<LedgerFault>,
        ack: Ack,
    },
    /// A login's outbox makes one step.
    Step {
        login: Login,
        fate: Fate,
        /// Messages of the step that get through before the one that the fate is for.
        after: usize,
        fault: Option<LedgerFault>,
    },
    /// The relay's outbox makes a step, and the second login of its network sees the copy before the answer is there.
    StepSeen { login: Login },
    /// The phone of a login unlinks it.
    Unlink(Login),
    /// The login is linked again.
    Relink(Login),
    /// Time passes.
    Advance { millis: u64 },
    /// The process dies and starts again.
    Crash,
}

/// The kinds of chat; each room has one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Chat {
    /// The network chooses ids: an answer that is lost leaves us unsure.
    Theirs,
    /// We choose ids, and the network drops what it has.
    Ours,
    /// The network dedupes by our key without telling ids before, and speaks as the author.
    Home,
}

/// The logins: a relay for each kind of chat, and second ones that are in the same chats and see what the relay sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Login {
    Theirs,
    TheirsSecond,
    Ours,
    OursSecond,
    Home,
}

impl Login {
    pub(crate) const ALL: [Self; 5] = [
        Self::Theirs,
        Self::TheirsSecond,
        Self::Ours,
        Self::OursSecond,
        Self::Home,
    ];
    pub(crate) const RELAYS: [Self; 3] = [Self::Theirs, Self::Ours, Self::Home];

    /// The chats in which it is.
    pub(crate) fn chat(self) -> Chat {
        match self {
            Self::Theirs | Self::TheirsSecond => Chat::Theirs,
            Self::Ours | Self::OursSecond => Chat::Ours,
            Self::Home => Chat::Home,
        }
    }

    pub(crate) fn is_relay(self) -> bool {
        Self::RELAYS.contains(&self)
    }
}

/// What the network does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Takes it and says yes.
    Yes,
    /// The request is lost on its way.
    RequestLost,
    /// It is taken, and the answer is lost.
    AnswerLost,
    /// Not now.
    Later,
    /// Never.
    Refused,
    /// The login is not linked.
    Unlinked,
    /// The connector panics before anything left.
    Panic,
    /// The process dies before the request leaves.
    CrashBefore,
    /// The process dies after the message was taken, before the answer.
    CrashAfter,
}

/// What becomes of the acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ack {
    /// The network gets it.
    Arrives,
    /// The network does not, and hands over the same again.
    Lost,
}

/// The `nth` call of the ledger goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LedgerFault {
    pub(crate) nth: usize,
    pub(crate) when: When,
    pub(crate) how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Nothing is committed.
    BeforeCommit,
    /// It is committed, and nobody learns of it.
    AfterCommit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// The ledger answers with an error, and works again.
    Error,
    /// The process dies.
    Crash,
}

/// The operations of a seed.
pub(crate) fn operations(seed: u64) -> Vec<Op> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mood = Mood::of(&mut rng);
    (0..rng.random_range(OPS)).map(|_| mood.op(&mut rng)).collect()
}

/// How a run leans: some are calm, some are full of crashes, so that rare things also happen together.
struct Mood {
    /// Chance that an operation goes wrong in some way.
    trouble: f64,
    rooms: usize,
}

impl Mood {
    fn of(rng: &mut StdRng) -> Self {
        Self {
            trouble: *[0.0, 0.1, 0.3, 0.6].choose(rng).expect("not empty"),
            rooms: rng.random_range(1..=crate::world::ROOMS),
        }
    }

    fn op(&self, rng: &mut StdRng) -> Op {
        match rng.random_range(0..100) {
            0..22 => Op::Say {
                room: self.room(rng),
                chat: chat(rng),
                person: rng.random_range(0..2),
                words: if rng.random_bool(0.25) {
                    rng.random_range(2..5)
                } else {
                    1
                },
            },
            22..26 => Op::Hand {
                room: self.room(rng),
                chat: if rng.random_bool(0.5) { Chat::Theirs } else { Chat::Ours },
            },
            26..50 => Op::Deliver {
                login: login(rng),
                fault: self.ledger_fault(rng),
                ack: if rng.random_bool(self.trouble / 3.0) {
                    Ack::Lost
                } else {
                    Ack::Arrives
                },
            },
            50..80 => Op::Step {
                login: relay(rng),
                fate: self.fate(rng),
                after: if rng.random_bool(0.2) {
                    rng.random_range(1..4)
                } else {
                    0
                },
                fault: self.ledger_fault(rng),
            },
            80..86 => Op::StepSeen {
                login: if rng.random_bool(0.7) {
                    Login::Theirs
                } else {
                    Login::Ours
                },
            },
            86..96 => Op::Advance {
                millis: *[10, 600, 3_000, 16_000, 70_000, 130_000]
                    .choose(rng)
                    .expect("not empty"),
            },
            _ if !rng.random_bool(self.trouble) => Op::Advance { millis: 1_000 },
            96 => Op::Unlink(login(rng)),
            97 => Op::Relink(login(rng)),
            _ => Op::Crash,
        }
    }

    fn room(&self, rng: &mut StdRng) -> usize {
        rng.random_range(0..self.rooms)
    }

    fn fate(&self, rng: &mut StdRng) -> Fate {
        if !rng.random_bool(self.trouble) {
            return Fate::Yes;
        }
        let bad = [
            Fate::RequestLost,
            Fate::RequestLost,
            Fate::AnswerLost,
            Fate::AnswerLost,
            Fate::AnswerLost,
            Fate::Later,
            Fate::Later,
            Fate::Refused,
            Fate::Unlinked,
            Fate::Panic,
            Fate::CrashBefore,
            Fate::CrashAfter,
            Fate::CrashAfter,
        ];
        *bad.choose(rng).expect("not empty")
    }

    fn ledger_fault(&self, rng: &mut StdRng) -> Option<LedgerFault> {
        rng.random_bool(self.trouble / 2.0).then(|| LedgerFault {
            nth: rng.random_range(0..12),
            when: if rng.random_bool(0.5) {
                When::BeforeCommit
            } else {
                When::AfterCommit
            },
            how: if rng.random_bool(0.5) { How::Error } else { How::Crash },
        })
    }
}

fn chat(rng: &mut StdRng) -> Chat {
    *[Chat::Theirs, Chat::Ours, Chat::Home].choose(rng).expect("not empty")
}

fn login(rng: &mut StdRng) -> Login {
    *Login::ALL.choose(rng).expect("not empty")
}

fn relay(rng: &mut StdRng) -> Login {
    *Login::RELAYS.choose(rng).expect("not empty")
}
