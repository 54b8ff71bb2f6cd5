import { z } from 'zod'
import { measurements } from '../../model/measurements.ts'
import { stepFor } from '../../model/range.ts'
import type { RangeResult, Where } from '../../model/sample.ts'
import { eventWords, isMark } from '../event-row.ts'
import type { Fragment } from '../fragment.ts'
import { hasText } from '../i18n.ts'
import type { Reply, Route } from '../route.ts'
import { rangeOf } from '../time-range.ts'
import type { Visit } from '../visit.ts'

const pointsAtMost = 2000
const marksAtMost = 100
const leastStep = 10_000

const query = z.object({
  measurement: z.enum([
    'instance',
    'instance_vcpu',
    'instance_disk',
    'instance_nic',
    'instance_migration',
    'instance_filesystem',
    'hypervisor',
  ]),
  field: z.array(z.string().max(40)).min(1).max(24),
  id: z.string().min(1).max(64),
  points: z.coerce.number().int().min(10).max(pointsAtMost).default(560),
  band: z.array(z.string().max(40)).max(24),
  marks: z.enum(['0', '1']).default('0'),
})

/** Columns of numbers for charts, already cut to one point per pixel. */
export const seriesApi: Route = {
  method: 'get',
  path: '/api/v1/series',
  async handle(visit): Promise<Reply> {
    const asked = query.safeParse({
      ...Object.fromEntries(['measurement', 'id', 'points', 'marks'].flatMap((name) => pair(visit, name))),
      field: visit.query.getAll('field'),
      band: visit.query.getAll('band'),
    })
    const parsed = rangeOf(visit, 'now-6h')
    if (!asked.success) return bad(asked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
    if (!parsed.ok) return bad(visit.t(`range.wrong.${parsed.wrong}`))
    const { measurement, field, id, points, band, marks } = asked.data
    const known: Readonly<Record<string, { unit: string; title: string }>> = measurements[measurement].fields
    const tags: readonly string[] = measurements[measurement].tags
    const unknown = [...field, ...band].find((name) => !Object.hasOwn(known, name))
    if (unknown !== undefined) return bad(`field: ${measurement} has no field "${unknown}"`)
    const where = await whereOf(visit, measurement, id)
    if (!where) return { kind: 'missing' }
    const { from, to } = parsed.range
    const step = stepFor(parsed.range, points, leastStep)
    const range = { measurement, where, from, to, step, groupBy: tags.includes('device') ? ['device'] : [] }
    const [means, bands, marked] = await Promise.all([
      visit.deps.store.range({ ...range, fields: field, aggregates: ['mean'] }),
      band.length > 0 ? visit.deps.store.range({ ...range, fields: band, aggregates: ['min', 'max'] }) : null,
      marks === '1' ? marksOf(visit, id, from, to) : [],
    ])
    return {
      kind: 'json',
      body: {
        measurement,
        id,
        from,
        to,
        step,
        zone: visit.zone,
        t: means.times,
        titles: Object.fromEntries(field.map((name) => [name, titleOf(visit, measurement, name, known)])),
        series: [...columns(visit, measurement, means, known), ...(bands ? columns(visit, measurement, bands, known) : [])],
        marks: marked,
      },
    }
  },
}

const pair = (visit: Visit, name: string) => {
  const value = visit.query.get(name)
  return value === null ? [] : [[name, value]]
}
const bad = (message: string): Reply => ({ kind: 'json', status: 400, body: { error: message } })

/** The instance must be in scope, and the samples too: a machine name that was another project's before shows nothing of then. */
async function whereOf(visit: Visit, measurement: string, id: string): Promise<Where | null> {
  if (measurement === 'hypervisor') return visit.can('see', 'hosts') ? { host: id } : null
  if (!(await visit.deps.inventory.instance(visit.scope, id))) return null
  const { projects } = visit.scope
  return projects === 'all' ? { instance: id } : { instance: id, project: projects }
}

const columns = (
  visit: Visit,
  measurement: string,
  { series }: RangeResult,
  known: Readonly<Record<string, { unit: string; title: string }>>,
) =>
  series.map(({ tags, field, aggregate, values }) => ({
    field,
    aggregate,
    ...(Object.keys(tags).length > 0 && { tags }),
    unit: known[field]?.unit ?? '',
    title: titleOf(visit, measurement, field, known),
    v: values.map((value) => (value === null ? null : short(value))),
  }))

/** A field means one thing of an instance and another of a host: the measurement's own words come first. */
function titleOf(
  { language, t }: Visit,
  measurement: string,
  field: string,
  known: Readonly<Record<string, { title: string }>>,
): string {
  const key = [`field.${measurement}.${field}`, `field.${field}`].find((one) => hasText(language, one))
  return key === undefined ? (known[field]?.title ?? field) : t(key)
}

/** Four significant digits are more than a pixel can show, and a third of the bytes. */
const short = (value: number) => Number(value.toPrecision(4))

async function marksOf(visit: Visit, id: string, from: number, to: number) {
  const events = await visit.deps.events.events(visit.scope, { resource: { kind: 'instance', id }, from, to, limit: marksAtMost })
  return events.filter(isMark).map((event) => ({
    t: event.time,
    title: eventWords(visit, event.type),
    ...(visit.can('see', 'payload') && { href: `/events/${event.seq}` }),
  }))
}

/** Tells open charts that newer samples are there; carries no data itself. */
export const seriesTopic: Fragment = {
  name: 'series',
  access: ['see', 'instances'],
  everyMs: 5000,
  wakes: (change, visit) => change.kind === 'samples' && change.measurement === (visit.query.get('measurement') ?? 'instance'),
  model: async () => ({}),
}
