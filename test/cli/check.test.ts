import assert from 'node:assert/strict'
import { join } from 'node:path'
import { command } from '../../cli/check.ts'
import { findPlugins } from '../../cli/plugins.ts'
import { systemClock } from '../../model/clock.ts'
import { openSampleStore, storeSection } from '../../store/open.ts'
import { type Scene, scene } from '../support/alerting.ts'
import { runCommand } from '../support/command.ts'
import { nagiosProgram, startNagios } from '../support/nagios.ts'
import { needs } from '../support/needs.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

describe('specola check', () => {
  const directory = temporaryDirectory()
  before(async () => {
    const store = await openSampleStore(storeSection.parse({ kind: 'duckdb' }), {
      directory: directory(),
      clock: systemClock,
      logger: silentLogger(),
    })
    await store.write([
      {
        measurement: 'instance',
        tags: { instance: 'vm|1', host: 'h' },
        fields: { cpu_percent: 91.26, state: 5 },
        time: systemClock.now() - 5000,
      },
    ])
    await store.close()
  })

  const says = (args: string[], code: number, line: RegExp) =>
    it(`${args.join(' ')} answers ${code}`, async () => {
      const { code: exit, out } = await runCommand(command, ...args.map((arg) => arg.replace('DIR', directory())))
      assert.match(out, line)
      assert.equal(exit, code)
    }).timeout(30_000)
  says(
    ['cpu', '--instance', 'vm|1', '--data', 'DIR'],
    1,
    /^WARNING - CPU 91\.3 % of its vCPUs over 300 s \| cpu=91\.3%;80;95;0\n$/,
  )
  says(['cpu', '--instance', 'vm|1', '--data', 'DIR', '--crit', '90'], 2, /^CRITICAL - /)
  says(['cpu', '--instance', 'vm|1', '--data', 'DIR', '--warn', '~:99'], 0, /^OK - /)
  says(['state', '--instance', 'vm|1', '--data', 'DIR'], 2, /^CRITICAL - shut off on its hypervisor \| state=5\n$/)
  says(['no-data', '--instance', 'other', '--data', 'DIR', '--missed', '3'], 0, /^OK - no readings expected/)
  // Whatever is wrong, a monitoring plugin answers UNKNOWN: 2 would page somebody.
  says(['cpu', '--instance', 'x', '--data', '/nonexistent'], 3, /^UNKNOWN - \/nonexistent: no samples here\n$/)
  says(['cpu', '--instance', 'x', '--data', 'DIR', '--warn', 'a/b'], 3, /^UNKNOWN - --warn: not a threshold/)
  says(
    ['tea', '--instance', 'x', '--data', 'DIR'],
    3,
    /^UNKNOWN - no check "tea"; there are: budget, [a-z, -]*cpu, [a-z, -]*state\n$/,
  )
  says(['cpu', '--hypervisor', 'x', '--data', 'DIR'], 3, /^UNKNOWN - check cpu looks at instance, not at hypervisor\n$/)
  says(['cpu', '--instance', 'x', '--data', 'DIR', '--window', '[1'], 3, /^UNKNOWN - --window: a list or map is written as JSON/)
  says(
    ['nrpe', '--device', 'web', '--port', '1', '--tls', 'none', '--command', 'x', '--host', '127.0.0.1'],
    2,
    /^CRITICAL - connect to address 127\.0\.0\.1 port 1: Connection refused\n$/,
  )
  says(['command', '--device', 'web', '--command', 'echo "$HOSTNAME$ | a=1"', '--shell', 'true'], 0, /^OK - web \| a=1\n$/)
  says(['--rule', 'cpu', '--instance', 'x', '--data', '/nonexistent'], 3, /^UNKNOWN - \/nonexistent: no journal here\n$/)
  says(['--rule', 'cpu', '--instance', 'x', '--data', 'DIR', '--warn', '3'], 3, /^UNKNOWN - --warn: with --rule the rule says/)
  says(['cpu'], 3, /^UNKNOWN - one target is needed/)
  says([], 3, /^UNKNOWN - which check/)
})

describe('what the running Specola last said', () => {
  const directory = temporaryDirectory()
  let s: Scene
  before(async () => {
    const section =
      '{ devices: [{ name: web, services: [{ name: backup, plugin: passive }, { name: other, plugin: passive }] }] }'
    const rules = 'rules: [{ name: passive, plugin: passive }]'
    s = await scene({ directory: directory(), rules, section, plugins: await findPlugins(), clock: systemClock })
    const perfdata = [{ label: 'size', value: 3, unit: 'B' }]
    await s.results.submit([{ target: 'web', rule: 'backup', state: 'warning', output: 'slow', perfdata }])
  })
  after(() => s.stop())
  const says = (args: string[], code: number, line: RegExp) =>
    it(`${args.join(' ')} answers ${code}`, async () => {
      const { code: exit, out } = await runCommand(command, ...args, '--data', directory())
      assert.match(out, line)
      assert.equal(exit, code)
    })
  says(['--rule', 'backup', '--device', 'web'], 1, /^WARNING - slow \| size=3B\n$/)
  says(
    ['--rule', 'backup', '--device', 'web', '--max-age', '0s'],
    3,
    /^UNKNOWN - NO DATA: its last result is \d+ s old: warning, slow\n$/,
  )
  says(['--rule', 'backup', '--device', 'gone'], 3, /^UNKNOWN - the rule "backup" has no check of the device "gone"\n$/)
})

describe('help of one check', () => {
  it('tells its keys', async () => {
    const help = await command.help?.(['cpu', '--help'])
    assert.match(help ?? '', /CPU used by an instance.*--warn 80\n {2}--crit 95/s)
    assert.equal(await command.help?.(['--help']), null)
  })
})

describe('Debian’s Nagios runs our checks', () => {
  needs(nagiosProgram, 'nagios4-core')
  const directory = temporaryDirectory()

  it('beside the running Specola, and takes states and texts from them', async () => {
    const rules = 'rules: [{ name: passive, plugin: passive }]'
    const services = ['fine', 'slow', 'silent'].map((name) => `{ name: ${name}, plugin: passive }`)
    const section = `{ devices: [{ name: web, services: [${services.join(', ')}] }] }`
    const data = join(directory(), 'data')
    const s = await scene({ directory: data, rules, section, plugins: await findPlugins(), clock: systemClock })
    const root = join(import.meta.dirname, '..', '..')
    const service = (name: string) =>
      `define service {\n use s\n host_name web\n service_description ${name}\n check_command specola!${name}\n check_interval 600\n}\n`
    const objects = `define command {
 command_name specola
 command_line ${process.execPath} ${join(root, 'main.ts')} check --rule $ARG1$ --device $HOSTNAME$ --data ${data}
}
define host {\n use h\n host_name web\n}
${['fine', 'slow', 'silent'].map(service).join('')}`
    const own = process.getuid?.() === 0 ? ['nagios_user=root', 'nagios_group=root'] : []
    const settings = ['interval_length=1', 'service_inter_check_delay_method=n', 'execute_host_checks=0', ...own]
    await s.results.submit([
      { target: 'web', rule: 'fine', state: 'ok', output: 'all is well' },
      { target: 'web', rule: 'slow', state: 'critical', output: '12 s', perfdata: [{ label: 'time', value: 12, unit: 's' }] },
    ])
    const nagios = await startNagios(join(directory(), 'nagios'), objects, settings)
    try {
      for (let waited = 0; nagios.results().length < 3; waited += 100) {
        assert.ok(waited < 30_000, 'Nagios has three results in time')
        await systemClock.sleep(100)
      }
      const said = new Map(nagios.results().map(([, , , state, , name, output]) => [name, `${state}: ${output}`]))
      assert.deepEqual(
        ['fine', 'slow', 'silent'].map((name) => said.get(name)),
        [
          'OK: OK - all is well',
          'CRITICAL: CRITICAL - 12 s',
          'UNKNOWN: UNKNOWN - the rule "silent" has no check of the device "web"',
        ],
      )
    } finally {
      await nagios.stop()
      await s.stop()
    }
  }).timeout(50_000)
})
