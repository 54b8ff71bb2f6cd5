/** Instance actions: who did what, also where the bus said nothing. */
import type { ReadingJournal } from '../../model/contract.ts'
import type { CloudEvent } from '../../model/event.ts'
import type { Cloud } from '../../openstack/client.ts'
import { actionHeads, actionId, actionOf } from '../../openstack/instance-actions.ts'
import type { Take } from './take.ts'

/** An action that did not finish in this time is told as it is, ms. */
const givenUpAfter = 3_600_000

export interface ActionsRead {
  told: number
  /** Some are still going on: ask again. */
  pending: boolean
}

/**
 * Takes in the actions of one instance that the journal has not. `since`: only those begun or changed later (epoch ms). An action
 * is told once, when all its steps have ended.
 */
export async function readActions(
  cloud: Cloud,
  { take, journal }: { take: Take; journal: ReadingJournal },
  instance: string,
  project: string | null,
  since: number | null = null,
): Promise<ActionsRead> {
  const path = `/servers/${encodeURIComponent(instance)}/os-instance-actions`
  const changes = since === null ? {} : { 'changes-since': new Date(since).toISOString().replace(/\.\d+Z$/, 'Z') }
  const list = await cloud.find('compute', path, { limit: 1000, ...changes }, { atLeast: '2.58' })
  if (list === null) return { told: 0, pending: false } // its history went with it
  const heads = actionHeads(list.body)
  const recorded = await journal.recorded(heads.map(({ request }) => actionId(instance, request)))
  const events: CloudEvent[] = []
  let pending = false
  for (const { request, startedAt } of heads) {
    if (recorded.has(actionId(instance, request))) continue
    const reply = await cloud.find('compute', `${path}/${encodeURIComponent(request)}`, {}, { atLeast: '2.58' })
    const action = reply && actionOf(instance, project, reply.body)
    if (!action) continue
    if (action.finished || list.date - startedAt > givenUpAfter) events.push(action.event)
    else pending = true
  }
  await take.events(events)
  return { told: events.length, pending }
}
