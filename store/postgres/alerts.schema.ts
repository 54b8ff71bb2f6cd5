/**
 * Checks, what changed them, who was told, and which engine owns what. Times of the alerter are epoch ms; times that engines are
 * compared by are the database's own. `changed` is the transaction that wrote the row last.
 */
export const alertsSchema = `
CREATE TABLE check_state (
  id text COLLATE "C" PRIMARY KEY,
  rule text NOT NULL, plugin text NOT NULL,
  target_kind text NOT NULL, target_id text NOT NULL, target_name text,
  project text, host text,
  max_attempts integer NOT NULL,
  state text NOT NULL, hard smallint NOT NULL, attempt integer NOT NULL, checked smallint NOT NULL,
  last_state_change bigint, last_hard_state text NOT NULL, last_hard_state_change bigint,
  last_check bigint, next_check bigint,
  output text NOT NULL, long_output text, perfdata text NOT NULL,
  ack_author text, ack_comment text, ack_time bigint, ack_sticky smallint, ack_until bigint,
  on_broken_ground smallint NOT NULL,
  told text NOT NULL, flapping text NOT NULL,
  created_at bigint NOT NULL,
  slot smallint NOT NULL,
  changed xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX check_problem ON check_state (state, project) WHERE state <> 'ok';
CREATE INDEX check_target ON check_state (target_kind, target_id);
CREATE INDEX check_project ON check_state (project);
CREATE INDEX check_slot ON check_state (slot);
CREATE INDEX check_changed ON check_state (changed);

CREATE TABLE transition (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  check_id text NOT NULL, rule text NOT NULL,
  target_kind text NOT NULL, target_id text NOT NULL, target_name text,
  project text,
  time bigint NOT NULL, from_state text NOT NULL, to_state text NOT NULL,
  hard smallint NOT NULL, attempt integer NOT NULL, output text NOT NULL
);
CREATE INDEX transition_check ON transition (check_id, seq);
CREATE INDEX transition_target ON transition (target_kind, target_id, time);
CREATE INDEX transition_time ON transition (time);

CREATE TABLE notification (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  check_id text NOT NULL, project text,
  time bigint NOT NULL, kind text NOT NULL, state text NOT NULL,
  contact text NOT NULL, notifier text NOT NULL, address text NOT NULL,
  outcome text NOT NULL, reason text, attempts integer NOT NULL,
  next_attempt bigint, delivery text,
  message text,
  -- the engine that sends it; counts while that engine lives
  claimed_by uuid
);
CREATE INDEX notification_check ON notification (check_id, id);
CREATE INDEX notification_time ON notification (time);
CREATE INDEX notification_waiting ON notification (check_id, contact, notifier, id) WHERE outcome = 'waiting';

CREATE TABLE downtime (
  id text COLLATE "C" PRIMARY KEY,
  subject text NOT NULL,
  fixed smallint NOT NULL, starts bigint NOT NULL, ends bigint NOT NULL, duration bigint NOT NULL,
  triggered_by text, author text NOT NULL, comment text NOT NULL,
  active smallint NOT NULL, since bigint,
  ended_at bigint, outcome text
);
CREATE INDEX downtime_open ON downtime (subject) WHERE ended_at IS NULL;
CREATE INDEX downtime_subject ON downtime (subject, starts);

CREATE TABLE comment (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  check_id text NOT NULL,
  time bigint NOT NULL, author text NOT NULL, text text NOT NULL
);
CREATE INDEX comment_check ON comment (check_id, id);

-- one row for each acknowledgement, also of those that are over
CREATE TABLE acknowledged (
  check_id text NOT NULL, time bigint NOT NULL, author text NOT NULL, project text,
  PRIMARY KEY (check_id, time)
);
CREATE INDEX acknowledged_time ON acknowledged (time);

CREATE TABLE mailed_fatigue (
  -- the Monday that the week begins with: 2026-11-16
  week text NOT NULL, address text NOT NULL,
  -- waiting, sent, failed
  state text NOT NULL,
  attempts integer NOT NULL, next_attempt bigint, sent_at bigint, detail text,
  PRIMARY KEY (week, address)
);

CREATE TABLE engine (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  known integer NOT NULL,
  started timestamptz NOT NULL, seen timestamptz NOT NULL
);

-- a share of all checks; held while its owner is seen; fence grows with each change of owner
CREATE TABLE lease (
  slot smallint PRIMARY KEY,
  owner uuid, fence bigint NOT NULL
);
INSERT INTO lease SELECT n, NULL, 0 FROM generate_series(0, 63) AS n;

-- the number of the newest batch that an engine has written: a batch that is tried again is written once
CREATE TABLE written (
  engine uuid PRIMARY KEY, batch bigint NOT NULL, at timestamptz NOT NULL
);

-- what people and others asked of an engine that does not own the check
CREATE TABLE check_order (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  slot smallint NOT NULL, body text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX check_order_slot ON check_order (slot, id);
`
