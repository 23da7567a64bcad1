-- What `deduplicate` remembers: which messages a service is done with, and what they led to.
-- Slingshot runs this itself where its role may; it can be run again.
CREATE TABLE IF NOT EXISTS slingshot_inbox (
    service text COLLATE "C" NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    outputs json NOT NULL DEFAULT '[]',
    processed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service, message_id)
);
CREATE INDEX IF NOT EXISTS slingshot_inbox_processed_at ON slingshot_inbox (service, processed_at);
