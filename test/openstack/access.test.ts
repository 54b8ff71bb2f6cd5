import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { findCloud } from '../../config/clouds-yaml.ts'
import { accessOf, type CloudAccess } from '../../openstack/access.ts'
import { authRequest } from '../../openstack/keystone.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const auth = { auth_url: 'https://cloud.example:5000', username: 'anna', password: 'hush', user_domain_name: 'Default' }
const accessOk = (entry: Record<string, unknown>): CloudAccess => {
  const read = accessOf(entry, 'clouds.yaml: clouds.x')
  assert.ok(read.ok, read.ok ? '' : read.message)
  return read.value
}

describe('what a clouds.yaml says', () => {
  const gives = (title: string, entry: Record<string, unknown>, wanted: unknown) =>
    it(title, () => assert.deepEqual(JSON.parse(JSON.stringify(authRequest(accessOk(entry).credentials))), { auth: wanted }))
  const refuses = (title: string, entry: Record<string, unknown>, wanted: RegExp) =>
    it(`is refused: ${title}`, () => {
      const read = accessOf(entry, 'clouds.yaml: clouds.x')
      assert.ok(!read.ok)
      assert.match(read.message, wanted)
      assert.doesNotMatch(read.message, /hush/)
    })

  gives(
    'a user and a project by name',
    { auth: { ...auth, project_name: 'web', project_domain_id: 'default' } },
    {
      identity: { methods: ['password'], password: { user: { name: 'anna', domain: { name: 'Default' }, password: 'hush' } } },
      scope: { project: { name: 'web', domain: { id: 'default' } } },
    },
  )
  gives(
    'the whole system',
    { auth: { ...auth, user_id: 'u1', system_scope: 'all' } },
    {
      identity: { methods: ['password'], password: { user: { id: 'u1', password: 'hush' } } },
      scope: { system: { all: true } },
    },
  )
  gives(
    'an application credential, which takes no scope',
    {
      auth_type: 'v3applicationcredential',
      auth: {
        auth_url: auth.auth_url,
        application_credential_id: 'a1',
        application_credential_secret: 'hush',
        project_name: 'ignored',
      },
    },
    {
      identity: { methods: ['application_credential'], application_credential: { id: 'a1', secret: 'hush' } },
    },
  )
  gives(
    'an application credential by name, with whose it is',
    { auth: { ...auth, application_credential_name: 'specola', application_credential_secret: 'hush' } },
    {
      identity: {
        methods: ['application_credential'],
        application_credential: { name: 'specola', user: { name: 'anna', domain: { name: 'Default' } }, secret: 'hush' },
      },
    },
  )
  gives(
    'a token to a project',
    { auth_type: 'v3token', auth: { auth_url: auth.auth_url, token: 'hush', project_id: 'p1' } },
    {
      identity: { methods: ['token'], token: { id: 'hush' } },
      scope: { project: { id: 'p1' } },
    },
  )

  refuses('no address', { auth: { username: 'anna' } }, /auth.auth_url is missing/)
  refuses('no password', { auth: { ...auth, password: undefined } }, /auth.password is missing/)
  refuses('a way that needs a person', { auth_type: 'v3oidcpassword', auth }, /needs a person/)
  refuses('several regions and none chosen', { auth, regions: ['one', { name: 'two' }] }, /the regions one, two: say which one/)
  refuses("Keystone's old version", { auth, identity_api_version: '2.0' }, /only Keystone's version 3/)
  refuses('an unknown interface', { auth, interface: 'private' }, /none of public, internal, admin/)

  it('with region, interface, authority and addresses of its own', () => {
    const {
      region,
      interface: face,
      ca,
      verify,
      endpoints,
    } = accessOk({
      ...{ auth, regions: ['one'], endpoint_type: 'internalURL', cacert: '/ca.pem', verify: false },
      ...{ compute_endpoint_override: 'http://nova', block_storage_endpoint_override: 'http://cinder' },
    })
    assert.deepEqual([region, face, ca, verify], ['one', 'internal', '/ca.pem', false])
    assert.deepEqual(endpoints, { compute: 'http://nova', 'block-storage': 'http://cinder' })
  })

  it('and shows its secrets to nobody', () => {
    const access = accessOk({ auth })
    assert.doesNotMatch(inspect(access, { depth: 9 }) + JSON.stringify(access), /hush/)
  })
})

describe('a cloud is found', () => {
  const directory = temporaryDirectory()
  const home = () => join(directory(), 'home')
  const write = (path: string, text: string) => {
    const file = join(home(), '.config', 'openstack', path)
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, text)
    return file
  }

  it('in clouds.yaml, with its password from secure.yaml and its address from the profile of a vendor', () => {
    write('clouds.yaml', 'clouds:\n  mine: { profile: vendor, region_name: one, auth: { username: anna } }\n')
    write('secure.yaml', 'clouds:\n  mine: { auth: { password: hush } }\n')
    write(
      'clouds-public.yaml',
      'public-clouds:\n  vendor: { auth: { auth_url: "https://vendor.example" }, region_name: other }\n',
    )
    const { entry, where } = findCloud('mine', { env: { HOME: home() } })
    assert.deepEqual(entry.auth, { auth_url: 'https://vendor.example', username: 'anna', password: 'hush' })
    assert.equal(entry.region_name, 'one')
    assert.match(where, /clouds.yaml: clouds.mine$/)
  })

  it('in OS_* variables', () => {
    const env = { OS_AUTH_URL: 'https://x', OS_USERNAME: 'anna', OS_PASSWORD: 'hush', OS_REGION_NAME: 'one', OS_CACERT: '/ca' }
    const { entry } = findCloud('envvars', { env: { ...env, OS_CLOUD: 'mine', OS_CLIENT_CONFIG_FILE: '/nowhere' } })
    assert.deepEqual(entry, {
      auth: { auth_url: 'https://x', username: 'anna', password: 'hush' },
      region_name: 'one',
      cacert: '/ca',
    })
  })

  const complains = (title: string, find: () => unknown, wanted: RegExp) =>
    it(`or not, and says so: ${title}`, () =>
      assert.throws(find, (error: Error) => wanted.test(error.message) && !/hush/.test(error.message)))
  complains('another name', () => findCloud('yours', { env: { HOME: home() } }), /there is no cloud "yours"; there are: mine/)
  complains(
    'no file',
    () => findCloud('x', { env: { HOME: '/nowhere' } }),
    /no clouds.yaml in clouds.yaml, .*\/etc\/openstack\/clouds.yaml/,
  )
  complains(
    'a file that was named',
    () => findCloud('x', { env: { OS_CLIENT_CONFIG_FILE: '/nowhere' } }),
    /\/nowhere: no such file/,
  )
  complains('no variables', () => findCloud('envvars', { env: {} }), /no OS_\* variables/)
  complains(
    'no YAML, without quoting the line',
    () => findCloud('x', { env: {}, file: write('broken.yaml', 'clouds:\n  x: { password: "hush }\n') }),
    /broken.yaml:\d+: not YAML/,
  )
})
