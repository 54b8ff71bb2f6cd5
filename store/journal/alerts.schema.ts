/** Checks, what changed them, and who was told. Times are epoch ms. */
export const alertsSchema = `
CREATE TABLE check_state (
  id TEXT PRIMARY KEY,
  rule TEXT NOT NULL, plugin TEXT NOT NULL,
  target_kind TEXT NOT NULL, target_id TEXT NOT NULL, target_name TEXT,
  project TEXT, host TEXT,
  max_attempts INTEGER NOT NULL,
  state TEXT NOT NULL, hard INTEGER NOT NULL, attempt INTEGER NOT NULL, checked INTEGER NOT NULL,
  last_state_change INTEGER, last_hard_state TEXT NOT NULL, last_hard_state_change INTEGER,
  last_check INTEGER, next_check INTEGER,
  output TEXT NOT NULL, long_output TEXT, perfdata TEXT NOT NULL,
  ack_author TEXT, ack_comment TEXT, ack_time INTEGER, ack_sticky INTEGER,
  -- what people were told, and the states kept for flapping, as JSON
  told TEXT NOT NULL, flapping TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX check_problem ON check_state (state, project) WHERE state <> 'ok';
CREATE INDEX check_target ON check_state (target_kind, target_id);
CREATE INDEX check_project ON check_state (project);

CREATE TABLE transition (
  seq INTEGER PRIMARY KEY,
  check_id TEXT NOT NULL, rule TEXT NOT NULL,
  target_kind TEXT NOT NULL, target_id TEXT NOT NULL, target_name TEXT,
  project TEXT,
  time INTEGER NOT NULL, from_state TEXT NOT NULL, to_state TEXT NOT NULL,
  hard INTEGER NOT NULL, attempt INTEGER NOT NULL, output TEXT NOT NULL
) STRICT;
CREATE INDEX transition_check ON transition (check_id, seq);
CREATE INDEX transition_target ON transition (target_kind, target_id, time);
CREATE INDEX transition_time ON transition (time);

CREATE TABLE notification (
  id INTEGER PRIMARY KEY,
  check_id TEXT NOT NULL, project TEXT,
  time INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
  -- empty for a notification that was held for everybody
  contact TEXT NOT NULL, notifier TEXT NOT NULL, address TEXT NOT NULL,
  outcome TEXT NOT NULL, reason TEXT, attempts INTEGER NOT NULL,
  next_attempt INTEGER, delivery TEXT,
  -- what is to be sent, as JSON; dropped once it is sent or given up
  message TEXT
) STRICT;
CREATE INDEX notification_check ON notification (check_id, id);
CREATE INDEX notification_waiting ON notification (check_id, contact, notifier, id) WHERE outcome = 'waiting';
`
