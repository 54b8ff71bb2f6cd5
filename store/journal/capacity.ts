/** The newest reading of each cloud's Placement. */
import type { CapacityJournal } from '../../model/contract.ts'
import type { PlacementReading, ReadProvider } from '../../model/placement.ts'
import type { Database } from './database.ts'

export function capacityJournal(db: Database): CapacityJournal {
  const providersOf = (cloud: string) =>
    db
      .all<{ body: string }>('SELECT body FROM resource_provider WHERE cloud = ? ORDER BY id', cloud)
      .map(({ body }) => JSON.parse(body) as ReadProvider)
  const readings = () =>
    db.all<{ cloud: string; read_at: number }>('SELECT cloud, read_at FROM resource_provider_reading ORDER BY cloud')
  const reading = ({ cloud, read_at: readAt }: ReturnType<typeof readings>[number]): PlacementReading => ({
    ...{ cloud, readAt },
    providers: providersOf(cloud),
  })

  return {
    async put({ cloud, readAt, providers }) {
      db.transaction(() => {
        db.run(
          'DELETE FROM resource_provider WHERE cloud = ? AND id NOT IN (SELECT value FROM json_each(?))',
          cloud,
          JSON.stringify(providers.map(({ id }) => id)),
        )
        for (const provider of providers)
          db.run(
            `INSERT INTO resource_provider (cloud, id, body) VALUES (?, ?, ?)
             ON CONFLICT (cloud, id) DO UPDATE SET body = excluded.body WHERE body <> excluded.body`,
            ...[cloud, provider.id, JSON.stringify(provider)],
          )
        db.run(
          'INSERT INTO resource_provider_reading (cloud, read_at) VALUES (?, ?) ON CONFLICT (cloud) DO UPDATE SET read_at = excluded.read_at',
          ...[cloud, readAt],
        )
      })
    },

    async reading(cloud) {
      const its = readings().find((one) => one.cloud === cloud)
      return its ? reading(its) : null
    },

    async readings(scope) {
      return scope.projects === 'all' ? readings().map(reading) : []
    },
  }
}
