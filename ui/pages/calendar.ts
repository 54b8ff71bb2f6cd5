import { type CalendarEvent, calendarText } from '../../model/icalendar.ts'
import { can } from '../access.ts'
import type { PublicRoute, Reply, Route } from '../route.ts'
import type { Guest, Visit } from '../visit.ts'

const dayMs = 86_400_000
const behindMs = 30 * dayMs
const aheadMs = 180 * dayMs
const mostFeeds = 20

/** A secret address for a calendar program; shown this once. */
export const openCalendar: Route = {
  method: 'post',
  path: '/oncall/calendars',
  async handle(visit, form): Promise<Reply> {
    const { calendars, onCall } = visit.deps
    const contact = form.get('contact') || null
    if (contact !== null && !onCall.contacts().includes(contact)) return { kind: 'missing' }
    if ((await calendars.feeds(visit.viewer.account)).length >= mostFeeds)
      return { kind: 'wrong', message: visit.t('calendar.tooMany') }
    const { id, secret } = await calendars.openFeed({ account: visit.viewer.account, contact }, visit.now)
    await audit(visit, 'calendar.open', id, contact)
    return {
      kind: 'page',
      view: 'calendar',
      title: visit.t('calendar.title'),
      crumbs: [{ title: visit.t('nav.oncall'), href: '/oncall' }, { title: visit.t('calendar.title') }],
      model: { address: `${visit.origin}/calendar/${secret}.ics`, contact },
    }
  },
}

export const revokeCalendar: Route = {
  method: 'post',
  path: '/oncall/calendars/revoke',
  async handle(visit, form): Promise<Reply> {
    const id = form.get('calendar') ?? ''
    if (!(await visit.deps.calendars.revokeFeed(id, visit.viewer.account, visit.now))) return { kind: 'missing' }
    await audit(visit, 'calendar.revoke', id, null)
    return { kind: 'redirect', to: '/oncall' }
  },
}

/** For calendar programs, which cannot sign in: the address is the secret. It ends with its account, or with its right to look. */
export const calendarFeed: PublicRoute = {
  method: 'get',
  path: '/calendar/:token',
  async handleGuest(guest): Promise<Reply> {
    const { calendars, accounts } = guest.deps
    const secret = /^([\w-]{43})\.ics$/.exec(guest.params.token ?? '')?.[1]
    const feed = secret === undefined ? null : await calendars.feed(secret, guest.now)
    const account = feed && (await accounts.account(feed.account))
    if (!feed || !account || !can(account, 'see', 'oncall')) return { kind: 'missing' }
    const name = feed.contact === null ? guest.t('nav.oncall') : `${guest.t('nav.oncall')}: ${feed.contact}`
    const body = calendarText(name, eventsOf(guest, feed.contact), guest.now)
    return { kind: 'text', type: 'text/calendar; charset=utf-8', body }
  },
}

function eventsOf({ deps: { onCall }, now, t }: Guest, contact: string | null): CalendarEvent[] {
  return onCall.rotas(now).flatMap(({ rota }) =>
    onCall.shifts(rota, now - behindMs, now + aheadMs).flatMap(({ from, to, who, override }, index, all): CalendarEvent[] => {
      // the first and the last are cut off by the window: where they really begin or end is not known
      if ((contact !== null && who !== contact) || (index === 0 && all.length > 1)) return []
      const summary =
        who === null ? `${rota}: ${t('oncall.nobody')}` : contact === null ? `${rota}: ${who}` : `${t('nav.oncall')}: ${rota}`
      const description =
        override === null
          ? ''
          : `${t('oncall.override')}: ${override.who}${override.comment === '' ? '' : ` (${override.comment})`}`
      const stable = index === 0 ? 'always' : from
      return [{ uid: `${stable}-${Buffer.from(rota).toString('hex')}@specola`, from, to, summary, description }]
    }),
  )
}

const audit = (visit: Visit, what: string, object: string, detail: string | null) =>
  visit.deps.accounts.audit({ time: visit.now, who: visit.viewer.account, what, object, detail, from: visit.from })
