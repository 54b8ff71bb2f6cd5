import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LibvirtClient } from '../../../collector/libvirt/client.ts'
import { hostname, listAllDomains } from '../../../collector/libvirt/procedures.ts'
import type { LibvirtEndpoint } from '../../../collector/libvirt/section.ts'
import { Secret } from '../../../config/fields.ts'
import { systemClock } from '../../../model/clock.ts'
import { AppError } from '../../../model/contract.ts'
import { type Authority, authority } from '../../support/certificates.ts'
import { freePort } from '../../support/free-port.ts'
import { type Libvirtd, startLibvirtd } from '../../support/libvirtd.ts'
import { needs } from '../../support/needs.ts'
import { type Sshd, startSshd } from '../../support/sshd.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const options = { clock: systemClock, timeoutMs: 5000 }

/** Says who it is and what it has, by way of the endpoint. */
async function works(endpoint: LibvirtEndpoint): Promise<void> {
  const client = await LibvirtClient.open(endpoint, options)
  try {
    assert.notEqual(await client.call(hostname, undefined), '')
    assert.equal((await client.call(listAllDomains, undefined)).length, 1)
  } finally {
    client.close()
  }
}

async function refused(endpoint: LibvirtEndpoint, message: RegExp): Promise<void> {
  await assert.rejects(LibvirtClient.open(endpoint, options), (error: Error) => {
    assert.ok(error instanceof AppError, String(error))
    assert.match(error.message, message)
    return true
  })
}

describe('a real libvirtd over TLS', function () {
  this.timeout(60_000)
  needs('/usr/sbin/libvirtd', 'libvirt-daemon')
  needs('/usr/bin/openssl', 'openssl')
  needs('/usr/sbin/saslpasswd2', 'sasl2-bin')
  const directory = temporaryDirectory()
  let ours: Authority
  let others: Authority
  const daemons: Libvirtd[] = []
  const uris = { good: '', expired: '', login: '' }

  before(async () => {
    ours = authority(directory(), 'ca')
    others = authority(directory(), 'other-ca')
    const login = join(directory(), 'sasl')
    mkdirSync(login)
    const database = join(login, 'sasldb2')
    execFileSync('saslpasswd2', ['-c', '-p', '-a', 'libvirt', '-f', database, 'specola'], { input: 'pencil' })
    writeFileSync(join(login, 'libvirt.conf'), `mech_list: scram-sha-256\nsasldb_path: ${database}\nauxprop_plugin: sasldb\n`)
    const start = async (name: keyof typeof uris, days: number, auth: string) => {
      const port = await freePort()
      const { cert, key } = ours.sign('localhost', days)
      const home = join(directory(), name)
      mkdirSync(home)
      const files = { ca_file: ours.ca, cert_file: cert, key_file: key, tls_no_sanity_certificate: 1 }
      const listening = { listen_tls: 1, listen_addr: '127.0.0.1', tls_port: String(port), auth_tls: auth }
      daemons.push(
        await startLibvirtd(home, {
          network: 'shared',
          listen: true,
          settings: { ...files, ...listening },
          environment: { SASL_CONF_PATH: login },
        }),
      )
      uris[name] = `test+tls://localhost:${port}/default`
    }
    await start('good', 2, 'none')
    await start('expired', -1, 'none')
    await start('login', 2, 'sasl')
  })
  after(async () => {
    for (const daemon of daemons) await daemon.stop()
  })

  const client = (from = ours, days = 2) => from.sign('specola', days)

  it('is read with the right certificate', () => works({ uri: uris.good, tls: { ca: ours.ca, ...client() } }))

  it('is read under another name when that is the name in its certificate', () =>
    works({ uri: uris.good.replace('localhost', '127.0.0.1'), tls: { ca: ours.ca, ...client(), serverName: 'localhost' } }))

  it('is refused by us when its certificate is not of our CA', () =>
    refused(
      { uri: uris.good, tls: { ca: others.ca, ...client() } },
      /localhost:\d+: its certificate is not of the CA in .*other-ca\.pem/,
    ))

  it('is refused by us when it goes by another name', () =>
    refused(
      { uri: uris.good.replace('localhost', '127.0.0.1'), tls: { ca: ours.ca, ...client() } },
      /its certificate is for DNS:localhost, not for 127\.0\.0\.1 \(tls\.serverName\)/,
    ))

  it('is refused by us when its certificate has expired', () =>
    refused({ uri: uris.expired, tls: { ca: ours.ca, ...client() } }, /its certificate was valid until \w+ +\d+ /))

  it('refuses a client without a certificate', () =>
    refused({ uri: uris.good, tls: { ca: ours.ca } }, /does not accept a client without a certificate \(tls\.cert, tls\.key\)/))

  it('refuses a client whose certificate is of another CA', () =>
    refused(
      { uri: uris.good, tls: { ca: ours.ca, ...client(others) } },
      /does not accept our certificate .*other-ca-specola\.pem/,
    ))

  it('is not even asked when our own certificate has expired', () =>
    refused({ uri: uris.good, tls: { ca: ours.ca, ...client(ours, -1) } }, /tls\.cert: .*-expired\.pem was valid until/))

  it('is told apart from nobody listening', async () =>
    refused({ uri: `test+tls://localhost:${await freePort()}/default`, tls: { ca: ours.ca } }, /nobody listens there/))

  it('says which file is missing', () =>
    refused({ uri: uris.good, tls: { ca: join(directory(), 'absent.pem') } }, /tls\.ca: cannot read .*absent\.pem: ENOENT/))

  const login = (password: string) => ({ user: 'specola', password: new Secret(password) })
  it('lets in a user with the right password, by SCRAM-SHA-256', () =>
    works({ uri: uris.login, tls: { ca: ours.ca, ...client() }, sasl: login('pencil') }))

  it('lets nobody in with a wrong one', () =>
    refused(
      { uri: uris.login, tls: { ca: ours.ca, ...client() }, sasl: login('wrong') },
      /login of specola by SCRAM-SHA-256: libvirt refused AUTH_SASL_STEP: .*\(code 45\)/,
    ))

  it('says what to set when it asks for a login and there is none', () =>
    refused({ uri: uris.login, tls: { ca: ours.ca, ...client() } }, /asks for a login by SASL \(set sasl: \{user, password\}\)/))
})

describe('a real libvirtd over ssh', function () {
  this.timeout(60_000)
  needs('/usr/sbin/libvirtd', 'libvirt-daemon')
  needs('/usr/sbin/sshd', 'openssh-server')
  needs('/usr/bin/nc.openbsd', 'netcat-openbsd')
  const directory = temporaryDirectory()
  let libvirtd: Libvirtd
  let sshd: Sshd
  const uri = () => `test+ssh://${sshd.user}@127.0.0.1:${sshd.port}/default?socket=${libvirtd.uri.replace(/^.*socket=/, '')}`
  const ssh = () => ({ program: 'ssh', key: sshd.key, knownHosts: sshd.knownHosts })

  before(async () => {
    libvirtd = await startLibvirtd(directory(), { settings: { keepalive_interval: 1, keepalive_count: 1 } })
    sshd = await startSshd(directory())
  })
  after(async () => {
    await sshd?.stop()
    await libvirtd?.stop()
  })

  it('is read with the right key', () => works({ uri: uri(), ssh: ssh() }))

  it('keeps a connection that has nothing to say, because we answer its pings', async () => {
    const client = await LibvirtClient.open({ uri: uri(), ssh: ssh() }, options)
    await systemClock.sleep(3500) // one ping a second: without an answer it is gone after two
    assert.notEqual(await client.call(hostname, undefined), '')
    client.close()
  })

  it('is not reached with a wrong key, and ssh says so', () => {
    const wrong = join(directory(), 'wrong')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', wrong])
    return refused({ uri: uri(), ssh: { ...ssh(), key: wrong } }, /ssh 127\.0\.0\.1: .*Permission denied/)
  })

  it('is not reached when its host key is unknown', () =>
    refused({ uri: uri(), ssh: { ...ssh(), knownHosts: '/dev/null' } }, /ssh 127\.0\.0\.1: Host key verification failed/))

  it('says when there is no socket over there', () =>
    refused(
      { uri: uri().replace(/socket=.*/, 'socket=/nowhere'), ssh: ssh() },
      /ssh 127\.0\.0\.1: no libvirt socket there: \/nowhere/,
    ))

  it('says when there is no ssh', () =>
    refused({ uri: uri(), ssh: { ...ssh(), program: '/nowhere/ssh' } }, /\/nowhere\/ssh.*ENOENT/))

  it('is found at the socket of a modular daemon too, before the old one', async () => {
    const runtime = join(directory(), 'runtime')
    mkdirSync(join(runtime, 'libvirt'), { recursive: true })
    symlinkSync(libvirtd.uri.replace(/^.*socket=/, ''), join(runtime, 'libvirt', 'virtqemud-sock-ro'))
    const before = process.env.XDG_RUNTIME_DIR
    process.env.XDG_RUNTIME_DIR = runtime
    try {
      const client = await LibvirtClient.open({ uri: 'qemu:///session' }, options).catch((error: Error) => error)
      // The daemon of this suite may not serve sessions; what counts is that it was this one that answered.
      if (client instanceof Error) assert.match(client.message, /libvirt refused CONNECT_OPEN/)
      else client.close()
    } finally {
      if (before === undefined) delete process.env.XDG_RUNTIME_DIR
      else process.env.XDG_RUNTIME_DIR = before
    }
  })
})
