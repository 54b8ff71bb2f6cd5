import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import { AppError } from '../model/contract.ts'
import { metricsRoute } from './api/metrics.ts'
import { resultsRoute } from './api/results.ts'
import { type Assets, loadAssets } from './assets.ts'
import { rootOf } from './chrome.ts'
import type { UiDeps } from './deps.ts'
import { answerFailure, answerMissing, type Edge, register } from './edge.ts'
import { createLiveHub } from './live.ts'
import { createRender } from './render.ts'
import { fragments, liveRoute, publicRoutes, routes } from './routes.ts'
import { sealingKey } from './seal.ts'
import type { UiConfig } from './section.ts'
import { securityHeaders } from './security-headers.ts'
import { sessions } from './session.ts'

export type { UiDeps } from './deps.ts'
export { type UiConfig, uiSection } from './section.ts'

export interface Ui {
  /** Resolves when requests are answered; `url` is where people go. */
  listen(): Promise<{ url: string }>
  close(): Promise<void>
}

/** The web pages, the API and the live stream. */
export function createUi(config: UiConfig, deps: UiDeps): Ui {
  let running: { server: Server; edge: Edge } | null = null
  return {
    async listen() {
      const edge = makeEdge(config, deps, await loadAssets())
      const server = createServer(createApp(edge))
      server.headersTimeout = 10_000
      server.requestTimeout = 30_000
      server.keepAliveTimeout = 10_000
      server.maxConnections = 4000
      running = { server, edge }
      const { host, port } = config.listen
      await new Promise<void>((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port)))
        server.listen(port, host, () => resolve())
      })
      const { address, port: bound } = server.address() as AddressInfo
      report(deps, 'ok', 0)
      const name = address.includes(':') ? `[${address}]` : address
      return { url: (config.publicUrl ?? `http://${name}:${bound}`).replace(/\/$/, '') }
    },
    async close() {
      if (!running) return
      const { server, edge } = running
      running = null
      edge.hub.close()
      report(edge.deps, 'stopped', 0)
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

/** The pages' own line on the Health page. */
function report({ health }: UiDeps, state: 'ok' | 'stopped', streams: number) {
  health.report({ component: 'ui', kind: 'ui', state, detail: `${streams} live streams`, numbers: { streams } })
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
}

const cannotListen = (error: NodeJS.ErrnoException, host: string, port: number) =>
  new AppError(
    'config',
    `ui.listen ${host}:${port}: ${reasons[error.code ?? ''] ?? error.message}; choose another with --listen or in the config`,
    {
      cause: error,
    },
  )

function makeEdge(config: UiConfig, deps: UiDeps, assets: Assets): Edge {
  const secure = config.publicUrl?.startsWith('https:') ?? false
  const render = createRender()
  const hub = createLiveHub({
    live: deps.live,
    clock: deps.clock,
    logger: deps.logger,
    fragments,
    counted: (streams) => report(deps, 'ok', streams),
    async render(fragment, visit) {
      const page = { view: fragment.name, model: await fragment.model(visit) }
      return render('fragment', rootOf(visit, page, { assets, csrf: '', liveVersion: '', sessionEnds: null, badge: null }))
    },
  })
  return {
    config,
    deps,
    assets,
    render,
    hub,
    sessions: sessions({
      key: sealingKey(deps.directory),
      limits: config.session,
      secure,
      accounts: deps.accounts,
      now: () => deps.clock.now(),
    }),
    origins: (req) => [
      ...(config.publicUrl ? [new URL(config.publicUrl).origin] : []),
      `${req.protocol}://${req.headers.host ?? ''}`,
    ],
  }
}

/** The ordered list of what a request passes through; exported for the test that walks every route. */
export function createApp(edge: Edge): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.enable('case sensitive routing')
  app.set('trust proxy', edge.config.trustedProxies)
  app.set('query parser', false)
  app.use(securityHeaders(edge.config.publicUrl?.startsWith('https:') ?? false))
  app.get('/assets/:name', (req, res, next) => sendAsset(edge.assets, String(req.params.name), req, res, next))
  app.get('/favicon.ico', (_req, res) => res.redirect(301, edge.assets.address('mark.svg')))
  // a rules file is larger than any other form
  app.use('/rules/preview', express.text({ type: 'application/x-www-form-urlencoded', limit: '384kb' }))
  app.use(express.text({ type: 'application/x-www-form-urlencoded', limit: '64kb' }))
  for (const route of [...publicRoutes(edge), ...routes(edge)]) register(app, edge, route)
  liveRoute(app, edge)
  resultsRoute(app, edge.deps.results)
  metricsRoute(app, edge)
  app.use((req, res, next) => {
    answerMissing(edge, req, res).catch(next)
  })
  // Express knows an error handler by its four parameters.
  app.use((error: unknown, req: Request, res: Response, _next: NextFunction) => {
    answerFailure(edge, error, req, res).catch((again: unknown) => {
      edge.deps.logger.error('an error page failed', { error: String(again) })
      res.destroy()
    })
  })
  return app
}

function sendAsset(assets: Assets, name: string, req: Request, res: Response, next: NextFunction) {
  const file = assets.file(name)
  if (!file) {
    next()
    return
  }
  res.set({ 'Content-Type': file.type, 'Cache-Control': 'public, max-age=31536000, immutable', Vary: 'Accept-Encoding' })
  if (file.gzip && req.acceptsEncodings('gzip')) res.set('Content-Encoding', 'gzip').end(file.gzip)
  else res.end(file.body)
}
