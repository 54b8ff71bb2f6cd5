import assert from 'node:assert/strict'
import type { CloudEvent } from '../../model/event.ts'
import { fold } from '../../model/ledger.ts'
import { isCounted } from '../../model/usage.ts'
import { differenceOf } from '../../model/usage-difference.ts'
import { alikeText, causeText } from '../../ui/difference-words.ts'
import { thin } from '../../ui/duration.ts'
import { formatter } from '../../ui/format.ts'
import { translator } from '../../ui/i18n.ts'
import { born, event, large, small, start } from '../support/instance-events.ts'

const hour = 3_600_000
const day = 24

/** The difference of a history within [from, to) hours after the start. */
function difference(events: readonly CloudEvent[], from: number, to: number) {
  const { state, segments } = fold('i', events)
  const period = { from: start + from * hour, to: start + to * hour }
  const held = segments
    .filter(isCounted)
    .map((segment) => ({
      ...segment,
      from: Math.max(segment.from, period.from),
      to: Math.min(segment.to ?? period.to, period.to),
    }))
    .filter((segment) => segment.to > segment.from)
  return differenceOf(
    {
      ...{ id: 'i', name: 'web-01', project: state.project, flavor: state.flavor, state: state.state },
      ...{ launchedAt: state.launchedAt, launches: state.launches },
      terminatedAt: state.terminatedAt ?? state.keptTerminatedAt,
      keptTerminated: state.terminatedAt === null && state.keptTerminatedAt !== null,
    },
    held,
    period,
  )
}

const at = (hours: number) => hours * 60
/** Two hours after its request it is there; everything else in hours as well. */
const launched = at(2)
const alive = [born[0] as CloudEvent, event(launched, 'create', 'end', { state: 'active', launched })]
const resize = event(at(10 * day), 'resize_finish', 'end', {
  state: 'resized',
  flavor: large,
  launched: at(10 * day),
  host: 'hv-2',
})

const explains = (title: string, events: readonly CloudEvent[], [from, to]: [number, number], ...want: string[]) =>
  it(title, () => {
    const found = difference(events, from, to)
    assert.deepEqual(
      found.causes.map(({ kind, event, flavor, hours, vcpuHours }) =>
        [kind, event?.replace('instance.', ''), flavor, `${hours} h`, `${vcpuHours} vCPU·h`].filter(Boolean).join(' '),
      ),
      want,
    )
    const sum = (unit: 'hours' | 'vcpuHours') => found.causes.reduce((total, cause) => total + cause[unit], 0)
    assert.ok(Math.abs(sum('hours') - (found.ledgerHours - found.parityHours)) < 1e-9)
    assert.ok(Math.abs(sum('vcpuHours') - (found.ledgerVcpuHours - found.parityVcpuHours)) < 1e-9)
  })

describe("the difference between Nova's figure and ours", () => {
  explains('is none for a life without incident', alive, [0, 30 * day])
  explains(
    'is what a resize made Nova forget',
    [...alive, resize],
    [0, 30 * day],
    'relaunched resize_finish m1.small 238 h 238 vCPU·h',
  )
  explains('is none in months after it', [...alive, resize], [20 * day, 30 * day])
  explains(
    'is all of the months before it',
    [...alive, resize],
    [5 * day, 6 * day],
    'relaunched resize_finish m1.small 24 h 24 vCPU·h',
  )
  explains(
    'is put down to each launch by itself',
    [
      ...alive,
      resize,
      event(at(20 * day), 'rebuild', 'end', {
        state: 'active',
        flavor: large,
        launched: at(20 * day),
        host: 'hv-2',
        publisher: 'compute.hv-2',
      }),
    ],
    [0, 30 * day],
    'relaunched resize_finish m1.small 238 h 238 vCPU·h',
    'relaunched rebuild m1.large 240 h 960 vCPU·h',
  )
  explains(
    'calls a resize to the same flavor a migration',
    [...alive, event(at(10), 'resize_finish', 'end', { state: 'resized', flavor: small, launched: at(10), host: 'hv-2' })],
    [0, day],
    'relaunched migrate m1.small 8 h 8 vCPU·h',
  )
  explains(
    'is what Nova lacks after the restore of a local soft delete',
    [
      ...alive,
      event(at(10), 'delete', 'end', { state: 'soft-delete', launched, terminated: at(10) }),
      event(at(12), 'restore', 'end', { state: 'active', launched, terminated: at(10) }),
    ],
    [0, day],
    'kept-terminated m1.small 14 h 14 vCPU·h',
  )
  explains(
    'is what failed on a host without ever being launched',
    [born[0] as CloudEvent, event(at(1), 'update', null, { state: 'error', host: 'hv-1' })],
    [0, day],
    'unlaunched m1.small 23 h 23 vCPU·h',
  )
  explains(
    'is what Nova counts though no host had it',
    [...alive, event(at(10), 'update', null, { state: 'error', launched, host: null })],
    [0, day],
    'not-held -14 h -14 vCPU·h',
  )
  explains(
    'is the flavor of the time where no launch came with the change',
    [...alive, event(at(10), 'exists', null, { state: 'active', flavor: large, launched })],
    [0, day],
    'flavor m1.small 0 h -24 vCPU·h',
  )
  explains(
    'is what Nova subtracts when the end lies before the launch',
    [...alive, event(at(3), 'delete', 'end', { state: 'deleted', launched, terminated: at(1) })],
    [0, day],
    'end 1 h 1 vCPU·h',
  )

  it('is none for stopped time, which both count; it is told all the same', () => {
    const found = difference([...alive, event(at(12), 'power_off', 'end', { state: 'stopped', launched })], 0, day)
    assert.deepEqual([found.causes, found.alike], [[], [{ state: 'stopped', hours: 12 }]])
  })

  it('is told in words of both languages', () => {
    const found = difference([...alive, resize, event(at(12), 'power_off', 'end', { state: 'stopped', launched })], 0, 30 * day)
    const speak = (language: 'en' | 'it') => {
      const speech = { t: translator(language), show: formatter(language, 'Europe/Rome') }
      return found.causes.map((cause) => causeText(speech, cause, found))
    }
    assert.deepEqual(speak('en'), [`Resized on 11 Oct 2026: Nova forgot 238${thin}h as m1.small`])
    assert.deepEqual(speak('it'), [`Ridimensionata (11 ott 2026): Nova ha dimenticato 238${thin}h come m1.small`])
    const alike = { state: 'stopped' as const, hours: 0.75 }
    assert.equal(
      alikeText({ t: translator('en'), show: formatter('en', 'UTC') }, alike),
      `Stopped for 45${thin}m: Nova and we count it like any other time`,
    )
  })
})
