import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PostgresConfig } from '../../store/postgres/connect.ts'
import { listening, stopProcess } from './child-process.ts'
import { freePort } from './free-port.ts'

/** Debian keeps each major version in a folder of its own. */
const versions = '/usr/lib/postgresql'
const newest = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a))[0] : undefined
const bin = join(versions, newest ?? '15', 'bin')
export const postgresProgram = join(bin, 'postgres')

export interface PostgresServer {
  port: number
  config: PostgresConfig
  /** Ends it at once, as a crash would; what was committed is there after `start`. */
  crash(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
  /** A new empty database. */
  database(name: string, encoding?: string): PostgresConfig
  /** Output of one statement, unaligned, without headers. */
  ask(sql: string, database?: string): string
}

const password = 'observe'

/** PostgreSQL of its own: on loopback, on a free port, all its files under `directory`, as the user `postgres` where we are root. */
export async function startPostgres(
  directory: string,
  settings: readonly string[] = [],
  certificate?: { cert: string; key: string },
): Promise<PostgresServer> {
  const user = process.getuid?.() === 0 ? idsOf('postgres') : null
  if (user) chownSync(directory, user.uid, user.gid)
  const data = join(directory, 'pg')
  mkdirSync(directory, { recursive: true })
  const secret = join(directory, 'password')
  writeFileSync(secret, password, { mode: 0o644 })
  const run = { ...user, env: { LC_ALL: 'C.UTF-8', PGPASSWORD: password } as NodeJS.ProcessEnv }
  const method = ['--auth=scram-sha-256', `--pwfile=${secret}`, '--username=specola', '--encoding=UTF8', '--no-sync']
  execFileSync(join(bin, 'initdb'), ['-D', data, ...method], { ...run, stdio: ['ignore', 'ignore', 'pipe'] })
  const tls = certificate ? ['ssl=on', ...ownFiles(directory, certificate, user)] : []
  const port = await freePort()
  const options = [
    `-p${port}`,
    `-k${directory}`,
    '-h127.0.0.1',
    '-F',
    ...[...settings, ...tls].flatMap((setting) => ['-c', setting]),
  ]
  let child: ChildProcess
  let output = ''
  const start = async () => {
    child = spawn(postgresProgram, ['-D', data, ...options], { ...run, stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-4000)
    })
    await listening(port, child, () => output)
  }
  const psql = (database: string, ...args: string[]) =>
    execFileSync(
      join(bin, 'psql'),
      ['-h127.0.0.1', `-p${port}`, '-Uspecola', '-d', database, '-XAqt', '-v', 'ON_ERROR_STOP=1', ...args],
      { ...run, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    ).trimEnd()
  await start()
  for (let tries = 0; ; tries++)
    try {
      psql('postgres', '-c', 'SELECT 1')
      break
    } catch (error) {
      if (tries > 50) throw error // it listens before it takes anybody
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  return {
    port,
    config: databaseAt(port, 'postgres'),
    start,
    stop: () => stopProcess(child, 'SIGINT'),
    crash: () => stopProcess(child, 'SIGQUIT'),
    database(name, encoding = 'UTF8') {
      psql('postgres', '-c', `CREATE DATABASE ${name} ENCODING '${encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'`)
      return databaseAt(port, name)
    },
    ask: (sql, database = 'postgres') => psql(database, '-c', sql),
  }
}

/** How to reach a database of such a server. */
export const databaseAt = (port: number, database: string): PostgresConfig => ({
  url: `postgres://specola@127.0.0.1:${port}/${database}`,
  password: { reveal: () => password },
  tls: null,
})

/** PostgreSQL reads only keys that belong to its user. */
function ownFiles(directory: string, files: { cert: string; key: string }, user: { uid: number; gid: number } | null): string[] {
  return (['cert', 'key'] as const).map((what) => {
    const path = join(directory, `server.${what}`)
    copyFileSync(files[what], path)
    chmodSync(path, 0o600)
    if (user) chownSync(path, user.uid, user.gid)
    return `ssl_${what}_file=${path}`
  })
}

function idsOf(name: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
