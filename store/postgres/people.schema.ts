/** Who was told by which message and why not. Times are epoch ms. */
export const peopleSchema = `
ALTER TABLE notification ADD COLUMN decided_at bigint, ADD COLUMN filter text, ADD COLUMN rule text, ADD COLUMN target_kind text,
  ADD COLUMN target_id text, ADD COLUMN target_name text, ADD COLUMN bundle bigint, ADD COLUMN stands_for bigint,
  ADD COLUMN fell_back smallint NOT NULL DEFAULT 0;
UPDATE notification n SET decided_at = n.time, rule = c.rule, target_kind = c.target_kind, target_id = c.target_id,
  target_name = c.target_name FROM check_state c WHERE c.id = n.check_id;
CREATE INDEX notification_receiver ON notification (notifier, address, id) WHERE outcome = 'waiting';
CREATE INDEX notification_contact ON notification (contact, id);
CREATE INDEX notification_target ON notification (target_id, id);
CREATE INDEX notification_decided ON notification (decided_at);
CREATE INDEX notification_sent ON notification (contact, notifier, time) WHERE outcome = 'sent';
CREATE TABLE delivery_turn (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  notification bigint NOT NULL, time bigint NOT NULL, outcome text NOT NULL, filter text, reason text
);
CREATE INDEX delivery_turn_of ON delivery_turn (notification, time);
`
