/** Which check's problem explains this one's; what Specola itself runs with, to know when that changed. Times are epoch ms. */
export const causesSchema = `
ALTER TABLE check_state ADD COLUMN cause TEXT;
CREATE INDEX check_cause ON check_state (cause) WHERE cause IS NOT NULL;
CREATE INDEX action_host ON action (host, start) WHERE host IS NOT NULL;

CREATE TABLE settings_seen (
  -- rules, configuration
  what TEXT NOT NULL, hash TEXT NOT NULL, since INTEGER NOT NULL,
  PRIMARY KEY (what, since)
) STRICT, WITHOUT ROWID;
`
