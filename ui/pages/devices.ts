import { type Problem, problemStates, type State } from '../../model/check.ts'
import type { Target } from '../../model/contract.ts'
import { type Fragment, topicOf } from '../fragment.ts'
import type { Reply, Route } from '../route.ts'
import { linkTo, text, type Visit } from '../visit.ts'

const shownAtMost = 500
const order: readonly State[] = [...problemStates, 'ok']

/** What is checked besides the cloud: every check of every device, those in trouble first. */
export const devicesPage: Route = {
  method: 'get',
  path: '/devices{.:format}',
  async handle(visit): Promise<Reply> {
    if (visit.shape !== 'html') return list(await rowsOf(visit))
    return {
      kind: 'page',
      view: 'devices',
      title: visit.t('nav.devices'),
      model: {
        topic: topicOf(deviceList, visit),
        content: await deviceList.model(visit),
        q: text(visit, 'q') ?? '',
        csv: linkTo(visit, {}, '/devices.csv'),
        json: linkTo(visit, {}, '/devices.json'),
      },
    }
  },
}

export const deviceList: Fragment = {
  name: 'device-list',
  access: ['see', 'hosts'],
  everyMs: 5000,
  wakes: (change) => change.kind === 'problem',
  async model(visit) {
    const rows = await rowsOf(visit)
    return {
      rows: rows.slice(0, shownAtMost).map(({ device, check }) => ({
        ...{ device: device.name ?? device.id, address: device.device?.address ?? null, rule: check.rule, output: check.output },
        ofDevice: linkTo(visit, { q: device.id }, '/devices'),
        ...{ href: `/checks/${encodeURIComponent(check.check)}`, lastCheck: check.lastCheck },
        ...{ state: check.state, soft: !check.hard, handled: check.acknowledgement !== null },
        ...{ attempt: check.attempt, maxAttempts: check.maxAttempts, word: visit.t(`state.${check.state}`) },
      })),
      devices: devicesOf(visit).length,
      checks: rows.length,
      trouble: rows.filter(({ check }) => check.state !== 'ok').length,
      full: rows.length > shownAtMost,
      shown: shownAtMost,
      filtered: text(visit, 'q') !== undefined,
    }
  },
}

const devicesOf = (visit: Visit) => visit.deps.devices ?? []

interface Row {
  device: Target
  check: Problem
}

/** Device, address or check holds what is asked for. */
async function rowsOf(visit: Visit): Promise<Row[]> {
  const q = text(visit, 'q')?.toLowerCase()
  const all = await Promise.all(
    devicesOf(visit).map(async (device) =>
      (await visit.deps.alerts.checksOf(visit.scope, { kind: device.kind, id: device.id })).map((check) => ({ device, check })),
    ),
  )
  const holds = ({ device, check }: Row) =>
    q === undefined || [device.id, device.device?.address ?? '', check.rule].some((word) => word.toLowerCase().includes(q))
  return all
    .flat()
    .filter(holds)
    .sort(
      (a, b) =>
        order.indexOf(a.check.state) - order.indexOf(b.check.state) ||
        a.device.id.localeCompare(b.device.id, undefined, { numeric: true }) ||
        a.check.rule.localeCompare(b.check.rule),
    )
}

function list(rows: readonly Row[]): Reply {
  const columns = ['device', 'address', 'check', 'state', 'hard', 'output', 'last_check']
  return {
    kind: 'list',
    name: 'devices',
    total: rows.length,
    columns: columns.map((key) => ({ key, title: key })),
    rows: rows.map(({ device, check }) => ({
      ...{ device: device.id, address: device.device?.address ?? null, check: check.rule, state: check.state, hard: check.hard },
      ...{ output: check.output, last_check: check.lastCheck === null ? null : new Date(check.lastCheck).toISOString() },
    })),
  }
}
