import type { AlertKind } from '../../model/check.ts'
import type { Delivery, ReachedContact } from '../../model/contract.ts'
import { type RateLimit, rateLimit } from '../rate-limit.ts'
import type { Reply, Route } from '../route.ts'
import { text, type Visit } from '../visit.ts'
import { stateOfHealth } from './wall.ts'

/** Kinds that a preview can be asked for. */
const kinds = ['problem', 'recovery', 'acknowledgement', 'test'] as const satisfies readonly (AlertKind | 'test')[]

/** A test is a message to somebody: so many a minute and account. */
const testsAMinute = 6

/** Which notifiers there are, whom they reach, and whether they get through. */
export const notifiersPage: Route = {
  method: 'get',
  path: '/notifiers',
  handle: async (visit) => overview(visit, null),
}

/** Sends a message that says that it is a test, and shows what the server answered. */
export function testNotifier(now: () => number): Route {
  const limit: RateLimit = rateLimit(testsAMinute, 60_000, now)
  return {
    method: 'post',
    path: '/notifiers/test',
    async handle(visit, form) {
      const notifier = form.get('notifier') ?? ''
      const reached = contactOf(visit, notifier, form.get('contact') ?? '')
      if (!reached) return { kind: 'missing' }
      if (!limit.take(visit.viewer.account)) return { kind: 'wrong', message: visit.t('notifiers.tooMany') }
      const delivery = await visit.deps.notifiers.test(notifier, reached.address, reached.language)
      await visit.deps.accounts.audit({
        ...{ time: visit.now, who: visit.viewer.account, what: 'notifier.test', object: `${notifier} ${reached.contact}` },
        ...{ detail: delivery.ok ? 'ok' : delivery.reason, from: visit.from },
      })
      return overview(visit, { notifier, contact: reached.contact, address: reached.address, ...saidOf(visit, delivery) })
    },
  }
}

/** What a message would look like. */
export const notifierPreview: Route = {
  method: 'get',
  path: '/notifiers/preview',
  async handle(visit) {
    const asked = previewOf(visit)
    if (!asked) return { kind: 'missing' }
    const { notifier, reached, kind } = asked
    const parts = await visit.deps.notifiers.preview(notifier, reached.address, reached.language, kind)
    const query = new URLSearchParams({ notifier, contact: reached.contact, kind })
    const title = visit.t('notifiers.preview.of', { notifier })
    return {
      kind: 'page',
      view: 'notifier-preview',
      title,
      crumbs: [{ title: visit.t('nav.notifiers'), href: '/notifiers' }, { title }],
      model: {
        ...{ notifier, contact: reached.contact, address: reached.address, empty: parts.length === 0 },
        kinds: kinds.map((value) => ({ value, title: visit.t(`notified.${value}`), chosen: value === kind })),
        parts: parts.map((part) => ({
          ...part,
          isNotice: part.title === '!',
          frame: part.type === 'html' ? `/notifiers/preview/html?${query}` : null,
        })),
      },
    }
  },
}

/** The HTML of a mail, by itself: no script, nothing from elsewhere. */
export const notifierPreviewHtml: Route = {
  method: 'get',
  path: '/notifiers/preview/html',
  async handle(visit) {
    const asked = previewOf(visit)
    if (!asked) return { kind: 'missing' }
    const { notifier, reached, kind } = asked
    const parts = await visit.deps.notifiers.preview(notifier, reached.address, reached.language, kind)
    const html = parts.find(({ type }) => type === 'html')
    if (!html) return { kind: 'missing' }
    return {
      ...{ kind: 'text', type: 'text/html; charset=utf-8', body: html.body },
      headers: {
        'Content-Security-Policy': `default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'`,
        'X-Frame-Options': 'SAMEORIGIN',
      },
    }
  },
}

function previewOf(visit: Visit) {
  const notifier = text(visit, 'notifier') ?? ''
  const reached = contactOf(visit, notifier, text(visit, 'contact') ?? '')
  const kind = kinds.find((one) => one === visit.query.get('kind')) ?? 'problem'
  return reached ? { notifier, reached, kind } : null
}

/** Only addresses of the configuration: the button is no way to write to anybody. */
function contactOf(visit: Visit, notifier: string, contact: string): ReachedContact | null {
  const found = visit.deps.notifiers.notifiers().find(({ name, configured }) => configured && name === notifier)
  return found?.contacts.find((one) => one.contact === contact) ?? null
}

function saidOf(visit: Visit, delivery: Delivery) {
  if (delivery.ok)
    return { ok: true, word: visit.t('notifiers.tested'), answer: delivery.answer ?? '', notice: delivery.notice ?? null }
  const word = visit.t(delivery.retry ? 'notifiers.failed.again' : 'notifiers.failed.never')
  return { ok: false, word, answer: delivery.reason, notice: null }
}

interface Result {
  notifier: string
  contact: string
  address: string
  ok: boolean
  word: string
  answer: string
  notice: string | null
}

function overview(visit: Visit, result: Result | null): Reply {
  const all = visit.deps.notifiers.notifiers()
  const board = visit.deps.health.all()
  const used = all.filter(({ configured }) => configured)
  return {
    kind: 'page',
    view: 'notifiers',
    title: visit.t('nav.notifiers'),
    status: result && !result.ok ? 502 : 200,
    model: {
      result,
      mayTest: visit.can('test', 'notifiers'),
      used: used.map(({ name, contacts }) => {
        const health = board.find(({ component }) => component === `notify-${name}`)
        return {
          ...{ name, description: visit.t(`notifier.${name}`) },
          shape: health ? stateOfHealth(health.state) : 'pending',
          word: health ? visit.t(`health.${health.state}`) : visit.t('notifiers.unused'),
          detail: health?.detail ?? null,
          at: health?.at ?? null,
          contacts: contacts.map((one) => ({
            ...one,
            preview: `/notifiers/preview?${new URLSearchParams({ notifier: name, contact: one.contact })}`,
          })),
        }
      }),
      others: all.filter(({ configured }) => !configured).map(({ name }) => ({ name, description: visit.t(`notifier.${name}`) })),
    },
  }
}
