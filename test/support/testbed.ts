/**
 * A real OpenStack on this machine, by the scripts of the shared testbed. One that runs already is used as it is; otherwise one is
 * brought up with a state directory of its own, and ended afterwards.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const testbedScripts = join(import.meta.dirname, '..', '..', '..', 'shared', 'testbed')
const usualState = '/var/lib/openstack-testbed'

export interface Testbed {
  authUrl: string
  broker: string
  /** An application credential of the administrator, made for this run. */
  credential: { id: string; secret: string }
  /** Runs one of the testbed's scripts; rejects when it fails. */
  run(script: string, ...args: string[]): Promise<string>
  stopBroker(): Promise<void>
  startBroker(): Promise<void>
  /** Deletes instances made since then that are being built for so long that their build was lost with the broker. */
  deleteLostBuilds(since: number): Promise<void>
  close(): Promise<void>
}

export async function startTestbed(): Promise<Testbed> {
  const running = existsSync(join(usualState, 'openrc')) && (await answers(5000))
  if (!running)
    for (const port of ports) if (await answers(port)) throw new Error(`port ${port}, which the testbed needs, is taken`)
  const state = running ? usualState : mkdtempSync(join(tmpdir(), 'specola-testbed-'))
  const env = {
    ...process.env,
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    TB_STATE: state,
    OS_CLIENT_CONFIG_FILE: join(state, 'clouds.yaml'),
  }
  const run = (command: string, args: readonly string[]) => finished(command, args, env)
  const script = (name: string, ...args: string[]) => run(join(testbedScripts, name), args)
  async function wipe(): Promise<void> {
    if (running) return
    await script('down', '--wipe')
    rmSync(state, { recursive: true, force: true })
  }
  try {
    if (!running) {
      await run('/bin/bash', ['-c', freshLists])
      await script('up')
    }
    const { id, secret, remove } = await applicationCredential()
    return {
      ...{ authUrl, broker: 'amqp://openstack@127.0.0.1:5673', credential: { id, secret } },
      run: script,
      // only ever the process of the testbed's own pid file
      stopBroker: async () => void (await run('/bin/bash', ['-c', `. ${join(testbedScripts, 'settings.sh')}; stop rabbitmq`])),
      startBroker: async () => void (await script('up')),
      deleteLostBuilds,
      async close() {
        try {
          if (running) await remove()
        } finally {
          await wipe()
        }
      },
    }
  } catch (error) {
    await wipe()
    throw error
  }
}

const authUrl = 'http://127.0.0.1:5000/v3'

/** Of Keystone, Nova, Neutron, Cinder, Glance, Placement, RabbitMQ, MariaDB. */
const ports = [5000, 8774, 8784, 9696, 8776, 9292, 8778, 5673, 3307]

/** What is to be installed is asked for by today's lists: those of an image are weeks old, or not there at all. */
const freshLists = '[ -e /usr/bin/nova-compute ] || apt-get -o DPkg::Lock::Timeout=600 update -qq'

const json = { 'Content-Type': 'application/json' }

/** Headers of the administrator, and its id. */
async function administrator(): Promise<{ headers: Record<string, string>; user: string }> {
  const user = { name: 'admin', domain: { id: 'default' }, password: 'testbed' }
  const scope = { project: { name: 'admin', domain: { id: 'default' } } }
  const body = JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } }, scope } })
  const signedIn = await fetch(`${authUrl}/auth/tokens`, { method: 'POST', headers: json, body })
  const { token } = (await signedIn.json()) as { token: { user: { id: string } } }
  return { headers: { ...json, 'X-Auth-Token': signedIn.headers.get('x-subject-token') ?? '' }, user: token.user.id }
}

/** Longer than anybody in the scenario waits for one. */
const lostBuildMs = 150_000

async function deleteLostBuilds(since: number): Promise<void> {
  const { headers } = await administrator()
  const compute = 'http://127.0.0.1:8774/v2.1/servers'
  const reply = await fetch(`${compute}/detail?all_tenants=1&status=BUILD`, { headers })
  const { servers } = (await reply.json()) as { servers: { id: string; created: string }[] }
  for (const { id, created } of servers) {
    const at = Date.parse(created)
    if (at >= since && Date.now() - at > lostBuildMs) await fetch(`${compute}/${id}`, { method: 'DELETE', headers })
  }
}

async function applicationCredential(): Promise<{ id: string; secret: string; remove(): Promise<void> }> {
  const { headers, user } = await administrator()
  const address = `${authUrl}/users/${user}/application_credentials`
  const name = `specola-soak-${process.pid}`
  const made = await fetch(address, {
    ...{ method: 'POST', headers },
    body: JSON.stringify({ application_credential: { name, secret: 'soak-secret', roles: [{ name: 'admin' }] } }),
  })
  if (made.status !== 201) throw new Error(`application credential: ${made.status} ${await made.text()}`)
  const { application_credential: credential } = (await made.json()) as { application_credential: { id: string } }
  return {
    ...{ id: credential.id, secret: 'soak-secret' },
    remove: async () => void (await fetch(`${address}/${credential.id}`, { method: 'DELETE', headers })),
  }
}

function finished(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    // its daemons keep what they were started with open: files, so that nobody waits for the end of a pipe
    const log = join(mkdtempSync(join(tmpdir(), 'specola-testbed-log-')), 'log')
    const child = spawn('/bin/bash', ['-c', 'exec "$0" "$@" > "$SPECOLA_LOG" 2>&1', command, ...args], {
      env: { ...env, SPECOLA_LOG: log },
      stdio: 'ignore',
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      const output = readFileSync(log, 'utf8')
      rmSync(join(log, '..'), { recursive: true, force: true })
      if (code === 0) resolve(output)
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}: ${output.slice(-2000)}`))
    })
  })
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const say = (yes: boolean) => {
      socket.destroy()
      resolve(yes)
    }
    socket.once('connect', () => say(true))
    socket.once('error', () => say(false))
  })
}
