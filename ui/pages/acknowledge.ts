import type { Reply, Route } from '../route.ts'
import type { Visit } from '../visit.ts'
import { lengthOf } from './lengths.ts'

const atOnce = 200
const commentAtMost = 1000

/** Where a form sends people back to: a path of ours, whatever was asked for. */
export function backTo(form: URLSearchParams, fallback: string): string {
  const back = form.get('back') ?? ''
  // `//host` and `/\host` are other sites to a browser.
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(back) ? back : fallback
}

/** A person takes one or more problems, with a word about it. */
export const acknowledge: Route = {
  method: 'post',
  path: '/problems/acknowledge',
  async handle(visit, form): Promise<Reply> {
    const comment = (form.get('comment') ?? '').trim().slice(0, commentAtMost)
    const sticky = form.get('sticky') === '1'
    const lasts = lengthOf(form.get('lasts'))
    const taken = await forEach(visit, form, 'problem.acknowledge', comment, (check) =>
      visit.deps.commands.acknowledge(visit.scope, check, visit.viewer.account, comment, sticky, {
        ...(lasts === null ? {} : { until: visit.now + lasts }),
        persistent: form.get('persistent') === '1',
      }),
    )
    return done(form, taken)
  },
}

export const unacknowledge: Route = {
  method: 'post',
  path: '/problems/unacknowledge',
  async handle(visit, form): Promise<Reply> {
    const taken = await forEach(visit, form, 'problem.unacknowledge', null, (check) =>
      visit.deps.commands.unacknowledge(visit.scope, check, visit.viewer.account),
    )
    return done(form, taken)
  },
}

const done = (form: URLSearchParams, taken: number): Reply =>
  taken === 0 ? { kind: 'missing' } : { kind: 'redirect', to: backTo(form, '/problems') }

/** Each outcome goes to the audit trail; a check that is not there (or not in scope) is not counted. */
async function forEach(
  visit: Visit,
  form: URLSearchParams,
  what: string,
  detail: string | null,
  command: (check: string) => Promise<boolean>,
): Promise<number> {
  let taken = 0
  for (const check of [...new Set(form.getAll('check'))].slice(0, atOnce)) {
    if (!(await command(check))) continue
    taken++
    const { now: time, from } = visit
    await visit.deps.accounts.audit({ time, who: visit.viewer.account, what, object: check, detail, from })
  }
  return taken
}
