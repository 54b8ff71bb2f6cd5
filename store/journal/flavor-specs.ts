/** Extra specs of flavors: versioned notifications and the API tell them, segments do not keep them, prices ask for them. */
import type { FlavorJournal } from '../../model/contract.ts'
import type { CloudEvent } from '../../model/event.ts'
import type { Database } from './database.ts'

export interface FlavorSpecsWriter {
  fromEvent(event: CloudEvent): void
  forget(): void
}

/** Written inside the caller's transaction. Remembers what it wrote: flavors repeat in every message. */
export function flavorSpecsWriter(db: Database): FlavorSpecsWriter {
  const known = new Map<string, string>()
  return {
    fromEvent({ instance, time }) {
      const { name, extraSpecs } = instance?.flavor ?? {}
      if (!name || !extraSpecs) return
      const specs = JSON.stringify(extraSpecs)
      if (known.get(name) === specs) return
      db.run(
        `INSERT INTO flavor_specs (name, specs, time) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET specs = excluded.specs, time = excluded.time WHERE excluded.time >= flavor_specs.time`,
        name,
        specs,
        time,
      )
      if (known.size > 10_000) known.clear()
      known.set(name, specs)
    },
    forget: () => known.clear(),
  }
}

export const flavorJournal = (db: Database): FlavorJournal => ({
  async extraSpecs() {
    // instances tell them by name, lists of the API and flavor.* by id, of the same flavor: the newest word of a name counts
    const rows = db.all<{ name: string; specs: string }>(
      `SELECT name, specs, time FROM flavor_specs
       UNION ALL
       SELECT name, about -> '$.flavor.extraSpecs', coalesce(told ->> '$.flavor' / 4, updated_at) FROM resource
       WHERE kind = 'flavor' AND name IS NOT NULL AND json_type(about, '$.flavor.extraSpecs') = 'object'
       ORDER BY time`,
    )
    return new Map(rows.map(({ name, specs }) => [name, JSON.parse(specs) as Record<string, string>]))
  },
})
