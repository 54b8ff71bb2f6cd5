import assert from 'node:assert/strict'
import { readRecorded } from '../../../collector/amqp/read.ts'
import { everything } from '../../../model/access.ts'
import { systemClock } from '../../../model/clock.ts'
import type { CloudEvent, RecordedEvent } from '../../../model/event.ts'
import { tellsResource } from '../../../model/resource-facts.ts'
import { parseTimestamp } from '../../../model/timestamp.ts'
import { type ResourceKind, resourceKinds } from '../../../model/usage.ts'
import { type ApiReply, completeListings } from '../../../openstack/listing.ts'
import { readingsOf } from '../../../openstack/readings.ts'
import { type Database, openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { resourceJournal } from '../../../store/journal/resources.ts'
import { random } from '../../support/random.ts'
import { messagesOf, type Recording, readGzipped, recordings } from '../../support/recordings.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const repliesOf = (file: string) =>
  (JSON.parse(readGzipped(file)) as (ApiReply & { time: string })[]).map((reply) => ({
    reply,
    readAt: parseTimestamp(reply.time) as number,
  }))
const readings = (file: string): RecordedEvent[] =>
  repliesOf(file).flatMap(({ reply, readAt }) =>
    readingsOf(reply.response?.body, readAt).map((event) => ({ event, ignored: false, raw: null })),
  )
/** Only what is about resources: the instances have tests of their own. */
const notifications = (recording: Recording): RecordedEvent[] =>
  messagesOf(recording).flatMap((message) => {
    const read = readRecorded(message)
    return read.ok && tellsResource(read.recorded.event) ? [read.recorded] : []
  })

const shuffled = <T>(list: readonly T[], seed: number): T[] => {
  const next = random(seed)
  return list
    .map((each) => [next(), each] as const)
    .sort(([a], [b]) => a - b)
    .map(([, each]) => each)
}

/** In batches of odd sizes, so that some orders are met within a batch and others across. */
async function recordAll(db: Database, events: readonly RecordedEvent[]) {
  const journal = eventJournal(db)
  for (let i = 0, size = 1; i < events.length; i += size, size = (size * 7 + 3) % 41)
    await journal.record(events.slice(i, i + size))
  return journal
}

const ledgerOf = (db: Database) => ({
  segments: db.all('SELECT * FROM resource_segment ORDER BY kind, id, start'),
  inventory: db.all(
    'SELECT kind, id, name, project, user, shared, about, created_at, deleted_at, updated_at FROM resource ORDER BY kind, id',
  ),
})
/** Keys of JSON come in the order in which they were told. */
const normal = ({ segments, inventory }: ReturnType<typeof ledgerOf>) => ({
  segments,
  inventory: inventory.map((row) => ({
    ...row,
    about: JSON.parse(row.about as string, (_, value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    ) as unknown,
  })),
})

for (const recording of recordings) {
  describe(`resources of the recorded run ${recording.name}`, function () {
    this.timeout(60_000)
    const directory = temporaryDirectory()
    const before = readings(recording.before)
    const bus = notifications(recording)
    const after = readings(recording.after)
    const end = Math.max(...after.map(({ event }) => event.time))
    let number = 0
    const open = () => openDatabase(`${directory()}/${number++}`)

    /** What the ledger says is held at the end, in the words of the API. */
    const held = (db: Database, kind: ResourceKind) =>
      [...resourceJournal(db, systemClock).segmentsWithin(everything, { from: end - 1000, to: end, kind })]
        .map(({ id, project, user, sizeGib, type, state }) => ({ id, project, user, sizeGib, type, state }))
        .sort((a, b) => (a.id < b.id ? -1 : 1))
    const listed = (kind: string) =>
      after
        .map(({ event }) => event)
        .filter((event) => event.resource?.kind === kind)
        .sort((a, b) => ((a.resource?.id as string) < (b.resource?.id as string) ? -1 : 1))
    const typeNames = new Map(listed('volume_type').map((event) => [event.resource?.id, event.about?.name]))
    const inUse = (event: CloudEvent) =>
      event.resource?.kind === 'volume'
        ? (event.about?.instances ?? []).length > 0
        : event.resource?.kind === 'floatingip'
          ? event.about?.parent !== null
          : true

    it("volumes, snapshots, images and floating IPs agree with the APIs' own lists: set, size, type, project, owner, attachment", async () => {
      const db = open()
      await recordAll(db, [...before, ...bus])
      let compared = 0
      for (const kind of resourceKinds) {
        const truth = listed(kind).map((event) => ({
          id: event.resource?.id as string,
          project: event.project,
          // nobody told who asked for what was there before, where the API does not
          ...(kind === 'volume' || kind === 'snapshot' ? { user: event.user } : {}),
          sizeGib: event.about?.sizeGib ?? null,
          type: typeNames.get(event.about?.volumeType as string) ?? null,
          state: inUse(event) ? 'in_use' : 'idle',
        }))
        const known = held(db, kind).map(({ user, ...rest }) => ({
          ...rest,
          ...(kind === 'volume' || kind === 'snapshot' ? { user } : {}),
        }))
        assert.deepEqual(known, truth, kind)
        compared += truth.length
      }
      assert.ok(compared >= 9, `${compared} compared`)
      db.close()
    })

    it("the inventory of networks, subnets, ports, routers and security groups agrees with the APIs' lists", async () => {
      const db = open()
      await recordAll(db, [...before, ...bus])
      for (const kind of ['network', 'subnet', 'port', 'router', 'security_group', 'image', 'volume', 'floatingip', 'project']) {
        const all = await resourceJournal(db, systemClock).resources(everything, { kind, limit: 1000 })
        // a port that Neutron makes for a floating IP is nobody's, and nobody tells of it
        const told = ({ project }: { project: string | null }) => kind !== 'port' || project !== null
        const rows = all.rows.filter(told)
        const truth = listed(kind).filter(told)
        const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
        assert.deepEqual(
          rows.map(({ id, project, about }) => ({ id, project, name: kind === 'project' ? null : about.name })).sort(byId),
          truth.map(({ resource, project, about }) => ({
            id: resource?.id as string,
            project,
            name: kind === 'project' ? null : (about?.name ?? null),
          })),
          kind,
        )
      }
      db.close()
    })

    it('what was there before is known from its creation on, and what came keeps its provenance', async () => {
      const db = open()
      await recordAll(db, [...before, ...bus])
      const journal = resourceJournal(db, systemClock)
      for (const { event } of before.filter(({ event: { resource } }) => resource?.kind === 'image')) {
        const [first] = await journal.segments(everything, 'image', event.resource?.id as string)
        assert.equal(first?.from, event.about?.createdAt)
        assert.equal(first?.provenance, 'api')
      }
      const created = bus.filter(({ event }) => event.type === 'volume.create' && event.phase === 'end')
      assert.ok(created.length >= 3)
      for (const { event } of created) {
        const [first] = await journal.segments(everything, 'volume', event.resource?.id as string)
        assert.deepEqual([first?.from, first?.provenance], [event.about?.createdAt, 'event'])
      }
      db.close()
    })

    it('is the same in any order, with a tenth told twice', async () => {
      const all = [...before, ...bus]
      const straight = open()
      await recordAll(straight, all)
      const expected = normal(ledgerOf(straight))
      assert.ok(expected.segments.length > 20)
      straight.close()
      for (let seed = 1; seed <= 8; seed++) {
        const db = open()
        const next = random(seed)
        await recordAll(db, shuffled([...all, ...all.filter(() => next() < 0.1)], seed))
        assert.deepEqual(normal(ledgerOf(db)), expected, `order ${seed}`)
        db.close()
      }
    })

    it("each lost deletion is healed by the API's complete lists, whenever they come", async () => {
      const listings = completeListings(repliesOf(recording.after)).filter(({ kind }) => kind !== 'instance')
      assert.equal(listings.length, 4)
      const ends = bus.filter(({ event }) => /^(volume|image|floatingip)\.delete$/.test(event.type) && event.phase !== 'start')
      assert.ok(ends.length >= 6)
      for (const [i, lost] of ends.entries()) {
        const db = open()
        const kept = shuffled(
          [...before, ...bus].filter(({ event }) => event !== lost.event),
          i,
        )
        const half = Math.floor(kept.length / 2)
        const journal = await recordAll(db, i % 2 === 0 ? kept : kept.slice(0, half))
        for (const listing of listings) await journal.listed(listing)
        if (i % 2 === 1) await recordAll(db, kept.slice(half))
        const { kind, id } = lost.event.resource as { kind: ResourceKind; id: string }
        const segments = await resourceJournal(db, systemClock).segments(everything, kind, id)
        const last = segments.at(-1)
        if (last) {
          assert.ok(last.to !== null && last.to <= lost.event.time, `${kind} ${id}`)
          assert.equal(last.provenance, 'inferred')
        }
        assert.deepEqual(
          held(db, kind).map((each) => each.id),
          listed(kind).map(({ resource }) => resource?.id),
        )
        db.close()
      }
    })

    it('the sums over any grouping agree', async () => {
      const db = open()
      await recordAll(db, [...before, ...bus])
      const journal = resourceJournal(db, systemClock)
      const period = { from: end - 24 * 3_600_000, to: end }
      const segments = [...journal.segmentsWithin(everything, period)]
      for (const by of ['project', 'user', 'resource', 'type'] as const)
        for (const kind of resourceKinds) {
          const rows = await journal.usage(everything, { ...period, by, kind })
          const sum = (value: (row: (typeof rows)[0]) => number) => rows.reduce((total, row) => total + value(row), 0)
          const its = segments.filter((segment) => segment.kind === kind)
          const hours = its.reduce((total, { from, to }) => total + (to - from) / 3_600_000, 0)
          const gib = its.reduce((total, { from, to, sizeGib }) => total + ((to - from) / 3_600_000) * (sizeGib ?? 0), 0)
          assert.ok(Math.abs(sum((row) => row.hours) - hours) < 1e-9, `${kind} by ${by}`)
          assert.ok(Math.abs(sum((row) => row.gibHours) - gib) < 1e-9, `${kind} by ${by}`)
        }
      db.close()
    })
  })
}
