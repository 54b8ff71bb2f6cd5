import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { type AgentNews, decodeMessage, encodeMessage } from '../../../collector/agent/message.ts'
import { AppError } from '../../../model/contract.ts'
import { nativeEvent } from '../../../model/event.ts'

const event = nativeEvent({
  ...{ id: 'libvirt:hv:1', type: 'domain.stopped', time: 1, service: 'libvirt', publisher: 'libvirt.hv' },
  ...{ resource: { kind: 'instance', id: 'i' }, host: 'hv', facts: { domain: 'x' } },
})

describe('what an agent tells', () => {
  const all: AgentNews[] = [
    { kind: 'samples', samples: [{ measurement: 'instance', tags: { instance: '<b>' }, fields: { state: 1 }, time: 5 }] },
    { kind: 'events', events: [event] },
    { kind: 'hypervisor', hypervisor: { host: 'hv', uri: null, cpus: 4, memoryBytes: 1, version: 'v', seenAt: 1 } },
    {
      kind: 'health',
      everyMs: 15_000,
      components: [
        { component: 'libvirt hv', kind: 'libvirt', host: 'hv', state: 'ok', detail: '' },
        { component: 'qemu hv', kind: 'qemu', host: 'hv', state: 'degraded', detail: 'QEMU not answering: a' },
      ],
    },
    {
      kind: 'machines',
      mayBe: ['instances'],
      machines: [
        {
          ...{ cluster: 'c', name: 'm', address: '10.0.0.1', hypervisor: null, instance: null, project: null },
          metrics: { load_one: { title: null, unit: '', group: null, type: 'float', slope: 'both' } },
          ...{ facts: { os_name: 'Linux' }, seenAt: 1 },
        },
      ],
    },
    {
      kind: 'instances',
      instances: [
        {
          ...{
            id: 'i',
            domain: 'd',
            host: 'hv',
            name: 'n',
            project: { id: 'p', name: null },
            user: null,
            flavor: null,
            image: null,
          },
          ...{ addresses: [{ address: '10.0.0.1', mac: 'fa:16:3e:00:00:01' }], createdAt: null, seenAt: 1 },
        },
      ],
    },
  ]
  for (const news of all)
    it(`comes through: ${news.kind}`, () =>
      assert.deepEqual(decodeMessage(encodeMessage({ agent: 'hv', news })), { agent: 'hv', news }))

  const refused = (what: string, body: Buffer, reason: RegExp) =>
    it(`is refused: ${what}`, () =>
      assert.throws(
        () => decodeMessage(body),
        (error) => error instanceof AppError && error.code === 'protocol' && reason.test(error.message),
      ))
  const packed = (value: unknown) => gzipSync(JSON.stringify(value))
  refused('no archive', Buffer.from('hello'), /not a message of an agent/)
  refused('a bomb', gzipSync(Buffer.alloc(64 * 1024 * 1024)), /not a message of an agent/)
  refused('another version', packed({ v: 2, agent: 'x', news: all[0] }), /v: /)
  refused(
    'a word for Nova',
    packed({ v: 1, agent: 'x', news: { kind: 'events', events: [{ ...event, type: 'instance.delete' }] } }),
    /type/,
  )
  refused(
    'another service',
    packed({ v: 1, agent: 'x', news: { kind: 'events', events: [{ ...event, service: 'nova' }] } }),
    /service/,
  )
  refused(
    'a text for a number',
    packed({
      v: 1,
      agent: 'x',
      news: { kind: 'samples', samples: [{ measurement: 'instance', tags: {}, fields: { a: '1' }, time: 1 }] },
    }),
    /fields\.a/,
  )
  refused(
    'another kind of part',
    packed({
      v: 1,
      agent: 'x',
      news: { kind: 'health', everyMs: 1000, components: [{ component: 'journal', kind: 'journal', state: 'down', detail: '' }] },
    }),
    /kind/,
  )

  it('is refused or read, whatever the bytes', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.jsonValue().map((value) => packed(value)),
        ),
        (bytes) => {
          try {
            decodeMessage(Buffer.from(bytes))
          } catch (error) {
            assert.ok(error instanceof AppError, String(error))
          }
        },
      ),
    ))
})
