import assert from 'node:assert/strict'
import type { CloudEvent } from '../../model/event.ts'
import { fold } from '../../model/ledger.ts'
import { born, event, large, small } from '../support/instance-events.ts'

const finds = (title: string, events: readonly CloudEvent[], ...want: string[]) =>
  it(title, () =>
    assert.deepEqual(
      fold('i', events).discrepancies.map(
        ({ about, ours, theirs, witness }) => `${witness}: ${about} ${clock(ours)} → ${clock(theirs)}`,
      ),
      want,
    ),
  )
const clock = (text: string | null) => (text === null ? '-' : text.replace(/^2026-10-01T(\d\d:\d\d):\d\d.*$/, '$1'))

const exists = (minutes: number, told: Parameters<typeof event>[3]) => event(minutes, 'exists', null, told)

describe('a second witness', () => {
  finds('that agrees is not heard', [...born, exists(60, { state: 'active', launched: 2 })])
  finds(
    'knows a launch that was missed',
    [...born, exists(60, { state: 'active', launched: 30 })],
    'exists: launched_at 12:02 → 12:30',
  )
  finds(
    'is asked once, when it speaks in both formats',
    [...born, exists(60, { state: 'active', launched: 30 }), exists(60.001, { state: 'active', launched: 30 })],
    'exists: launched_at 12:02 → 12:30',
  )
  finds(
    'knows another flavor',
    [...born, exists(60, { state: 'active', flavor: large, launched: 2 })],
    'exists: flavor m1.small → m1.large',
  )
  finds('may speak of the flavor asked for while it is resized', [
    ...born,
    exists(60, { state: 'active', taskState: 'resize_finish', flavor: large, launched: 2 }),
  ])
  finds('knows another project', [...born, exists(60, { state: 'active', launched: 2, project: 'q' })], 'exists: project p → q')
  finds(
    'knows an end that was missed',
    [...born, exists(60, { state: 'deleted', launched: 2, terminated: 40 })],
    'exists: end - → 12:40',
  )
  finds('may round the end', [
    ...born,
    event(40, 'delete', 'end', { state: 'deleted', launched: 2, terminated: 40 }),
    exists(60, { state: 'deleted', launched: 2, terminated: 40 + 1 / 60 }),
  ])
  finds(
    'sees it alive after its end',
    [
      ...born,
      event(40, 'delete', 'end', { state: 'deleted', launched: 2, terminated: 40 }),
      exists(60, { state: 'active', launched: 2 }),
    ],
    'exists: end 12:40 → -',
  )
  finds(
    'knows a state that was missed',
    [...born, event(60, 'observed', null, { state: 'stopped', taskState: null, launched: 2 })],
    'api: state active → stopped',
  )
  finds('may be older than what was told less than five seconds before', [
    ...born,
    event(59.95, 'power_off', 'end', { state: 'stopped', launched: 2 }),
    exists(60, { state: 'active', launched: 2 }),
  ])
})

describe('an update', () => {
  const update = (minutes: number, oldState: string, state: string) =>
    event(minutes, 'update', null, { state, oldState, launched: 2 })
  finds('that goes on from what was known is believed', [...born, update(60, 'active', 'stopped')])
  finds('to a state that is known already tells nothing new', [...born, update(60, 'stopped', 'active')])
  finds(
    'from another state tells of a missed event',
    [...born, update(60, 'stopped', 'paused')],
    'update: state active → stopped',
  )
  finds(
    'that comes in both formats tells it once',
    [...born, update(60, 'stopped', 'paused'), update(60.0005, 'stopped', 'paused')],
    'update: state active → stopped',
  )
  finds('after a build that failed for all we know tells nothing', [
    born[0] as CloudEvent,
    event(3, 'create', 'error', { state: 'building' }),
    event(30, 'update', null, { state: 'error', oldState: 'building', flavor: small }),
  ])
})
