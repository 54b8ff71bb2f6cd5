/** Inventory of everything that is no instance, and the ledger of what is held by time. Times are epoch ms. */
export const resourcesSchema = `
CREATE TABLE resource (
  kind TEXT NOT NULL, id TEXT NOT NULL,
  name TEXT, project TEXT, user TEXT,
  -- every project may see it
  shared INTEGER NOT NULL,
  -- ResourceFacts, and when each of them was told
  about TEXT NOT NULL, told TEXT NOT NULL,
  created_at INTEGER, deleted_at INTEGER, updated_at INTEGER NOT NULL,
  -- what the ledger's fold has reached, as JSON; NULL for kinds without a ledger
  fold TEXT,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX resource_project ON resource (project, kind);

CREATE TABLE resource_segment (
  kind TEXT NOT NULL, id TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER,
  project TEXT, user TEXT, size_gib REAL, type TEXT, state TEXT NOT NULL, provenance TEXT NOT NULL,
  PRIMARY KEY (kind, id, start)
) STRICT, WITHOUT ROWID;
CREATE INDEX resource_segment_stop ON resource_segment (stop, start);
CREATE INDEX resource_segment_project ON resource_segment (project, kind, id, start);

-- every port that a floating IP was ever told to serve: the port's end frees it
CREATE TABLE floatingip_port (
  port TEXT NOT NULL, floatingip TEXT NOT NULL, PRIMARY KEY (port, floatingip)
) STRICT, WITHOUT ROWID;
CREATE INDEX floatingip_port_floatingip ON floatingip_port (floatingip);

-- the newest complete list of each kind that the API gave
CREATE TABLE resource_listing (kind TEXT PRIMARY KEY, read_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE resource_listed (kind TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;
`
