/** What changed just before a problem: looked up once a problem, for its messages and for its page. */
import { everything, type Scope } from '../model/access.ts'
import type { Problem } from '../model/check.ts'
import { type Clue, clueSlackMs, cluesFor, clueWindowMs, ranked } from '../model/clue.ts'
import type { SampleStore } from '../model/contract.ts'
import { type Load, suffering } from '../model/neighbours.ts'
import { above, below } from '../model/topology.ts'
import type { Causes } from './causes.ts'
import type { Collected } from './judge.ts'
import type { Running } from './running.ts'

/** A message has room for so many. */
const mostTold = 3
/** A storm is not looked into problem by problem. */
const mostProblems = 20
/** Things that a problem may be about, beside its target. */
const mostAbout = 200

/** Steal is looked at minute by minute, over a quarter of an hour. */
const neighbourStepMs = 60_000
const neighbourWindowMs = 15 * neighbourStepMs

/** The likeliest first. */
export async function cluesTo(
  { deps, around }: Pick<Running, 'deps' | 'around'>,
  problem: Problem,
  scope: Scope,
): Promise<Clue[]> {
  const { target, host, since } = problem
  const about = aboutOf(around.causes, target)
  const query = { about: [target.id, ...about], host: scope.projects === 'all' ? host : null }
  const [changes, neighbours] = await Promise.all([
    deps.clues?.before(scope, { ...query, from: since - clueWindowMs, to: since + clueSlackMs }) ?? [],
    scope.projects === 'all' && host !== null && target.kind === 'instance'
      ? stealers(deps.store, around.causes, problem, host)
      : [],
  ])
  return ranked([...changes, ...neighbours], { id: target.id, host }, since)
}

/** Puts up to three of them into each message of a problem that has just been decided. */
export async function addClues(running: Pick<Running, 'deps' | 'around' | 'config'>, batch: Collected): Promise<void> {
  if (!running.deps.clues) return
  const byCheck = Map.groupBy(
    batch.notifications.filter(({ message }) => message.kind === 'problem'),
    ({ message }) => message.problem.check,
  )
  for (const [, told] of [...byCheck].slice(0, mostProblems)) {
    const [first] = told
    if (!first) continue
    try {
      const clues = await cluesTo(running, first.message.problem, everything)
      for (const one of told) {
        const reader = running.config.contacts.find(({ name }) => name === one.contact)
        one.message = { ...one.message, changes: cluesFor(clues, reader ? reader.projects : []).slice(0, mostTold) }
      }
    } catch (error) {
      // a message without them is worth more than none
      running.deps.logger.warn(`what changed before a problem cannot be read: ${(error as Error).message}`, { error })
    }
  }
}

/** The nearest first: what an instance hangs on and was made of, what a network consists of. */
function aboutOf(causes: Causes, target: { kind: string; id: string }): string[] {
  const node = causes.node(target.kind, target.id)
  if (!node) return []
  const near = target.kind === 'instance' ? ['port', 'subnet', 'network', 'router'] : ['subnet', 'router']
  const kinds = near as ('port' | 'subnet' | 'network' | 'router')[]
  const instance = causes.registry.of(target.kind, target.id)[0]?.target.instance
  const made = [instance?.image, instance?.flavor?.id].filter((id) => typeof id === 'string')
  return [...kinds.flatMap((kind) => [...above(node, kind), ...below(node, kind)].map(({ id }) => id)), ...made].slice(
    0,
    mostAbout,
  )
}

/** Neighbours whose CPU went as the instance's steal did. */
async function stealers(store: Pick<SampleStore, 'range'>, causes: Causes, problem: Problem, host: string): Promise<Clue[]> {
  const to = Math.ceil((problem.since + neighbourStepMs) / neighbourStepMs) * neighbourStepMs
  const { series, times } = await store.range({
    ...{ measurement: 'instance', where: { host }, fields: ['steal_percent', 'host_cpu_percent'] },
    ...{ from: to - neighbourWindowMs, to, step: neighbourStepMs, aggregates: ['mean'], groupBy: ['instance'] },
  })
  const nothing = times.map(() => null)
  const loads = [...Map.groupBy(series, ({ tags }) => tags.instance ?? '')].map(
    ([instance, own]): Load => ({
      instance,
      steal: own.find(({ field }) => field === 'steal_percent')?.values ?? nothing,
      cores: (own.find(({ field }) => field === 'host_cpu_percent')?.values ?? nothing).map((value) =>
        value === null ? null : value / 100,
      ),
    }),
  )
  const own = suffering(loads).find(({ instance }) => instance === problem.target.id)
  return (own?.suspects ?? []).map(({ instance, cores, correlation }): Clue => {
    const node = causes.node('instance', instance)
    const subject = { kind: 'instance', id: instance, name: node?.name ?? null }
    return {
      ...{ kind: 'neighbour', at: problem.since, what: 'cpu', subject, project: null, actor: null, failed: false },
      ...{ cores, alike: correlation },
    }
  })
}
