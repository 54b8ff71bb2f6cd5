import assert from 'node:assert/strict'
import type { CloudEvent } from '../../model/event.ts'
import { fold } from '../../model/ledger.ts'
import { born, event, gone, large, small, start, told } from '../support/instance-events.ts'

const tells = (title: string, events: readonly CloudEvent[], ...want: string[]) =>
  it(title, () => {
    assert.deepEqual(told(fold('i', events).segments), want)
    assert.deepEqual(told(fold('i', [...events].reverse()).segments), want, 'in reverse order of arrival')
  })

/** Minutes of the newest launch and of Nova's terminated_at. */
const novaSees = (title: string, events: readonly CloudEvent[], launched: number | null, terminated: number | null) =>
  it(title, () => {
    const { state } = fold('i', events)
    const minutes = (time: number | null) => (time === null ? null : (time - start) / 60_000)
    assert.deepEqual([minutes(state.launchedAt), minutes(state.terminatedAt ?? state.keptTerminatedAt)], [launched, terminated])
  })

/** Launches with what caused them: `62 resize_finish`. */
const launches = (title: string, events: readonly CloudEvent[], ...want: string[]) =>
  it(title, () =>
    assert.deepEqual(
      fold('i', events).state.launches.map(({ at, event }) => `${(at - start) / 60_000} ${event?.replace('instance.', '')}`),
      want,
    ),
  )

const building = '0-2 building m1.small -'
const resized = [
  event(60, 'resize_prep', 'start', { state: 'active', taskState: 'resize_prep', launched: 2 }),
  event(61, 'resize', 'end', { state: 'active', taskState: 'resize_migrated', launched: 2, host: 'hv-2' }),
  event(62, 'resize_finish', 'end', { state: 'resized', flavor: large, launched: 62, host: 'hv-2' }),
]

describe('the ledger when an instance is resized', () => {
  const confirmed = event(70, 'resize_confirm', 'end', { state: 'active', flavor: large, launched: 62, host: 'hv-2' })
  const changed = [building, '2-62 running m1.small hv-1', '62- running m1.large hv-2']
  tells('switches at the new launch and goes on when it is confirmed', [...born, ...resized, confirmed], ...changed)
  tells(
    'does not need the confirmation',
    [...born, ...resized, event(90, 'exists', null, { state: 'active', flavor: large, launched: 62, host: 'hv-2' })],
    ...changed,
  )
  tells(
    'goes back to the old flavor and host when it is taken back',
    [
      ...born,
      ...resized,
      event(80, 'resize_revert', 'start', {
        state: 'resized',
        taskState: 'resize_reverting',
        flavor: large,
        launched: 62,
        host: 'hv-2',
      }),
      event(81, 'update', null, { state: 'resized', taskState: 'resize_reverting', flavor: small, launched: 81, host: 'hv-1' }),
      event(83, 'resize_revert', 'end', { state: 'active', flavor: small, launched: 81, host: 'hv-1' }),
    ],
    ...[building, '2-62 running m1.small hv-1', '62-81 running m1.large hv-2', '81- running m1.small hv-1'],
  )
  tells(
    'keeps the old flavor when nobody says that it was finished',
    [
      ...born,
      ...resized.slice(0, 2),
      event(61.5, 'resize_finish', 'start', {
        state: 'active',
        taskState: 'resize_finish',
        flavor: large,
        launched: 2,
        host: 'hv-2',
      }),
    ],
    ...[building, '2- running m1.small hv-1'],
  )
  tells(
    'takes the new flavor from the launch on when a reading of the API has it',
    [
      ...born,
      ...resized.slice(0, 2),
      event(300, 'observed', null, { state: 'resized', taskState: null, flavor: large, launched: 62, host: 'hv-2' }),
    ],
    ...[building, '2-62 running m1.small hv-1', '62- running m1.large hv-2 (api)'],
  )
  tells(
    'keeps the flavor and host of before when it fails',
    [
      ...born,
      ...resized.slice(0, 2),
      event(62, 'resize', 'error', { state: 'active', flavor: large, launched: 2, host: 'hv-2' }),
    ],
    ...[building, '2- running m1.small hv-1'],
  )
  launches('remembers what made Nova forget', [...born, ...resized], '2 create', '62 resize_finish')
  launches(
    'names the cause of a launch by what was under way when its end was lost',
    [
      ...born,
      resized[0] as CloudEvent,
      event(90, 'update', null, { state: 'resized', flavor: large, launched: 62, host: 'hv-2' }),
    ],
    ...['2 create', '62 resize_finish'],
  )
})

describe('the ledger when an instance moves', () => {
  const pre = event(10, 'live_migration_pre', 'start', { state: 'active', taskState: 'migrating', launched: 2 })
  const postDest = event(11, 'live_migration_post_dest', 'end', { state: 'active', launched: 2, host: 'hv-2' })
  const post = (minutes: number) =>
    event(minutes, 'live_migration_post', 'end', { state: 'active', taskState: 'migrating', launched: 2, host: 'hv-1' })
  const moved = [building, '2-11 running m1.small hv-1', '11- running m1.small hv-2']
  tells('is at the destination, when the source speaks last', [...born, pre, postDest, post(11.2)], ...moved)
  tells('is at the destination, when the source speaks first', [...born, pre, post(10.9), postDest], ...moved)
  tells(
    'stays where it is when a live migration is rolled back',
    [
      ...born,
      pre,
      event(12, 'live_migration_rollback', 'end', { state: 'active', launched: 2, host: 'hv-1' }),
      event(12.1, 'live_migration_rollback_dest', 'end', { state: 'active', launched: 2, host: 'hv-2' }),
    ],
    ...[building, '2- running m1.small hv-1'],
  )
  const evacuation = [
    event(20, 'evacuate', null, { state: 'active', taskState: 'rebuilding', launched: 2, publisher: 'nova-api:ctl' }),
    event(20.5, 'rebuild', 'start', { state: 'active', taskState: 'rebuilding', launched: 2, publisher: 'nova-compute:hv-2' }),
    // the payload still names the host that died
    event(22, 'rebuild', 'end', { state: 'active', launched: 22, host: 'hv-1', publisher: 'nova-compute:hv-2' }),
    event(22.001, 'rebuild', 'end', { state: 'active', launched: 22, host: 'hv-1', publisher: 'compute.hv-2' }),
  ]
  tells(
    'is where the rebuilding host is when it was evacuated',
    [...born, ...evacuation],
    ...[building, '2-22 running m1.small hv-1', '22- running m1.small hv-2'],
  )
  launches('calls an evacuation by its name, in both formats', [...born, ...evacuation], '2 create', '22 evacuate')
})

describe('the ledger when an instance is launched anew', () => {
  tells(
    'goes on through a rebuild',
    [...born, event(30, 'rebuild', 'end', { state: 'active', launched: 30, publisher: 'nova-compute:hv-1' })],
    ...[building, '2- running m1.small hv-1'],
  )
  const rescue = [
    event(30, 'rescue', 'end', { state: 'rescued', launched: 29 }),
    event(40, 'unrescue', 'end', { state: 'active', launched: 29 }),
  ]
  tells(
    'counts the rescue from its launch, and what follows from when it was told',
    [...born, ...rescue],
    ...[building, '2-29 running m1.small hv-1', '29-40 rescued m1.small hv-1', '40- running m1.small hv-1'],
  )
  novaSees('though Nova counts from the rescue only', [...born, ...rescue], 29, null)
  launches(
    'takes a launch that a database rounded for the same one',
    [...born, event(40, 'observed', null, { state: 'active', taskState: null, launched: 2 + 1 / 60 })],
    `${2 + 1 / 60} create`,
  )
  const shelved = [
    event(30, 'shelve', 'end', { state: 'shelved', taskState: 'shelving_offloading', launched: 2 }),
    event(31, 'update', null, { state: 'shelved_offloaded', launched: 2, host: 'hv-1' }),
    event(31.01, 'shelve_offload', 'end', { state: 'shelved_offloaded', launched: 2, host: null }),
    event(50, 'unshelve', 'end', { state: 'active', launched: 49, host: 'hv-2' }),
  ]
  tells(
    'holds no host while it is offloaded',
    [...born, ...shelved],
    ...[
      building,
      '2-30 running m1.small hv-1',
      '30-31 shelved m1.small hv-1',
      '31-49 offloaded m1.small -',
      '49- running m1.small hv-2',
    ],
  )
  novaSees('and Nova forgets what was before it was unshelved', [...born, ...shelved], 49, null)
})

describe('the ledger when an instance is deleted', () => {
  const softly = event(10, 'soft_delete', 'end', { state: 'soft-delete', launched: 2, deleted: 9.9 })
  const trash = [building, '2-10 running m1.small hv-1', '10-40 soft_deleted m1.small hv-1']
  tells(
    'counts what is in the trash until it is reclaimed',
    [...born, softly, event(41, 'delete', 'end', { state: 'deleted', launched: 2, terminated: 40, deleted: 41 })],
    ...trash,
  )
  novaSees('as Nova does: a soft delete sets no terminated_at', [...born, softly], 2, null)

  const locally = [
    ...born,
    event(10, 'delete', 'end', { state: 'soft-delete', launched: 2, terminated: 10, deleted: 10, host: null }),
    event(30, 'restore', 'end', { state: 'active', launched: 2, terminated: 10 }),
  ]
  const restored = [building, '2-10 running m1.small hv-1', '10-30 soft_deleted m1.small hv-1']
  tells('goes on after the restore of a local soft delete', locally, ...restored, '30- running m1.small hv-1')
  novaSees('though Nova keeps its terminated_at and shows it as terminated', locally, 2, 10)
  // as Nova 26 told it: the row was destroyed after the instance was terminated, which nothing restores
  const destroyed = (deleted: number) => [
    ...born,
    event(10, 'delete', 'start', { state: 'active', taskState: 'soft-deleting', launched: 2, deleted: 10 }),
    event(11, 'update', null, { state: 'soft-delete', launched: 2, terminated: 11, deleted: 10 }),
    event(11.1, 'delete', 'end', { state: 'soft-delete', launched: 2, terminated: 11, deleted }),
  ]
  tells(
    'ends at once when the host is down: what is soft-deleted then is destroyed',
    destroyed(11),
    ...[building, '2-11 running m1.small hv-1'],
  )
  tells(
    'believes no such end while the row bears the deletion that was asked for',
    destroyed(10),
    ...[building, '2-11 running m1.small hv-1', '11- soft_deleted m1.small hv-1'],
  )
  tells(
    'ends when it is deleted in the end',
    [
      ...locally,
      event(40, 'delete', 'end', { state: 'active', launched: 2, terminated: 10 }), // failed: nothing new in it
      event(60, 'delete', 'end', { state: 'deleted', launched: 2, terminated: 59 }),
    ],
    ...restored,
    '30-59 running m1.small hv-1',
  )
  tells(
    'believes no delete that failed after a soft delete had failed',
    [
      ...born,
      event(10, 'soft_delete', 'end', { state: 'active', taskState: 'soft-deleting', launched: 2, deleted: 10 }),
      event(20, 'delete', 'end', { state: 'active', launched: 2, deleted: 10 }),
    ],
    ...[building, '2- running m1.small hv-1'],
  )
  tells(
    'ends by deleted_at when there is no better proof',
    [...born, event(40, 'delete', 'end', { state: 'active', launched: 2, deleted: 39, host: null })],
    ...[building, '2-39 running m1.small hv-1'],
  )
  tells(
    'moves the end to terminated_at when that is learnt later',
    [
      ...born,
      event(40, 'delete', 'end', { state: 'deleted', launched: 2, deleted: 39, host: null }),
      event(60, 'exists', null, { state: 'deleted', launched: 2, terminated: 37, deleted: 39 }),
    ],
    ...[building, '2-37 running m1.small hv-1'],
  )
  tells(
    'hears no late word after the end',
    [
      ...born,
      event(40, 'delete', 'end', { state: 'deleted', launched: 2, terminated: 39 }),
      event(40.05, 'update', null, { state: 'active', launched: 2 }),
    ],
    ...[building, '2-39 running m1.small hv-1'],
  )
  tells(
    'has nothing negative when the end lies before the launch',
    [...born, event(3, 'delete', 'end', { state: 'deleted', launched: 2, terminated: 1 })],
    ...['0-1 building m1.small -'],
  )
  tells(
    'is healed by the audit when the end was lost: it reports deleted instances again',
    [...born, event(90, 'exists', null, { state: 'deleted', launched: 2, terminated: 50, deleted: 51 })],
    ...[building, '2-50 running m1.small hv-1'],
  )
  tells(
    'is undeleted by any word that comes after a list without it',
    [...born, gone(60), event(61, 'exists', null, { state: 'deleted', launched: 2, terminated: 30 })],
    ...[building, '2-30 running m1.small hv-1'],
  )
})

describe('the ledger when an instance is built', () => {
  const claimed = event(1, 'update', null, { state: 'building', host: 'hv-1' })
  const failed = event(3, 'create', 'error', { state: 'building', taskState: null, host: 'hv-1' })
  tells(
    'goes on being built when it is tried elsewhere within ten minutes',
    [
      born[0] as CloudEvent,
      claimed,
      failed,
      event(4, 'create', 'start', { state: 'building', host: null }),
      event(6, 'create', 'end', { state: 'active', launched: 6, host: 'hv-2' }),
    ],
    ...['0-1 building m1.small -', '1-3 building m1.small hv-1', '3-6 building m1.small -', '6- running m1.small hv-2'],
  )
  tells(
    'has failed, and holds nothing, when nobody tries again',
    [
      born[0] as CloudEvent,
      claimed,
      failed,
      event(3.1, 'update', null, { state: 'building', taskState: 'networking', host: null }),
    ],
    ...['0-1 building m1.small -', '1-3 building m1.small hv-1', '3- error m1.small -'],
  )
  tells(
    'holds nothing after it failed, whatever a late word says of a host',
    [born[0] as CloudEvent, claimed, failed, event(3.05, 'update', null, { state: 'error', host: 'hv-1' })],
    ...['0-1 building m1.small -', '1-3 building m1.small hv-1', '3- error m1.small -'],
  )
  tells(
    'had failed when it is tried again only later',
    [born[0] as CloudEvent, claimed, failed, event(20, 'create', 'start', { state: 'building', host: null })],
    ...['0-1 building m1.small -', '1-3 building m1.small hv-1', '3-20 error m1.small -', '20- building m1.small -'],
  )
  tells(
    'counts one that ran before its creation failed',
    [born[0] as CloudEvent, event(3, 'create', 'error', { state: 'active', launched: 2.9 })],
    ...['0-2.9 building m1.small -', '2.9- running m1.small hv-1'],
  )
  tells(
    'believes no copy from before the launch',
    [...born, event(3, 'delete', 'start', { state: 'building', taskState: 'deleting' })],
    ...[building, '2- running m1.small hv-1'],
  )
  tells(
    'tells an error on a host from one without',
    [...born, event(9, 'update', null, { state: 'error', launched: 2 })],
    ...[building, '2-9 running m1.small hv-1', '9- error m1.small hv-1'],
  )
})

describe('the ledger when something was missed', () => {
  tells(
    'begins an unknown instance with the audit',
    [event(90, 'exists', null, { state: 'stopped', launched: 2 })],
    ...['2- stopped m1.small hv-1 (inferred)'],
  )
  tells(
    'puts a lost host where it must have been',
    [
      born[0] as CloudEvent,
      event(5, 'soft_delete', 'start', { state: 'active', taskState: 'soft-deleting', launched: 2, host: 'hv-1' }),
      event(9, 'power_off', 'end', { state: 'stopped', launched: 2, host: 'hv-1' }),
    ],
    ...[building, '2-9 running m1.small hv-1 (inferred)', '9- stopped m1.small hv-1'],
  )
  it('gives all of a life to the project and user that are learnt later', () => {
    const { segments } = fold('i', [
      event(0, 'create', 'start', { state: 'building', host: null, project: null, user: null }),
      event(2, 'update', null, { state: 'active', launched: 2, project: null, user: null }),
      event(5, 'power_off', 'end', { state: 'stopped', launched: 2 }),
    ])
    assert.deepEqual(
      segments.map(({ project, user }) => [project, user]),
      [
        ['p', 'u'],
        ['p', 'u'],
        ['p', 'u'],
      ],
    )
  })
})

describe('the ledger when the clocks of hosts differ', () => {
  const second = 1 / 60
  tells(
    'believes no copy that is told up to five seconds late and knows an older launch',
    [
      ...born,
      ...resized,
      event(62 + 3 * second, 'power_off', 'end', { state: 'stopped', flavor: small, launched: 2, host: 'hv-1' }),
    ],
    ...[building, '2-62 running m1.small hv-1', '62- running m1.large hv-2'],
  )
  tells(
    'goes by the event when a launch is older than the last because its host is behind',
    [...born, event(90, 'resize_finish', 'end', { state: 'resized', flavor: large, launched: 1.95, host: 'hv-2' })],
    ...[building, '2-90 running m1.small hv-1', '90- running m1.large hv-2'],
  )
  novaSees(
    "takes Nova's record of the launch over a message whose host was ahead",
    [
      ...born,
      event(20, 'rebuild', 'end', { state: 'active', launched: 20, publisher: 'nova-compute:hv-1' }),
      event(60, 'observed', null, { state: 'active', taskState: null, launched: 19.95 }),
    ],
    19.95,
    null,
  )
})
