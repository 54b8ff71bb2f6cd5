/** How the alerters that share a journal are. */
import type { EngineSeen } from '../../model/alert-cluster.ts'
import { systemClock as clock } from '../../model/clock.ts'
import { slots } from '../../model/slot.ts'
import { openSharedJournal } from '../../store/postgres/open.ts'
import type { Configuration } from '../configuration.ts'
import { jsonLogger } from '../logger.ts'
import { type Finding, ok } from './finding.ts'

/** None where the journal is the data directory's. */
export async function examineEngines({ alerter }: Pick<Configuration, 'alerter'>): Promise<Finding[]> {
  if (alerter.journal === null) return []
  const shared = openSharedJournal(alerter.journal, { health: { report: () => undefined }, clock, logger: jsonLogger('error') })
  try {
    return engineFindings(await shared.engines())
  } catch (error) {
    const found = (error as Error).message
    return [
      {
        ...{ area: 'specola', subject: 'alert journal', level: 'trouble', found },
        costs: 'checks pause while their journal is away; nothing decided is lost',
        advice: 'is PostgreSQL up, and are url, password and tls of alerter.journal.postgres right? serve makes the tables',
      },
    ]
  } finally {
    await shared.close()
  }
}

/** What it means. Pure. */
export function engineFindings(engines: readonly EngineSeen[]): Finding[] {
  const alive = engines.filter((one) => one.alive)
  const owned = alive.reduce((sum, one) => sum + one.slots, 0)
  const shares: Finding =
    owned === slots
      ? ok('specola', 'alert journal', alive.map((one) => `${one.name} decides on ${one.slots} of ${slots} shares`).join(', '))
      : {
          ...{ area: 'specola', subject: 'alert journal', level: 'trouble' },
          found: `${slots - owned} of ${slots} shares of the checks belong to no engine that lives`,
          costs: 'their checks are not run and nobody is told',
          advice: 'start serve on one of the nodes; in a moment after a death this passes by itself',
        }
  const idle = alive.filter((one) => one.slots === 0)
  const alone = alive.filter((one) => one.alone > 0)
  const dead = engines.filter((one) => !one.alive)
  return [
    shares,
    ...idle.map(
      (one): Finding => ({
        ...{ area: 'specola', subject: `engine ${one.name}`, level: 'note', found: `knows ${one.known} checks and has no share` },
        costs: 'it does not take part yet',
        advice: 'does it collect from the same clouds and hypervisors as the others?',
      }),
    ),
    ...alone.map(
      (one): Finding => ({
        ...{ area: 'specola', subject: `engine ${one.name}`, level: 'note' },
        found: `watches ${one.alone} targets that the owner of their share does not know`,
        costs: 'who alone knows them can be replaced by nobody',
        advice: 'give all engines the same collector section; a moment after a change this passes by itself',
      }),
    ),
    ...dead.map(
      (one): Finding => ({
        ...{ area: 'specola', subject: `engine ${one.name}`, level: 'trouble' },
        found: `silent for ${Math.round(one.silentMs / 1000)} s`,
        costs:
          one.alone > 0 ? `${one.alone} targets that only it knew are not watched` : 'when the others end too, nobody watches',
        advice: 'start it again; one that was taken away for good is forgotten after a day',
      }),
    ),
  ]
}
