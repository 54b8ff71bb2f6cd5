/** Local accounts, one-time links, sessions and the audit trail. Times are epoch ms; secrets are kept as hashes only. */
export const accountsSchema = `
CREATE TABLE account (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  -- JSON array of project ids
  projects TEXT NOT NULL,
  -- argon2id with its parameters and salt; NULL until the first password is set
  password TEXT,
  preferences TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account_link (
  hash BLOB PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account (name),
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  hash BLOB PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account (name),
  opened_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  address TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX session_account ON session (account);

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  who TEXT NOT NULL,
  what TEXT NOT NULL,
  object TEXT,
  detail TEXT,
  address TEXT
) STRICT;
`
