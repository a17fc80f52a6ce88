"""The tables of agent sessions: what is said and done, what is told of it, who waits for what.

A session's rows hang on its number; `place` counts items and events within one session. Specs and plans are stored
once per content. A fork has a row of its own and reads the items before its first from its parent.
"""

SESSIONS = """
    CREATE TABLE session_values (hash BLOB PRIMARY KEY, payload BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE sessions (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, agent_id TEXT NOT NULL,
        used_at INTEGER NOT NULL, spec BLOB NOT NULL REFERENCES session_values, plan BLOB REFERENCES session_values,
        state BLOB NOT NULL, parent INTEGER, num_shared INTEGER NOT NULL DEFAULT 0,
        num_items INTEGER NOT NULL DEFAULT 0, num_events INTEGER NOT NULL DEFAULT 0,
        num_signals INTEGER NOT NULL DEFAULT 0,
        is_deleted INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX sessions_by_owner ON sessions (owner, number);
    CREATE INDEX sessions_by_parent ON sessions (parent);
    CREATE INDEX sessions_by_use ON sessions (used_at);
    CREATE INDEX sessions_by_spec ON sessions (spec);
    CREATE INDEX sessions_by_plan ON sessions (plan);
    CREATE TABLE session_turns (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
        thread TEXT NOT NULL, is_open INTEGER NOT NULL, record BLOB NOT NULL
    );
    CREATE INDEX session_turns_by_session ON session_turns (session, thread, number);
    CREATE TABLE session_items (
        number INTEGER PRIMARY KEY, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
        place INTEGER NOT NULL, id TEXT NOT NULL, turn_id TEXT NOT NULL, thread TEXT NOT NULL, item BLOB NOT NULL
    );
    CREATE UNIQUE INDEX session_items_by_place ON session_items (session, place);
    CREATE INDEX session_items_by_id ON session_items (id);
    CREATE TABLE session_events (
        number INTEGER PRIMARY KEY, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
        place INTEGER NOT NULL, item INTEGER, value BLOB REFERENCES session_values, event BLOB NOT NULL
    );
    CREATE UNIQUE INDEX session_events_by_place ON session_events (session, place);
    CREATE INDEX session_events_by_value ON session_events (value) WHERE value IS NOT NULL;
    CREATE TABLE session_inbox (
        number INTEGER PRIMARY KEY, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
        thread TEXT NOT NULL, content BLOB NOT NULL
    );
    CREATE INDEX session_inbox_by_session ON session_inbox (session, thread, number);
    CREATE TABLE session_approvals (
        id TEXT PRIMARY KEY, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE, call_id TEXT NOT NULL,
        turn_id TEXT NOT NULL, status TEXT NOT NULL, digest BLOB NOT NULL, expires_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX session_approvals_by_call ON session_approvals (session, turn_id, call_id);
    CREATE TABLE session_keys (
        session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE, idempotency_key TEXT NOT NULL,
        digest BLOB NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (session, idempotency_key)
    ) WITHOUT ROWID;
    CREATE TABLE session_summaries (
        number INTEGER PRIMARY KEY, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
        thread TEXT NOT NULL, place INTEGER NOT NULL, summary BLOB NOT NULL
    );
    CREATE INDEX session_summaries_by_session ON session_summaries (session, thread, place);
    CREATE TABLE session_subagents (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
        record BLOB NOT NULL
    );
    CREATE INDEX session_subagents_by_session ON session_subagents (session, number);
    CREATE TABLE session_artifacts (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
        turn_id TEXT NOT NULL, environment_id TEXT NOT NULL, created_at INTEGER NOT NULL, path TEXT NOT NULL,
        size INTEGER NOT NULL, digest TEXT NOT NULL
    );
    CREATE INDEX session_artifacts_by_session ON session_artifacts (session, number);
    CREATE INDEX session_artifacts_by_digest ON session_artifacts (digest);
    CREATE TABLE environments (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, used_at INTEGER NOT NULL,
        record BLOB NOT NULL
    );
    CREATE INDEX environments_by_owner ON environments (owner, number);
    ALTER TABLE runs ADD COLUMN wake_at INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX runs_to_wake ON runs (kind, status, wake_at)
"""
EVENTS_IN_PLACE = """
    CREATE TABLE session_events_new (
        session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE, place INTEGER NOT NULL, item INTEGER,
        value BLOB REFERENCES session_values, event BLOB NOT NULL, PRIMARY KEY (session, place)
    ) WITHOUT ROWID;
    INSERT INTO session_events_new (session, place, item, value, event)
        SELECT session, place, item, value, event FROM session_events ORDER BY session, place;
    DROP TABLE session_events;
    ALTER TABLE session_events_new RENAME TO session_events;
    CREATE INDEX session_events_by_value ON session_events (value) WHERE value IS NOT NULL
"""
"""An event lies where it is counted: one page is written for it, not that of a table and that of an index."""
