import { parseInstant } from '../../model/range.ts'
import type { Reply, Route } from '../route.ts'
import type { Visit } from '../visit.ts'
import { backTo } from './acknowledge.ts'
import { lengthOf } from './lengths.ts'

const commentAtMost = 1000

/** A person plans a downtime of a check, or of all checks of its target. */
export const scheduleDowntime: Route = {
  method: 'post',
  path: '/downtimes',
  async handle(visit, form): Promise<Reply> {
    const check = form.get('check') ?? ''
    const lasts = lengthOf(form.get('lasts'))
    const written = (form.get('start') ?? '').trim()
    const start = written === '' ? visit.now : parseInstant(written, visit.now, visit.zone)
    const comment = (form.get('comment') ?? '').trim().slice(0, commentAtMost)
    if (lasts === null || start === null) return wrong(visit)
    const flexible = form.get('flexible') === '1'
    const within = lengthOf(form.get('within')) ?? lasts
    const planned = await visit.deps.commands.scheduleDowntime(visit.scope, {
      ...{ check, wholeTarget: form.get('whole') === '1', by: visit.viewer.account, comment, start },
      end: start + (flexible ? within : lasts),
      flexibleMs: flexible ? lasts : null,
    })
    if (planned === null) return { kind: 'missing' }
    if (!planned.ok) return wrong(visit)
    await audit(visit, 'downtime.schedule', check, `${comment} (${planned.id})`)
    return { kind: 'redirect', to: backTo(form, '/problems') }
  },
}

export const cancelDowntime: Route = {
  method: 'post',
  path: '/downtimes/cancel',
  async handle(visit, form): Promise<Reply> {
    const id = form.get('downtime') ?? ''
    if (!(await visit.deps.commands.cancelDowntime(visit.scope, id, visit.viewer.account))) return { kind: 'missing' }
    await audit(visit, 'downtime.cancel', id, null)
    return { kind: 'redirect', to: backTo(form, '/problems') }
  },
}

async function audit(visit: Visit, what: string, object: string, detail: string | null): Promise<void> {
  await visit.deps.accounts.audit({ time: visit.now, who: visit.viewer.account, what, object, detail, from: visit.from })
}

const wrong = (visit: Visit): Reply => ({ kind: 'wrong', message: visit.t('downtime.wrong') })
