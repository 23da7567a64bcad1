-- Ids are u64 in the services; a bigint holds the same 64 bits.

CREATE TABLE documents (                -- written by `sniff`, one row a file
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    media_type TEXT NOT NULL,
    problem TEXT,                       -- what a person should know about it
    on_page BOOLEAN NOT NULL DEFAULT FALSE   -- whether the report shows its latest state
);
CREATE INDEX documents_not_on_page ON documents (id) WHERE NOT on_page;

CREATE TABLE texts (                    -- written by `words`
    document BIGINT PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
    encoding TEXT NOT NULL,
    words BIGINT NOT NULL,
    distinct_words BIGINT NOT NULL,
    language TEXT,                      -- ISO 639-3; null when no language is certain
    language_name TEXT,
    excerpt TEXT NOT NULL
);

CREATE TABLE words (                    -- written by `words`: the frequent words of each text
    document BIGINT NOT NULL REFERENCES texts ON DELETE CASCADE,
    word TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (document, word)
);

CREATE TABLE pictures (                 -- written by `thumbnail`
    document BIGINT PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    thumbnail_type TEXT NOT NULL
);

CREATE TABLE members (                  -- written by `unpack`: which files came out of which
    document BIGINT PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
    parent BIGINT NOT NULL REFERENCES documents ON DELETE CASCADE,
    path TEXT NOT NULL
);
