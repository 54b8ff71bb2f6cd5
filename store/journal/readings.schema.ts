/** Where the readers of the APIs had got to. */
export const readingsSchema = `
CREATE TABLE reading_mark (
  cloud TEXT NOT NULL, task TEXT NOT NULL,
  -- JSON, of the reader's own making
  value TEXT NOT NULL,
  PRIMARY KEY (cloud, task)
) STRICT, WITHOUT ROWID;
`
