import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { take } from '../../../collector/openstack/take.ts'
import { nativeEvent, type RecordedEvent } from '../../../model/event.ts'
import { aggregatesObserved } from '../../../openstack/aggregates.ts'
import { projectsObserved } from '../../../openstack/identity.ts'
import { serversObserved } from '../../../openstack/servers.ts'
import { openDatabase } from '../../../store/journal/database.ts'
import { eventJournal } from '../../../store/journal/events.ts'
import { instanceLabels, labelSource } from '../../../store/journal/labels.ts'
import { readingJournal } from '../../../store/journal/readings.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const server = (over: Record<string, unknown>) => ({
  id: 'i-1',
  name: 'web',
  status: 'ACTIVE',
  tenant_id: 'p1',
  created: '2026-01-01T00:00:00Z',
  ...over,
})
const told = (time: number, metadata: Record<string, string>): RecordedEvent => ({
  ignored: false,
  raw: null,
  event: nativeEvent({
    ...{ id: `e-${time}-${JSON.stringify(metadata)}`, type: 'instance.update', time, service: 'nova', publisher: 'x' },
    ...{ resource: { kind: 'instance', id: 'i-1' }, project: 'p1', instance: { state: 'active', createdAt: 0, metadata } },
  }),
})

describe('labels of instances, projects and hosts', () => {
  const root = temporaryDirectory()
  const open = () => openDatabase(mkdtempSync(join(root(), 'j-')))

  it('come from readings of the APIs, and a changed label is news', async () => {
    const db = open()
    const journal = eventJournal(db)
    const taker = take({ events: (batch) => journal.record(batch) }, readingJournal(db))
    const read = (at: number, over: Record<string, unknown>) => taker.instances(serversObserved({ servers: [server(over)] }, at))
    const first = { metadata: { tier: 'gold' }, tags: ['web'], 'OS-EXT-AZ:availability_zone': 'az1' }
    assert.equal((await read(1000, first)).news, 1)
    assert.equal((await read(2000, first)).news, 0)
    assert.equal((await read(3000, { ...first, tags: ['web', 'prod'] })).news, 1)
    assert.equal((await read(4000, { ...first, metadata: {}, tags: ['prod', 'web'] })).news, 1)
    await journal.record(
      [
        ...projectsObserved({ projects: [{ id: 'p1', name: 'shop', tags: ['citizens'] }] }, 5000),
        ...aggregatesObserved(
          {
            aggregates: [
              { id: 1, uuid: 'u-1', name: 'ssd', hosts: ['hv-1', 'hv-2'] },
              { id: 2, name: 'old', hosts: [] },
            ],
          },
          5000,
        ),
      ].map((event) => ({ event, ignored: false, raw: null })),
    )
    const { instances, projects, aggregates } = await labelSource(db).facts()
    assert.deepEqual(instances.get('i-1'), { availabilityZone: 'az1', metadata: {}, tags: ['prod', 'web'] })
    assert.deepEqual(projects.get('p1'), { name: 'shop', tags: ['citizens'] })
    assert.deepEqual(
      [...aggregates],
      [
        ['hv-1', ['ssd']],
        ['hv-2', ['ssd']],
      ],
    )
    db.close()
  })

  it('are those of the newest word, in whatever order the words come', async () => {
    const words = [told(1000, { tier: 'a' }), told(2000, { tier: 'b' }), told(3000, { tier: 'c' })]
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(words, { minLength: 3 }), async (order) => {
        const db = open()
        for (const one of order) await eventJournal(db).record([one])
        assert.deepEqual(instanceLabels(db).get('i-1')?.metadata, { tier: 'c' })
        db.close()
      }),
      { numRuns: 6 },
    )
  })
})
