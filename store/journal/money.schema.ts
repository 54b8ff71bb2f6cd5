/**
 * Closed months, their adjustments, reports that were mailed, and the extra specs of flavors. Times are epoch ms; amounts are
 * whole numbers of 10^-decimals of the currency, as text. What was closed is never changed: triggers refuse it.
 */
export const moneySchema = `
CREATE TABLE closed_month (
  month TEXT PRIMARY KEY,
  period_from INTEGER NOT NULL, period_to INTEGER NOT NULL, zone TEXT NOT NULL,
  closed_at INTEGER NOT NULL, closed_by TEXT NOT NULL,
  -- the price book, as JSON, and its fingerprint
  prices TEXT NOT NULL, fingerprint TEXT NOT NULL,
  -- gaps that were known when it was closed, as JSON
  gaps TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE closed_row (
  month TEXT NOT NULL REFERENCES closed_month (month),
  project TEXT NOT NULL,
  position INTEGER NOT NULL,
  -- the rated row as JSON, its names as they were
  body TEXT NOT NULL,
  amount TEXT NOT NULL,
  PRIMARY KEY (month, project, position)
) STRICT, WITHOUT ROWID;

-- what a later rating of a closed month gave more or less, per project
CREATE TABLE adjustment (
  id INTEGER PRIMARY KEY,
  month TEXT NOT NULL REFERENCES closed_month (month),
  project TEXT NOT NULL,
  made_at INTEGER NOT NULL, made_by TEXT NOT NULL, reason TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  amount_before TEXT NOT NULL, amount_after TEXT NOT NULL, by_prices TEXT NOT NULL,
  -- what differs, line by line, as JSON
  body TEXT NOT NULL
) STRICT;
CREATE INDEX adjustment_month ON adjustment (month, project);

CREATE TRIGGER closed_month_stays BEFORE UPDATE ON closed_month BEGIN SELECT RAISE(ABORT, 'a closed month is never changed'); END;
CREATE TRIGGER closed_month_kept BEFORE DELETE ON closed_month BEGIN SELECT RAISE(ABORT, 'a closed month is never changed'); END;
CREATE TRIGGER closed_row_stays BEFORE UPDATE ON closed_row BEGIN SELECT RAISE(ABORT, 'a closed month is never changed'); END;
CREATE TRIGGER closed_row_kept BEFORE DELETE ON closed_row BEGIN SELECT RAISE(ABORT, 'a closed month is never changed'); END;
CREATE TRIGGER adjustment_stays BEFORE UPDATE ON adjustment BEGIN SELECT RAISE(ABORT, 'an adjustment is never changed'); END;
CREATE TRIGGER adjustment_kept BEFORE DELETE ON adjustment BEGIN SELECT RAISE(ABORT, 'an adjustment is never changed'); END;

CREATE TABLE mailed_report (
  month TEXT NOT NULL, project TEXT NOT NULL, contact TEXT NOT NULL, address TEXT NOT NULL,
  -- waiting, sent, failed
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL, next_attempt INTEGER, sent_at INTEGER, detail TEXT,
  PRIMARY KEY (month, project, contact)
) STRICT, WITHOUT ROWID;

CREATE TABLE flavor_specs (
  name TEXT PRIMARY KEY,
  -- JSON object
  specs TEXT NOT NULL,
  time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`
