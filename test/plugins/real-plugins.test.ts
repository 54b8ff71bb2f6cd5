import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { states } from '../../model/check.ts'
import { systemClock } from '../../model/clock.ts'
import { parsePerfdata, printPerfdata } from '../../model/perfdata.ts'
import { splitOutput } from '../../model/plugin-output.ts'
import { plugin } from '../../plugins/check-command/plugin.ts'
import { type OpenPrograms, openPrograms } from '../../plugins/check-command/programs.ts'
import { freePort } from '../support/free-port.ts'
import { needs } from '../support/needs.ts'
import { ntpResponder } from '../support/ntp-responder.ts'
import { postgresProgram, startPostgres } from '../support/postgres.ts'
import { runCheck } from '../support/run-check.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { smtpSink } from '../support/smtp-sink.ts'
import { type Sshd, startSshd } from '../support/sshd.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const plugins = '/usr/lib/nagios/plugins'
const open = (over: { user?: string; environment?: Record<string, string>; atOnce?: number } = {}) =>
  openPrograms(
    { user: over.user ?? null, environment: over.environment ?? {}, atOnce: over.atOnce ?? 8 },
    { clock: systemClock, logger: silentLogger() },
  )

/** Processes whose command line holds the text. */
const alive = (text: string) =>
  readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false
    try {
      return (
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text) &&
        !/^\S+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
      )
    } catch {
      return false
    }
  })

const until = async (what: () => boolean, ms = 4000) => {
  for (let waited = 0; !what(); waited += 50) {
    assert.ok(waited < ms, 'it did not happen in time')
    await systemClock.sleep(50)
  }
}

describe('plugins of Debian’s monitoring-plugins, against real services', () => {
  needs(`${plugins}/check_http`, 'monitoring-plugins-standard')
  needs('/usr/sbin/sshd', 'openssh-server')
  needs(postgresProgram, 'postgresql')
  const directory = temporaryDirectory()
  let programs: OpenPrograms
  let sshd: Sshd
  const ports = { http: '', smtp: '', ntp: '', wrong: '', nobody: '', sql: '' }
  const closing: (() => unknown)[] = []
  before(async function () {
    this.timeout(30_000)
    chmodSync(directory(), 0o755) // PostgreSQL is another user
    programs = open()
    closing.push(() => programs.close())
    const web = createServer((_, reply) => reply.end('welcome to the observatory\n')).listen(0, '127.0.0.1')
    closing.push(() => web.close())
    const mail = await smtpSink()
    closing.push(() => mail.close())
    const [right, wrong] = [await ntpResponder(), await ntpResponder(90_000)]
    closing.push(
      () => right.close(),
      () => wrong.close(),
    )
    const database = join(directory(), 'database')
    mkdirSync(database)
    const postgres = await startPostgres(database)
    closing.push(() => postgres.stop())
    ports.sql = String(postgres.port)
    sshd = await startSshd(directory())
    closing.push(() => sshd.stop())
    await new Promise((listening) => (web.listening ? listening(null) : web.once('listening', listening)))
    Object.assign(ports, { http: String((web.address() as AddressInfo).port), smtp: String(mail.port), ntp: String(right.port) })
    Object.assign(ports, { wrong: String(wrong.port), nobody: String(await freePort()) })
  })
  after(async () => {
    for (const close of closing) await close()
  })

  const says = (title: string, command: () => string[], state: string, text: RegExp) =>
    it(`${title}: ${state}`, async () => {
      const [program = '', ...args] = command()
      const result = await runCheck(plugin, { command: [join(plugins, program), ...args], timeout: '10s' }, { programs })
      assert.match(result.output, text)
      assert.equal(result.state, state)
    })
  const local = '$HOSTADDRESS$'
  says(
    'ping',
    () => ['check_ping', '-H', local, '-w', '100,20%', '-c', '500,60%', '-p', '1'],
    'ok',
    /^PING OK - Packet loss = 0%/,
  )
  says('http', () => ['check_http', '-H', local, '-p', ports.http, '-s', 'observatory'], 'ok', /^HTTP OK: HTTP\/1\.1 200 OK/)
  says(
    'http without the word',
    () => ['check_http', '-H', local, '-p', ports.http, '-s', 'a b; $(x)'],
    'critical',
    /^HTTP CRITICAL/,
  )
  says('http on a closed port', () => ['check_http', '-H', local, '-p', ports.nobody], 'critical', /Connection refused/)
  says('smtp', () => ['check_smtp', '-H', local, '-p', ports.smtp], 'ok', /^SMTP OK/)
  says('ssh', () => ['check_ssh', '-p', String(sshd.port), local], 'ok', /^SSH OK - OpenSSH/)
  says('ntp', () => ['check_ntp_time', '-H', local, '-p', ports.ntp], 'ok', /^NTP OK: Offset/)
  says(
    'ntp, a minute off',
    () => ['check_ntp_time', '-H', local, '-p', ports.wrong, '-w', '1', '-c', '60'],
    'critical',
    /^NTP CRITICAL: Offset (89|90)/,
  )
  const sql = (password: string) => [
    'check_pgsql',
    '-H',
    local,
    '-P',
    ports.sql,
    '-d',
    'postgres',
    '-l',
    'specola',
    '-p',
    password,
  ]
  says('postgresql', () => sql('observe'), 'ok', /^OK - database postgres \([\d.]+ sec\.\)/)
  says('postgresql with a wrong password', () => sql('wrong'), 'critical', /password authentication failed/)
  says('tcp', () => ['check_tcp', '-H', local, '-p', ports.http], 'ok', /^TCP OK/)
  says('procs', () => ['check_procs', '-c', '1:', '-C', 'sshd'], 'ok', /^PROCS OK: \d+ process/)
  says('disk', () => ['check_disk', '-w', '0%', '-c', '0%', '-p', '/'], 'ok', /^DISK OK/)
  says('load', () => ['check_load', '-w', '9999', '-c', '9999'], 'ok', /^(LOAD )?OK/)
  says('users', () => ['check_users', '-w', '9999', '-c', '9999'], 'ok', /^USERS OK/)
  says('file age', () => ['check_file_age', '-w', '1', '-c', '1', '-f', '/etc/passwd'], 'critical', /^FILE_AGE CRITICAL/)

  it('says what they say when a shell runs them', async () => {
    for (const [program, ...args] of [
      ['check_dummy', '2', `it's "so" $HOME; echo`],
      ['check_disk', '-w', '1%', '-c', '1%', '-p', '/'],
      ['check_procs', '-w', '0:9999', '-c', '0:9999'],
      ['check_dummy'],
      ['check_http', '--help'],
    ] as [string, ...string[]][]) {
      const path = join(plugins, program)
      const result = await runCheck(plugin, { command: [path, ...args] }, { programs })
      const { status, stdout } = spawnSync(path, args, { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' } })
      const { text, perfdata } = splitOutput(stdout)
      const wanted = [states[status ?? 3], text, printPerfdata(parsePerfdata(perfdata ?? '').items)]
      // Sizes and counts move between the two runs.
      const still = (value: unknown) => String(value).replace(/\d+/g, '#')
      assert.deepEqual([result.state, result.output, printPerfdata(result.perfdata)].map(still), wanted.map(still))
    }
  })
})

describe('programs of others', () => {
  const directory = temporaryDirectory()
  let programs: OpenPrograms
  before(() => {
    programs = open({ environment: { SITE: 'here' } })
  })
  after(() => programs.close())
  const script = (name: string, text: string): string => {
    const path = join(directory(), name)
    writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    return path
  }
  const check = (config: Record<string, unknown>, macros?: Record<string, string>) =>
    runCheck(plugin, config, { programs, ...(macros && { macros }) })

  it('gets every argument as it is, whatever it holds', async () => {
    const show = script('show', `for a; do printf '<%s>' "$a"; done; echo`)
    const macros = { HOSTNAME: `$(touch ${directory()}/pwned) \`reboot\`; 'a' "b" | c\n> d` }
    const { output } = await check({ command: [show, '-H', '$HOSTNAME$', 'x$$y', '', '*'] }, macros)
    // A bar begins perfdata and the line feed the next line: what is before them is there to the letter.
    assert.equal(output, `<-H><$(touch ${directory()}/pwned) \`reboot\`; 'a' "b"`)
    const byShell = await check({ command: `printf '%s' "$HOSTNAME$" | tr -d '|'; echo`, shell: true }, macros)
    assert.ok(byShell.output.startsWith(`$(touch ${directory()}/pwned)`), byShell.output)
    assert.ok(!existsSync(join(directory(), 'pwned')))
  })

  it('gets any words to the letter (random ones)', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: 'binary' }).filter((word) => !word.includes('\0')),
          { maxLength: 5 },
        ),
        async (words) => {
          const end = await programs.run({ command: ['/usr/bin/printf', '%s\\037', ...words], timeoutMs: 10_000 })
          assert.equal(end.how, 'exited')
          const wanted = words.length === 0 ? '\x1f' : words.map((word) => `${Buffer.from(word).toString()}\x1f`).join('')
          assert.equal('output' in end ? end.output : '', wanted)
        },
      ),
      { numRuns: 200 },
    )).timeout(20_000)

  it('inherits two variables, and those that were given', async () => {
    process.env.SPECOLA_TEST_SECRET = 'do not tell'
    const { longOutput, output } = await check({ command: ['/usr/bin/env'], environment: { ADDRESS: '$HOSTADDRESS$' } })
    const names = `${output}\n${longOutput}`
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0])
    assert.deepEqual(names.sort(), ['ADDRESS', 'LANG', 'PATH', 'PWD', 'SITE'])
    delete process.env.SPECOLA_TEST_SECRET
  })

  it('that hangs is ended at its timeout', async () => {
    const began = performance.now()
    const { state, output } = await check({ command: ['/bin/sleep', '4711'], timeout: '300ms' })
    assert.equal(state, 'critical')
    assert.match(output, /^\(Service check timed out after [0-4]\.\d\d seconds\)$/)
    assert.ok(performance.now() - began < 5000)
    await until(() => alive('sleep\x004711').length === 0)
  })

  it('that forks and ignores SIGTERM is ended with all its children', async () => {
    const told = join(directory(), 'told')
    const loop = 'while :; do sleep 0.1; done'
    const stubborn = script(
      'stubborn',
      `trap 'echo parent >> ${told}' TERM; (trap 'echo child >> ${told}' TERM; ${loop}) & ${loop}`,
    )
    const { output } = await check({ command: [stubborn], timeout: '1s' })
    assert.match(output, /timed out/)
    await until(() => alive(stubborn).length === 0, 8000)
    assert.deepEqual(readFileSync(told, 'utf8').trim().split('\n').sort(), ['child', 'parent'], 'both were asked first')
  }).timeout(15_000)

  it('that leaves a child behind answers at once, and the child’s words get into nobody’s output', async () => {
    const parent = script('parent', `(sleep 2; echo LATE) & echo "at once"; exit 1`)
    const began = performance.now()
    const { state, output } = await check({ command: [parent] })
    assert.deepEqual([state, output], ['warning', 'at once'])
    assert.ok(performance.now() - began < 1800)
    await systemClock.sleep(2200)
    assert.equal((await check({ command: ['/bin/echo', 'next'] })).output, 'next')
  })

  it('may print 10 MB', async () => {
    const { state, output, longOutput } = await check({
      command: [script('big', `echo first; head -c 10000000 /dev/zero | tr '\\0' x`)],
    })
    assert.deepEqual([state, output], ['ok', 'first'])
    assert.ok((longOutput?.length ?? 0) <= 8192)
  })

  it('may not print for ever', async () => {
    const { state, output } = await check({ command: ['/usr/bin/yes', 'for ever'], timeout: '20s' })
    assert.deepEqual([state, output], ['unknown', '(Service check printed more than 64 MiB and was ended)'])
    await until(() => alive('yes\x00for ever').length === 0)
  }).timeout(20_000)

  it('may print bytes that are no text', async () => {
    const { state, output } = await check({
      command: [script('binary', `printf 'ok \\377\\376\\000\\001 end\\n'; head -c 100000 /dev/urandom`)],
    })
    assert.equal(state, 'ok')
    assert.match(output, /^ok .* end$/)
  })

  it('may end as badly as it wants', async () => {
    const ends = async (text: string) => check({ command: [script('end', text)] })
    assert.equal(
      (await check({ command: ['/nonexistent/check'] })).output,
      '(Return code of 127 is out of bounds. Check if plugin exists)',
    )
    assert.match((await check({ command: ['/etc/passwd'] })).output, /126 is out of bounds/)
    assert.match((await ends('kill -SEGV $$')).output, /ended by signal 11/)
    assert.match((await ends('exit 77')).output, /Return code of 77 for service/)
    assert.equal((await ends('echo "only here" >&2; exit 3')).output, '(No output on stdout) stderr: only here')
    assert.equal(
      (await check({ command: ['$NOBODY$/check'] })).output,
      'could not check: the program "$NOBODY$/check" is not named with its whole path',
    )
  })

  it('that ends its own helper is unknown, and the next finds another', async () => {
    const { state, output } = await check({ command: [script('murder', 'kill -9 0')] })
    assert.equal(state, 'unknown')
    assert.match(output, /^could not check: the helper that ran it is gone: it was ended by SIGKILL$/)
    assert.equal((await check({ command: ['/bin/echo', 'alive'] })).output, 'alive')
  })

  it('loses nothing while helpers are killed at random', async () => {
    const killer = script('killer', `[ "$1" = 1 ] && kill -9 $PPID; echo "number $2"`)
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, n) => check({ command: [killer, n % 20 === 7 ? '1' : '0', String(n)], timeout: '10s' })),
    )
    for (const [n, { state, output }] of all.entries())
      if (n % 20 === 7) assert.equal(state, 'unknown', output)
      else assert.equal(output, `number ${n}`)
  }).timeout(20_000)

  it('is many at once, and the loop goes on', async () => {
    let longest = 0
    let last = performance.now()
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 5)
    const began = performance.now()
    await Promise.all(Array.from({ length: 16 }, () => check({ command: ['/bin/sleep', '0.5'] })))
    clearInterval(watch)
    assert.ok(performance.now() - began < 4000, 'two rounds of eight, not sixteen')
    assert.ok(longest < 400, `the loop stood still for ${longest} ms`)
  })

  it('is run as another user, with its groups, where that is asked for', async () => {
    assert.throws(() => open({ user: 'nobody-of-that-name' }), /there is no user "nobody-of-that-name"/)
    if (process.getuid?.() !== 0) {
      assert.throws(() => open({ user: 'daemon' }), /only root can run commands as "daemon"/)
      return
    }
    const others = open({ user: 'daemon' })
    const asked = { command: 'echo "$$(id -un) $$(id -gn) $$(cat /etc/shadow 2>&1)"', shell: true }
    try {
      assert.match((await runCheck(plugin, asked, { programs: others })).output, /^daemon daemon .*Permission denied/)
    } finally {
      await others.close()
    }
  })

  it('is ended when Specola stops', async () => {
    const mine = open()
    const running = runCheck(plugin, { command: ['/bin/sleep', '4713'] }, { programs: mine })
    await until(() => alive('sleep\x004713').length > 0)
    await mine.close()
    assert.equal((await running).output, 'could not check: Specola is stopping')
    assert.equal(alive('sleep\x004713').length, 0)
  })
})
