/** What Placement said last: its resource providers as JSON. Times are epoch ms. */
export const capacitySchema = `
CREATE TABLE resource_provider (
  cloud TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (cloud, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE resource_provider_reading (cloud TEXT PRIMARY KEY, read_at INTEGER NOT NULL) STRICT;
`
