/** Planned downtimes, comments that outlive an acknowledgement, acknowledgements that end by themselves. Times are epoch ms. */
export const downtimesSchema = `
CREATE TABLE downtime (
  id TEXT PRIMARY KEY,
  -- check:ID, or KIND:ID of a target
  subject TEXT NOT NULL,
  -- 0 = flexible: begins with the first problem between start and end
  fixed INTEGER NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL, duration INTEGER NOT NULL,
  triggered_by TEXT, author TEXT NOT NULL, comment TEXT NOT NULL,
  active INTEGER NOT NULL, since INTEGER,
  ended_at INTEGER, outcome TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX downtime_open ON downtime (subject) WHERE ended_at IS NULL;
CREATE INDEX downtime_subject ON downtime (subject, starts);

CREATE TABLE comment (
  id INTEGER PRIMARY KEY,
  check_id TEXT NOT NULL,
  time INTEGER NOT NULL, author TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE INDEX comment_check ON comment (check_id, id);

ALTER TABLE check_state ADD COLUMN ack_until INTEGER;
ALTER TABLE check_state ADD COLUMN on_broken_ground INTEGER NOT NULL DEFAULT 0;
`
