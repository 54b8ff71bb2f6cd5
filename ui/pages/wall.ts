import { problemStates, type State } from '../../model/check.ts'
import type { ComponentHealth } from '../../model/health.ts'
import type { Sample } from '../../model/sample.ts'
import { type Fragment, topicOf } from '../fragment.ts'
import { problemRows } from '../problem-row.ts'
import type { Reply, Route } from '../route.ts'
import type { Visit } from '../visit.ts'

const problemsAtMost = 8
/** Of what nobody has taken, among which causes are looked for. */
const openAtMost = 100
const barMs = 300_000
const dayMs = 86_400_000
const freshMs = 120_000

/** The screen on the wall: the same thing in the same place every time; nothing to click. */
export const wallPage: Route = {
  method: 'get',
  path: '/wall',
  async handle(visit): Promise<Reply> {
    return {
      kind: 'page',
      view: 'wall',
      layout: 'wall',
      title: visit.t('nav.wall'),
      model: { topic: topicOf(wallContent, visit), content: await wallContent.model(visit) },
    }
  },
}

export const wallContent: Fragment = {
  name: 'wall-content',
  access: ['see', 'wall'],
  everyMs: 1000,
  wakes: (change) =>
    change.kind === 'problem' || change.kind === 'health' || (change.kind === 'samples' && change.measurement === 'hypervisor'),
  async model(visit) {
    const { alerts, inventory, store, health } = visit.deps
    const to = Math.ceil(visit.now / barMs) * barMs
    const [summary, problems, all, hypervisors, samples, worst] = await Promise.all([
      alerts.summary(visit.scope),
      alerts.problems(visit.scope, { handled: false, explained: false, limit: openAtMost }),
      alerts.problems(visit.scope, { limit: 1000 }),
      inventory.hypervisors(visit.scope),
      store.latest({ measurement: 'hypervisor', where: {}, since: visit.now - freshMs }),
      alerts.worst(visit.scope, { from: to - dayMs, to, step: barMs }),
    ])
    const explained = await alerts.explains(
      visit.scope,
      problems.map(({ check }) => check),
    )
    const first = [...problems].sort((a, b) => Number(explained.has(b.check)) - Number(explained.has(a.check)))
    const rows = (await problemRows(visit, first.slice(0, problemsAtMost))).map((row) => ({
      ...row,
      explained: explained.get(row.id) ?? 0,
    }))
    const known = new Set(all.map(({ check }) => check))
    const open = all.filter(({ acknowledgement, cause }) => acknowledgement === null && !(cause && known.has(cause)))
    const newest = samples.reduce<number | null>((latest, { time }) => Math.max(latest ?? 0, time), null)
    const checks = [...problemStates, 'ok' as const, 'pending' as const].reduce((sum, state) => sum + summary[state], 0)
    return {
      tiles: (['critical', 'warning', 'unknown', 'nodata', 'ok'] as const).map((state) => ({
        state,
        count: summary[state],
        word: visit.t(`state.${state}`),
        filled: state !== 'ok' && summary[state] > 0,
        checks: state === 'ok' ? checks : null,
        open: open.filter((problem) => problem.state === state).length,
      })),
      unhandled: summary.unhandled,
      totals: totals(samples),
      rows,
      more: Math.max(0, summary.unhandled - rows.length),
      cells: hypervisors
        .map(({ host }) => cell(host, samples, worstOf(all.filter((problem) => problem.host === host))))
        .sort((a, b) => a.host.localeCompare(b.host)),
      bars: worst.map((state, index) => ({ state: state ?? 'none', x: index * 4, ...barOf(state) })),
      barsWidth: worst.length * 4,
      roomy: hypervisors.length <= 24,
      connections: health
        .all()
        .filter(isConnection)
        .map((item) => connection(visit, item)),
      newest,
    }
  },
}

/** Host CPU and memory as shares of all hosts that answered. */
function totals(samples: readonly Sample[]) {
  const sum = (field: (sample: Sample) => number | undefined) =>
    samples.reduce((total, sample) => total + (field(sample) ?? 0), 0)
  const cpus = sum(({ fields }) => fields.cpus)
  const busy = sum(({ fields }) => ((fields.cpu_percent ?? 0) / 100) * (fields.cpus ?? 0))
  const memory = sum(({ fields }) => fields.memory_total_bytes)
  const used = sum(({ fields }) => fields.memory_used_bytes)
  return {
    cpus,
    busy: Math.round(busy),
    cpuPercent: cpus > 0 ? Math.round((100 * busy) / cpus) : null,
    memory,
    used,
    memoryPercent: memory > 0 ? Math.round((100 * used) / memory) : null,
  }
}

function cell(host: string, samples: readonly Sample[], worst: State | null) {
  const percent = samples.find(({ tags }) => tags.host === host)?.fields.cpu_percent
  return {
    host,
    percent: percent === undefined ? null : Math.round(percent),
    heat: percent === undefined ? 'none' : String(Math.min(5, Math.floor(percent / (100 / 6)))),
    worst,
  }
}

/** Worse is taller: the strip reads without its colours too. */
function barOf(state: State | null) {
  const height = state === null ? 2 : { ok: 6, warning: 10, nodata: 14, unknown: 19, critical: 24 }[state]
  return { height, y: 24 - height }
}

function worstOf(problems: readonly { state: State }[]): State | null {
  return problemStates.find((state) => problems.some((problem) => problem.state === state)) ?? null
}

const isConnection = ({ kind }: ComponentHealth) =>
  kind === 'amqp' || kind === 'openstack' || kind === 'store' || kind === 'alerter'

/** A component's health in the words and shapes of check states. */
export function stateOfHealth(state: ComponentHealth['state']): State | 'pending' {
  return ({ ok: 'ok', degraded: 'warning', down: 'critical', starting: 'pending', stopped: 'unknown' } as const)[state]
}

const connection = ({ t }: Visit, { component, state, since }: ComponentHealth) => ({
  component,
  state: stateOfHealth(state),
  word: t(`health.${state}`),
  since,
})
