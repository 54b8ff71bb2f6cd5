import assert from 'node:assert/strict'
import type { CloudEvent } from '../../model/event.ts'
import { completeListings } from '../../openstack/listing.ts'
import { readingsOf } from '../../openstack/readings.ts'

const readAt = Date.UTC(2026, 10, 22, 16, 0, 0)
const only = (body: unknown): CloudEvent => {
  const events = readingsOf(body, readAt)
  assert.equal(events.length, 1)
  return events[0] as CloudEvent
}

describe("the APIs' lists are read as facts of their time", () => {
  it('a volume with its size, type, owner and the instances that it is attached to', () => {
    const event = only({
      volumes: [
        {
          id: 'v1',
          name: 'data',
          status: 'in-use',
          size: 6,
          created_at: '2026-11-22T15:56:23.000000',
          volume_type: 'files',
          volume_type_id: 't1',
          snapshot_id: 's1',
          attachments: [
            { server_id: 'i2', device: '/dev/vdb' },
            { server_id: 'i1', device: '/dev/vdb' },
            { server_id: 'i1', device: '/dev/vdc' },
          ],
          user_id: 'u1',
          'os-vol-tenant-attr:tenant_id': 'p1',
        },
      ],
    })
    assert.deepEqual(
      { ...event, about: { ...event.about } },
      {
        id: `api:volume:v1:${readAt}`,
        type: 'volume.observed',
        phase: null,
        format: 'native',
        service: 'cinder',
        time: readAt,
        priority: 'INFO',
        publisher: 'openstack api',
        resource: { kind: 'volume', id: 'v1' },
        project: 'p1',
        user: 'u1',
        actor: null,
        actorProject: null,
        host: null,
        request: null,
        about: {
          name: 'data',
          status: 'in-use',
          sizeGib: 6,
          volumeType: 't1',
          instances: ['i1', 'i2'],
          parent: { kind: 'snapshot', id: 's1' },
          createdAt: Date.UTC(2026, 10, 22, 15, 56, 23),
          updatedAt: null,
        },
      },
    )
  })

  it('an image in GiB stored, null before it is uploaded, and without the user that its owner wrote into its properties', () => {
    const image = { id: 'i', owner: 'p', status: 'active', size: 2 ** 29, visibility: 'private', user_id: 'somebody else' }
    assert.equal(only({ images: [image] }).about?.sizeGib, 0.5)
    assert.equal(only({ images: [image] }).user, null)
    assert.equal(only({ images: [{ ...image, size: null }] }).about?.sizeGib, null)
    assert.deepEqual(
      ['private', 'shared', 'community', 'public'].map(
        (visibility) => only({ images: [{ ...image, visibility }] }).about?.shared,
      ),
      [false, false, true, true],
    )
  })

  it('a floating IP is associated if and only if it has a port', () => {
    const free = { id: 'f', floating_ip_address: '192.0.2.1', project_id: 'p', port_id: null, port_details: null }
    const used = { ...free, port_id: 'port', port_details: { device_owner: 'compute:nova', device_id: 'vm' } }
    assert.deepEqual([only({ floatingips: [free] }).about?.parent, only({ floatingips: [free] }).about?.instances], [null, []])
    assert.deepEqual(
      [only({ floatingips: [used] }).about?.parent, only({ floatingips: [used] }).about?.instances],
      [{ kind: 'port', id: 'port' }, ['vm']],
    )
  })

  it('a project and a user have their names, and nothing else of a person', () => {
    assert.deepEqual(only({ projects: [{ id: 'p', name: 'web' }] }).names, { project: 'web' })
    const user = only({ users: [{ id: 'u', name: 'sara', email: 'sara@example.org', enabled: true }] })
    assert.deepEqual(user.names, { user: 'sara' })
    assert.doesNotMatch(JSON.stringify(user), /example/)
  })

  it('a flavor with its sizes and extra specs, whatever the microversion', () => {
    const flavor = { id: 'f', name: 'm1', ram: 2048, vcpus: 2, disk: 20, swap: '', 'OS-FLV-EXT-DATA:ephemeral': 5 }
    assert.deepEqual(only({ flavors: [flavor] }).about?.flavor, {
      id: 'f',
      name: 'm1',
      vcpus: 2,
      memoryMb: 2048,
      rootGb: 20,
      ephemeralGb: 5,
      swapMb: 0,
    })
    const gpu = { ...flavor, swap: 512, extra_specs: { 'resources:VGPU': '1' } }
    assert.deepEqual(only({ flavors: [gpu] }).about?.flavor?.extraSpecs, { 'resources:VGPU': '1' })
  })

  for (const body of [null, [], 'text', 7, {}, { volumes: null }, { volumes: [null, 1, {}, { id: '' }] }, { servers: {} }])
    it(`${JSON.stringify(body)} gives nothing`, () => assert.deepEqual(readingsOf(body, readAt), []))
})

describe('a complete list', () => {
  const get = (url: string, body: unknown, time = readAt) => ({
    reply: { request: { url: `http://cloud${url}` }, response: { body } },
    readAt: time,
  })
  const ids = (...replies: ReturnType<typeof get>[]) => completeListings(replies)

  it('is a list of all projects without filter', () => {
    assert.deepEqual(ids(get('/v3/p/volumes/detail?all_tenants=1', { volumes: [{ id: 'a' }] })), [
      { kind: 'volume', readAt, ids: ['a'] },
    ])
    assert.deepEqual(ids(get('/v3/p/volumes/detail', { volumes: [{ id: 'a' }] })), [])
    assert.deepEqual(ids(get('/v3/p/volumes/detail?all_tenants=1&status=error', { volumes: [{ id: 'a' }] })), [])
    assert.deepEqual(ids(get('/v2.0/floatingips?project_id=p', { floatingips: [] })), [])
    assert.deepEqual(ids(get('/v2.0/floatingips', { floatingips: [] })), [{ kind: 'floatingip', readAt, ids: [] }])
  })

  it('goes from the first page to the last, and is as old as its first page', () => {
    const first = get('/v3/p/volumes/detail?all_tenants=1&limit=1', {
      volumes: [{ id: 'a' }],
      volumes_links: [{ rel: 'next', href: 'x' }],
    })
    const last = get('/v3/p/volumes/detail?all_tenants=1&limit=1&marker=a', { volumes: [{ id: 'b' }] }, readAt + 5000)
    assert.deepEqual(ids(first), [])
    assert.deepEqual(ids(last), [])
    assert.deepEqual(ids(first, last), [{ kind: 'volume', readAt, ids: ['a', 'b'] }])
    assert.deepEqual(ids(first, last, first), [{ kind: 'volume', readAt, ids: ['a', 'b'] }])
  })

  it('of images follows `next`, and takes the hidden ones in where they were asked for', () => {
    const page = get('/v2/images?limit=1', { images: [{ id: 'a' }], next: '/v2/images?marker=a' })
    assert.deepEqual(ids(page), [])
    const rest = get('/v2/images?limit=1&marker=a', { images: [{ id: 'b' }] })
    assert.deepEqual(ids(page, rest)[0]?.ids, ['a', 'b'])
    const hidden = get('/v2/images?os_hidden=true', { images: [{ id: 'c' }] })
    assert.deepEqual(ids(hidden), [])
    assert.deepEqual(ids(page, rest, hidden)[0]?.ids, ['a', 'b', 'c'])
  })
})
