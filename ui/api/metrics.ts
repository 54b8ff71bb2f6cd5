/** `/metrics`: our own numbers for Prometheus. For whoever has the token; without one configured, for this machine only. */
import type { Express, Request } from 'express'
import { everything } from '../../model/access.ts'
import { accessOf } from '../chrome.ts'
import type { Edge } from '../edge.ts'
import type { EngineView } from '../engine-view.ts'
import { newMs } from '../pages/engine.ts'
import { bearerIs } from './bearer.ts'
import { type EngineReading, engineExposition } from './engine-metrics.ts'
import { exposition } from './probes.ts'

/** What asks the journal much is asked this seldom, however often somebody scrapes. */
const keepMs = 60_000
const namedAtMost = 10

export function metricsRoute(app: Express, { deps, config, hub }: Edge): void {
  accessOf('get', '/metrics')
  const { token, targets } = config.metrics
  const neverOk = kept(
    () => deps.clock.now(),
    () => deps.engine.history.neverOk(everything, deps.clock.now() - newMs, namedAtMost),
  )
  app.get('/metrics', async (req, res) => {
    res.set('Cache-Control', 'no-store')
    if (token && !bearerIs(token, req.headers.authorization)) {
      res.status(401).set('WWW-Authenticate', 'Bearer').type('text/plain').send('a valid token is needed\n')
      return
    }
    if (!token && !isLocal(req, config.trustedProxies.length > 0)) {
      res.status(403).type('text/plain').send('only for this machine: set ui.metrics.token to read it from elsewhere\n')
      return
    }
    const own = exposition(deps.health.all(), hub.clients(), deps.version)
    const reading = await readEngine(deps.engine, neverOk, deps.clock.now())
    const engine = reading ? engineExposition(reading, token !== undefined && targets) : ''
    res.set('Content-Type', 'text/plain; version=0.0.4; charset=utf-8').end(own + engine)
  })
}

/** A journal that does not answer takes only its own figures with it. */
async function readEngine(
  engine: EngineView,
  neverOk: () => Promise<EngineReading['neverOk']>,
  now: number,
): Promise<EngineReading | null> {
  const figures = engine.figures()
  if (!figures) return null
  const orNull = <T>(reading: Promise<T>) => reading.catch(() => null)
  const [outbox, never, engines] = await Promise.all([orNull(engine.outbox()), orNull(neverOk()), orNull(engine.engines())])
  return { figures, outbox, neverOk: never, engines, now }
}

function kept<T>(now: () => number, read: () => Promise<T>): () => Promise<T> {
  let last: { at: number; value: Promise<T> } | null = null
  return () => {
    if (last && Math.abs(now() - last.at) < keepMs) return last.value
    const value = read()
    last = { at: now(), value }
    value.catch(() => {
      last = null
    })
    return value
  }
}

/** A proxy on this machine that nobody told us of speaks for others: what it passes on is not local. */
function isLocal(req: Request, knowsProxies: boolean): boolean {
  const passedOn = ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'].some((name) => req.headers[name] !== undefined)
  return /^(127\.|::1$|::ffff:127\.)/.test(req.ip ?? '') && (knowsProxies || !passedOn)
}
