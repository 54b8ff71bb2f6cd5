/** What was removed from the log of events, and what must be known to remove more of it. Times are epoch ms. */
export const retentionSchema = `
-- runs of witnesses that said the same: those between start and stop are gone, and are known when they come again
CREATE TABLE thinned (
  instance TEXT NOT NULL, run TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL,
  -- fingerprint of what they said
  said BLOB NOT NULL,
  PRIMARY KEY (instance, run, start)
) STRICT, WITHOUT ROWID;
-- how far the witnesses of an instance were looked through
CREATE TABLE thinned_to (instance TEXT PRIMARY KEY, time INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- of a batch of texts: its newest message, the rows of its events, how many they were, and how many of them are left
CREATE TABLE raw_age (
  batch INTEGER PRIMARY KEY, newest INTEGER NOT NULL,
  first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, told INTEGER NOT NULL, remaining INTEGER NOT NULL,
  -- 1: most of its texts belong to nobody any more
  sparse INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX raw_age_newest ON raw_age (newest);
CREATE INDEX raw_age_sparse ON raw_age (batch) WHERE sparse = 1;
-- events older than this schema, of which raw_age does not know yet: (reached, until]
CREATE TABLE raw_aging (reached INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;
INSERT INTO raw_aging SELECT 0, coalesce(max(seq), 0) FROM event;

-- how far events were looked through that no ledger needs
CREATE TABLE retired_to (time INTEGER NOT NULL) STRICT;

-- how much was removed in all: witnesses, texts, events
CREATE TABLE retired (what TEXT PRIMARY KEY, count INTEGER NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`
