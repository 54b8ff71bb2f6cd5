/** A real RabbitMQ of this test's own: loopback, free ports, its own directory, gone afterwards. */
import { type ChildProcess, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listening, spawnKept, stopProcess } from './child-process.ts'
import { freePort } from './free-port.ts'

export const rabbitmqServer = '/usr/lib/rabbitmq/bin/rabbitmq-server'

export interface RabbitMq {
  /** amqp://guest@127.0.0.1:PORT (password guest). */
  url: string
  port: number
  /** amqps://guest@localhost:PORT and the authority that signed its certificate; null unless asked for. */
  tls: { url: string; ca: string } | null
  /** Stops the broker and starts it again on the same port with the same data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export async function startRabbitMq(directory: string, options: { tls?: boolean } = {}): Promise<RabbitMq> {
  mkdirSync(directory, { recursive: true })
  const [port, distPort, epmdPort, tlsPort] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const certificate = options.tls ? selfSigned(directory) : null
  const config = join(directory, 'rabbitmq.conf')
  writeFileSync(
    config,
    `listeners.tcp.1 = 127.0.0.1:${port}\nloopback_users = none\nlog.console = false\nvm_memory_high_watermark.relative = 0.3\ndisk_free_limit.absolute = 50MB\n${tlsLines(certificate, tlsPort)}`,
  )
  writeFileSync(join(directory, 'enabled_plugins'), '[].\n')
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    LANG: 'C.UTF-8',
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `specola-${port}@localhost`,
    RABBITMQ_CONFIG_FILE: config,
    RABBITMQ_MNESIA_BASE: directory,
    RABBITMQ_LOG_BASE: directory,
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'enabled_plugins'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none',
  }
  const epmd = spawnKept('epmd', ['-address', '127.0.0.1', '-port', String(epmdPort)], env)
  await listening(epmdPort, epmd.child, epmd.output)
  let server: ChildProcess
  const start = async () => {
    const { child, output } = spawnKept(rabbitmqServer, [], env)
    server = child
    await listening(port, child, output)
  }
  await start()
  return {
    url: `amqp://guest@127.0.0.1:${port}`,
    port,
    tls: certificate && { url: `amqps://guest@localhost:${tlsPort}`, ca: certificate.cert },
    async restart() {
      await stopProcess(server, 'SIGTERM', 30_000)
      await start()
    },
    async stop() {
      await stopProcess(server, 'SIGTERM', 30_000)
      await stopProcess(epmd.child)
    },
  }
}

function tlsLines(certificate: { cert: string; key: string } | null, port: number): string {
  if (!certificate) return ''
  const { cert, key } = certificate
  return `listeners.ssl.1 = 127.0.0.1:${port}\nssl_options.cacertfile = ${cert}\nssl_options.certfile = ${cert}\nssl_options.keyfile = ${key}\nssl_options.verify = verify_none\nssl_options.fail_if_no_peer_cert = false\n`
}

/** A certificate for localhost that is its own authority. */
export function selfSigned(directory: string): { cert: string; key: string } {
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
  const made = spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
    '-keyout',
    key,
    '-out',
    cert,
  ])
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`)
  return { cert, key }
}
