/** What may explain the problem of a check in a running engine: everything that the topology puts above it, judged by its own check. */
import type { CauseView } from '../model/cause.ts'
import type { State } from '../model/check.ts'
import type { Target } from '../model/contract.ts'
import type { HealthBoard } from '../model/health.ts'
import {
  above,
  below,
  buildTopology,
  nodeOf,
  noFacts,
  type Topology,
  type TopologyFacts,
  type TopologyNode,
} from '../model/topology.ts'
import type { Dependencies, Explanation } from './dependencies.ts'
import { fails } from './fails.ts'
import type { Entry, Registry } from './registry.ts'
import { Ways } from './ways.ts'

export const isCause = ({ rule }: Pick<Entry, 'rule'>) => rule.check.name === 'cause'

/** Of those that a problem hurries, no more than this at once. */
const mostHurried = 1000

export interface Trouble {
  /** Epoch ms. */
  begun: number
  /** All that is wrong is that nothing is heard. */
  silent: boolean
}

export class Causes {
  topology: Topology = buildTopology(noFacts)
  readonly registry: Registry
  readonly dependencies: Dependencies
  readonly ways: Ways
  readonly #health: Pick<HealthBoard, 'all'>
  readonly #waitMs: number
  readonly #hurried = new Map<string, number>()
  #byProject = new Map<string, TopologyNode[]>()
  /** Whether a problem that may be one of many makes its siblings be looked at; where all checks of a rule run at once there is no need. */
  hurries = true

  constructor(registry: Registry, dependencies: Dependencies, health: Pick<HealthBoard, 'all'>, waitMs: number) {
    this.registry = registry
    this.dependencies = dependencies
    this.ways = new Ways(dependencies.settleMs)
    this.#health = health
    this.#waitMs = waitMs
  }

  /** Reads the board, and the checks that tell how hosts and our own connections are; call before judging. */
  update(now: number): void {
    this.dependencies.update(this.registry.entries.values(), this.#health, now)
    this.ways.update(this.registry, this.#health.all(), now)
  }

  refresh(facts: TopologyFacts): void {
    this.topology = buildTopology(facts)
    const instances = [...this.topology.instance.values()].filter(({ project }) => project !== null)
    this.#byProject = Map.groupBy(instances, ({ project }) => project as string)
  }

  node(kind: string, id: string): TopologyNode | undefined {
    return nodeOf(this.topology, kind, id)
  }

  instancesOf(project: string): readonly TopologyNode[] {
    return this.#byProject.get(project) ?? []
  }

  /** Whose instances the target carries. */
  projectsBelow({ kind, id, host }: Pick<Target, 'kind' | 'id' | 'host'>): Set<string> {
    const node = host === null ? this.node(kind, id) : this.node('hypervisor', host)
    return new Set(node ? below(node, 'instance').flatMap(({ project }) => project ?? []) : [])
  }

  /** What is wrong with a target by the checks that say whether it works; null = nothing. */
  trouble(kind: string, id: string): Trouble | null {
    const wrong = this.registry.of(kind, id).filter((one) => fails(one) && !this.unheard(one))
    if (wrong.length === 0) return null
    return {
      begun: Math.min(...wrong.map(({ stored: { state } }) => state.lastStateChange ?? state.lastCheck ?? 0)),
      silent: wrong.every(({ stored }) => stored.state.state === 'nodata'),
    }
  }

  /** All that is wrong is that what it is known by is away. */
  unheard(entry: Entry): boolean {
    return this.ways.explain(entry, entry.stored.state.state) !== null
  }

  /** The check that tells whether the node is a cause. */
  check(kind: string, id: string): Entry | undefined {
    return this.registry.of(kind, id).find(isCause)
  }

  /** Causes that the check's problem may be counted under, the nearest first. */
  candidates({ rule, target }: Entry): { entry: Entry; word: string }[] {
    const of = (kind: string, id: string | null, word: string) => {
      const entry = id === null ? undefined : this.check(kind, id)
      return entry ? [{ entry, word }] : []
    }
    const source = of('source', rule.name, 'what its results come from')
    if (target.kind === 'instance') {
      const node = this.node('instance', target.id)
      const networks = node ? above(node, 'network') : []
      return [
        ...of('hypervisor', target.host, 'its host'),
        ...networks.flatMap(({ id }) => of('network', id, 'its network')),
        ...source,
      ]
    }
    if (target.host !== null) {
      const node = this.node('hypervisor', target.host)
      return [...(node ? above(node, 'zone') : []).flatMap(({ id }) => of('zone', id, 'its availability zone')), ...source]
    }
    const node = this.node(target.kind, target.id)
    if (!node) return target.kind === 'connection' ? source : []
    const up = target.kind === 'zone' ? above(node, 'region') : target.kind === 'network' ? above(node, 'router') : []
    return up.flatMap(({ kind, id }) => of(kind, id, kind === 'region' ? 'its region' : 'its router'))
  }

  /** Why the check, in this state, is not told by itself; of several causes the one that explains most. */
  explain(entry: Entry, state: State = entry.stored.state.state): Explanation | null {
    const host = this.dependencies.of(entry)
    if (host) return { ...host, cause: entry.target.host === null ? null : this.#hostCheck(entry.target.host) }
    const unheard = this.ways.explain(entry, state)
    if (unheard) return unheard
    const [best] = this.candidates(entry)
      .filter(({ entry: cause }) => counts(cause, entry))
      .sort((a, b) => weight(b.entry) - weight(a.entry))
    if (!best) return null
    return {
      reason: `counted under the problem of ${best.word}`,
      ...{ certain: false, settling: false, cause: best.entry.stored.id },
    }
  }

  /** Until when the first word of a problem waits, because it may be one of many; null = it need not. */
  waits(entry: Entry, now: number): number | null {
    if (this.#waitMs === 0 || entry.stored.told.number > 0) return null
    const candidates = this.candidates(entry).filter(({ entry: { target } }) => this.#carriesOthers(target))
    if (candidates.length === 0) return null
    const { state, hard, lastHardStateChange } = entry.stored.state
    const begun = state === 'ok' || !hard ? now : (lastHardStateChange ?? now)
    const known = begun < now && entry.target.kind === 'instance'
    if (known && candidates.every(({ entry: { target } }) => this.#mostlyWell(target, entry, begun))) return null
    return begun + this.#waitMs
  }

  /** Everything that could share the problem's cause was looked at since it began, and most of it is well: it is a problem of its own. */
  #mostlyWell(cause: Target, entry: Entry, begun: number): boolean {
    const all = this.#under(cause, entry)
    if (all.length > mostHurried) return false
    // hurried when it began, each has its next check in the future once it was looked at, whatever that told
    const looked = all.every((one) => one === entry || (one.stored.nextCheck ?? begun) > begun)
    return looked && 2 * all.filter((one) => one === entry || fails(one)).length <= all.length
  }

  /** Those that may share the problem's cause are looked at now: whether it is one of many is known at once. */
  hurrySiblings(entry: Entry, now: number): void {
    if (!this.hurries) return
    for (const { entry: cause } of this.candidates(entry)) {
      const key = `${cause.stored.id} ${entry.rule.name}`
      if (now - (this.#hurried.get(key) ?? Number.NEGATIVE_INFINITY) < this.#waitMs) continue
      this.#hurried.set(key, now)
      for (const one of this.#under(cause.target, entry).slice(0, mostHurried))
        if (one !== entry && (one.stored.nextCheck ?? 0) > now) one.stored = { ...one.stored, nextCheck: now }
    }
    for (const [key, at] of this.#hurried) if (now - at >= this.#waitMs) this.#hurried.delete(key)
  }

  #under(cause: Target, { rule, target }: Entry): Entry[] {
    if (cause.kind === 'source') return [...this.registry.entries.values()].filter((one) => one.rule.name === cause.id)
    const node = this.node(cause.kind, cause.id)
    if (!node) return []
    if (target.kind === 'instance' || target.kind === 'hypervisor')
      return below(node, target.kind).flatMap(({ id }) => this.registry.of(target.kind, id).filter((one) => one.rule === rule))
    return below(node, 'hypervisor').flatMap(({ id }) => this.registry.onHost(id).filter((one) => one.rule === rule))
  }

  #carriesOthers(target: Target): boolean {
    if (target.kind === 'source') return true
    const node = this.node(target.kind, target.id)
    return node !== undefined && (node.children.length > 1 || below(node, 'port').length > 1)
  }

  #hostCheck(host: string): string | null {
    const checks = this.registry.onHost(host).filter((one) => !isCause(one))
    return (checks.find(fails) ?? checks.find(({ target }) => target.kind === 'connection'))?.stored.id ?? null
  }
}

/** While most fail, everything below is counted; afterwards what is left of it. What begins then is a problem of its own. */
function counts({ stored: { state: cause } }: Entry, { stored: { state } }: Entry): boolean {
  if (!cause.checked || cause.state === 'ok' || cause.state === 'unknown') return false
  if (cause.state !== 'warning') return true
  return state.state !== 'ok' && (state.lastStateChange ?? 0) <= (cause.lastStateChange ?? 0)
}

const weight = ({ stored }: Entry) => stored.perfdata.find(({ label }) => label === 'failing')?.value ?? 0

/** What the check on a possible cause looks at. */
export function viewOf(causes: Causes, entry: Entry): CauseView | null {
  const { target, stored } = entry
  const { checked, state, lastStateChange, lastCheck } = stored.state
  const before = checked ? { state, since: lastStateChange ?? lastCheck ?? 0 } : null
  const plain = { before, fails: false, settling: false, back: null }
  if (target.kind === 'source') return { ...plain, of: 'target', carried: sourceCarried(causes, target.id) }
  const node = causes.node(target.kind, target.id)
  if (!node) return { ...plain, of: 'instance', carried: [] }
  switch (target.kind) {
    case 'hypervisor':
      return { ...plain, ...causes.dependencies.standing(target.id), of: 'instance', carried: instancesOn(causes, node) }
    case 'zone':
      return { ...plain, of: 'hypervisor', carried: below(node, 'hypervisor').map((one) => hostIn(causes, one)) }
    case 'network':
      return { ...plain, of: 'port', carried: portsIn(causes, node) }
    case 'router':
    case 'region': {
      const kind = target.kind === 'router' ? 'network' : 'zone'
      return { ...plain, of: kind, carried: below(node, kind).map((one) => group(causes, one)) }
    }
    default:
      return null
  }
}

const bare = ({ id, name, project }: TopologyNode) => ({ id, name, project, begun: null, silent: false, explained: false })

function instancesOn(causes: Causes, host: TopologyNode) {
  return below(host, 'instance').map((node) => ({ ...bare(node), ...causes.trouble('instance', node.id) }))
}

/** A host fails by its own checks, or because most of what it carries does. */
function hostIn(causes: Causes, node: TopologyNode) {
  const wrong = causes.registry.onHost(node.id).filter((one) => fails(one) && !causes.unheard(one))
  const begun = wrong.map(({ stored: { state } }) => state.lastStateChange ?? 0)
  const grouped = group(causes, node)
  return begun.length > 0 ? { ...bare(node), begun: Math.min(...begun) } : grouped
}

function group(causes: Causes, node: TopologyNode) {
  const state = causes.check(node.kind, node.id)?.stored.state
  const failing = state?.checked && (state.state === 'critical' || state.state === 'nodata')
  return { ...bare(node), ...(failing && { begun: state.lastStateChange ?? 0, silent: state.state === 'nodata' }) }
}

/** A port fails with its instance, or when Neutron says that it is down. What fails with its host says nothing of the network. */
function portsIn(causes: Causes, network: TopologyNode) {
  return below(network, 'port').flatMap((port) => {
    const [instance] = below(port, 'instance')
    if (!instance) return []
    const explained = above(instance, 'hypervisor').some(
      (host) => causes.dependencies.standing(host.id).fails || group(causes, host).begun !== null,
    )
    const wrong = causes.trouble('instance', instance.id)
    const bad = port.status === 'ERROR' || (port.status === 'DOWN' && instance.status === 'active')
    const down = bad ? { begun: port.at, silent: false } : null
    const known = { ...bare(instance), id: port.id, name: instance.name ?? instance.id, explained }
    return [{ ...known, ...(wrong ?? down) }]
  })
}

/** Results from outside that have stopped to come, for all targets of one rule. */
function sourceCarried(causes: Causes, rule: string) {
  return [...causes.registry.entries.values()]
    .filter((one) => one.rule.name === rule)
    .map(({ target: { id, name, project }, stored: { state } }) => ({
      ...{ id, name, project, silent: true, explained: false },
      begun: state.checked && state.state === 'nodata' ? (state.lastStateChange ?? 0) : null,
    }))
}
