-- The ledger, first version. Times are Unix milliseconds. "Fixed" means that a value is never changed after the insert.
-- Networks are written 'matrix', 'signal', 'whatsapp'.

-- The ledger itself: one row.
CREATE TABLE ledger (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    ledger_id   BLOB NOT NULL CHECK (length(ledger_id) = 16)   -- random, fixed: the source of send keys
) STRICT;

-- Numbers that would otherwise be counted over whole tables.
CREATE TABLE tallies (
    name    TEXT PRIMARY KEY,            -- 'events', 'delivered', 'refused', 'skipped', 'unsure_repeated'
    n       INTEGER NOT NULL DEFAULT 0   -- only grows, together with what it counts
) STRICT, WITHOUT ROWID;
INSERT INTO tallies (name) VALUES ('events'), ('delivered'), ('refused'), ('skipped'), ('unsure_repeated');

-- A conversation.
CREATE TABLE rooms (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL,                  -- may change
    created     INTEGER NOT NULL,               -- fixed
    last_seq    INTEGER NOT NULL DEFAULT 0      -- seq of the newest event; only grows, by one with each event
) STRICT;

-- An account that Matrimony holds on a network.
CREATE TABLE logins (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    network     TEXT NOT NULL,                  -- fixed
    key         TEXT NOT NULL,                  -- how the connector finds it; fixed
    person      TEXT NOT NULL,                  -- id of the person that it is on its network; changes when linked anew
    name        TEXT,                           -- profile name; may change
    role        TEXT NOT NULL CHECK (role IN ('relay', 'personal')),        -- may change
    state       TEXT NOT NULL CHECK (state IN ('linked', 'unlinked')),      -- may change
    reason      TEXT,                           -- why it is unlinked; null while linked
    since       INTEGER NOT NULL,               -- when the state last changed
    UNIQUE (network, key)
) STRICT;

-- A conversation as a network knows it. Rows stay for ever: copies refer to them.
CREATE TABLE chats (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    network     TEXT NOT NULL,                  -- fixed
    remote      TEXT NOT NULL,                  -- the network's id of it, opaque; fixed
    UNIQUE (network, remote)
) STRICT;

-- The attachment of a chat to a room. A chat has one row for ever: detached, it hangs on no room; united again, it is
-- the same portal.
CREATE TABLE portals (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    chat        INTEGER NOT NULL UNIQUE REFERENCES chats,    -- fixed
    room        INTEGER REFERENCES rooms,       -- changes when it moves; null while detached
    relay       INTEGER NOT NULL REFERENCES logins,          -- the login that speaks there; may change
    united      INTEGER NOT NULL                -- when it was last united with a room
) STRICT;
CREATE INDEX portals_by_room ON portals (room);

-- Someone on a network.
CREATE TABLE people (
    network     TEXT NOT NULL,                  -- fixed
    key         TEXT NOT NULL,                  -- the id under which the network last named them
    alias       TEXT,                           -- a second id of the same person on the same network; may change
    name        TEXT,                           -- the last name that the network told; may change
    seen        INTEGER NOT NULL,               -- when the row last changed
    PRIMARY KEY (network, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX people_by_alias ON people (network, alias) WHERE alias IS NOT NULL;

-- Who is in a chat, as its network last listed them. Replaced as a whole.
CREATE TABLE members (
    chat        INTEGER NOT NULL REFERENCES chats,
    network     TEXT NOT NULL,
    person      TEXT NOT NULL,                  -- key or alias in people
    PRIMARY KEY (chat, network, person)
) STRICT, WITHOUT ROWID;

-- Who has spoken in a room. Rows are only added.
CREATE TABLE speakers (
    room        INTEGER NOT NULL REFERENCES rooms,
    network     TEXT NOT NULL,
    person      TEXT NOT NULL,                  -- key or alias in people
    PRIMARY KEY (room, network, person)
) STRICT, WITHOUT ROWID;

-- What happened in a room.
CREATE TABLE events (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    room            INTEGER NOT NULL REFERENCES rooms,   -- where it happened; fixed, also when the portal moves
    seq             INTEGER NOT NULL,           -- its place in the room, from 1, without gaps; fixed
    chat            INTEGER NOT NULL REFERENCES chats,   -- fixed
    sender_network  TEXT NOT NULL,              -- fixed
    sender          TEXT NOT NULL,              -- the id under which the network named the sender; fixed
    remote_id       TEXT NOT NULL,              -- its id in the chat, opaque; fixed
    at              INTEGER NOT NULL,           -- when, by the network's account; fixed
    seen_by         INTEGER NOT NULL REFERENCES logins,  -- the login that told us first; fixed
    accepted        INTEGER NOT NULL,           -- when it was stored; fixed
    content         TEXT,                       -- JSON; null where unreadable, or dropped by retention
    unreadable      TEXT,                       -- why there is no content; fixed
    UNIQUE (room, seq),
    UNIQUE (chat, remote_id, sender_network, sender)
) STRICT;

-- The duty to make one copy of one event. Ids follow the order of acceptance: within a portal, by id is in room order.
CREATE TABLE deliveries (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    event       INTEGER NOT NULL REFERENCES events,      -- fixed
    portal      INTEGER NOT NULL REFERENCES portals,     -- fixed
    login       INTEGER NOT NULL REFERENCES logins,      -- the portal's relay; while open it changes with the relay
    state       TEXT NOT NULL CHECK (state IN ('due', 'claimed', 'unsure', 'held', 'delivered', 'refused', 'skipped')),
    due         INTEGER NOT NULL,               -- not to be claimed before; for 'unsure', the end of the wait
    attempts    INTEGER NOT NULL DEFAULT 0,     -- attempts that have begun and were not handed back
    fence       INTEGER NOT NULL DEFAULT 0,     -- counts the claims; only the newest may settle
    worker      TEXT,                           -- who claimed it last
    lease_until INTEGER,                        -- when that claim ends by itself
    begun       INTEGER,                        -- when the last attempt began; null before the first
    begun_fence INTEGER NOT NULL DEFAULT 0,     -- the claim of that attempt: not the newest, then the newest has begun nothing
    repeatable  INTEGER NOT NULL DEFAULT 1,     -- 0: repeating that attempt may make a second copy
    doubt       INTEGER NOT NULL DEFAULT 0,     -- 1: an attempt went unanswered; 2: and its repeat was counted
    horizon     INTEGER,                        -- when it is given up; null before the first attempt, and after a hold
    reason      TEXT,                           -- the last reason given
    settled     INTEGER                         -- when it was settled; null while open, then fixed like all the row
) STRICT;
-- Open deliveries: the queue of each login, and of each portal in it.
CREATE INDEX deliveries_open ON deliveries (login, portal, id) WHERE settled IS NULL;
-- What status lists.
CREATE INDEX deliveries_undelivered ON deliveries (id) WHERE state <> 'delivered';

-- An event as it exists in a chat, by its id there: originals, copies that we made, and ids that we are about to use.
CREATE TABLE copies (
    chat        INTEGER NOT NULL REFERENCES chats,       -- fixed
    remote_id   TEXT NOT NULL,                           -- fixed
    event       INTEGER NOT NULL REFERENCES events,      -- fixed
    part        INTEGER NOT NULL,                        -- which message of a delivery in several; 0 for the original
    delivery    INTEGER REFERENCES deliveries,           -- the delivery that made it; null for the original
    state       TEXT NOT NULL CHECK (state IN ('original', 'intended', 'sent')),    -- 'intended' may become 'sent'
    PRIMARY KEY (chat, remote_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX copies_by_event ON copies (event, chat);

-- What an attempt is about to send, or may have sent: for the sightings of other logins. One row is one copy that may
-- be seen. Gone once the attempt was answered or the copy was seen; what went unanswered outlives its delivery by a day.
CREATE TABLE intents (
    delivery    INTEGER NOT NULL REFERENCES deliveries,
    attempt     INTEGER NOT NULL,                        -- the fence of the claim under which it began
    part        INTEGER NOT NULL,
    chat        INTEGER NOT NULL REFERENCES chats,
    fingerprint BLOB NOT NULL,                           -- digest of chat and text
    until       INTEGER,                                 -- expected no longer; null while the delivery is open
    PRIMARY KEY (delivery, attempt, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX intents_by_fingerprint ON intents (chat, fingerprint);
CREATE INDEX intents_of_settled ON intents (until) WHERE until IS NOT NULL;

-- What must be answered before it is understood.
CREATE TABLE spool (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,       -- the order within a queue
    queue       TEXT NOT NULL,                           -- fixed
    key         TEXT NOT NULL,                           -- unique in its queue; fixed
    bytes       BLOB,                                    -- the item; null once handled
    stored      INTEGER NOT NULL,                        -- fixed
    done        INTEGER,                                 -- when it was handled; the row goes some days later
    UNIQUE (queue, key)
) STRICT;
CREATE INDEX spool_waiting ON spool (queue, id) WHERE done IS NULL;
CREATE INDEX spool_done ON spool (done) WHERE done IS NOT NULL;

-- Secrets and connector state, encrypted by the caller where they are secret.
CREATE TABLE vault (
    scope       TEXT NOT NULL,                           -- fixed
    key         TEXT NOT NULL,                           -- fixed
    value       BLOB NOT NULL,                           -- may change
    changed     INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

-- What happened beside messages. The oldest lines go.
CREATE TABLE audit (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,                        -- of the last time, where a line stands for several
    kind        TEXT NOT NULL CHECK (kind IN ('portal', 'login', 'unreadable', 'unsure_repeated')),     -- fixed
    login       INTEGER REFERENCES logins,               -- fixed
    what        TEXT NOT NULL,                           -- fixed; no personal data
    times       INTEGER NOT NULL DEFAULT 1               -- how often it happened in a row
) STRICT;
