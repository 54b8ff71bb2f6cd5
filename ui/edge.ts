import { randomUUID } from 'node:crypto'
import type { Express, NextFunction, Request, Response } from 'express'
import type { Account, Preferences } from '../model/access.ts'
import { AppError } from '../model/contract.ts'
import { type Access, can } from './access.ts'
import type { Assets } from './assets.ts'
import { accessOf, rootOf } from './chrome.ts'
import { csrfMatches, csrfToken, sameSite } from './csrf.ts'
import type { UiDeps } from './deps.ts'
import { chooseLanguage } from './i18n.ts'
import type { LiveHub } from './live.ts'
import { problemBadge } from './pages/problems.ts'
import type { Render } from './render.ts'
import { sendFile, sendJson, sendList, sendText } from './reply.ts'
import type { PublicRoute, Reply, Route } from './route.ts'
import type { UiConfig } from './section.ts'
import { cookie, type Sessions, type Ticket } from './session.ts'
import { type Guest, type Shape, signedIn, speak, type Visit } from './visit.ts'

/** What turns handlers into HTTP: made once by the server. */
export interface Edge {
  config: UiConfig
  deps: UiDeps
  sessions: Sessions
  assets: Assets
  render: Render
  hub: LiveHub
  /** Origins that are ours, for browsers too old to say where a request comes from. */
  origins(req: Request): readonly string[]
}

interface Caller {
  guest: Guest
  visit: Visit | null
  ticket: Ticket
}

const plain: Preferences = { language: null, theme: null, zone: null, density: 'normal' }
const shapes: readonly string[] = ['csv', 'json']

/** Registers a handler behind its line of the access table. */
export function register(app: Express, edge: Edge, route: Route | PublicRoute): void {
  const access = accessOf(route.method, route.path)
  app[route.method](route.path, async (req: Request, res: Response, next: NextFunction) => {
    try {
      const caller = await identify(edge, req, res)
      if (!(await admit(edge, req, res, caller, access))) return
      if (caller.guest.params.format !== undefined && caller.guest.shape === 'html') {
        await sendProblem(edge, req, res, caller, 404, 'error.missing')
        return
      }
      const form = new URLSearchParams(typeof req.body === 'string' ? req.body : '')
      if (route.method === 'post' && !formIsOurs(edge, req, caller, form)) {
        await sendProblem(edge, req, res, caller, 403, 'error.form')
        return
      }
      const reply =
        'handle' in route
          ? await route.handle(caller.visit as Visit, form)
          : await route.handleGuest(caller.visit ?? caller.guest, form)
      await answer(edge, req, res, caller, reply)
    } catch (error) {
      next(error)
    }
  })
}

/** Who is asking, and how they like their pages. */
export async function identify(edge: Edge, req: Request, res: Response): Promise<Caller> {
  const { ticket, account } = await edge.sessions.read(req, res)
  const guest = guestOf(edge, req, account)
  return { guest, ticket, visit: account ? signedIn(guest, account) : null }
}

function guestOf(edge: Edge, req: Request, account: Account | null): Guest {
  const { config, deps } = edge
  const preferences = account?.preferences ?? plain
  const language = chooseLanguage(
    preferences.language ?? cookie(req, 'specola_language'),
    req.headers['accept-language'],
    config.language,
  )
  const url = new URL(req.originalUrl, 'http://specola')
  const params = paramsOf(req)
  const shape = shapes.includes(params.format ?? '') ? (params.format as Shape) : 'html'
  const zone = preferences.zone ?? config.zone
  return {
    deps,
    config,
    path: url.pathname,
    params,
    query: url.searchParams,
    shape,
    preferences,
    ...speak(language, zone),
    zone,
    now: deps.clock.now(),
    from: req.ip ?? null,
  }
}

/** An id may have a dot in it: what follows is a format only when it is one of ours. */
function paramsOf(req: Request): Record<string, string> {
  const params = Object.fromEntries(Object.entries(req.params).map(([name, value]) => [name, String(value)]))
  const { id, format } = params
  if (id === undefined || format === undefined || shapes.includes(format)) return params
  return { id: `${id}.${format}` }
}

/** Lets in whom the table lets in; answers everybody else. */
async function admit(edge: Edge, req: Request, res: Response, caller: Caller, access: Access): Promise<boolean> {
  if (access === 'public') return true
  if (!caller.visit) {
    const page = req.method === 'GET' && caller.guest.shape === 'html' && !/^\/(api|live|session)\b/.test(caller.guest.path)
    if (page) res.redirect(303, `/login?next=${encodeURIComponent(req.originalUrl)}`)
    else await sendProblem(edge, req, res, caller, 401, 'error.signedOut')
    return false
  }
  if (access === 'signed-in' || can(caller.visit.viewer, ...access)) return true
  await sendProblem(edge, req, res, caller, 403, 'error.denied')
  return false
}

function formIsOurs(edge: Edge, req: Request, { ticket }: Caller, form: URLSearchParams): boolean {
  const { 'sec-fetch-site': site, origin } = req.headers
  const headers = { 'sec-fetch-site': typeof site === 'string' ? site : undefined, origin }
  return sameSite(headers, edge.origins(req)) && csrfMatches(ticket.csrf, form.get('csrf') ?? '')
}

async function answer(edge: Edge, req: Request, res: Response, caller: Caller, reply: Reply): Promise<void> {
  const { guest } = caller
  switch (reply.kind) {
    case 'page':
      res.status(reply.status ?? 200).set(reply.headers ?? {})
      return sendPage(edge, req, res, caller, reply)
    case 'list':
      return sendList(req, res, reply, guest.shape)
    case 'json':
      res.status(reply.status ?? 200)
      return sendJson(req, res, reply.body)
    case 'text':
      res.status(reply.status ?? 200).set(reply.headers ?? {})
      return sendText(req, res, reply.type, reply.body)
    case 'file':
      return sendFile(res, reply)
    case 'redirect':
      return res.redirect(303, reply.to)
    case 'missing':
      return sendProblem(edge, req, res, caller, 404, 'error.missing')
    case 'wrong':
      return sendProblem(edge, req, res, caller, 400, 'error.wrong', reply.message)
    case 'open':
      if (caller.ticket.id !== null) await edge.sessions.close(res, caller.ticket)
      await edge.sessions.open(res, reply.account, guest.from)
      return res.redirect(303, reply.to)
    case 'close':
      await edge.sessions.close(res, caller.ticket)
      return res.redirect(303, reply.to)
  }
}

type Page = Extract<Reply, { kind: 'page' }>

async function sendPage(edge: Edge, req: Request, res: Response, caller: Caller, page: Page): Promise<void> {
  const badge = caller.visit && (page.layout ?? 'app') === 'app' ? await badgeOf(edge, caller.visit) : null
  const root = rootOf(caller.visit ?? caller.guest, page, {
    assets: edge.assets,
    csrf: csrfToken(caller.ticket.csrf),
    liveVersion: edge.hub.version(),
    sessionEnds: caller.visit ? edge.sessions.endsAt(caller.ticket) : null,
    badge,
  })
  await sendText(req, res, 'text/html; charset=utf-8', edge.render(`layout-${page.layout ?? 'app'}`, root))
}

/** The number in the rail. A journal that does not answer must not take the page with it. */
async function badgeOf(edge: Edge, visit: Visit): Promise<object | null> {
  try {
    return await problemBadge.model(visit)
  } catch (error) {
    edge.deps.logger.warn('the number of problems could not be read', { error: String(error) })
    return null
  }
}

/** An answer that is not the one hoped for: a page for people, JSON for programs. */
async function sendProblem(
  edge: Edge,
  req: Request,
  res: Response,
  caller: Caller,
  status: number,
  key: string,
  detail: string | null = null,
  request: string | null = null,
): Promise<void> {
  const { guest } = caller
  res.status(status)
  const message = guest.t(key)
  if (guest.shape === 'json' || guest.path.startsWith('/api/') || guest.path === '/live' || guest.path === '/session') {
    await sendJson(req, res, { error: message, detail, request })
    return
  }
  const model = { status, message, detail, request, signedIn: caller.visit !== null }
  const layout = caller.visit ? 'app' : 'plain'
  await sendPage(edge, req, res, caller, { kind: 'page', view: 'error', title: guest.t(`error.${status}`), model, layout })
}

const statuses: Partial<Record<AppError['code'], number>> = {
  'not-found': 404,
  invalid: 400,
  denied: 403,
  unreachable: 503,
  storage: 503,
}

/** For addresses that nobody answers. */
export async function answerMissing(edge: Edge, req: Request, res: Response): Promise<void> {
  await sendProblem(edge, req, res, await identify(edge, req, res), 404, 'error.missing')
}

/** The last resort: the person gets a number to quote, the log gets the reason. */
export async function answerFailure(edge: Edge, error: unknown, req: Request, res: Response): Promise<void> {
  if (res.headersSent) {
    res.destroy()
    return
  }
  const declared = (error as { status?: unknown }).status
  const outer = typeof declared === 'number' && declared >= 400 && declared < 500 ? declared : 500
  const status = error instanceof AppError ? (statuses[error.code] ?? 500) : outer
  const request = randomUUID()
  if (status >= 500)
    edge.deps.logger.error('a request failed', { request, path: req.path, error: String(error), stack: (error as Error).stack })
  const guest = guestOf(edge, req, null)
  const caller: Caller = { guest, visit: null, ticket: { id: null, csrf: '', opened: 0, seen: 0 } }
  const detail = error instanceof AppError && status < 500 ? error.message : null
  await sendProblem(edge, req, res, caller, status, status >= 500 ? 'error.failed' : 'error.wrong', detail, request)
}
