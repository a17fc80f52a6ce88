"""How the journal's steps came to hold their short payloads; only long ones lie in `blobs`, once per content."""

SHORT_PAYLOADS = """
    CREATE TABLE steps_new (
        run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, number INTEGER NOT NULL, kind TEXT NOT NULL,
        intent BLOB, long_intent BLOB REFERENCES blobs, outcome BLOB, long_outcome BLOB REFERENCES blobs,
        begun_at INTEGER NOT NULL, ended_at INTEGER, fence INTEGER NOT NULL, PRIMARY KEY (run_id, number)
    ) WITHOUT ROWID;
    INSERT INTO steps_new
        (run_id, number, kind, intent, long_intent, outcome, long_outcome, begun_at, ended_at, fence)
    SELECT s.run_id, s.number, s.kind,
        CASE WHEN length(i.payload) <= 256 THEN i.payload END, CASE WHEN length(i.payload) > 256 THEN i.hash END,
        CASE WHEN length(o.payload) <= 256 THEN o.payload END, CASE WHEN length(o.payload) > 256 THEN o.hash END,
        s.begun_at, s.ended_at, s.fence
    FROM steps s JOIN blobs i ON i.hash = s.intent LEFT JOIN blobs o ON o.hash = s.outcome
    ORDER BY s.run_id, s.number;
    DROP TABLE steps;
    ALTER TABLE steps_new RENAME TO steps;
    CREATE INDEX steps_by_long_intent ON steps (long_intent) WHERE long_intent IS NOT NULL;
    CREATE INDEX steps_by_long_outcome ON steps (long_outcome) WHERE long_outcome IS NOT NULL;
    DELETE FROM blobs WHERE NOT EXISTS (SELECT 1 FROM runs WHERE spec = blobs.hash)
        AND NOT EXISTS (SELECT 1 FROM steps WHERE long_intent = blobs.hash)
        AND NOT EXISTS (SELECT 1 FROM steps WHERE long_outcome = blobs.hash)
"""
