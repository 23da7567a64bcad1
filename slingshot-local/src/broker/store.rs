//! What outlives the process: durable queues, exchanges with their bindings, persistent messages.
//!
//! Changes collect in a [`Batch`] while the previous one is written, so one transaction carries
//! all that arrived meanwhile. A committed batch is in the operating system's buffers: the death
//! of the process loses nothing, the loss of power may (`docs/decisions/broker-store.md`).

use std::{collections::BTreeMap, fs::OpenOptions, io, path::Path, sync::Arc};

use amq_protocol::types::{FieldTable, ShortString};
use redb::{Database, ReadableDatabase, StorageBackend, TableDefinition, backends::FileBackend};

use super::{
    error::StoreError,
    exchange::{Binding, Destination, Exchange, Kind},
    message::{Memory, Message},
    queue::{Position, QueueId},
    record::{Reader, Writer},
};

const FILE: &str = "broker.redb";
const CACHE_BYTES: usize = 16 << 20;
const QUEUES: TableDefinition<'_, QueueId, &[u8]> = TableDefinition::new("queues");
const EXCHANGES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("exchanges");
const MESSAGES: TableDefinition<'_, (QueueId, Position), &[u8]> = TableDefinition::new("messages");

/// A durable queue's definition.
#[derive(Debug, Clone)]
pub(super) struct QueueRecord {
    pub(super) name: ShortString,
    pub(super) auto_delete: bool,
    pub(super) arguments: FieldTable,
}

/// A persistent message in a durable queue.
#[derive(Debug)]
pub(super) struct MessageRecord {
    pub(super) message: Arc<Message>,
    /// Milliseconds since the Unix epoch.
    pub(super) expires: Option<u64>,
}

/// The changes of one transaction; `None` removes.
#[derive(Debug, Default)]
pub(super) struct Batch {
    queues: BTreeMap<QueueId, Option<QueueRecord>>,
    exchanges: BTreeMap<ShortString, Option<Exchange>>,
    messages: BTreeMap<(QueueId, Position), Option<MessageRecord>>,
}

impl Batch {
    pub(super) fn put_queue(&mut self, id: QueueId, record: QueueRecord) {
        self.queues.insert(id, Some(record));
    }

    /// Removes the queue and every message in it.
    pub(super) fn remove_queue(&mut self, id: QueueId) {
        self.queues.insert(id, None);
    }

    pub(super) fn put_exchange(&mut self, name: ShortString, exchange: Exchange) {
        self.exchanges.insert(name, Some(exchange));
    }

    pub(super) fn remove_exchange(&mut self, name: ShortString) {
        self.exchanges.insert(name, None);
    }

    pub(super) fn put_message(&mut self, queue: QueueId, at: Position, record: MessageRecord) {
        self.messages.insert((queue, at), Some(record));
    }

    /// A message that came and went within one batch is never written.
    pub(super) fn remove_message(&mut self, queue: QueueId, at: Position) {
        let key = (queue, at);
        if self.messages.remove(&key).is_none() {
            self.messages.insert(key, None);
        }
    }
}

/// Everything that a store held when it was opened, each list in key order.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) queues: Vec<(QueueId, QueueRecord)>,
    pub(super) exchanges: Vec<(ShortString, Exchange)>,
    pub(super) messages: Vec<((QueueId, Position), MessageRecord)>,
}

#[derive(Debug)]
pub(super) struct Store {
    database: Database,
}

impl Store {
    pub(super) fn open(directory: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory).map_err(StoreError::new)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options
            .open(directory.join(FILE))
            .map_err(StoreError::new)?;
        // Held for as long as the file is open: one broker per directory.
        file.try_lock().map_err(StoreError::new)?;
        let backend = Buffered(FileBackend::new(file).map_err(StoreError::new)?);
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(backend)
            .map_err(StoreError::new)?;
        let store = Self { database };
        store.commit(Batch::default())?; // so that the tables exist
        Ok(store)
    }

    pub(super) fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let transaction = self.database.begin_write().map_err(StoreError::new)?;
        write(&transaction, batch).map_err(StoreError::new)?;
        transaction.commit().map_err(StoreError::new)
    }

    pub(super) fn contents(&self, memory: &Arc<Memory>) -> Result<Contents, StoreError> {
        let read = self.database.begin_read().map_err(StoreError::new)?;
        let mut contents = Contents {
            queues: Vec::new(),
            exchanges: Vec::new(),
            messages: Vec::new(),
        };
        let corrupt = |what: &str| StoreError::new(format!("a {what} record is not readable"));
        for row in rows(&read.open_table(QUEUES).map_err(StoreError::new)?)? {
            let (id, record) = row.map_err(StoreError::new)?;
            let record = read_queue(record.value()).ok_or_else(|| corrupt("queue"))?;
            contents.queues.push((id.value(), record));
        }
        for row in rows(&read.open_table(EXCHANGES).map_err(StoreError::new)?)? {
            let (name, record) = row.map_err(StoreError::new)?;
            let name = ShortString::try_new(name.value()).map_err(|_| corrupt("exchange"))?;
            let record = read_exchange(record.value()).ok_or_else(|| corrupt("exchange"))?;
            contents.exchanges.push((name, record));
        }
        for row in rows(&read.open_table(MESSAGES).map_err(StoreError::new)?)? {
            let (key, record) = row.map_err(StoreError::new)?;
            let (message, expires) =
                Message::from_record(record.value(), memory).ok_or_else(|| corrupt("message"))?;
            let record = MessageRecord {
                message: Arc::new(message),
                expires,
            };
            contents.messages.push((key.value(), record));
        }
        Ok(contents)
    }
}

fn rows<K: redb::Key + 'static>(
    table: &redb::ReadOnlyTable<K, &'static [u8]>,
) -> Result<redb::Range<'static, K, &'static [u8]>, StoreError> {
    table.range::<K::SelfType<'_>>(..).map_err(StoreError::new)
}

fn write(transaction: &redb::WriteTransaction, batch: Batch) -> Result<(), redb::Error> {
    let mut queues = transaction.open_table(QUEUES)?;
    let mut exchanges = transaction.open_table(EXCHANGES)?;
    let mut messages = transaction.open_table(MESSAGES)?;
    for ((queue, at), record) in batch.messages {
        match record {
            Some(MessageRecord { message, expires }) => {
                messages.insert((queue, at), &*message.record(expires))?;
            }
            None => drop(messages.remove((queue, at))?),
        }
    }
    for (id, record) in batch.queues {
        match record {
            Some(record) => drop(queues.insert(id, &*queue_bytes(&record))?),
            None => {
                queues.remove(id)?;
                messages.retain_in((id, 0)..=(id, Position::MAX), |_, _| false)?;
            }
        }
    }
    for (name, record) in batch.exchanges {
        match record {
            Some(record) => drop(exchanges.insert(name.as_str(), &*exchange_bytes(&record))?),
            None => drop(exchanges.remove(name.as_str())?),
        }
    }
    Ok(())
}

fn queue_bytes(queue: &QueueRecord) -> Vec<u8> {
    let QueueRecord {
        name,
        auto_delete,
        arguments,
    } = queue;
    Writer::default()
        .name(name)
        .flag(*auto_delete)
        .table(arguments)
        .finish()
}

fn read_queue(record: &[u8]) -> Option<QueueRecord> {
    let mut reader = Reader::new(record);
    Some(QueueRecord {
        name: reader.name()?,
        auto_delete: reader.flag()?,
        arguments: reader.table()?,
    })
}

fn exchange_bytes(exchange: &Exchange) -> Vec<u8> {
    let Exchange {
        kind,
        durable: _,
        auto_delete,
        internal,
        arguments,
        bindings,
    } = exchange;
    let mut writer = Writer::default()
        .bytes(kind.name().as_bytes())
        .flag(*auto_delete)
        .flag(*internal)
        .table(arguments);
    for Binding {
        destination,
        routing_key,
        arguments,
    } in bindings
    {
        writer = match destination {
            Destination::Queue(id) => writer.flag(true).number(*id),
            Destination::Exchange(name) => writer.flag(false).name(name),
        };
        writer = writer.name(routing_key).table(arguments);
    }
    writer.finish()
}

fn read_exchange(record: &[u8]) -> Option<Exchange> {
    let mut reader = Reader::new(record);
    let mut exchange = Exchange {
        kind: Kind::named(str::from_utf8(reader.bytes()?).ok()?)?,
        durable: true,
        auto_delete: reader.flag()?,
        internal: reader.flag()?,
        arguments: reader.table()?,
        bindings: Vec::new(),
    };
    while let Some(to_queue) = reader.flag() {
        let destination = if to_queue {
            Destination::Queue(reader.number()?)
        } else {
            Destination::Exchange(reader.name()?)
        };
        let (routing_key, arguments) = (reader.name()?, reader.table()?);
        exchange.bindings.push(Binding {
            destination,
            routing_key,
            arguments,
        });
    }
    Some(exchange)
}

/// A file whose writes reach the operating system and are not forced to the disk.
#[derive(Debug)]
struct Buffered(FileBackend);

impl StorageBackend for Buffered {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.0.close()
    }
}
