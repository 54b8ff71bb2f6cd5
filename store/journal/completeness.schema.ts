/** What was heard, when we could not listen, and who did what. Times are epoch ms. */
export const completenessSchema = `
-- messages of the bus per speaker and hour; duplicates are not counted
CREATE TABLE heard (
  hour INTEGER NOT NULL, service TEXT NOT NULL, host TEXT NOT NULL, messages INTEGER NOT NULL,
  PRIMARY KEY (hour, service, host)
) STRICT, WITHOUT ROWID;

-- Nova's own audit: instances that a host reported for a closed period, in either format
CREATE TABLE audited (
  length INTEGER NOT NULL, start INTEGER NOT NULL, host TEXT NOT NULL,
  legacy INTEGER NOT NULL, versioned INTEGER NOT NULL,
  PRIMARY KEY (length, start, host)
) STRICT, WITHOUT ROWID;

-- hosts on which it did not run, as Nova's own log of it says (os-instance_usage_audit_log)
CREATE TABLE audit_missed (start INTEGER NOT NULL, stop INTEGER NOT NULL, host TEXT NOT NULL, PRIMARY KEY (start, stop, host)) STRICT, WITHOUT ROWID;

-- messages that were parked and have not been understood since
CREATE TABLE unread (id BLOB PRIMARY KEY, time INTEGER NOT NULL, service TEXT NOT NULL, messages INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX unread_time ON unread (time);

-- exchanges that we are or were bound to: since when, and when we last knew it
CREATE TABLE listening (
  source TEXT NOT NULL, exchange TEXT NOT NULL, since INTEGER NOT NULL, seen_at INTEGER NOT NULL,
  PRIMARY KEY (source, exchange)
) STRICT, WITHOUT ROWID;

-- when we were not bound to one
CREATE TABLE absence (
  source TEXT NOT NULL, exchange TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL,
  cause TEXT NOT NULL,
  -- 0: our durable queue kept what was published; 1: it may be lost
  lost INTEGER NOT NULL,
  PRIMARY KEY (source, exchange, start)
) STRICT, WITHOUT ROWID;
CREATE INDEX absence_stop ON absence (stop);

-- for starts that no end followed
CREATE INDEX event_start ON event (time, type) WHERE phase = 'start';

-- one row per request and resource: what somebody did to it
CREATE TABLE action (
  seq INTEGER PRIMARY KEY,
  -- the request that everything under it comes from: the global one where a service acted for another
  root TEXT NOT NULL,
  -- 1: a service did it on behalf of the request that is the root
  part INTEGER NOT NULL,
  start INTEGER NOT NULL, stop INTEGER NOT NULL,
  service TEXT NOT NULL, verb TEXT NOT NULL,
  -- ok, failed, or open: not ended yet; after due nobody knows
  result TEXT NOT NULL, due INTEGER NOT NULL, reason TEXT,
  resource_kind TEXT NOT NULL, resource_id TEXT NOT NULL,
  project TEXT, actor TEXT, actor_project TEXT, host TEXT, address TEXT,
  -- what has been told of it so far, as JSON
  fold TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX action_root ON action (root, resource_id);
CREATE INDEX action_start ON action (start);
CREATE INDEX action_project ON action (project, start);
CREATE INDEX action_resource ON action (resource_id, start);
CREATE INDEX action_actor ON action (actor, start);
CREATE INDEX action_verb ON action (verb, start);
CREATE INDEX action_trouble ON action (result, start) WHERE result <> 'ok';
CREATE INDEX action_address ON action (address, start) WHERE address IS NOT NULL;

-- last known names of the resources of actions, kept when they are gone
CREATE TABLE subject (id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, time INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX subject_name ON subject (name COLLATE NOCASE);

-- our own actions: whoever writes to the audit trail writes to the timeline
CREATE TRIGGER audit_action AFTER INSERT ON audit BEGIN
  INSERT INTO action (root, part, start, stop, service, verb, result, due, reason, resource_kind, resource_id, project, actor, actor_project, host, address, fold)
  VALUES ('specola:' || new.seq, 0, new.time, new.time, 'specola', new.what, iif(new.what LIKE '%.refused', 'failed', 'ok'), new.time,
    new.detail, CASE WHEN new.what LIKE 'problem.%' THEN 'check' ELSE 'account' END, coalesce(new.object, new.who), NULL, new.who, NULL, NULL,
    new.address, '{}');
END;
INSERT INTO action (root, part, start, stop, service, verb, result, due, reason, resource_kind, resource_id, project, actor, actor_project, host, address, fold)
  SELECT 'specola:' || seq, 0, time, time, 'specola', what, iif(what LIKE '%.refused', 'failed', 'ok'), time, detail,
    CASE WHEN what LIKE 'problem.%' THEN 'check' ELSE 'account' END, coalesce(object, who), NULL, who, NULL, NULL, address, '{}' FROM audit;
`
