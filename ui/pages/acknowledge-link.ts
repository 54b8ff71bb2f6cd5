import { everything } from '../../model/access.ts'
import type { LinkClaim } from '../../model/on-call.ts'
import { type RateLimit, rateLimit } from '../rate-limit.ts'
import type { PublicRoute, Reply } from '../route.ts'
import type { Guest } from '../visit.ts'

const windowMs = 15 * 60_000
const perAddress = 60

/**
 * The link in a message: it shows what it is about and a button, and nothing changes before that is pressed, since programs look
 * at links in mails. It works once, for one problem, as the contact that it was sent to.
 */
export function acknowledgeLinkRoutes(now: () => number): PublicRoute[] {
  const addresses = rateLimit(perAddress, windowMs, now)
  return [show(addresses), take(addresses)]
}

type Reading = { ok: true; claim: LinkClaim; digest: string } | { ok: false; why: 'forged' | 'expired' | 'used' | 'tooMany' }

async function read(guest: Guest, addresses: RateLimit): Promise<Reading> {
  const { links, calendars } = guest.deps
  if (!addresses.take(guest.from ?? '')) return { ok: false, why: 'tooMany' }
  const token = guest.params.token ?? ''
  const claim = links?.read(token) ?? null
  if (!links || !claim) return { ok: false, why: 'forged' }
  if (claim.expires <= guest.now) return { ok: false, why: 'expired' }
  const digest = links.digest(token)
  if (await calendars.linkUsed(digest)) return { ok: false, why: 'used' }
  addresses.forget(guest.from ?? '')
  return { ok: true, claim, digest }
}

const statuses = { forged: 404, expired: 410, used: 410, tooMany: 429, over: 410, taken: 200, done: 200 } as const

function page(guest: Guest, outcome: keyof typeof statuses | 'ask', model: object = {}): Reply {
  const status = outcome === 'ask' ? 200 : statuses[outcome]
  const words = outcome === 'ask' ? null : guest.t(`ackLink.${outcome}`)
  return {
    ...{ kind: 'page', view: 'acknowledge-link', title: guest.t('acknowledge.title'), layout: 'plain', status },
    model: { action: guest.path, words, good: outcome === 'done' || outcome === 'taken', ...model },
    headers: { 'X-Robots-Tag': 'noindex' },
  }
}

/** The problem, if it is still the one that the link is for. */
async function problemOf({ deps, t }: Guest, { check, began }: LinkClaim) {
  const problem = await deps.alerts.check(everything, check)
  if (!problem || problem.state === 'ok' || problem.began !== began) return null
  return { ...problem, word: t(`state.${problem.state}`), name: problem.targetName ?? problem.target.id }
}

const show = (addresses: RateLimit): PublicRoute => ({
  method: 'get',
  path: '/ack/:token',
  async handleGuest(guest) {
    const found = await read(guest, addresses)
    if (!found.ok) return page(guest, found.why)
    const problem = await problemOf(guest, found.claim)
    if (!problem) return page(guest, 'over')
    const { acknowledgement } = problem
    return page(guest, acknowledgement ? 'taken' : 'ask', { problem, acknowledgement, contact: found.claim.contact })
  },
})

const take = (addresses: RateLimit): PublicRoute => ({
  method: 'post',
  path: '/ack/:token',
  async handleGuest(guest, form) {
    const found = await read(guest, addresses)
    if (!found.ok) return page(guest, found.why)
    const { claim, digest } = found
    const problem = await problemOf(guest, claim)
    if (!problem) return page(guest, 'over')
    if (problem.acknowledgement) return page(guest, 'taken', { problem, acknowledgement: problem.acknowledgement })
    const { calendars, commands, accounts } = guest.deps
    if (!(await calendars.useLink(digest, claim.expires, guest.now))) return page(guest, 'used')
    const comment = (form.get('comment') ?? '').trim().slice(0, 1000)
    const taken = await commands.acknowledge(everything, claim.check, claim.contact, comment, false, { began: claim.began })
    if (!taken) return page(guest, 'over')
    await accounts.audit({
      ...{ time: guest.now, who: claim.contact, what: 'problem.acknowledge', object: claim.check },
      ...{ detail: `link in a message${comment === '' ? '' : `: ${comment}`}`, from: guest.from },
    })
    return page(guest, 'done', { problem })
  },
})
