/** Machines of other monitors, and what they were found to be. Times are epoch ms. */
export const machinesSchema = `
CREATE TABLE machine (
  cluster TEXT NOT NULL, name TEXT NOT NULL, address TEXT,
  hypervisor TEXT, instance TEXT, project TEXT,
  -- what it reports: numbers with unit and title, and texts, as JSON
  metrics TEXT NOT NULL, facts TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (cluster, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX machine_hypervisor ON machine (hypervisor) WHERE hypervisor IS NOT NULL;
CREATE INDEX machine_instance ON machine (instance) WHERE instance IS NOT NULL;
`
