/** Gaps in words: what happened, which figures suffer, what to do. Used by pages, the command line and reports alike. */
import { doubtsOf } from '../model/completeness.ts'
import type { Gap } from '../model/contract.ts'
import type { Formatter } from './format.ts'
import { hasText, type Translate } from './i18n.ts'

interface Words {
  t: Translate
  show: Formatter
}

/** `hosts`: whether the reader may see names of machines. */
export function gapWords({ t, show }: Words, gap: Gap, hosts: boolean) {
  const where = [gap.service, hosts ? gap.host : null].filter((part) => part !== null && part !== '').join(' · ')
  const variant = gap.cause !== null && hasText(show.language, `gap.what.${gap.kind}.${gap.cause}`) ? `.${gap.cause}` : ''
  return {
    what: t(`gap.what.${gap.kind}${variant}`, { count: gap.count ?? 0 }),
    where,
    loss: t(`gap.loss.${gap.loss}`),
    shape: { none: 'ok', possible: 'warning', certain: 'critical' }[gap.loss],
    count: gap.count === null ? null : t(gap.kind === 'unread' ? 'gap.messages' : 'gap.concerned', { count: gap.count }),
    step: gap.kind === 'overdue' ? gap.cause : null,
    effect:
      gap.healedAt !== undefined
        ? t('gap.effect.healed', { when: show.full(gap.healedAt) })
        : t(gap.loss === 'none' ? 'gap.effect.none' : `gap.effect.${gap.kind}`),
    remedy: gap.loss === 'none' || gap.healedAt !== undefined ? null : t(`gap.remedy.${gap.kind}`),
    lasts: gap.to === null ? null : show.duration(gap.to - gap.from),
  }
}

/** `3 gaps in this period: host silent (2), audit did not run`; null when nothing is against the figures. */
export function gapNote({ t, show }: Words, gaps: readonly Gap[]): string | null {
  const counting = doubtsOf(gaps)
  if (counting.length === 0) return null
  const kinds = Map.groupBy(counting, ({ kind }) => kind)
  const list = [...kinds].map(([kind, its]) =>
    its.length > 1 ? `${t(`gap.kind.${kind}`)} (${show.count(its.length)})` : t(`gap.kind.${kind}`),
  )
  return `${t('gap.note', { count: counting.length })} ${list.join(', ')}`
}

/** As programs read it: times as ISO 8601. */
export const gapRecord = (gap: Gap, hosts: boolean) => ({
  kind: gap.kind,
  loss: gap.loss,
  // the name of a broker is nobody's business who may not see machines
  service: hosts || gap.kind !== 'away' ? gap.service : '',
  ...(hosts && { host: gap.host }),
  from: new Date(gap.from).toISOString(),
  to: gap.to === null ? null : new Date(gap.to).toISOString(),
  count: gap.count,
  cause: gap.cause,
  ...(gap.healedAt !== undefined && { healed_at: new Date(gap.healedAt).toISOString() }),
})
