import assert from 'node:assert/strict'
import { argumentsOf } from '../../../alerter/nagios/command-line.ts'
import { commandWords } from '../../../alerter/nagios/command-words.ts'
import { importNagios, nagiosDefaults } from '../../../alerter/nagios/import.ts'
import { macroContext, macroWorld } from '../../../alerter/nagios/macro-world.ts'
import { expandCommand, type MacroHost } from '../../../alerter/nagios/macros.ts'
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

describe('Nagios object files written at random, as a real Nagios reads them', () => {
  const { common } = JSON.parse(fixture('alerting/nagios-objects.json.gz')) as { common: string }
  const { cases } = JSON.parse(fixture('alerting/nagios-objects-random.json.gz')) as {
    cases: { source: string; patterns: boolean; valid: boolean; objects: Record<string, string>[] }[]
  }
  const lists = /^(contacts|contact_groups|parents|members|servicegroups|hostgroups|.*_options)$/
  const usual: Record<string, string> = {
    ...{ process_perf_data: '1', low_flap_threshold: '0', high_flap_threshold: '0', event_handler_enabled: '1' },
    ...{
      first_notification_delay: '0',
      is_volatile: '0',
      passive_checks_enabled: '1',
      active_checks_enabled: '1',
      importance: '0',
    },
    ...{ flap_detection_enabled: '1', freshness_threshold: '0', check_freshness: '0', notifications_enabled: '1' },
    notification_options: 'a',
  }
  const plain = (name: string, text: string) =>
    lists.test(name)
      ? [...new Set(text.split(',').map((one) => one.trim()))].sort().join()
      : /^-?\d+(\.\d+)?$/.test(text)
        ? String(Number(text))
        : text
  const idOf = (one: Record<string, string>) =>
    [one.type, one.host_name ?? one.hostgroup_name, ...(one.type === 'service' ? [one.service_description] : [])].join(' ')

  for (const [index, { source, patterns, valid, objects: wanted }] of cases.entries())
    it(`number ${index + 1}: ${valid ? `${wanted.length} objects, value by value` : 'refused'}`, () => {
      const sources = [
        { file: 'common.cfg', text: common },
        { file: 'objects.cfg', text: source },
      ]
      const read = readObjects(sources, { patterns: patterns ? 'marked' : 'none' })
      assert.equal(read.valid, valid, read.complaints.map(({ line, message }) => `${line} ${message}`).join('\n'))
      if (!valid) return
      const groups = [...read.hostgroups.values()].map(({ name, alias, members }) => ({
        ...{ type: 'hostgroup', hostgroup_name: name, alias },
        ...(members.length > 0 && { members: members.join() }),
      }))
      const others = [...read.hosts.values(), ...read.services.values()].map(({ kind, values }) => ({
        ...Object.fromEntries(values),
        type: kind,
      }))
      const ours = new Map([...groups, ...others].map((one): [string, Record<string, string>] => [idOf(one), one]))
      assert.deepEqual([...ours.keys()].sort(), wanted.map(idOf).sort())
      for (const one of wanted)
        for (const [name, text] of Object.entries(one))
          assert.equal(
            plain(name, ours.get(idOf(one))?.[name] ?? usual[name] ?? 'absent'),
            plain(name, text),
            `${name} of ${idOf(one)}`,
          )
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
    const { alerter, complaints } = importNagios(objects, { ...nagiosDefaults, resourceFile: '/etc/nagios4/resource.cfg' })
    const web = alerter.devices.find(({ name }) => name === 'web')
    const [http, odd] = ['http', 'odd'].map((name) => web?.services.find((one) => one.name === name))
    // What stays a macro is put in when the command runs: its value never becomes more than its argument.
    assert.deepEqual(http?.config.command, ['$USER1$/check_http', '-H', '$HOSTADDRESS$', '-w', '5'])
    assert.deepEqual(
      [http?.plugin, http?.interval, http?.attempts, http?.period, http?.volatile, http?.contacts],
      ['command', '120s', 3, 'day', true, ['amy']],
    )
    assert.deepEqual([web?.address, web?.parents, web?.check?.plugin], ['192.0.2.7', ['gate'], 'passive'])
    assert.deepEqual(
      [odd?.plugin, odd?.dependsOn],
      ['passive', [{ device: 'web', service: 'http', inherits: false, states: ['critical', 'pending'], holds: 'both' }]],
    )
    assert.deepEqual(
      complaints.map(({ file, line: at, message }) => `${file}:${at} ${message}`),
      [
        'a.cfg:48 the command of the service "odd" on "web" cannot be taken: "|" needs a shell: put the command into a script of its own',
      ],
    )
    assert.deepEqual(alerter.periods, [
      { name: 'day', lines: ['monday 09:00-12:00,13:00-17:00'], exclude: ['holidays'] },
      { name: 'holidays', lines: ['december 25 00:00-24:00'] },
    ])
    assert.deepEqual(http?.escalations, [
      {
        ...{ first: 2, last: 0, repeat: '1800s', states: ['warning', 'unknown', 'critical', 'recovery'] },
        ...{ period: 'day', contacts: ['amy'] }, // its period is the service's
      },
    ])
    const states = ['critical', 'unknown', 'recovery', 'flapping', 'downtime']
    assert.deepEqual(alerter.contacts, [
      { name: 'amy', states: ['critical', 'recovery'], rules: [], email: 'amy@example.org' },
      { name: 'amy (hosts)', states, rules: [], email: 'amy@example.org' },
    ])
    assert.deepEqual(web?.check?.contacts, ['amy (hosts)'])
    assert.deepEqual(alerter.commands, { resourceFile: '/etc/nagios4/resource.cfg' })
  })

  it('says which notification commands of a contact it leaves, mail or not', () => {
    const source = `define contact {\n contact_name amy\n email amy@example.org\n service_notification_commands notify-by-email,page-by-sms\n}
define contact {\n contact_name bob\n host_notification_commands page-by-sms\n}
define host {\n host_name web\n max_check_attempts 2\n contacts amy,bob\n}\n`
    const { complaints } = importNagios(readObjects([{ file: 'a.cfg', text: source }]), nagiosDefaults)
    assert.deepEqual(
      complaints.filter(({ message }) => /contact/.test(message)).map(({ file, line, message }) => `${file}:${line} ${message}`),
      [
        'a.cfg:1 the contact "amy" is mailed; not taken: page-by-sms (alerter.command runs such: docs/notifiers.md)',
        'a.cfg:6 the contact "bob" has no email: its notification commands are not taken',
      ],
    )
  })
})

describe('the words of an imported command', () => {
  const host = {
    custom: new Map([
      ['_PORTS', '-p 80 -S'],
      ['_EVIL', '$(reboot) ; a b'],
      ['_PLAIN', 'x'],
    ]),
  }
  const context = { world: macroWorld(readObjects([]), new Map()), host: host as unknown as MacroHost, service: null }
  const reads = (template: string, call: string, ...wanted: string[]) =>
    it(`${template} called as ${call} is ${JSON.stringify(wanted)}`, () =>
      assert.deepEqual(commandWords(template, call, context), { ok: true, words: wanted }))
  reads('$USER1$/c -H $HOSTADDRESS$ $ARG1$', 'c!-u "/a b" -S', '$USER1$/c', '-H', '$HOSTADDRESS$', '-u', '/a b', '-S')
  reads('/c $ARG1$ $ARG2$', 'c!x', '/c', 'x')
  reads("/c '$ARG1$' '$ARG2$'", 'c!x', '/c', 'x', '')
  reads('/c -u /status?full', 'c', '/c', '-u', '/status?full')
  reads('/c $_HOSTPORTS$', 'c', '/c', '-p', '80', '-S')
  reads('/c -x $_HOSTEVIL$', 'c', '/c', '-x', '$$(reboot) ; a b')
  reads("/c 'a$$b' $_HOSTNONE$", 'c', '/c', 'a$$b', '$_HOSTNONE$')
  reads('/c -d $SERVICESTATEID:web:HTTP 80$,$ARG1$', 'c!$HOSTNAME$', '/c', '-d', '$SERVICESTATEID:web:HTTP 80$,$HOSTNAME$')
  it('a pipe needs a shell, and is told what it would run', () => {
    const read = commandWords('/c $HOSTADDRESS$ | grep $ARG1$', 'c!x', context)
    assert.ok(!read.ok)
    assert.equal(read.line, '/c $HOSTADDRESS$ | grep x')
  })
})
