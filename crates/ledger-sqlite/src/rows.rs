//! Rows into records. What does not parse is an error that names the place and not the data.

use matrimony_domain::{ChatKey, LoginId, Name, NetworkKind, PersonKey, PortalId, RoomId, UnixMillis};
use matrimony_ledger::codec::decode_content;
use matrimony_ledger::{EventRecord, LedgerError, Person, Portal, Room};
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, Type};

/// The columns of one table in a result row.
pub(crate) struct Fields<'r> {
    row: &'r SqliteRow,
    table: &'static str,
    /// Id of the table's row, for errors; 0 where the table has none.
    id: i64,
}

impl<'r> Fields<'r> {
    /// Of a table with an id, found under `id_column`.
    pub(crate) fn of(row: &'r SqliteRow, table: &'static str, id_column: &'static str) -> Result<Self, LedgerError> {
        let id = Self { row, table, id: 0 }.get(id_column)?;
        Ok(Self { row, table, id })
    }

    /// Of a table without ids.
    pub(crate) fn unnumbered(row: &'r SqliteRow, table: &'static str) -> Self {
        Self { row, table, id: 0 }
    }

    /// The row's id.
    pub(crate) fn id(&self) -> i64 {
        self.id
    }

    /// A column of a type that SQLite knows.
    pub(crate) fn get<T>(&self, column: &'static str) -> Result<T, LedgerError>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite>,
    {
        self.row.try_get(column).map_err(|_| self.corrupt(column))
    }

    /// A moment.
    pub(crate) fn millis(&self, column: &'static str) -> Result<UnixMillis, LedgerError> {
        Ok(UnixMillis(self.get(column)?))
    }

    /// A network's name.
    pub(crate) fn network(&self, column: &'static str) -> Result<NetworkKind, LedgerError> {
        self.parse(column, |text| text.parse().ok())
    }

    /// Text that means something.
    pub(crate) fn parse<T>(&self, column: &'static str, read: impl Fn(&str) -> Option<T>) -> Result<T, LedgerError> {
        read(self.get(column)?).ok_or_else(|| self.corrupt(column))
    }

    /// A name that may be missing.
    pub(crate) fn name(&self, column: &'static str) -> Result<Option<Name>, LedgerError> {
        Ok(self.get::<Option<&str>>(column)?.and_then(Name::new))
    }

    /// A chat, joined as `chat_network` and `chat_remote`.
    pub(crate) fn chat(&self) -> Result<ChatKey, LedgerError> {
        Ok(ChatKey::new(
            self.network("chat_network")?,
            self.get::<&str>("chat_remote")?,
        ))
    }

    pub(crate) fn corrupt(&self, column: &'static str) -> LedgerError {
        LedgerError::Corrupt {
            table: self.table,
            column,
            row: self.id,
        }
    }
}

/// Columns `id, name, created`.
pub(crate) fn room(row: &SqliteRow) -> Result<Room, LedgerError> {
    let fields = Fields::of(row, "rooms", "id")?;
    Ok(Room {
        id: RoomId(fields.id()),
        name: fields.parse("name", Name::new)?,
        created: fields.millis("created")?,
    })
}

/// Columns `portal, portal_room, relay` and the chat.
pub(crate) fn portal(row: &SqliteRow) -> Result<Portal, LedgerError> {
    let fields = Fields::of(row, "portals", "portal")?;
    Ok(Portal {
        id: PortalId(fields.id()),
        room: RoomId(fields.get("portal_room")?),
        chat: fields.chat()?,
        relay: LoginId(fields.get("relay")?),
    })
}

/// Columns `network, key, alias, name`.
pub(crate) fn person(row: &SqliteRow) -> Result<Person, LedgerError> {
    let fields = Fields::unnumbered(row, "people");
    let network = fields.network("network")?;
    Ok(Person {
        key: PersonKey::new(network, fields.get::<&str>("key")?),
        alias: fields
            .get::<Option<&str>>("alias")?
            .map(|alias| PersonKey::new(network, alias)),
        name: fields.name("name")?,
    })
}

/// Columns `event, room, seq, sender_network, sender, remote_id, at, content`, and the event's chat as
/// `event_chat_network` and `event_chat_remote`.
pub(crate) fn event(row: &SqliteRow) -> Result<EventRecord, LedgerError> {
    use matrimony_domain::{EventId, RemoteId, Seq};
    let fields = Fields::of(row, "events", "event")?;
    let content = fields
        .get::<Option<&str>>("content")?
        .map(|content| decode_content(content).map_err(|_| fields.corrupt("content")))
        .transpose()?;
    Ok(EventRecord {
        id: EventId(fields.id()),
        room: RoomId(fields.get("room")?),
        seq: Seq(fields.get("seq")?),
        chat: ChatKey::new(
            fields.network("event_chat_network")?,
            fields.get::<&str>("event_chat_remote")?,
        ),
        sender: PersonKey::new(fields.network("sender_network")?, fields.get::<&str>("sender")?),
        remote_id: RemoteId::new(fields.get::<&str>("remote_id")?),
        at: fields.millis("at")?,
        content,
    })
}
