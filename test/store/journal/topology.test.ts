import assert from 'node:assert/strict'
import { everything } from '../../../model/access.ts'
import { type CloudEvent, nativeEvent } from '../../../model/event.ts'
import { below, buildTopology, nodeOf } from '../../../model/topology.ts'
import { changeJournal } from '../../../store/journal/clues.ts'
import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { topologyFacts } from '../../../store/journal/topology.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const at = Date.UTC(2026, 10, 24, 12)
const observed = (kind: string, id: string, about: CloudEvent['about'], more: Partial<CloudEvent> = {}) =>
  nativeEvent({
    ...{ id: `${kind}-${id}`, type: `${kind}.observed`, time: at, service: 'neutron', publisher: 'test', project: 'p1' },
    ...{ resource: { kind, id }, about: { name: id, ...about } },
    ...more,
  })
const action = (id: string, type: string, time: number, more: Partial<CloudEvent> = {}): CloudEvent => ({
  ...nativeEvent({ id, type, time, service: 'nova', publisher: 'compute.hv-1', project: 'p1', request: `req-${id}` }),
  ...{
    phase: 'end',
    format: 'versioned',
    resource: { kind: 'instance', id: 'i-1' },
    host: 'hv-1',
    actor: 'u1',
    instance: { name: 'web-1' },
  },
  ...more,
})

describe('the journal tells', () => {
  const directory = temporaryDirectory()
  let db: Database
  before(async () => {
    db = openDatabase(directory())
    const events = [
      observed('network', 'net', {}),
      observed('router', 'r', {}),
      observed('subnet', 'sub', { address: '10.0.0.0/24', parent: { kind: 'network', id: 'net' } }),
      observed('port', 'p', {
        address: '10.0.0.9',
        status: 'ACTIVE',
        parent: { kind: 'network', id: 'net' },
        instances: ['i-1'],
      }),
      observed('port', 'q', { address: '10.0.0.1', parent: { kind: 'network', id: 'net' }, instances: [], router: 'r' }),
      observed(
        'port',
        'gone',
        { parent: { kind: 'network', id: 'net' }, instances: ['i-1'], deletedAt: at },
        { type: 'port.delete' },
      ),
      action('a', 'instance.create', at - 3_600_000, { instance: { name: 'web-1', state: 'active' } }),
      action('b', 'instance.resize', at - 300_000),
      action('c', 'instance.live_migration', at - 120_000, { resource: { kind: 'instance', id: 'i-2' }, project: 'p2' }),
    ]
    await eventJournal(db).record(events.map((event) => ({ event, ignored: false, raw: null })))
  })
  after(() => db.close())

  it('what carries what, with routers and subnets', async () => {
    const topology = buildTopology(await topologyFacts(db, () => ['one'])())
    const router = nodeOf(topology, 'router', 'r')
    assert.ok(router)
    assert.deepEqual(
      below(router, 'port').map(({ id, parents }) => [id, parents.map((one) => one.id)]),
      [['p', ['sub']]],
    )
    assert.deepEqual(
      below(router, 'instance').map(({ id }) => id),
      ['i-1'],
    )
    const host = nodeOf(topology, 'hypervisor', 'hv-1')
    assert.deepEqual(
      host &&
        below(host, 'instance')
          .map(({ id }) => id)
          .sort(),
      ['i-1', 'i-2'],
    )
  })

  it('what changed before a problem, in the scope of who asks', async () => {
    const clues = changeJournal(db)
    const query = { about: ['i-1'], host: 'hv-1', from: at - 1_800_000, to: at }
    const told = async (projects: 'all' | string[]) =>
      (await clues.before({ projects }, query)).map(({ kind, what, subject }) => [kind, what, subject.id])
    assert.deepEqual(await told('all'), [
      ['migration', 'instance.live_migration', 'i-2'],
      ['action', 'instance.resize', 'i-1'],
    ])
    assert.deepEqual(await told(['p1']), [['action', 'instance.resize', 'i-1']])
    assert.deepEqual(await told([]), [])
  })

  it('that its own settings changed, once, and not that they were first seen', async () => {
    const clues = changeJournal(db)
    clues.settings('rules', 'x', at - 900_000)
    clues.settings('rules', 'y', at - 600_000)
    clues.settings('rules', 'y', at - 300_000)
    const query = { about: [], host: null, from: at - 1_800_000, to: at }
    assert.deepEqual(
      (await clues.before(everything, query)).map(({ what, at }) => [what, at]),
      [['rules', at - 600_000]],
    )
    assert.deepEqual(await clues.before({ projects: ['p1'] }, query), [])
  })
})
