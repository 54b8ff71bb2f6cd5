/** The fake cloud's timeline and completeness: what its instances' people did, and what is missing. */
import type { Scope } from '../../model/access.ts'
import type { Clock } from '../../model/clock.ts'
import type { Action, CompletenessJournal, EventRow, Gap, HeardHour, TimelineJournal } from '../../model/contract.ts'
import type { Instance } from '../../model/resource.ts'

const minute = 60_000
const hour = 60 * minute

const allowed = ({ projects }: Scope, project: string | null) =>
  projects === 'all' || (project !== null && projects.includes(project))

const verbs = [
  'instance.create',
  'instance.reboot',
  'instance.resize',
  'instance.live_migration',
  'instance.power_off',
  'instance.volume_attach',
]

export function fakeTimeline(
  instances: readonly Instance[],
  users: readonly { id: string; name: string }[],
  began: number,
  events: (scope: Scope, instance: string) => Promise<EventRow[]>,
): TimelineJournal & { ofProject(project: string): number } {
  const actions = Array.from({ length: 150 }, (_unused, n): Action => {
    const instance = instances[(n * 7) % instances.length] as Instance
    const user = users[(n * 3) % users.length] as { id: string; name: string }
    const time = began - n * 11 * minute - (n % 7) * 21_000
    const result = n % 13 === 4 ? 'failed' : n === 0 ? 'running' : n % 41 === 20 ? 'unknown' : 'ok'
    return {
      seq: 2000 - n,
      request: `req-7a${String(n).padStart(6, '0')}-1eea-40a0-9d60-263a63d68f05`,
      part: false,
      time,
      until: time + (n % 5) * 17_000,
      service: 'nova',
      verb: verbs[(n * 5) % verbs.length] as string,
      result,
      reason: result === 'failed' ? 'No valid host was found. There are not enough hosts available.' : null,
      resource: { kind: 'instance', id: instance.id, name: instance.name },
      project: instance.project,
      actor: { id: user.id, name: user.name },
      actorProject: instance.project,
      host: instance.host,
      address: n % 3 === 0 ? `10.9.0.${n}` : null,
    }
  })
  actions.splice(5, 0, {
    ...(actions[5] as Action),
    ...{ seq: 3000, request: null, service: 'specola', verb: 'problem.acknowledge', result: 'ok', reason: 'on it', host: null },
    ...{
      resource: { kind: 'check', id: 'cpu:1', name: null },
      project: null,
      actor: { id: 'nino', name: 'nino' },
      address: '10.0.0.7',
    },
  })
  return {
    async actions(scope, query) {
      const text = query.q?.toLowerCase()
      return actions
        .filter(
          (action) =>
            allowed(scope, action.project) &&
            action.time >= (query.from ?? 0) &&
            action.time < (query.to ?? Number.POSITIVE_INFINITY) &&
            (query.project === undefined || action.project === query.project) &&
            (query.result === undefined || action.result === query.result) &&
            (query.verb === undefined || action.verb === query.verb) &&
            (query.service === undefined || action.service === query.service) &&
            (query.address === undefined || action.address === query.address) &&
            (query.actor === undefined || action.actor?.id === query.actor || action.actor?.name === query.actor) &&
            (query.resource === undefined || action.resource.id === query.resource || action.resource.name === query.resource) &&
            (text === undefined ||
              `${action.resource.name} ${action.resource.id} ${action.actor?.name}`.toLowerCase().includes(text)),
        )
        .filter(
          ({ time, seq }) => !query.before || time < query.before.time || (time === query.before.time && seq < query.before.seq),
        )
        .slice(0, query.limit)
    },
    async action(scope, seq) {
      const action = actions.find((one) => one.seq === seq && allowed(scope, one.project))
      return action ? { action, related: [], events: (await events(scope, action.resource.id)).slice(0, 6).reverse() } : null
    },
    verbs: async () => [...verbs].sort(),
    ofProject: (project) => actions.find((one) => one.project === project)?.seq ?? 0,
  }
}

export function fakeCompleteness(hosts: readonly string[], clock: Clock): CompletenessJournal {
  const speakers = [
    ...hosts.map((host) => ({ service: 'nova', host })),
    ...['neutron', 'cinder', 'keystone', 'glance'].map((service) => ({ service, host: 'ctl-1' })),
  ]
  const now = Math.floor(clock.now() / hour) * hour
  const gaps: Gap[] = [
    {
      kind: 'away',
      loss: 'none',
      service: 'region-one',
      host: null,
      from: now - 20 * hour,
      to: now - 20 * hour + 40_000,
      count: null,
      cause: 'process',
    },
    {
      kind: 'away',
      loss: 'possible',
      service: 'region-one',
      host: null,
      from: now - 15 * hour,
      to: now - 15 * hour + 4 * minute,
      count: null,
      cause: 'broker',
    },
    {
      kind: 'audit',
      loss: 'possible',
      service: 'nova',
      host: hosts[2] ?? '',
      from: now - 9 * hour,
      to: now - 8 * hour,
      count: 6,
      cause: 'not-run',
    },
    {
      kind: 'overdue',
      loss: 'possible',
      service: 'nova',
      host: hosts[1] ?? '',
      from: now - 7 * hour,
      to: null,
      count: 1,
      cause: 'instance.resize_prep',
    },
    {
      kind: 'unread',
      loss: 'certain',
      service: 'nova',
      host: null,
      from: now - 6 * hour,
      to: now - 5 * hour,
      count: 14,
      cause: null,
    },
    {
      kind: 'silent',
      loss: 'possible',
      service: 'nova',
      host: hosts[6] ?? '',
      from: now - 4 * hour,
      to: null,
      count: null,
      cause: null,
    },
  ]
  return {
    async hours({ from, to }) {
      const first = Math.floor(from / hour) * hour
      return speakers.flatMap(({ service, host }, n) =>
        Array.from(
          { length: Math.max(0, Math.ceil((Math.min(to, clock.now()) - first) / hour)) },
          (_unused, at): HeardHour | null => {
            const time = first + at * hour
            const quiet = service === 'nova' ? n === 6 && time >= now - 4 * hour : (at + n) % (service === 'glance' ? 5 : 3) === 0
            return quiet ? null : { service, host, hour: time, messages: 1 + ((at * 37 + n * 61) % 400) }
          },
        ).filter((one) => one !== null),
      )
    },
    gaps: async (_scope, { from, to }) => gaps.filter((gap) => gap.from < to && (gap.to ?? Number.POSITIVE_INFINITY) > from),
  }
}
