/** Facts, inventory and ledger. Times are epoch ms. */
export const eventsSchema = `
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  message_id TEXT NOT NULL,
  type TEXT NOT NULL,
  phase TEXT,
  format TEXT NOT NULL,
  service TEXT NOT NULL,
  time INTEGER NOT NULL,
  resource_kind TEXT,
  resource_id TEXT,
  project TEXT,
  user TEXT,
  actor TEXT,
  host TEXT,
  request TEXT,
  ignored INTEGER NOT NULL,
  -- the same fact told in the other format: seq of that row; hidden = the other one is shown
  twin INTEGER,
  hidden INTEGER NOT NULL DEFAULT 0,
  -- the canonical event as JSON
  body TEXT NOT NULL,
  -- where the scrubbed text of the message is: raw_batch.id and the position in it
  raw_batch INTEGER,
  raw_index INTEGER
) STRICT;
CREATE UNIQUE INDEX event_message ON event (message_id);
CREATE INDEX event_time ON event (time) WHERE hidden = 0;
CREATE INDEX event_resource ON event (resource_id, time);
CREATE INDEX event_project ON event (project, time) WHERE hidden = 0;
CREATE TABLE raw_batch (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE event_type (type TEXT PRIMARY KEY, count INTEGER NOT NULL, ignored INTEGER NOT NULL) STRICT;

CREATE TABLE named (
  kind TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, time INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE instance (
  id TEXT PRIMARY KEY,
  name TEXT, project TEXT, user TEXT, host TEXT, domain TEXT, image TEXT, state TEXT,
  flavor TEXT, addresses TEXT NOT NULL,
  created_at INTEGER, launched_at INTEGER, terminated_at INTEGER,
  source TEXT NOT NULL, updated_at INTEGER NOT NULL,
  -- what the ledger's fold has reached, as JSON; NULL for instances only seen by libvirt
  fold TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX instance_project ON instance (project);
CREATE INDEX instance_terminated ON instance (terminated_at);

CREATE TABLE segment (
  instance TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER,
  state TEXT NOT NULL, flavor TEXT, host TEXT, project TEXT, user TEXT, provenance TEXT NOT NULL,
  PRIMARY KEY (instance, start)
) STRICT, WITHOUT ROWID;
CREATE INDEX segment_stop ON segment (stop, start);

-- the newest complete list of instances that the API gave
CREATE TABLE listing (read_at INTEGER NOT NULL) STRICT;
CREATE TABLE listed (instance TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE TABLE hypervisor (
  host TEXT PRIMARY KEY, uri TEXT, cpus INTEGER, memory_bytes INTEGER, version TEXT, seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`
