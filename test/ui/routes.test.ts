import assert from 'node:assert/strict'
import type { Role } from '../../model/access.ts'
import { can, type Resource, routeAccess } from '../../ui/access.ts'
import { fakeProjects } from '../support/fake-cloud.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type Visitor, visitor } from '../support/ui-client.ts'
import { people, startUi, type TestUi } from '../support/ui-server.ts'

/** Who gets what, written down a second time: A admin, N noc, O on call, M manager, B member, R reader; lower case = refused. */
const expected: Record<string, string> = {
  'GET /': 'ANOMBR',
  'GET /live': 'ANOMBR',
  'GET /session': 'ANOMBR',
  'GET /password': 'ANOMBR',
  'POST /password': 'ANOMBR',
  'POST /preferences': 'ANOMBR',
  'POST /logout': 'ANOMBR',
  'GET /problems{.:format}': 'ANOMBR',
  'GET /checks/:id': 'ANOMBR',
  'POST /problems/acknowledge': 'ANOmbr',
  'POST /problems/unacknowledge': 'ANOmbr',
  'POST /downtimes': 'ANOmbr',
  'POST /downtimes/cancel': 'ANOmbr',
  'GET /wall': 'ANOmbr',
  'GET /events{.:format}': 'ANOMBR',
  'GET /events/:seq': 'ANOmbr',
  'GET /timeline{.:format}': 'ANOMBR',
  'GET /timeline/:seq': 'ANOMBR',
  'GET /completeness{.:format}': 'ANOmbr',
  'GET /instances{.:format}': 'ANOMBR',
  'GET /instances/:id': 'ANOMBR',
  'GET /hosts{.:format}': 'ANOmbr',
  'GET /hosts/:id': 'ANOmbr',
  'GET /devices{.:format}': 'ANOmbr',
  'GET /networks{.:format}': 'ANOMBR',
  'GET /guest-agents': 'ANOMBR',
  'GET /resources{.:format}': 'ANOMBR',
  'GET /resources/:kind/:id': 'ANOMBR',
  'GET /projects{.:format}': 'ANOMBR',
  'GET /projects/:id{.:format}': 'ANOMBR',
  'GET /users{.:format}': 'ANOMbr',
  'GET /users/:id{.:format}': 'ANOMbr',
  'GET /health': 'ANOmbr',
  'GET /engine{.:format}': 'ANOmbr',
  'GET /fatigue{.:format}': 'ANOmbr',
  'GET /rules{.:format}': 'ANOmbr',
  'GET /rules/preview': 'ANOmbr',
  'POST /rules/preview': 'ANOmbr',
  'GET /services{.:format}': 'ANOMBR',
  'GET /notifiers': 'ANOmbr',
  'GET /notifiers/preview': 'ANOmbr',
  'GET /notifiers/preview/html': 'ANOmbr',
  'POST /notifiers/test': 'ANOmbr',
  'GET /budgets{.:format}': 'AnoMbr',
  'GET /efficiency{.:format}': 'AnoMbr',
  'GET /reports': 'AnoMbr',
  'GET /reports/download': 'AnoMbr',
  'GET /api/v1/series': 'ANOMBR',
}

const letters: Record<string, Role> = { A: 'admin', N: 'noc', O: 'oncall', M: 'manager', B: 'member', R: 'reader' }
const nameOf = (role: Role) => Object.keys(people).find((name) => people[name]?.role === role) as string

describe('access to routes', () => {
  const directory = temporaryDirectory()
  let ui: TestUi
  const signedIn = new Map<Role, Visitor>()
  before(async () => {
    ui = await startUi(directory())
    for (const role of Object.values(letters)) {
      const person = visitor(ui.url)
      await person.signIn(nameOf(role))
      signedIn.set(role, person)
    }
  })
  after(() => ui.close())

  /** A real address for the route, of something that everybody may see. */
  const addressOf = (route: string, role: Role) => {
    const own = ui.cloud.instances.find(({ project, state }) => project === fakeProjects[0].id && state === 'active')
    const problem = ui.cloud.problems.find(({ project }) => project === fakeProjects[0].id)
    const id =
      {
        checks: problem?.check,
        instances: own?.id,
        projects: own?.project,
        users: own?.user,
        hosts: 'hv-01',
        resources: ui.resources.find(({ project, resource }) => project === own?.project && resource?.kind === 'volume')?.resource
          ?.id,
      }[route.split('/')[1] ?? ''] ?? ''
    const path = route
      .replace(/^\w+ /, '')
      .replace('{.:format}', '')
      .replace(':kind', 'volume')
      .replace(':id', encodeURIComponent(id))
      .replace(':seq', route.includes('/timeline/') ? String(ui.cloud.timeline.ofProject(fakeProjects[0].id)) : '1000')
    if (path.startsWith('/notifiers/preview')) return `${path}?notifier=email&contact=noc`
    return path === '/api/v1/series' ? `${path}?measurement=instance&id=${own?.id}&field=cpu_percent&role=${role}` : path
  }

  it('is decided for every route, here and in the table', () => {
    const decided = Object.entries(routeAccess).filter(([, access]) => access !== 'public')
    assert.deepEqual(decided.map(([route]) => route).sort(), Object.keys(expected).sort())
  })

  for (const [route, who] of Object.entries(expected)) {
    const [method, path] = route.split(' ') as [string, string]
    it(`${route} asks strangers to sign in`, async () => {
      const response = await fetch(ui.url + addressOf(route, 'admin'), { method, redirect: 'manual' })
      const location = response.headers.get('location') ?? ''
      assert.ok(response.status === 401 || location.startsWith('/login?next='), `${response.status} ${location}`)
      await response.body?.cancel()
    })
    for (const letter of who)
      it(`${route} is ${letter === letter.toUpperCase() ? 'open' : 'closed'} to ${letters[letter.toUpperCase()]}`, async () => {
        const role = letters[letter.toUpperCase()] as Role
        const person = signedIn.get(role) as Visitor
        const open = letter === letter.toUpperCase()
        if (method === 'POST') {
          // Without a token nothing happens, whoever asks; who may not ask at all hears that first.
          const text = await (await person.post(path, {})).text()
          assert.match(text, open ? /too old, or came from elsewhere/ : /Your role does not allow this/)
          return
        }
        const response = await person.get(addressOf(route, role))
        assert.equal(response.status < 400, open, `${response.status}`)
        if (!open) assert.equal(response.status, 403)
        await response.body?.cancel()
      })
  }

  it('is refused by default for what the table does not name', () => {
    assert.equal(can({ role: 'admin' }, 'acknowledge', 'health'), false)
    assert.equal(can({ role: 'guest' as Role }, 'see', 'problems'), false)
    assert.throws(() => can({ role: 'admin' }, 'see', 'secrets' as Resource))
  })

  it('has no route but those of the table', async () => {
    const admin = signedIn.get('admin') as Visitor
    for (const path of ['/admin', '/settings', '/audit', '/api/v1', '/assets/..%2f..%2fmain.ts', '/.git/config', '/problems.xml'])
      assert.ok([404, 400].includes((await admin.get(path)).status), path)
  })

  it('shows in the rail only what the role may open', async () => {
    const reader = await signedIn.get('reader')?.text('/problems')
    assert.ok(reader && !/href="\/(wall|users|health|hosts)"/.test(reader))
    assert.match((await signedIn.get('noc')?.text('/problems')) ?? '', /href="\/wall"/)
  })

  it('leads each role to its own first page', async () => {
    const homes = {
      admin: '/problems',
      noc: '/problems',
      manager: '/projects',
      reader: `/projects/${fakeProjects[0].id}`,
    } as const
    for (const [role, home] of Object.entries(homes))
      assert.equal((await signedIn.get(role as Role)?.get('/'))?.headers.get('location'), home)
  })

  it('never failed on the way', () =>
    assert.deepEqual(
      ui.logger.lines.filter(({ level }) => level === 'error'),
      [],
    ))
})
