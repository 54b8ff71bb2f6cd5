/** Who acknowledged what when, also when the acknowledgement is over; weekly reports that were mailed. Times are epoch ms. */
export const fatigueSchema = `
CREATE TABLE acknowledged (
  check_id TEXT NOT NULL, time INTEGER NOT NULL, author TEXT NOT NULL, project TEXT,
  PRIMARY KEY (check_id, time)
) STRICT, WITHOUT ROWID;
CREATE INDEX acknowledged_time ON acknowledged (time);
INSERT INTO acknowledged (check_id, time, author, project)
  SELECT id, ack_time, ack_author, project FROM check_state WHERE ack_author IS NOT NULL AND ack_time IS NOT NULL;

CREATE INDEX notification_time ON notification (time);

CREATE TABLE mailed_fatigue (
  -- the Monday that the week begins with: 2026-11-16
  week TEXT NOT NULL, address TEXT NOT NULL,
  -- waiting, sent, failed
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL, next_attempt INTEGER, sent_at INTEGER, detail TEXT,
  PRIMARY KEY (week, address)
) STRICT, WITHOUT ROWID;
`
