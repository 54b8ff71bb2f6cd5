/** What targets are labelled with besides what the inventory says of them. */
import type { CloudEvent } from '../../model/event.ts'
import type { InstanceLabels, LabelFacts, LabelSource } from '../../model/labels.ts'
import type { Database } from './database.ts'

export interface LabelWriter {
  fromEvent(event: CloudEvent): void
  forget(): void
}

/** Written inside the caller's transaction; the newest word counts. Remembers what it wrote: messages repeat themselves. */
export function labelWriter(db: Database): LabelWriter {
  const known = new Map<string, string>()
  const newer = (column: string) =>
    `${column} = iif(excluded.${column}_at > ${column}_at, excluded.${column}, ${column}), ${column}_at = max(excluded.${column}_at, ${column}_at)`
  return {
    fromEvent({ instance, resource, time }) {
      if (!instance || resource?.kind !== 'instance') return
      const { availabilityZone: az, metadata, tags } = instance
      if (!az && metadata === undefined && tags === undefined) return
      const told = [az ?? null, metadata ? sortedText(metadata) : null, tags ? JSON.stringify([...tags].sort()) : null] as const
      const text = told.join('\0')
      if (known.get(resource.id) === text) return
      const at = (value: string | null) => (value === null ? -1 : time)
      db.run(
        `INSERT INTO instance_label (instance, az, az_at, metadata, metadata_at, tags, tags_at) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (instance) DO UPDATE SET ${['az', 'metadata', 'tags'].map(newer).join(', ')}`,
        ...[resource.id, told[0], at(told[0]), told[1], at(told[1]), told[2], at(told[2])],
      )
      if (known.size > 20_000) known.clear()
      known.set(resource.id, text)
    },
    forget: () => known.clear(),
  }
}

const sortedText = (metadata: Readonly<Record<string, string>>) =>
  JSON.stringify(Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))))

interface LabelRow {
  instance: string
  az: string | null
  metadata: string | null
  tags: string | null
}

/** Of these instances, or of all that exist. */
export function instanceLabels(db: Database, ids?: readonly string[]): Map<string, InstanceLabels> {
  const columns = 'SELECT l.instance, l.az, l.metadata, l.tags FROM instance_label l'
  const rows = ids
    ? db.all<LabelRow>(`${columns} WHERE l.instance IN (SELECT value FROM json_each(?))`, JSON.stringify(ids))
    : db.all<LabelRow>(`${columns} JOIN instance i ON i.id = l.instance WHERE i.terminated_at IS NULL`)
  return new Map(
    rows.map(({ instance, az, metadata, tags }) => [
      instance,
      {
        availabilityZone: az,
        metadata: JSON.parse(metadata ?? '{}') as InstanceLabels['metadata'],
        tags: JSON.parse(tags ?? '[]') as string[],
      },
    ]),
  )
}

export function labelSource(db: Database): LabelSource {
  return {
    async facts(): Promise<LabelFacts> {
      const aggregates = new Map<string, string[]>()
      const list = db.all<{ name: string | null; hosts: string | null }>(
        `SELECT name, json_extract(about, '$.hosts') AS hosts FROM resource
         WHERE kind = 'aggregate' AND deleted_at IS NULL AND name IS NOT NULL ORDER BY name, id`,
      )
      for (const { name, hosts } of list)
        for (const host of JSON.parse(hosts ?? '[]') as string[])
          aggregates.set(host, [...(aggregates.get(host) ?? []), name as string])
      const tags = new Map(
        db
          .all<{ id: string; tags: string | null }>(
            `SELECT id, json_extract(about, '$.tags') AS tags FROM resource WHERE kind = 'project' AND deleted_at IS NULL`,
          )
          .map(({ id, tags }) => [id, JSON.parse(tags ?? '[]') as string[]]),
      )
      const named = db.all<{ id: string; name: string }>(`SELECT id, name FROM named WHERE kind = 'project'`)
      const names = new Map(named.map(({ id, name }) => [id, name]))
      const projects = new Map(
        [...new Set([...names.keys(), ...tags.keys()])].map((id) => [
          id,
          { name: names.get(id) ?? null, tags: tags.get(id) ?? [] },
        ]),
      )
      return { instances: instanceLabels(db), projects, aggregates }
    },
  }
}
