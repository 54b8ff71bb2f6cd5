/** What instances are labelled with: Nova's availability zone, metadata and tags, each with when it was told (epoch ms). */
export const labelsSchema = `
CREATE TABLE instance_label (
  instance TEXT PRIMARY KEY,
  az TEXT, az_at INTEGER NOT NULL,
  -- JSON: an object of texts, and a list of texts
  metadata TEXT, metadata_at INTEGER NOT NULL,
  tags TEXT, tags_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`
