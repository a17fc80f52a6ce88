"""The tables of what sessions are made from: agents, templates, vaults, automations, and the contents they begin with.

What is confidential is sealed (`secrets.py`): a template, an automation and an invocation whole, of a credential its
secrets. `seed_contents` says who needs a content that lies with the files.
"""

AGENTS = """
    CREATE TABLE secret_samples (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE agents (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, record BLOB NOT NULL
    );
    CREATE INDEX agents_by_owner ON agents (owner, number);
    CREATE TABLE environment_templates (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, record BLOB NOT NULL
    );
    CREATE INDEX environment_templates_by_owner ON environment_templates (owner, number);
    CREATE TABLE seed_contents (
        digest TEXT NOT NULL, holder TEXT NOT NULL, ends_at INTEGER, PRIMARY KEY (digest, holder)
    ) WITHOUT ROWID;
    CREATE INDEX seed_contents_by_holder ON seed_contents (holder);
    CREATE TABLE environment_keys (
        owner TEXT NOT NULL, idempotency_key TEXT NOT NULL, digest TEXT NOT NULL, environment_id TEXT NOT NULL,
        created_at INTEGER NOT NULL, PRIMARY KEY (owner, idempotency_key)
    ) WITHOUT ROWID;
    CREATE TABLE vaults (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, record BLOB NOT NULL
    );
    CREATE INDEX vaults_by_owner ON vaults (owner, number);
    CREATE TABLE vault_credentials (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, vault_id TEXT NOT NULL,
        record BLOB NOT NULL, secrets BLOB NOT NULL
    );
    CREATE INDEX vault_credentials_by_vault ON vault_credentials (vault_id, number);
    CREATE TABLE automations (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, due_at INTEGER, session_id TEXT,
        record BLOB NOT NULL
    );
    CREATE INDEX automations_by_owner ON automations (owner, number);
    CREATE INDEX automations_by_session ON automations (session_id, number);
    CREATE INDEX automations_by_due ON automations (due_at);
    CREATE TABLE automation_invocations (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, automation_id TEXT NOT NULL,
        status TEXT NOT NULL, created_at INTEGER NOT NULL, lease_until INTEGER NOT NULL DEFAULT 0,
        fence INTEGER NOT NULL DEFAULT 0, num_attempts INTEGER NOT NULL DEFAULT 0, record BLOB NOT NULL
    );
    CREATE INDEX automation_invocations_by_automation ON automation_invocations (automation_id, number);
    CREATE INDEX automation_invocations_by_status ON automation_invocations (status, number)
"""
