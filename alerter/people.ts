/** Who is behind a name at a moment: contacts, groups, and whoever a rota has on call. */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../model/clock.ts'
import type { NewOverride, OnCall, OnCallJournal, RotaNow } from '../model/on-call.ts'
import { type Override, onCallAt, shiftsOf } from '../model/rota.ts'
import { within } from '../model/time-period.ts'
import { maySee } from './contacts.ts'
import type { ConfiguredRota } from './people-section.ts'
import type { AlerterConfig } from './section.ts'

type Config = Pick<AlerterConfig, 'contacts' | 'groups' | 'rotas'>

/** Overrides that ended longer ago than this are of no use to anybody who looks ahead. */
const keptMs = 400 * 86_400_000
/** How far to look for who is next. */
const aheadMs = 60 * 86_400_000
const longestMs = 366 * 86_400_000

/** What the alerter and the pages ask. */
export interface People extends OnCall {
  /** The contacts behind a name; none for one that is not there. */
  named(name: string, at: number): readonly string[]
  /** Reads overrides anew: others may have entered some. */
  refresh(): Promise<void>
}

/** Without a journal only the configuration speaks. */
export function peopleOf({ contacts, groups, rotas }: Config, journal: OnCallJournal | null, clock: Clock): People {
  let entered: readonly Override[] = []
  const people = new Set(contacts.map(({ name }) => name))
  const groupOf = new Map(groups.map((group) => [group.name, group]))
  const rotaOf = new Map(rotas.map((rota) => [rota.name, rota]))
  const overridesOf = (rota: ConfiguredRota) => [...rota.overrides, ...entered.filter((one) => one.rota === rota.name)]

  function now(rota: ConfiguredRota, at: number): RotaNow {
    const shifts = shiftsOf(rota, overridesOf(rota), at, at + aheadMs)
    const [first, second] = shifts
    const began = shiftsOf(rota, overridesOf(rota), at - aheadMs, at + 1).at(-1)
    return {
      ...{ rota: rota.name, zone: rota.zone, members: [...new Set(rota.layers.flatMap(({ members }) => members))] },
      now: { ...(first ?? { to: at + aheadMs, who: null, override: null }), from: began?.from ?? at },
      next: second ?? null,
    }
  }

  const refresh = async () => {
    if (journal) entered = await journal.overrides(clock.now() - keptMs)
  }

  return {
    named(name, at) {
      if (people.has(name)) return [name]
      const group = groupOf.get(name)
      if (group) return group.members
      const rota = rotaOf.get(name)
      const who = rota && onCallAt(rota, overridesOf(rota), at).who
      return who && people.has(who) ? [who] : []
    },
    refresh,
    contacts: () => [...people],
    groups: () => groups,
    rotas: (at) => rotas.map((rota) => now(rota, at)),
    shifts(name, from, to) {
      const rota = rotaOf.get(name)
      return rota ? shiftsOf(rota, overridesOf(rota), from, Math.min(to, from + longestMs)) : []
    },
    overrides(name, from, to) {
      const rota = rotaOf.get(name)
      return rota ? overridesOf(rota).filter((one) => one.from < to && one.to > from) : []
    },

    whyNot(name, { rule, project, kind }) {
      const contact = contacts.find((one) => one.name === name)
      if (!contact) return 'unknown'
      const seesMoney = maySee(contact, { kind: 'project', project }) || kind !== 'project'
      if (!seesMoney) return 'money'
      if (!maySee(contact, { kind: 'instance', project })) return 'scope'
      if (contact.onlyEscalated) return 'escalated-only'
      if (contact.projects !== null && !(project !== null && contact.projects.includes(project))) return 'projects'
      if (contact.rules !== null && !contact.rules.includes(rule)) return 'rules'
      return contact.period !== null && !within(contact.period, clock.now()) ? 'period' : null
    },

    async addOverride(asked) {
      const wrong = cannotBe(asked, rotaOf, people, clock.now())
      if (wrong !== null) return { ok: false, reason: wrong }
      if (!journal) return { ok: false, reason: 'unavailable' }
      const override = { ...asked, id: randomUUID() }
      await journal.addOverride(override, clock.now())
      await refresh()
      return { ok: true, id: override.id }
    },

    async removeOverride(id, by) {
      const removed = (await journal?.removeOverride(id, by, clock.now())) ?? false
      if (removed) await refresh()
      return removed
    },
  }
}

/** A stable code of what is wrong with an override. */
function cannotBe(
  { rota, who, instead, from, to }: NewOverride,
  rotas: ReadonlyMap<string, unknown>,
  people: ReadonlySet<string>,
  now: number,
): 'rota' | 'who' | 'instead' | 'order' | 'over' | 'long' | 'same' | null {
  if (!rotas.has(rota)) return 'rota'
  if (!people.has(who)) return 'who'
  if (instead !== null && !people.has(instead)) return 'instead'
  if (instead === who) return 'same'
  if (!(to > from)) return 'order'
  if (to <= now) return 'over'
  return to - from > longestMs ? 'long' : null
}
