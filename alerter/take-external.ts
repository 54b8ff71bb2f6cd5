/** Does what a line of the external command file asks for. */
import { everything } from '../model/access.ts'
import type { AlertCluster } from '../model/alert-cluster.ts'
import type { AlertCommands, PassiveResults } from '../model/contract.ts'
import type { ResourceRef } from '../model/event.ts'
import { readExternalCommand } from './external-commands.ts'
import { entryFor } from './passive.ts'
import type { Around } from './surroundings.ts'

export interface ExternalDeps {
  around: () => Around | null
  commands: AlertCommands
  results: PassiveResults
  checkNow(targets: readonly ResourceRef[]): void
  /** Engines beside this one; they are asked for what they decide on. */
  askOthers?: Pick<AlertCluster, 'owns' | 'order'>
}

/** Null when it was done, else why it was not. Whoever can write the file may do everything that it can say. */
export async function takeExternal(
  line: string,
  { around, commands, results, checkNow, askOthers }: ExternalDeps,
): Promise<string | null> {
  const read = readExternalCommand(line)
  if (!read.ok) return read.reason
  const { command } = read
  if (command.do === 'result') {
    const [taken] = await results.submit([command.result])
    return taken?.ok === false ? taken.reason : null
  }
  if (command.do === 'cancelDowntime')
    return (await commands.cancelDowntime(everything, command.id, 'command file'))
      ? null
      : `there is no open downtime "${command.id}"`
  const registry = around()?.registry
  if (!registry) return 'the alerter has not started yet'
  const found = entryOf(registry, command.on)
  if (typeof found === 'string') return found
  const { id } = found.stored
  if (command.do === 'checkNow') {
    if (askOthers?.owns(found.target) === false) await askOthers.order(found.target, { do: 'check-now', check: id })
    else checkNow([found.stored.target])
    return null
  }
  if (command.do === 'unacknowledge')
    return (await commands.unacknowledge(everything, id, 'command file')) ? null : 'there is no acknowledgement to remove'
  if (command.do === 'acknowledge') {
    const { by, comment, sticky, notify, persistent } = command
    const taken = await commands.acknowledge(everything, id, by, comment, sticky, { notify, persistent })
    return taken ? null : 'there is no problem to acknowledge'
  }
  const { on: _, do: __, ...request } = command
  const planned = await commands.scheduleDowntime(everything, { check: id, ...request })
  return planned?.ok ? null : (planned?.reason ?? 'there is no such check')
}

/** People may speak of any check, also of one that takes no results. */
function entryOf(registry: Around['registry'], on: { target: string; rule: string }) {
  const found = entryFor(registry, on)
  if (typeof found !== 'string') return found
  const all = [...registry.entries.values()].filter(
    ({ rule, target }) => rule.name === on.rule && (target.id === on.target || target.name === on.target),
  )
  return all.length === 1 && all[0] ? all[0] : found
}
