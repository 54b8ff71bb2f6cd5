import { healthBoard } from '../../../collector/health.ts'
import { systemClock as clock } from '../../../model/clock.ts'
import { openSharedJournal } from '../../../store/postgres/open.ts'
import { needs } from '../../support/needs.ts'
import { type PostgresServer, postgresProgram, startPostgres } from '../../support/postgres.ts'
import { silentLogger } from '../../support/silent-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { alertJournalContract } from '../alert-journal.contract.ts'
import { alertRetentionContract } from '../alert-retention.contract.ts'
import { outboxContract } from '../outbox.contract.ts'

describe('the alert journal in PostgreSQL', function () {
  this.timeout(30_000)
  needs(postgresProgram, 'postgresql')
  const directory = temporaryDirectory()
  let server: PostgresServer
  let databases = 0
  before(async () => {
    server = await startPostgres(directory())
  })
  after(() => server?.stop())

  const open = async () => {
    const config = { ...server.database(`journal_${++databases}`), engine: 'a', leaseMs: 10_000 }
    const shared = openSharedJournal(config, { health: healthBoard(clock), clock, logger: silentLogger() })
    await shared.journal.stored()
    const stop = new AbortController()
    const alone = {
      known: () => 0,
      targets: () => [],
      reload: () => undefined,
      follow: () => undefined,
      downtimes: () => undefined,
      people: async () => undefined,
    }
    const running = shared.cluster.run({ ...alone, obey: async () => undefined }, stop.signal)
    while (!shared.cluster.owns({ kind: 'instance', id: 'i-a' })) await clock.sleep(10)
    return {
      ...{ journal: shared.journal, history: shared.history, onCall: shared.onCall, retire: shared.retire },
      close: async () => {
        stop.abort(new Error('over'))
        await running
        await shared.close()
      },
    }
  }
  alertJournalContract(open)
  outboxContract(open)
  alertRetentionContract(open)
})
