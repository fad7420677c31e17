-- Times are microseconds since the Unix epoch. Specs, sources and reports are JSON.

-- "Zato" in ASCII: tells our files from other SQLite databases.
PRAGMA application_id = 1516336239;

CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT;

-- One row: how many batches were applied.
CREATE TABLE store_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL CHECK (revision >= 0)
) STRICT;
INSERT INTO store_state (id, revision) VALUES (1, 0);

CREATE TABLE cluster (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    created_at INTEGER NOT NULL
) STRICT;

-- AUTOINCREMENT, so that the identity of a deleted object is never given to another one.
CREATE TABLE object (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind <> ''),
    name TEXT NOT NULL CHECK (name <> ''),
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    spec TEXT NOT NULL CHECK (json_valid(spec)),
    revision INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (kind, name)
) STRICT;
CREATE INDEX object_by_revision ON object (revision);

CREATE TABLE batch (
    revision INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- No foreign key to the object: history outlives it.
CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    revision INTEGER NOT NULL REFERENCES batch (revision),
    operation TEXT NOT NULL CHECK (operation IN ('create', 'update', 'rename', 'delete')),
    object_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    previous_name TEXT,
    active_before INTEGER,
    spec_before TEXT,
    active_after INTEGER,
    spec_after TEXT
) STRICT;
CREATE INDEX history_by_revision ON history (revision);
CREATE INDEX history_by_object ON history (object_id);
CREATE INDEX history_by_name ON history (kind, name);
CREATE INDEX history_by_previous_name ON history (kind, previous_name) WHERE previous_name IS NOT NULL;

CREATE TRIGGER batch_is_never_changed BEFORE UPDATE ON batch
BEGIN
    SELECT RAISE(ABORT, 'history is append-only');
END;
CREATE TRIGGER batch_is_never_deleted BEFORE DELETE ON batch
BEGIN
    SELECT RAISE(ABORT, 'history is append-only');
END;
CREATE TRIGGER history_is_never_changed BEFORE UPDATE ON history
BEGIN
    SELECT RAISE(ABORT, 'history is append-only');
END;
CREATE TRIGGER history_is_never_deleted BEFORE DELETE ON history
BEGIN
    SELECT RAISE(ABORT, 'history is append-only');
END;

CREATE TABLE deployment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at INTEGER NOT NULL,
    finished_at INTEGER,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'deployed', 'partial', 'failed')),
    report TEXT CHECK (json_valid(report))
) STRICT;
CREATE INDEX deployment_by_status ON deployment (status) WHERE status = 'pending';

-- The hash covers paths and contents but not the key, hence both identify a source.
CREATE TABLE source (
    unit TEXT NOT NULL,
    hash TEXT NOT NULL,
    content TEXT NOT NULL CHECK (json_valid(content)),
    PRIMARY KEY (unit, hash)
) STRICT;

CREATE TABLE unit_version (
    unit TEXT NOT NULL,
    deployment INTEGER NOT NULL REFERENCES deployment (id),
    hash TEXT,
    status TEXT NOT NULL CHECK (status IN ('pending', 'deployed', 'failed', 'deleted')),
    services TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(services)),
    problems TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(problems)),
    PRIMARY KEY (unit, deployment),
    FOREIGN KEY (unit, hash) REFERENCES source (unit, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX unit_version_by_deployment ON unit_version (deployment);
CREATE INDEX unit_version_by_source ON unit_version (unit, hash);

CREATE TABLE current_unit (
    unit TEXT PRIMARY KEY,
    hash TEXT NOT NULL,
    deployment INTEGER NOT NULL REFERENCES deployment (id),
    FOREIGN KEY (unit, hash) REFERENCES source (unit, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX current_unit_by_deployment ON current_unit (deployment);
CREATE INDEX current_unit_by_source ON current_unit (unit, hash);

CREATE TABLE deployment_ack (
    deployment INTEGER NOT NULL REFERENCES deployment (id) ON DELETE CASCADE,
    server TEXT NOT NULL,
    worker INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('deployed', 'failed')),
    at INTEGER NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (deployment, server, worker)
) STRICT, WITHOUT ROWID;
