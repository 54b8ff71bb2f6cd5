/** Connections to PostgreSQL that never wait for ever, and whose failures say what to do. */
import { readFileSync } from 'node:fs'
import pg from 'pg'
import type { Clock } from '../../model/clock.ts'
import { AppError } from '../../model/contract.ts'

export interface PostgresConfig {
  /** postgres://USER@HOST:PORT/DATABASE, without a password. */
  url: string
  password: { reveal(): string } | null
  /** null = not encrypted. */
  tls: { ca: string | null; cert: string | null; key: string | null; servername: string | null; verify: boolean } | null
}

export type Query = <T extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]) => Promise<T[]>

export interface Postgres {
  query: Query
  /** All or nothing, durable when it resolves. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>
  /**
   * Hears notices of a channel until the signal is aborted, over a connection of its own that is opened again as often as it
   * breaks. `heard` is called with what a notice says, and with null after each opening: notices may have been missed.
   */
  listen(channel: string, heard: (notice: string | null) => void, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

const connectMs = 5000
/** What takes longer is given up on both sides: nobody holds a row for longer than this, also not one who was cut off. */
const statementMs = 10_000
const idleInTransactionMs = 5000
const againMs = 1000

/** int8 as a number: ids and epoch milliseconds stay far below 2^53. */
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}

/** Opens nothing yet: connections are made when they are used. `most`: at once. */
export function connect(config: PostgresConfig, { most, clock }: { most: number; clock: Clock }): Postgres {
  const options = clientOptions(config)
  const pool = new pg.Pool({ ...options, max: most, idleTimeoutMillis: 30_000 })
  pool.on('error', () => undefined) // an idle connection broke: the next query opens another, or says why it cannot
  pool.on('connect', (client) => client.on('error', () => undefined)) // nor one at work: its query fails with the reason
  const place = placeOf(config)
  const run =
    (client: Pick<pg.Pool, 'query'>): Query =>
    async (text, values = []) =>
      (await client.query(text, [...values])).rows
  return {
    query: (text, values) => run(pool)<never>(text, values).catch((error) => Promise.reject(failure(error, place))),

    async transaction(work) {
      const client = await pool.connect().catch((error) => Promise.reject(failure(error, place)))
      try {
        await client.query('BEGIN')
        const result = await work(run(client))
        await client.query('COMMIT')
        client.release()
        return result
      } catch (error) {
        client.release(true) // the server rolls back what was begun on a connection that ends
        throw failure(error as Error, place)
      }
    },

    async listen(channel, heard, signal) {
      while (!signal.aborted) {
        const client = new pg.Client(options)
        try {
          await hear(client, channel, heard, signal)
        } catch {
          // whoever queries says that the database is away
        } finally {
          await client.end().catch(() => undefined)
        }
        await clock.sleep(againMs, signal).catch(() => undefined) // aborted: the loop's condition ends it
      }
    },

    close: () => pool.end(),
  }
}

/** Resolves when the signal is aborted, rejects when the connection breaks. */
async function hear(
  client: pg.Client,
  channel: string,
  heard: (notice: string | null) => void,
  signal: AbortSignal,
): Promise<void> {
  const over = new Promise<void>((resolve, reject) => {
    client.on('error', reject)
    client.on('end', () => reject(new Error('the connection ended')))
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  over.catch(() => undefined) // it may break before anybody waits for it
  client.on('notification', ({ payload }) => heard(payload ?? ''))
  await client.connect()
  await client.query(`LISTEN ${channel}`)
  heard(null)
  await over
}

function clientOptions({ url, password, tls }: PostgresConfig): pg.ClientConfig {
  const { hostname, port, username, pathname } = new URL(url)
  return {
    host: decodeURIComponent(hostname).replace(/^\[|\]$/g, ''),
    port: port === '' ? 5432 : Number(port),
    user: decodeURIComponent(username),
    database: decodeURIComponent(pathname.slice(1)),
    ...(password && { password: () => password.reveal() }),
    ssl: tls && {
      rejectUnauthorized: tls.verify,
      ...(tls.ca !== null && { ca: readFileSync(tls.ca, 'utf8') }),
      ...(tls.cert !== null && { cert: readFileSync(tls.cert, 'utf8') }),
      ...(tls.key !== null && { key: readFileSync(tls.key, 'utf8') }),
      ...(tls.servername !== null && { servername: tls.servername }),
    },
    ...{ types, keepAlive: true, keepAliveInitialDelayMillis: 5000, application_name: 'specola' },
    ...{ connectionTimeoutMillis: connectMs, query_timeout: statementMs + 2000, statement_timeout: statementMs },
    ...{ lock_timeout: idleInTransactionMs, idle_in_transaction_session_timeout: idleInTransactionMs },
  } as pg.ClientConfig
}

/** Without user and password. */
function placeOf({ url }: PostgresConfig): string {
  const { host, pathname } = new URL(url)
  return `PostgreSQL at ${decodeURIComponent(host)}${pathname}`
}

/** Classes of SQLSTATE that say who may do what, not that the server is away. */
const refused: Record<string, string> = {
  '28': 'refuses the sign-in',
  '3D': 'has no such database',
  '42501': 'refuses',
}

function failure(error: Error & { code?: string }, place: string): AppError {
  if (error instanceof AppError) return error
  const { code = '' } = error
  const denied = refused[code] ?? refused[code.slice(0, 2)]
  const message = error.message === '' ? code : error.message // several addresses were tried: an AggregateError says nothing
  if (denied) return new AppError('unreachable', `${place} ${denied}: ${message}`, { cause: error })
  const answered = /^[0-9A-Z]{5}$/.test(code) && !/^(08|57P|53)/.test(code)
  if (answered) return new AppError('storage', `${place}: ${message} (${code})`, { cause: error })
  return new AppError('unreachable', `${place} does not answer: ${message}`, { cause: error })
}
