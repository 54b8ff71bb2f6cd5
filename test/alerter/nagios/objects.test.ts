import assert from 'node:assert/strict'
import { argumentsOf } from '../../../alerter/nagios/command-line.ts'
import { importNagios } from '../../../alerter/nagios/import.ts'
import { macroContext, macroWorld } from '../../../alerter/nagios/macro-world.ts'
import { expandCommand } from '../../../alerter/nagios/macros.ts'
import { type NagiosObjects, readObjects } from '../../../alerter/nagios/objects.ts'
import { fixture } from '../../support/fixture.ts'

interface Case {
  name: string
  source: string
  valid: boolean
  says: string[]
  objects: Record<string, string>[]
}

/** The objects of a case as its file lists them: with the directives that it shows. */
function listed(objects: NagiosObjects, shown: readonly Record<string, string>[]): Record<string, string>[] {
  const groups = [...objects.hostgroups.values()].map(({ name, alias, members, resolved }) => ({
    file: resolved.definition.file,
    all: { type: 'hostgroup', hostgroup_name: name, alias, ...(members.length > 0 ? { members: members.join(',') } : {}) },
  }))
  const others = [...objects.hosts.values(), ...objects.services.values(), ...objects.dependencies].map(
    ({ kind, file, values }) => ({
      file,
      all: { type: kind, ...Object.fromEntries(values) },
    }),
  )
  const directives = new Set(shown.flatMap((one) => Object.keys(one)))
  return [...groups, ...others]
    .filter(({ file }) => file === 'objects.cfg')
    .map(({ all }) => Object.fromEntries(Object.entries(all).filter(([name]) => directives.has(name))) as Record<string, string>)
}

/** `5` and `5.000000` are one number. */
const line = (object: Record<string, string>) =>
  JSON.stringify(
    Object.entries(object)
      .map(([name, text]) => [name, /^\d+(\.\d+)?$/.test(text) ? String(Number(text)) : text])
      .sort(),
  )

describe('Nagios object files', () => {
  const { common, cases } = JSON.parse(fixture('alerting/nagios-objects.json.gz')) as { common: string; cases: Case[] }
  const read = (source: string) =>
    readObjects([
      { file: 'common.cfg', text: common },
      { file: 'objects.cfg', text: source },
    ])

  for (const { name, source, valid, objects: wanted } of cases)
    it(`reads ${name} as a real Nagios does`, () => {
      const objects = read(source)
      assert.equal(objects.valid, valid, objects.complaints.map(({ message }) => message).join('\n'))
      if (valid) assert.deepEqual(listed(objects, wanted).map(line).sort(), wanted.map(line).sort())
      else assert.ok(objects.complaints.some(({ file, fatal }) => fatal && file === 'objects.cfg'))
    })

  const host = (more: string) => `define host {\n host_name a\n max_check_attempts 3\n ${more}\n}\n`
  const complains = (title: string, source: string, ...wanted: string[]) =>
    it(`says where ${title}`, () =>
      assert.deepEqual(
        read(source).complaints.map((one) => `${one.line} ${one.message}`),
        wanted,
      ))
  complains('a directive is not known', host('colour red'), '4 a host has no directive "colour"')
  complains('a template is not there', host('use ghost'), '4 there is no host template "ghost"')
  complains('a definition is never closed', 'define host {\n host_name a\n', '1 this definition is never closed')
  complains('a period is not there', host('check_period never'), '4 there is no timeperiod "never"')
  complains('a kind of object is not known', 'define horse {\n name a\n}\n', '1 there is no kind of object called "horse"')
  complains('a group is not there', host('hostgroups ghosts'), '4 there is no hostgroup "ghosts"')

  it('takes comments, continued lines and escaped semicolons', () => {
    const { hosts } = read(`# all of it\n${host('alias one \\\n two ; three\n notes a\\;b')}`)
    assert.deepEqual([hosts.get('a')?.values.get('alias'), hosts.get('a')?.values.get('notes')], ['one  two', 'a;b'])
  })
})

describe('macros in Nagios commands', () => {
  const { objects: text, cases } = JSON.parse(fixture('alerting/macros.json.gz')) as {
    objects: string
    cases: { template: string; call: string; line: string }[]
  }
  /** Each case is the check of a service `q` on h1 that says where the recorded one stood. */
  const service = (n: string) =>
    `define service {\n host_name h1\n service_description q${n}\n check_command c\n max_check_attempts 3\n contacts amy\n notes svc note\n _PORT 8080\n}\n`
  for (const { template, call, line: wanted } of cases)
    it(`${template} called as ${call} is ${JSON.stringify(wanted)}`, () => {
      const n = /^m(\d+)/.exec(call)?.[1] ?? ''
      const objects = readObjects([{ file: 'objects.cfg', text: text + service(n) }])
      const world = macroWorld(objects, new Map([[1, '/opt/plugins']]))
      assert.equal(expandCommand(template, call, macroContext(world, 'h1', `q${n}`)), wanted)
    })
})

describe('command lines without a shell', () => {
  const splits = (text: string, ...wanted: string[]) =>
    it(`${text} is ${wanted.length} arguments`, () => assert.deepEqual(argumentsOf(text), { ok: true, arguments: wanted }))
  splits('/usr/lib/check_http -H "a b" -w 5', '/usr/lib/check_http', '-H', 'a b', '-w', '5')
  splits(`check 'it''s' "say \\"yes\\""`, 'check', 'its', 'say "yes"')
  const refuses = (text: string, reason: RegExp) =>
    it(`${text} is refused`, () => {
      const split = argumentsOf(text)
      assert.ok(!split.ok)
      assert.match(split.reason, reason)
    })
  refuses('check | grep x', /"\|" at character 7 needs a shell/)
  refuses('check $(reboot)', /needs a shell/)
  refuses('check "`reboot`"', /needs a shell/)
  refuses("check 'open", /never closed/)
})

describe('import of a Nagios configuration', () => {
  it('gives each check its arguments, clocks, people and masters', () => {
    const source = `define timeperiod {\n timeperiod_name day\n monday  09:00-12:00 , 13:00-17:00\n exclude holidays\n}
define timeperiod {\n timeperiod_name holidays\n december 25 00:00-24:00\n}
define command {\n command_name http\n command_line $USER1$/check_http -H $HOSTADDRESS$ -w $ARG1$\n}
define command {\n command_name piped\n command_line $USER1$/check | tee /tmp/x\n}
define contact {\n contact_name amy\n email amy@example.org\n service_notification_options c,r\n}
define contactgroup {\n contactgroup_name ops\n members amy\n}
define host {\n host_name gate\n max_check_attempts 2\n contact_groups ops\n}
define host {\n host_name web\n address 192.0.2.7\n max_check_attempts 2\n parents gate\n contact_groups ops\n notification_period day\n}
define service {\n host_name web\n service_description http\n check_command http!5\n max_check_attempts 3\n check_interval 2\n is_volatile 1\n}
define service {\n host_name web\n service_description odd\n check_command piped\n max_check_attempts 3\n}
define servicedependency {\n host_name web\n service_description http\n dependent_service_description odd\n execution_failure_criteria c,p\n notification_failure_criteria c,p\n}
define serviceescalation {\n host_name web\n service_description http\n first_notification 2\n last_notification 0\n notification_interval 30\n}\n`
    const objects = readObjects([{ file: 'a.cfg', text: source }])
    assert.ok(objects.valid, JSON.stringify(objects.complaints))
    const { alerter, checks, complaints } = importNagios(objects, { users: new Map([[1, '/opt']]), intervalLength: 60 })
    const find = (host: string, name: string | null) => checks.find((one) => one.host === host && one.service === name)
    const http = find('web', 'http')
    assert.deepEqual(http?.command, ['/opt/check_http', '-H', '192.0.2.7', '-w', '5'])
    assert.deepEqual(
      [http?.interval, http?.attempts, http?.period, http?.volatile, http?.contacts],
      ['120s', 3, 'day', true, ['amy']],
    )
    assert.deepEqual(find('web', null)?.parents, ['gate'])
    const odd = find('web', 'odd')
    assert.equal(odd?.command, null)
    assert.deepEqual(odd?.dependsOn, [{ host: 'web', service: 'http', states: ['critical', 'pending'], holds: 'both' }])
    assert.deepEqual(
      complaints.map(({ file, line: at, message }) => `${file}:${at} ${message}`),
      [
        'a.cfg:48 the command of the service "odd" on "web" cannot be taken: "|" at character 12 needs a shell: put the command into a script of its own',
      ],
    )
    assert.deepEqual(alerter.periods, [
      { name: 'day', lines: ['monday 09:00-12:00,13:00-17:00'], exclude: ['holidays'] },
      { name: 'holidays', lines: ['december 25 00:00-24:00'] },
    ])
    assert.deepEqual(alerter.escalations, [
      {
        ...{ host: 'web', service: 'http', first: 2, last: 0, repeat: '1800s' },
        ...{ states: ['warning', 'unknown', 'critical', 'recovery'], contacts: ['amy'] },
      },
    ])
    assert.deepEqual(alerter.contacts, [
      { name: 'amy', states: ['critical', 'unknown', 'recovery', 'flapping', 'downtime'], email: 'amy@example.org' },
    ])
  })
})
