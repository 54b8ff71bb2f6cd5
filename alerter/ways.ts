/**
 * By which of our own connections the readings come that a check judges: the sample store, the connection to the host, a broker, an
 * API. While all that lead to a reading are away nothing can be heard of it, and the silence is no problem of its own.
 */
import type { State } from '../model/check.ts'
import type { ComponentHealth } from '../model/health.ts'
import type { Explanation } from './dependencies.ts'
import { fails } from './fails.ts'
import type { Entry, Registry } from './registry.ts'

/** When a way is open again it takes a moment more than `settle` until each check has looked. */
const togetherMs = 30_000

interface Away {
  /** Id of the check that tells of it. */
  cause: string
  /** Its problem is hard. */
  certain: boolean
  /** Null = away; else it came back then, epoch ms. */
  back: number | null
}

/** Words for those who may not know the names of our parts. */
const words: Partial<Record<ComponentHealth['kind'], string>> = {
  store: 'the sample store',
  openstack: 'the OpenStack API',
  amqp: 'the message bus',
  libvirt: 'the connection to its host',
  ganglia: 'Ganglia',
}

export class Ways {
  readonly #settleMs: number
  readonly #away = new Map<string, Away>()
  #board = new Map<string, ComponentHealth>()
  #store: string[] = []
  #ganglia: string[] = []
  #buses: string[] = []
  #inventory: string[] = []
  #byHost = new Map<string, string[]>()

  constructor(settleMs: number) {
    this.#settleMs = settleMs
  }

  /** Reads the board and the checks of our connections; call before judging. */
  update(registry: Pick<Registry, 'of'>, health: readonly ComponentHealth[], now: number): void {
    const named = (belongs: (one: ComponentHealth) => boolean) => health.filter(belongs).map(({ component }) => component)
    this.#board = new Map(health.map((one) => [one.component, one]))
    this.#store = named(({ kind }) => kind === 'store')
    this.#ganglia = named(({ kind }) => kind === 'ganglia')
    this.#buses = named(isBus)
    this.#inventory = named((one) => isBus(one) || one.kind === 'openstack')
    const hosts = health.filter(({ kind, host }) => kind === 'libvirt' && host !== undefined)
    const grouped = Map.groupBy(hosts, ({ host }) => host as string)
    this.#byHost = new Map([...grouped].map(([host, its]) => [host, its.map(({ component }) => component)]))
    for (const { component, kind, state } of health) {
      const checks = words[kind] ? registry.of('connection', component) : []
      const [first] = checks
      // a way that nobody is told of explains nothing
      if (!first) continue
      const failing = checks.find(fails)
      const known = this.#away.get(component)
      if (failing || state === 'down' || (kind === 'store' && state === 'degraded'))
        this.#away.set(component, {
          cause: (failing ?? first).stored.id,
          certain: failing?.stored.state.hard ?? false,
          back: null,
        })
      else if (known) this.#away.set(component, { ...known, certain: false, back: known.back ?? now })
    }
    for (const [component, { back }] of this.#away)
      if (!this.#board.has(component) || (back !== null && now - back >= this.#settleMs + togetherMs))
        this.#away.delete(component)
  }

  /** Why the check, in this state, is counted under the problem of what its readings come by; null = they come, or it needs none. */
  explain({ rule, target }: Pick<Entry, 'rule' | 'target'>, state: State): Explanation | null {
    if (this.#away.size === 0) return null
    if (target.kind !== 'connection' && !tellsSilence(rule, state)) return null
    for (const ways of this.#waysOf({ rule, target })) {
      const away = ways.map((component) => this.#awayOf(component))
      const [first] = [...away].sort((a, b) => Number(b?.certain ?? false) - Number(a?.certain ?? false))
      if (!first || away.some((one) => one === undefined)) continue
      const name = ways[away.indexOf(first)] as string
      const word = target.kind === 'connection' ? name : (words[this.#board.get(name)?.kind ?? 'store'] ?? name)
      const settling = away.some((one) => one?.back !== null)
      const what = settling ? 'is heard again for a moment only' : 'is down'
      return { reason: `known only through ${word}, which ${what}`, certain: first.certain, settling, cause: first.cause }
    }
    return null
  }

  /** Hosts whose readings would come by no other way; 'all' = every target's; null = nobody's. */
  carries(component: string): 'all' | readonly string[] | null {
    const one = this.#board.get(component)
    if (!one) return null
    const only = (ways: readonly string[]) => ways.every((way) => way === component || this.#away.has(way))
    if (one.kind === 'store') return only(this.#store) ? 'all' : null
    if (this.#inventory.includes(component)) return only(this.#inventory) ? 'all' : null
    const hosts = [...this.#byHost].filter(([, its]) => its.every((way) => this.#board.get(way)?.through === component))
    return hosts.length === 0 ? null : hosts.map(([host]) => host)
  }

  /** What is heard of through another part is away with it, though it may not know yet. */
  #awayOf(component: string): Away | undefined {
    const through = this.#board.get(component)?.through
    return this.#away.get(component) ?? (through === undefined ? undefined : this.#away.get(through))
  }

  /** Each list: parts of which one is enough. */
  #waysOf({ rule, target }: Pick<Entry, 'rule' | 'target'>): readonly (readonly string[])[] {
    if (target.kind === 'connection') {
      const own = this.#board.get(target.id)
      if (own?.through !== undefined) return [[own.through]]
      return own?.kind === 'completeness' ? [this.#buses] : []
    }
    const reads = rule.check.reads ?? []
    const host = target.host === null ? [] : (this.#byHost.get(target.host) ?? [])
    return [
      ...(reads.includes('samples') ? [this.#store, host] : []),
      ...(reads.includes('ganglia') ? [this.#store, this.#ganglia] : []),
      ...(reads.includes('inventory') ? [this.#inventory] : []),
    ].filter((ways) => ways.length > 0)
  }
}

/** Of brokers, those that services talk on; by the others our own agents send their samples. */
const isBus = ({ kind, component }: ComponentHealth) => kind === 'amqp' && !component.startsWith('agents ')

/** All that the state says is that nothing was heard. */
function tellsSilence({ check, config }: Entry['rule'], state: State): boolean {
  return state !== 'ok' && (state === 'nodata' || check.silence?.(config) === state)
}
