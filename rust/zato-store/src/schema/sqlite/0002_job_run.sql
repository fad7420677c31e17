-- Runs of jobs. No foreign key to the object: a run outlives a job that is deleted once it has run.
-- `number` counts the runs of a job since it was changed last; 0 is a run that does not count.
CREATE TABLE job_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER NOT NULL,
    job_revision INTEGER NOT NULL,
    name TEXT NOT NULL,
    scheduled_for INTEGER NOT NULL,
    number INTEGER NOT NULL CHECK (number >= 0),
    server TEXT NOT NULL,
    cid TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    outcome TEXT NOT NULL CHECK (outcome IN ('running', 'ok', 'error', 'timeout', 'skipped', 'lost')),
    detail TEXT NOT NULL DEFAULT '',
    UNIQUE (job, scheduled_for)
) STRICT;
CREATE INDEX job_run_by_name ON job_run (name, id);
CREATE INDEX job_run_open ON job_run (job, server) WHERE finished_at IS NULL;
