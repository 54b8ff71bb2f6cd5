/** On-call overrides, calendar addresses, used links: what is entered on one node counts on all. Times are epoch ms. */
export const onCallSchema = `
CREATE TABLE rota_override (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  rota text NOT NULL, who text NOT NULL, instead text,
  starts bigint NOT NULL, ends bigint NOT NULL,
  author text NOT NULL, comment text NOT NULL, created_at bigint NOT NULL,
  removed_by text, removed_at bigint
);
CREATE INDEX rota_override_ends ON rota_override (ends) WHERE removed_at IS NULL;

CREATE TABLE rota_feed (
  id text COLLATE "C" PRIMARY KEY,
  account text NOT NULL, contact text,
  -- SHA-256 of the secret
  hash text NOT NULL UNIQUE,
  created_at bigint NOT NULL, used_at bigint, revoked_at bigint
);
CREATE INDEX rota_feed_account ON rota_feed (account);

-- links that were used up
CREATE TABLE used_link (digest text PRIMARY KEY, expires bigint NOT NULL);
CREATE INDEX used_link_expires ON used_link (expires);
`
