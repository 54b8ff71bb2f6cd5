import assert from 'node:assert/strict'
import { retryAfterMs } from '../../openstack/failures.ts'
import { nextPage, withQuery } from '../../openstack/paging.ts'
import { compareVersions, microversion, versionPlace, versionsIn } from '../../openstack/versions.ts'

describe('where a service tells its versions', () => {
  const is = (service: Parameters<typeof versionPlace>[0], endpoint: string, base: string, ask: string) =>
    it(`${service} at ${endpoint}`, () => assert.deepEqual(versionPlace(service, endpoint), { base, ask }))
  is('compute', 'http://nova:8774/v2.1', 'http://nova:8774/v2.1', 'http://nova:8774/v2.1/')
  is('compute', 'https://api.example/compute/', 'https://api.example/compute/v2.1', 'https://api.example/compute/')
  is('compute', 'https://nova/v2.1/p1', 'https://nova/v2.1/p1', 'https://nova/v2.1/')
  is('volume', 'http://cinder:8776/v3/p1', 'http://cinder:8776/v3/p1', 'http://cinder:8776/v3/')
  is('image', 'http://glance:9292', 'http://glance:9292/v2', 'http://glance:9292/')
  is('network', 'http://neutron:9696/', 'http://neutron:9696/v2.0', 'http://neutron:9696/')
  is('identity', 'http://keystone:5000/v3/', 'http://keystone:5000/v3', 'http://keystone:5000/v3/')
  is('placement', 'https://api.example/placement', 'https://api.example/placement', 'https://api.example/placement/')
})

describe('the version that is spoken', () => {
  const speaks = (service: Parameters<typeof versionsIn>[0], body: unknown, wanted: string | null) =>
    it(`${service}: ${wanted} of ${JSON.stringify(body)}`, () =>
      assert.equal(microversion(service, versionsIn(service, body)), wanted))
  speaks('compute', { version: { id: 'v2.1', min_version: '2.1', version: '2.79' } }, '2.79')
  speaks('compute', { version: { id: 'v2.1', min_version: '2.1', version: '2.103' } }, '2.96')
  speaks(
    'compute',
    {
      versions: [
        { id: 'v2.0', version: '' },
        { id: 'v2.1', min_version: '2.1', version: '2.9' },
      ],
    },
    '2.9',
  )
  speaks(
    'volume',
    {
      versions: [
        { id: 'v2.0', version: '' },
        { id: 'v3.0', min_version: '3.0', version: '3.71' },
      ],
    },
    '3.70',
  )
  speaks('placement', { versions: [{ id: 'v1.0', min_version: '1.0', max_version: '1.30' }] }, '1.30')
  speaks('compute', { versions: [{ id: 'v2.0', version: '' }] }, null)
  speaks('compute', null, null)
  speaks('network', { versions: [{ id: 'v2.0' }] }, null)

  it('is none when a service has left ours behind', () =>
    assert.throws(() => microversion('compute', { min: '2.97', max: '2.120' }), /speaks only 2.97 and later/))
  it('is compared by number', () => assert.ok(compareVersions('2.9', '2.10') < 0 && compareVersions('3.0', '2.99') > 0))
})

describe('the next page', () => {
  const is = (title: string, body: unknown, list: string, wanted: string | null) =>
    it(title, () => assert.equal(nextPage(body, list)?.get('marker') ?? null, wanted))
  const href = 'http://inner:8774/v2.1/servers?limit=2&marker=b'
  is(
    'of Nova',
    {
      servers: [],
      servers_links: [
        { rel: 'self', href: 'x?marker=z' },
        { rel: 'next', href },
      ],
    },
    'servers',
    'b',
  )
  is('of Glance', { images: [], first: '/v2/images', next: '/v2/images?marker=b' }, 'images', 'b')
  is('of Keystone', { users: [], links: { next: 'http://x/v3/users?marker=b', previous: null } }, 'users', 'b')
  is('of Keystone, at the end', { users: [], links: { next: null } }, 'users', null)
  is('of nothing', null, 'users', null)
  is('of a link without a query', { images: [], next: '/v2/images' }, 'images', null)

  it('is asked for with everything escaped', () =>
    assert.equal(
      withQuery('http://x/y', { name: 'a&b=c d', limit: 2, marker: undefined }),
      'http://x/y?name=a%26b%3Dc%20d&limit=2',
    ))
})

describe('when to come back', () => {
  const now = Date.UTC(2026, 10, 24, 9)
  const is = (value: string | undefined, wanted: number | null) =>
    it(`${value}: ${wanted} ms`, () =>
      assert.equal(
        retryAfterMs({ status: 429, body: '', headers: value === undefined ? {} : { 'retry-after': value } }, now),
        wanted,
      ))
  is(undefined, null)
  is('3', 3000)
  is('Tue, 24 Nov 2026 09:00:30 GMT', 30_000)
  is('Tue, 24 Nov 2026 08:00:00 GMT', 0)
  is('86400', 120_000)
  is('soon', null)
})
