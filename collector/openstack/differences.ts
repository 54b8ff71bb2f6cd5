/**
 * Where the journal and the live APIs disagree, and why. Pure. A difference is `explained` when it needs nobody: it is in flight,
 * or Nova has forgotten what the journal still knows.
 */
import type { NovaUsage } from '../../openstack/tenant-usage.ts'

export interface Difference {
  kind: 'usage' | 'instance' | 'volume' | 'snapshot' | 'backup' | 'image' | 'floatingip'
  id: string
  name: string | null
  project: string | null
  what: 'only-journal' | 'only-api' | 'hours' | 'flavor' | 'state' | 'host' | 'project'
  journal: string | number | null
  api: string | number | null
  /** In words, for a person. */
  cause: string
  explained: boolean
}

/** What the journal knows of an instance beside its usage. */
export interface KnownInstance {
  state: string | null
  host: string | null
  launchedAt: number | null
  terminatedAt: number | null
  /** Its end was put where it was last heard of. */
  inferredEnd: boolean
  /** When anything of it last changed, epoch ms; being read is no change. */
  changedAt: number
}

/** What Nova says of an instance that its usage does not have; null: Nova does not know it. */
export type AskedNova = { status: string; launchedAt: number | null } | null

/** Events need this long to arrive, ms: before, a difference is in flight. */
export const settleMs = 300_000

/** Hours that agree within a second are the same. */
const sameHours = (a: number, b: number) => Math.abs(a - b) * 3600 < 1

export function usageDifferences(
  ours: readonly NovaUsage[],
  novas: readonly NovaUsage[],
  known: ReadonlyMap<string, KnownInstance>,
  asked: ReadonlyMap<string, AskedNova>,
  now: number,
  /** First bus notification of the journal, epoch ms; null: none yet. */
  heardSince: number | null = null,
): Difference[] {
  const mine = new Map(ours.map((usage) => [usage.instance, usage]))
  const theirs = new Map(novas.map((usage) => [usage.instance, usage]))
  const differences: Difference[] = []
  for (const nova of novas) {
    const our = mine.get(nova.instance)
    const difference = our
      ? unequal(our, nova, known.get(nova.instance), now)
      : onlyNova(nova, known.get(nova.instance), now, heardSince)
    if (difference) differences.push(difference)
  }
  for (const our of ours)
    if (!theirs.has(our.instance)) differences.push(onlyOurs(our, known.get(our.instance), asked.get(our.instance) ?? null, now))
  return differences
}

const base = (usage: NovaUsage) => ({ kind: 'usage' as const, id: usage.instance, name: usage.name, project: usage.project })
const inFlight = (times: readonly (number | null | undefined)[], now: number) =>
  times.some((time) => time !== null && time !== undefined && now - time < settleMs)

function unequal(our: NovaUsage, nova: NovaUsage, known: KnownInstance | undefined, now: number): Difference | null {
  const flight = inFlight([nova.startedAt, nova.endedAt, our.startedAt, our.endedAt, known?.changedAt], now)
  if (our.project !== nova.project)
    return {
      ...base(nova),
      what: 'project',
      journal: our.project,
      api: nova.project,
      cause: 'the journal has it in another project',
      explained: false,
    }
  if (!sameHours(our.hours, nova.hours)) {
    const cause = flight
      ? 'in flight: it changed in the last five minutes'
      : our.startedAt !== nova.startedAt
        ? `Nova counts from ${iso(nova.startedAt)}, the journal from ${iso(our.startedAt)}: ${(nova.startedAt ?? 0) > (our.startedAt ?? 0) ? 'the journal missed a resize, rebuild, unshelve or another relaunch' : 'Nova went back to an earlier launch'}`
        : our.endedAt !== nova.endedAt
          ? `Nova has its end at ${iso(nova.endedAt)}, the journal at ${iso(our.endedAt)}: ${known?.inferredEnd ? 'its end was lost and is inferred' : 'its deletion was lost, or undone'}`
          : 'the same times give other hours'
    return { ...base(nova), what: 'hours', journal: our.hours, api: nova.hours, cause, explained: flight }
  }
  const sizes = (usage: NovaUsage) => `${usage.flavor} (${usage.vcpus} vCPU, ${usage.memoryMb} MiB, ${usage.diskGb} GiB)`
  if (sizes(our) !== sizes(nova))
    return {
      ...base(nova),
      ...{ what: 'flavor', journal: sizes(our), api: sizes(nova), explained: flight },
      cause: flight
        ? 'in flight: it changed in the last five minutes'
        : 'the journal missed a resize, or its confirmation or reversal',
    }
  return null
}

function onlyNova(nova: NovaUsage, known: KnownInstance | undefined, now: number, heardSince: number | null): Difference {
  const before = nova.endedAt !== null && (heardSince === null || nova.endedAt < heardSince)
  const flight = inFlight([nova.startedAt, nova.endedAt, known?.changedAt], now)
  const cause = flight
    ? 'in flight: it changed in the last five minutes'
    : known === undefined
      ? `never heard of: ${before ? 'it ended before this journal heard its first message' : 'its messages were lost'}; backfill takes it in`
      : known.launchedAt === null
        ? 'its launch was never told: backfill, or the next complete list, takes it in'
        : `the journal has it from ${iso(known.launchedAt)} to ${iso(known.terminatedAt)}, outside the period${known.inferredEnd ? '; its end is inferred' : ''}`
  return { ...base(nova), what: 'only-api', journal: null, api: nova.hours, cause, explained: flight }
}

function onlyOurs(our: NovaUsage, known: KnownInstance | undefined, asked: AskedNova, now: number): Difference {
  const flight = inFlight([our.startedAt, our.endedAt, known?.changedAt], now)
  const forgotten = asked === null && our.endedAt !== null
  const cause = flight
    ? 'in flight: it changed in the last five minutes'
    : forgotten
      ? 'Nova has archived or purged what was deleted; the journal keeps it'
      : asked === null
        ? 'Nova does not know it any more and the journal has no end of it: its deletion was lost; the next complete list ends it'
        : asked.launchedAt === null
          ? `Nova has no launch of it (status ${asked.status})`
          : `Nova counts it from ${iso(asked.launchedAt)}, outside the period: the journal missed a resize, rebuild, unshelve or another relaunch`
  return { ...base(our), what: 'only-journal', journal: our.hours, api: null, cause, explained: flight || forgotten }
}

export interface ListedResource {
  id: string
  name: string | null
  project: string | null
  /** Epoch ms; null where it is not told. */
  changedAt: number | null
  /** An instance that was still being built when it was last heard of: it counts nothing. */
  unbuilt?: boolean
}

/** What exists by one side only. */
export function inventoryDifferences(
  kind: Exclude<Difference['kind'], 'usage'>,
  ours: readonly ListedResource[],
  theirs: readonly ListedResource[],
  now: number,
): Difference[] {
  const mine = new Set(ours.map(({ id }) => id))
  const listed = new Set(theirs.map(({ id }) => id))
  const flightOf = ({ changedAt }: ListedResource) => changedAt !== null && now - changedAt < settleMs
  const flying = 'in flight: it changed in the last five minutes'
  return [
    ...theirs
      .filter(({ id }) => !mine.has(id))
      .map((resource): Difference => {
        const flight = flightOf(resource)
        const cause = flight ? flying : 'never heard of: backfill, or the next complete list, takes it in'
        const { id, name, project } = resource
        return { kind, id, name, project, what: 'only-api', journal: null, api: 'exists', cause, explained: flight }
      }),
    ...ours
      .filter(({ id }) => !listed.has(id))
      .map((resource): Difference => {
        const flight = flightOf(resource)
        const unbuilt = resource.unbuilt === true
        const cause = flight
          ? flying
          : unbuilt
            ? 'never built, and given up without a word: it counts nothing; the next complete list ends it'
            : 'its deletion was lost: the next complete list ends it'
        const { id, name, project } = resource
        const explained = flight || unbuilt
        return { kind, id, name, project, what: 'only-journal', journal: 'exists', api: null, cause, explained }
      }),
  ]
}

/** State and host of an instance that both sides have, while no task runs on it. */
export function instanceDifferences(
  theirs: readonly (ListedResource & { state: string | null; host: string | null; busy: boolean })[],
  known: ReadonlyMap<string, KnownInstance>,
  now: number,
): Difference[] {
  return theirs.flatMap(({ id, name, project, state, host, busy, changedAt }): Difference[] => {
    const our = known.get(id)
    if (!our || busy) return []
    const flight = inFlight([changedAt, our.changedAt], now)
    const say = (what: 'state' | 'host', journal: string | null, api: string | null): Difference => ({
      ...{ kind: 'instance', id, name, project, what, journal, api, explained: flight },
      cause: flight ? 'in flight: it changed in the last five minutes' : `the journal missed a change of ${what}`,
    })
    return [
      ...(state !== null && our.state !== state ? [say('state', our.state, state)] : []),
      ...(host !== null && our.host !== host ? [say('host', our.host, host)] : []),
    ]
  })
}

const iso = (time: number | null) => (time === null ? 'nothing' : new Date(time).toISOString().replace('.000Z', 'Z'))
