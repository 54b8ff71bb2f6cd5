import { InfluxDB } from 'influx'
import type { Secret } from '../config/fields.ts'
import type { Clock } from '../model/clock.ts'
import { AppError, type Logger } from '../model/contract.ts'
import type { LatestQuery, RangeQuery, RangeResult, Sample, SampleStore, Series, Tags } from '../model/sample.ts'
import { canonicalTags, checkedName, finite, timeVerdict } from './admission.ts'
import { identifier, latestQuery, rangeColumns, rangeQuery } from './influxql.ts'
import { decodeName, decodeTagValue, encodeName, encodeTagValue } from './line-protocol.ts'
import { sortSeries } from './pool.ts'
import { gridOf } from './range-grid.ts'
import { refusalLog } from './refusal-log.ts'

export interface InfluxSettings {
  url: string
  database: string
  retentionPolicy: string
  username?: string | undefined
  password?: Secret | undefined
  /** Kept time, ms. */
  retention: number
  /** Limit of each request, ms. */
  timeout: number
}

interface Answer {
  results: { error?: string; series?: { name: string; tags?: Tags; columns: string[]; values: (string | number | null)[][] }[] }[]
}

/** SampleStore on InfluxDB 1.x through the `influx` package: a returned write is in its write-ahead log, fsynced. */
export class Influx1Store implements SampleStore {
  readonly kind = 'influx1'
  readonly #settings: InfluxSettings
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #client: InfluxDB
  readonly #refused: ReturnType<typeof refusalLog>
  readonly #stop = new AbortController()
  #prepared: Promise<void> | null = null

  constructor(settings: InfluxSettings, deps: { clock: Clock; logger: Logger }) {
    this.#settings = settings
    this.#clock = deps.clock
    this.#logger = deps.logger
    this.#refused = refusalLog(deps.clock, deps.logger)
    const { protocol, hostname, port, pathname } = new URL(settings.url)
    const https = protocol === 'https:'
    this.#client = new InfluxDB({
      protocol: https ? 'https' : 'http',
      host: hostname,
      port: port === '' ? (https ? 443 : 80) : Number(port),
      path: pathname === '/' ? '' : pathname,
      database: settings.database,
      ...(settings.username === undefined ? {} : { username: settings.username }),
      ...(settings.password === undefined ? {} : { password: settings.password.reveal() }),
      // Whoever writes already tries again, with back-off and a bounded queue; a second one inside would hide the outage.
      pool: { maxRetries: 0, requestTimeout: settings.timeout, backoff: always },
    })
  }

  /** Opens, also while the server is away: it is prepared when it first answers. */
  static async open(settings: InfluxSettings, deps: { clock: Clock; logger: Logger }): Promise<Influx1Store> {
    const store = new Influx1Store(settings, deps)
    try {
      await store.#ready()
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'unreachable') throw error
      deps.logger.warn(`${error.message}; samples wait until it answers`)
    }
    return store
  }

  async write(batch: readonly Sample[]): Promise<void> {
    const now = this.#clock.now()
    const refused = { 'too old': 0, 'in the future': 0 }
    const points: ReturnType<typeof pointOf>[] = []
    for (const sample of batch) {
      const verdict = timeVerdict(sample.time, now, this.#settings.retention)
      if (verdict !== 'kept') refused[verdict]++
      const clean = verdict === 'kept' ? finite(sample) : null
      if (clean) points.push(pointOf(clean))
    }
    if (points.length > 0) {
      await this.#ready()
      const { database, retentionPolicy } = this.#settings
      await this.#call('write', () => this.#client.writePoints(points, { database, retentionPolicy, precision: 'ms' }))
    }
    this.#refused(refused)
  }

  async range(query: RangeQuery): Promise<RangeResult> {
    const { times, step, first } = gridOf(query)
    const statement = times.length === 0 ? null : rangeQuery(query)
    if (!statement) return { times, series: [] }
    const columns = rangeColumns(query)
    const series: Series[] = []
    for (const found of await this.#query(statement)) {
      const tags = tagsOf(found.tags)
      columns.forEach(({ field, aggregate }, c) => {
        const values: (number | null)[] = Array(times.length).fill(null)
        let any = false
        for (const row of found.values) {
          const value = row[c + 1]
          // A count of 0 stands in a row that another field filled: there is no data all the same.
          if (typeof value !== 'number' || (aggregate === 'count' && value === 0)) continue
          values[Math.floor(Number(row[0]) / step) - first] = value
          any = true
        }
        if (any) series.push({ tags, field, aggregate, values })
      })
    }
    return { times, series: sortSeries(series, query.groupBy) }
  }

  async latest(query: LatestQuery): Promise<Sample[]> {
    const statement = latestQuery(query)
    if (!statement) return []
    return (await this.#query(statement)).flatMap(({ tags, columns, values }) => {
      const [row] = values
      if (!row) return []
      const fields = columns
        .map((column, i) => [decodeName(column), row[i]] as const)
        .filter((entry, i): entry is [string, number] => i > 0 && typeof entry[1] === 'number')
      return { measurement: query.measurement, tags: tagsOf(tags), fields: Object.fromEntries(fields), time: Number(row[0]) }
    })
  }

  async close(): Promise<void> {
    this.#stop.abort(new AppError('storage', 'influxdb: the store is closed'))
  }

  /** Database and retention policy exist; found out once, and again after a failure. */
  #ready(): Promise<void> {
    this.#prepared ??= this.#prepare().catch((error: unknown) => {
      this.#prepared = null
      throw error
    })
    return this.#prepared
  }

  async #prepare(): Promise<void> {
    const { database, retentionPolicy, retention } = this.#settings
    const run = (query: string) =>
      this.#call('query', () => this.#client.queryRaw(query, { database, method: 'POST' }) as Promise<Answer>)
    const present = (await run('SHOW DATABASES')).results[0]?.series?.[0]?.values ?? []
    if (!present.some(([name]) => name === database)) {
      refuseErrors(await run(`CREATE DATABASE ${identifier(database)}`))
      this.#logger.info(`influxdb: database ${database} created at ${this.#place}`)
    }
    const policies = await run(`SHOW RETENTION POLICIES ON ${identifier(database)}`)
    refuseErrors(policies)
    if (policies.results[0]?.series?.[0]?.values.some(([name]) => name === retentionPolicy)) return
    const seconds = Math.max(3600, Math.ceil(retention / 1000))
    refuseErrors(
      await run(
        `CREATE RETENTION POLICY ${identifier(retentionPolicy)} ON ${identifier(database)} DURATION ${seconds}s REPLICATION 1 SHARD DURATION 1d`,
      ),
    )
  }

  async #query(statement: string) {
    await this.#ready()
    const { database, retentionPolicy } = this.#settings
    const options = { database, retentionPolicy, precision: 'ms' as const, method: 'POST' as const }
    const answer = await this.#call('query', () => this.#client.queryRaw(statement, options) as Promise<Answer>)
    refuseErrors(answer)
    return answer.results[0]?.series ?? []
  }

  get #place(): string {
    const { host, protocol } = new URL(this.#settings.url)
    return `${protocol}//${host}`
  }

  /** The package can wait for ever when a connection breaks in the middle of an answer: every call has our own limit too. */
  async #call<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.#stop.signal.throwIfAborted()
    const done = new AbortController()
    const either = AbortSignal.any([done.signal, this.#stop.signal])
    const { timeout } = this.#settings
    const limit = this.#clock.sleep(2 * timeout, either).then(
      () => {
        throw new AppError('unreachable', `influxdb ${this.#place}: ${what} not answered within ${timeout / 1000} s`)
      },
      () => new Promise<never>((_, reject) => (done.signal.aborted ? undefined : reject(this.#stop.signal.reason))),
    )
    try {
      return await Promise.race([work(), limit])
    } catch (error) {
      const told = failure(error, `influxdb ${this.#place}: ${what}`)
      if (told.code !== 'invalid') this.#prepared = null // it may come back without our database
      throw told
    } finally {
      done.abort()
    }
  }
}

/** Never bars a host: whether to try is decided by the caller. */
const always = {
  getDelay: () => 0,
  next: () => always,
  reset: () => always,
}

function pointOf({ measurement, tags, fields, time }: Sample) {
  const encoded: Record<string, string> = {}
  for (const [key, value] of Object.entries(canonicalTags(tags))) encoded[encodeName(key)] = encodeTagValue(value)
  const values: Record<string, number> = {}
  for (const name in fields) values[encodeName(checkedName('field', name))] = fields[name] as number
  // The package escapes tags and fields, but takes the measurement as it is.
  const escaped = encodeName(checkedName('measurement', measurement)).replace(/[, ]/g, '\\$&')
  return { measurement: escaped, tags: encoded, fields: values, timestamp: time }
}

function tagsOf(tags: Tags | undefined): Tags {
  const entries = Object.entries(tags ?? {}).filter(([, value]) => value !== '')
  return Object.fromEntries(entries.map(([key, value]) => [decodeName(key), decodeTagValue(value)]))
}

function refuseErrors(answer: Answer): void {
  for (const { error } of answer.results) if (error) throw new AppError('storage', `influxdb: ${error.slice(0, 500)}`)
}

/**
 * The package's errors carry the whole request, credentials included: only their text goes on. 400 and 413 mean this very
 * request (a sample in it may clash with a field that others wrote); what says "unreachable" passes by itself.
 */
function failure(error: unknown, what: string): AppError {
  if (error instanceof AppError) return error
  const { message, res } = error as { message: string; res?: { statusCode?: number } }
  const text = `${what}: ${String(message).slice(0, 500).trim()}`
  const status = res?.statusCode
  if (status === 401 || status === 403) return new AppError('denied', text)
  if (status === 400 || status === 413) return new AppError('invalid', text)
  if (error instanceof SyntaxError) return new AppError('protocol', `${what}: not answered in JSON; is this an InfluxDB 1.x?`)
  if (status !== undefined && status < 500) return new AppError('storage', text)
  return new AppError('unreachable', text)
}
