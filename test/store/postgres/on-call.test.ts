import assert from 'node:assert/strict'
import { peopleOf } from '../../../alerter/people.ts'
import { alerterSection } from '../../../alerter/section.ts'
import { healthBoard } from '../../../collector/health.ts'
import { systemClock as clock } from '../../../model/clock.ts'
import { openSharedJournal, type SharedAlertJournal } from '../../../store/postgres/open.ts'
import { checked } from '../../support/alerting.ts'
import { eventually } from '../../support/child-process.ts'
import { needs } from '../../support/needs.ts'
import { type PostgresServer, postgresProgram, startPostgres } from '../../support/postgres.ts'
import { silentLogger } from '../../support/silent-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { onCallContract } from '../on-call.contract.ts'

describe('who is on call, in PostgreSQL', function () {
  this.timeout(30_000)
  needs(postgresProgram, 'postgresql')
  const directory = temporaryDirectory()
  let server: PostgresServer
  let databases = 0
  before(async () => {
    server = await startPostgres(directory())
  })
  after(() => server?.stop())

  /** The journal as two nodes have it. */
  async function two(): Promise<[SharedAlertJournal, SharedAlertJournal]> {
    const config = server.database(`on_call_${++databases}`)
    const node = (engine: string) =>
      openSharedJournal({ ...config, engine, leaseMs: 4000 }, { health: healthBoard(clock), clock, logger: silentLogger() })
    const nodes: [SharedAlertJournal, SharedAlertJournal] = [node('a'), node('b')]
    await Promise.all(nodes.map(({ journal }) => journal.stored()))
    return nodes
  }

  onCallContract(async () => {
    const [a, b] = await two()
    const close = async () => void (await Promise.all([a.close(), b.close()]))
    return { here: a.onCall, there: b.onCall, close }
  })

  it('counts on the other node within a second of being entered, and of being removed', async () => {
    const [a, b] = await two()
    const section = checked(
      `contacts: [{ name: anna }, { name: bruno }]
rotas: [{ name: duty, layers: [{ members: [anna], begins: 2026-01-05, every: 1w }] }]`,
      alerterSection([]),
    )
    const [here, there] = [peopleOf(section, a.onCall, clock), peopleOf(section, b.onCall, clock)]
    const stop = new AbortController()
    const deaf = {
      known: () => 0,
      targets: () => [],
      reload: () => undefined,
      follow: () => undefined,
      downtimes: () => undefined,
    }
    const running = b.cluster.run({ ...deaf, obey: async () => undefined, people: () => there.refresh() }, stop.signal)
    await eventually('b is there', async () => (await a.engines()).length === 1)
    const now = clock.now()
    assert.deepEqual(there.named('duty', now), ['anna'])
    const added = await here.addOverride({
      ...{ rota: 'duty', who: 'bruno', instead: null, from: now, to: now + 60_000, by: 'ada', comment: '' },
    })
    assert.ok(added.ok)
    await eventually('b knows', () => there.named('duty', now)[0] === 'bruno', 1000)
    assert.equal(await here.removeOverride(added.id, 'ada'), true)
    await eventually('b knows of the end', () => there.named('duty', now)[0] === 'anna', 1000)
    stop.abort(new Error('over'))
    await running
    await Promise.all([a.close(), b.close()])
  })
})
