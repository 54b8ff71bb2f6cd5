/** What usage is defended with: disagreements of witnesses, actions without an end, Nova's figures of each night. Times are epoch ms. */
export const usageProofSchema = `
-- Nova's terminated_at of a living instance that was restored after a local soft delete
ALTER TABLE instance ADD COLUMN kept_terminated_at INTEGER;
-- when the first action that goes on should have ended
ALTER TABLE instance ADD COLUMN due_at INTEGER;
CREATE INDEX instance_due ON instance (due_at) WHERE due_at IS NOT NULL;

-- derived from the log, as segments are
CREATE TABLE discrepancy (
  instance TEXT NOT NULL, at INTEGER NOT NULL, about TEXT NOT NULL, ours TEXT, theirs TEXT, witness TEXT NOT NULL,
  PRIMARY KEY (instance, at, about)
) STRICT, WITHOUT ROWID;
CREATE INDEX discrepancy_at ON discrepancy (at);
-- the rules that the ledger was folded by; empty: by the first ones
CREATE TABLE ledger_rules (version INTEGER NOT NULL) STRICT;

-- Nova's figures of the month so far, as they were when a day ended; never changed. Nova itself forgets them.
CREATE TABLE parity_snapshot (
  -- the day that ended, YYYY-MM-DD in the zone, and the instant of its end
  day TEXT NOT NULL, project TEXT NOT NULL,
  period_from INTEGER NOT NULL, period_to INTEGER NOT NULL, zone TEXT NOT NULL, taken_at INTEGER NOT NULL,
  -- one entry of tenant_usages, JSON, zstd
  body BLOB NOT NULL,
  PRIMARY KEY (day, project)
) STRICT, WITHOUT ROWID;
-- nights that were taken, also those on which nobody used anything
CREATE TABLE parity_night (day TEXT PRIMARY KEY, period_from INTEGER NOT NULL, period_to INTEGER NOT NULL, taken_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`
