import { parseInstant } from '../../model/range.ts'
import type { Shift } from '../../model/rota.ts'
import { type Fragment, topicOf } from '../fragment.ts'
import type { Reply, Route } from '../route.ts'
import { linkTo, text, type Visit } from '../visit.ts'

const dayMs = 86_400_000
const shownMs = 28 * dayMs
const commentAtMost = 500
/** Width of the strip of shifts, in its own units. */
const strip = 1000
const hues = 6

/** Who is on call now, who is next, and the weeks to come. */
export const onCallPage: Route = {
  method: 'get',
  path: '/oncall{.:format}',
  async handle(visit): Promise<Reply> {
    if (visit.shape !== 'html') return list(visit)
    const { onCall } = visit.deps
    const rotas = onCall.rotas(visit.now)
    const people = onCall.contacts()
    return {
      kind: 'page',
      view: 'on-call',
      title: visit.t('nav.oncall'),
      model: {
        topic: topicOf(onCallBoard, visit),
        content: await onCallBoard.model(visit),
        rotas: rotas.map(({ rota }) => rota),
        people,
        mayPlan: visit.can('acknowledge', 'problems'),
        groups: onCall.groups().map(({ name, members }) => ({ name, members: members.join(', ') })),
        feeds: await visit.deps.calendars.feeds(visit.viewer.account),
        csv: linkTo(visit, {}, '/oncall.csv'),
        json: linkTo(visit, {}, '/oncall.json'),
      },
    }
  },
}

export const onCallBoard: Fragment = {
  name: 'on-call-board',
  access: ['see', 'oncall'],
  everyMs: 30_000,
  wakes: (change) => change.kind === 'health' && change.component.startsWith('rota '),
  async model(visit) {
    const { onCall } = visit.deps
    const until = visit.now + shownMs
    return {
      rotas: onCall.rotas(visit.now).map(({ rota, zone, members, now, next }) => {
        const shifts = onCall.shifts(rota, visit.now, until)
        const hueOf = (who: string) => members.indexOf(who) % hues
        return {
          ...{ rota, zone, now, next },
          empty: now.who === null,
          strip: shifts.map((shift) => bar(shift, visit.now, hueOf)),
          days: daysOf(visit),
          gaps: shifts.filter(({ who, from }) => who === null && from > visit.now).slice(0, 5),
          shifts: shifts.slice(0, 12).map((shift) => ({ ...shift, hue: shift.who === null ? null : hueOf(shift.who) })),
          overrides: onCall.overrides(rota, visit.now, visit.now + 366 * dayMs).map((one) => ({
            ...one,
            mayRemove: one.by !== 'configuration' && visit.can('acknowledge', 'problems'),
          })),
        }
      }),
    }
  },
}

function bar({ from, to, who }: Shift, now: number, hueOf: (who: string) => number) {
  const place = (at: number) => Math.round(((at - now) / shownMs) * strip * 10) / 10
  const [x, width] = [place(from), Math.max(1, place(to) - place(from))]
  return { x, width, who, from, to, hue: who === null ? null : hueOf(who), roomy: width > 90, middle: x + width / 2 }
}

/** The days below the strip: one mark a week. */
function daysOf({ now, show }: Visit) {
  return Array.from({ length: 4 }, (_, week) => ({ x: (week * strip) / 4, title: show.day(now + week * 7 * dayMs) }))
}

/** `at` asks for one instant; else the shifts of [from, to). */
async function list(visit: Visit): Promise<Reply> {
  const { onCall } = visit.deps
  const instant = (name: string, fallback: number) => {
    const given = text(visit, name)
    return given === undefined ? fallback : parseInstant(given, visit.now, visit.zone)
  }
  const at = instant('at', visit.now)
  const from = text(visit, 'at') === undefined ? instant('from', visit.now) : at
  const to = text(visit, 'at') === undefined ? instant('to', (from ?? visit.now) + shownMs) : (at ?? 0) + 1
  if (at === null || from === null || to === null || to <= from) return { kind: 'wrong', message: visit.t('range.wrong.order') }
  const wanted = text(visit, 'rota')
  const rotas = onCall.rotas(at).filter(({ rota }) => wanted === undefined || rota === wanted)
  const iso = visit.show.iso
  return {
    kind: 'list',
    name: 'on-call',
    columns: ['rota', 'from', 'to', 'who', 'override'].map((key) => ({ key, title: key })),
    rows: rotas.flatMap(({ rota }) =>
      onCall.shifts(rota, from, to).map((shift) => ({
        ...{ rota, from: iso(shift.from), to: iso(shift.to), who: shift.who },
        override: shift.override && `${shift.override.comment} (${shift.override.by})`,
      })),
    ),
    also: {
      at: iso(at),
      onCall: rotas.map(({ rota, now, next }) => ({
        ...{ rota, who: now.who, since: iso(now.from), until: iso(now.to) },
        next: next && { who: next.who, from: iso(next.from), until: iso(next.to) },
      })),
    },
  }
}

/** Somebody stands in for somebody. */
export const addOverride: Route = {
  method: 'post',
  path: '/oncall/overrides',
  async handle(visit, form): Promise<Reply> {
    const rota = form.get('rota') ?? ''
    const who = form.get('who') ?? ''
    const zone = visit.deps.onCall.rotas(visit.now).find((one) => one.rota === rota)?.zone ?? visit.zone
    const read = (name: string) => parseInstant((form.get(name) ?? '').trim(), visit.now, zone)
    const [from, to] = [read('from'), read('to')]
    if (from === null || to === null) return wrong(visit, 'order')
    const comment = (form.get('comment') ?? '').trim().slice(0, commentAtMost)
    const instead = form.get('instead') || null
    const added = await visit.deps.onCall.addOverride({ rota, who, instead, from, to, comment, by: visit.viewer.account })
    if (!added.ok) return wrong(visit, added.reason)
    const detail = `${who} for ${instead ?? 'whoever'}, ${visit.show.iso(from)} – ${visit.show.iso(to)} ${comment}`.trim()
    await audit(visit, 'oncall.override', rota, detail)
    return { kind: 'redirect', to: '/oncall' }
  },
}

export const removeOverride: Route = {
  method: 'post',
  path: '/oncall/overrides/remove',
  async handle(visit, form): Promise<Reply> {
    const id = form.get('override') ?? ''
    if (!(await visit.deps.onCall.removeOverride(id, visit.viewer.account))) return { kind: 'missing' }
    await audit(visit, 'oncall.override.remove', id, null)
    return { kind: 'redirect', to: '/oncall' }
  },
}

const wrong = (visit: Visit, reason: string): Reply => ({ kind: 'wrong', message: visit.t(`oncall.wrong.${reason}`) })

const audit = (visit: Visit, what: string, object: string, detail: string | null) =>
  visit.deps.accounts.audit({ time: visit.now, who: visit.viewer.account, what, object, detail, from: visit.from })
