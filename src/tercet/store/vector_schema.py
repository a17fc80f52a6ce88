"""The tables of vector stores: stores, the files in them, batches of these, and chunks with their vectors.

A chunk goes with its file and a file with its store. The index of their words, each database's own, is asked in
`vector_texts.py`.
"""

VECTORS = """
    CREATE TABLE vector_stores (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL, version INTEGER NOT NULL DEFAULT 0, record BLOB NOT NULL
    );
    CREATE INDEX vector_stores_by_owner ON vector_stores (owner, number);
    CREATE INDEX vector_stores_by_end ON vector_stores (expires_at);
    CREATE TABLE vector_batches (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        store_id TEXT NOT NULL REFERENCES vector_stores (id) ON DELETE CASCADE, record BLOB NOT NULL
    );
    CREATE INDEX vector_batches_by_store ON vector_batches (store_id);
    CREATE TABLE vector_files (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL,
        store_id TEXT NOT NULL REFERENCES vector_stores (id) ON DELETE CASCADE, owner TEXT NOT NULL, batch_id TEXT,
        status TEXT NOT NULL, usage_bytes INTEGER NOT NULL, run_id TEXT NOT NULL UNIQUE, record BLOB NOT NULL,
        UNIQUE (store_id, id)
    );
    CREATE INDEX vector_files_by_file ON vector_files (id);
    CREATE INDEX vector_files_by_batch ON vector_files (batch_id);
    CREATE TABLE vector_chunks (
        number INTEGER PRIMARY KEY, file_number INTEGER NOT NULL REFERENCES vector_files (number) ON DELETE CASCADE,
        scope TEXT NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL, vector BLOB NOT NULL,
        UNIQUE (file_number, position)
    );
    """

WORDS_ON_SQLITE = """
    CREATE VIRTUAL TABLE vector_words USING fts5(
        scope, text, content = 'vector_chunks', content_rowid = 'number', tokenize = 'porter unicode61'
    );
    CREATE TRIGGER vector_chunks_added AFTER INSERT ON vector_chunks BEGIN
        INSERT INTO vector_words (rowid, scope, text) VALUES (new.number, new.scope, new.text);
    END;
    CREATE TRIGGER vector_chunks_gone AFTER DELETE ON vector_chunks BEGIN
        INSERT INTO vector_words (vector_words, rowid, scope, text)
        VALUES ('delete', old.number, old.scope, old.text);
    END;
    """
WORDS_ON_POSTGRES = """
    ALTER TABLE vector_chunks ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('english', text)) STORED;
    CREATE INDEX vector_chunks_by_word ON vector_chunks USING GIN (words);
    """
