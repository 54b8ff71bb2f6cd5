/** Who was told by which message and why not, on-call overrides, calendar addresses, used links. Times are epoch ms. */
export const peopleSchema = `
ALTER TABLE notification ADD COLUMN decided_at INTEGER;
ALTER TABLE notification ADD COLUMN filter TEXT;
ALTER TABLE notification ADD COLUMN rule TEXT;
ALTER TABLE notification ADD COLUMN target_kind TEXT;
ALTER TABLE notification ADD COLUMN target_id TEXT;
ALTER TABLE notification ADD COLUMN target_name TEXT;
-- several in one message: the id of its first
ALTER TABLE notification ADD COLUMN bundle INTEGER;
ALTER TABLE notification ADD COLUMN stands_for INTEGER;
ALTER TABLE notification ADD COLUMN fell_back INTEGER NOT NULL DEFAULT 0;
UPDATE notification SET decided_at = time,
  rule = (SELECT rule FROM check_state WHERE id = check_id),
  target_kind = (SELECT target_kind FROM check_state WHERE id = check_id),
  target_id = (SELECT target_id FROM check_state WHERE id = check_id),
  target_name = (SELECT target_name FROM check_state WHERE id = check_id);
CREATE INDEX notification_receiver ON notification (notifier, address, id) WHERE outcome = 'waiting';
CREATE INDEX notification_contact ON notification (contact, id);
CREATE INDEX notification_target ON notification (target_id, id);
CREATE INDEX notification_decided ON notification (decided_at);
CREATE INDEX notification_sent ON notification (contact, notifier, time) WHERE outcome = 'sent';

-- what happened to a notification on its way
CREATE TABLE delivery_turn (
  notification INTEGER NOT NULL, time INTEGER NOT NULL,
  outcome TEXT NOT NULL, filter TEXT, reason TEXT
) STRICT;
CREATE INDEX delivery_turn_of ON delivery_turn (notification, time);

CREATE TABLE rota_override (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  rota TEXT NOT NULL, who TEXT NOT NULL, instead TEXT,
  starts INTEGER NOT NULL, ends INTEGER NOT NULL,
  author TEXT NOT NULL, comment TEXT NOT NULL, created_at INTEGER NOT NULL,
  removed_by TEXT, removed_at INTEGER
) STRICT;
CREATE INDEX rota_override_ends ON rota_override (ends) WHERE removed_at IS NULL;

CREATE TABLE rota_feed (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL, contact TEXT,
  -- SHA-256 of the secret
  hash TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL, used_at INTEGER, revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX rota_feed_account ON rota_feed (account);

-- links that were used up
CREATE TABLE used_link (digest TEXT PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`
