import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { states } from '../../model/check.ts'
import { parsePerfdata, printPerfdata } from '../../model/perfdata.ts'
import { splitOutput } from '../../model/plugin-output.ts'
import { plugin } from '../../plugins/check-nrpe/plugin.ts'
import { authority } from '../support/certificates.ts'
import { freePort } from '../support/free-port.ts'
import { needs } from '../support/needs.ts'
import { nrpeProgram, startNrpe } from '../support/nrpe-server.ts'
import { runCheck } from '../support/run-check.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const checkNrpe = '/usr/lib/nagios/plugins/check_nrpe'
const dummy = '/usr/lib/nagios/plugins/check_dummy'

describe('a real NRPE server', () => {
  needs(nrpeProgram, 'nagios-nrpe-server')
  needs(checkNrpe, 'nagios-nrpe-plugin')
  const directory = temporaryDirectory()
  const lines = [
    `command[fine]=${dummy} 0 fine`,
    ...states.map((state, code) => `command[${state}]=${dummy} ${code} careful`),
    `command[odd]=/bin/sh -c 'echo odd; exit 9'`,
    `command[disk]=/bin/echo 'DISK OK - free | /=29B;26;27;0;27'`,
    `command[long]=/usr/bin/perl -e 'print "line | a=1;2;3", chr(10), ("long text", chr(10)) x 20, "| b=2", chr(10)'`,
    `command[big]=/usr/bin/perl -e 'print "x" x 40000'`,
    `command[gone]=/nonexistent`,
    `command[slow]=/bin/sleep 30`,
  ]
  const servers: { stop(): void }[] = []
  const ports = { plain: 0, anonymous: 0, certificate: 0 }
  let tls: { ca: string; cert: string; key: string }
  before(async function () {
    this.timeout(20_000)
    chmodSync(directory(), 0o755) // the server reads it as another user
    const ca = authority(directory(), 'nrpe-ca')
    const server = ca.sign('nrpe.example.org')
    tls = { ca: ca.ca, ...ca.sign('specola') }
    for (const path of [ca.ca, server.cert, server.key]) chmodSync(path, 0o644)
    const certificates = [
      ...[`ssl_cacert_file=${ca.ca}`, `ssl_cert_file=${server.cert}`, `ssl_privatekey_file=${server.key}`],
      ...['ssl_client_certs=2', 'ssl_version=TLSv1.2+'],
    ]
    const started = [
      await startNrpe(directory(), { lines, plain: true }),
      await startNrpe(directory(), { lines }),
      await startNrpe(directory(), { lines: [...certificates, ...lines] }),
    ] as const
    servers.push(...started)
    ;[ports.plain, ports.anonymous, ports.certificate] = started.map(({ port }) => port) as [number, number, number]
  })
  after(() => {
    for (const server of servers) server.stop()
  })

  /** What Debian's client says: state, text, perfdata. */
  const theirs = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(checkNrpe, ['-H', '127.0.0.1', ...args], { encoding: 'utf8' })
    const { text, perfdata } = splitOutput(stdout || stderr)
    return { state: states[status ?? 3], text, perfdata: perfdata === null ? null : printPerfdata(parsePerfdata(perfdata).items) }
  }
  const ours = async (config: Record<string, unknown>) => {
    const { state, output, perfdata } = await runCheck(plugin, config)
    return { state, text: output, perfdata: perfdata.length === 0 ? null : printPerfdata(perfdata) }
  }

  for (const [command, args] of [
    ['fine', []],
    ['warning', []],
    ['critical', []],
    ['unknown', []],
    ['odd', []],
    ['disk', []],
    ['big', []],
    // Debian's server is built to refuse arguments: both clients are hung up on.
    ['fine', ['1', 'careful']],
    ['long', []],
    ['gone', []],
    ['nosuch', []],
  ] as const)
    for (const way of ['plain', 'anonymous'] as const)
      it(`answers ${command} ${args.join(' ')} (${way}) as it answers check_nrpe`, async () => {
        const port = ports[way]
        const asked = { command, arguments: args, port, tls: way === 'plain' ? 'none' : 'anonymous' }
        const given = [...(way === 'plain' ? ['-n'] : []), '-p', String(port), '-c', command]
        assert.deepEqual(await ours(asked), theirs(...given, ...(args.length > 0 ? ['-a', ...args] : [])))
      })

  for (const version of [2, 4, 'auto'] as const)
    it(`speaks version ${version} with and without TLS`, async () => {
      for (const [port, tls] of [
        [ports.plain, 'none'],
        [ports.anonymous, 'anonymous'],
      ])
        assert.equal((await runCheck(plugin, { command: 'fine', port, tls, version })).output, 'OK: fine')
    })

  it('gives text of many lines, and cuts none that fits', async () => {
    const { output, longOutput, perfdata } = await runCheck(plugin, { command: 'long', port: ports.plain, tls: 'none' })
    assert.equal(output, 'line')
    assert.equal(longOutput?.split('long text').length, 21)
    assert.equal(printPerfdata(perfdata), 'a=1;2;3 b=2')
  })

  it('knows a server by its certificate, and is known by its own', async () => {
    const port = ports.certificate
    const known = { ...tls, serverName: 'nrpe.example.org' }
    assert.equal((await runCheck(plugin, { command: 'fine', port, tls: known })).output, 'OK: fine')
    const other = await runCheck(plugin, { command: 'fine', port, tls: { ...known, serverName: 'other.example.org' } })
    assert.equal(other.state, 'critical')
    assert.match(
      other.output,
      /^CHECK_NRPE: Error - Could not complete SSL handshake with 127\.0\.0\.1: Hostname\/IP does not match/,
    )
    const stranger = await runCheck(plugin, { command: 'fine', port, tls: { ca: tls.ca, serverName: 'nrpe.example.org' } })
    assert.match(`${stranger.state} ${stranger.output}`, /^(critical|unknown) CHECK_NRPE: /)
    const foreign = authority(directory(), 'foreign-ca')
    const unknown = await runCheck(plugin, { command: 'fine', port, tls: { ...known, ca: foreign.ca } })
    assert.match(unknown.output, /SSL handshake .*(unable to|self.signed|certificate)/i)
  })

  it('is not waited for longer than asked', async () => {
    const began = performance.now()
    const config = { command: 'slow', port: ports.plain, tls: 'none', timeout: '500ms' }
    const { state, output } = await runCheck(plugin, config)
    assert.deepEqual([state, output], ['critical', 'CHECK_NRPE STATE CRITICAL: Socket timeout after 0.5 seconds.'])
    assert.equal((await runCheck(plugin, { ...config, timeoutState: 'unknown' })).state, 'unknown')
    assert.ok(performance.now() - began < 3000)
  })

  it('that is not there is critical, in check_nrpe’s words', async () => {
    const port = await freePort()
    const said = await ours({ command: 'fine', port, tls: 'none' })
    assert.deepEqual(said, theirs('-n', '-p', String(port), '-c', 'fine'))
  })
})
