/** A process for the crash tests: writes batch after batch (up to a number, when given), tells which are acknowledged, and waits for its end. */
import { systemClock } from '../../../model/clock.ts'
import { openStore } from '../../support/duck-store.ts'
import { silentLogger } from '../../support/silent-logger.ts'
import { crashBatch } from './crash-batch.ts'

const [directory, start, first, count] = process.argv.slice(2) as [string, string, string, string | undefined]
const say = (line: string) => process.stdout.write(`${line.replaceAll('\n', ' ')}\n`)
try {
  const store = await openStore(directory, { clock: systemClock, logger: silentLogger() })
  const batches = { fields: ['batch'], from: Number(start), to: Number(start) + 1e6, step: 1e9, where: {}, groupBy: [] }
  for (let batch = Number(first); ; )
    try {
      if (String(batch) === count) await systemClock.sleep(86_400_000) // quiet until it is killed
      await store.write(crashBatch(batch, Number(start)))
      say(`stored ${batch}`)
      batch++
    } catch (error) {
      say(`refused ${(error as Error).message}`)
      try {
        await store.range({ ...batches, measurement: 'instance', aggregates: ['count'] })
        say('answered')
      } catch (broken) {
        say(`silent ${(broken as Error).message}`)
      }
      await systemClock.sleep(100)
    }
} catch (error) {
  say(`closed ${(error as Error).message}`)
}
