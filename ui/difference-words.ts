/** Why Nova's figure and ours differ, in words. The hours are those of the cause, without sign: the words say who has more. */
import type { DifferenceCause, UsageDifference } from '../model/usage.ts'
import { thin } from './duration.ts'
import type { Formatter } from './format.ts'
import type { Translate } from './i18n.ts'

interface Speech {
  t: Translate
  show: Pick<Formatter, 'hours' | 'figure' | 'duration' | 'day'>
}

/** `Resized on 9 Oct 2026: Nova forgot 212 h as m1.small` */
export function causeText(
  { t, show }: Speech,
  cause: DifferenceCause,
  { flavor: newest }: Pick<UsageDifference, 'flavor'>,
): string {
  const words = {
    day: show.day(cause.at),
    time: timeText({ show }, cause.hours),
    vcpuHours: show.hours(Math.abs(cause.vcpuHours)),
    event: t(`difference.event.${cause.event ?? 'unknown'}`),
    flavor: cause.flavor,
    newest,
  }
  return t(`difference.${cause.kind}${variant(cause)}`, words)
}

function variant({ kind, flavor, vcpuHours }: DifferenceCause): string {
  if (kind === 'relaunched' && flavor !== null) return '.flavor'
  return kind === 'flavor' ? (vcpuHours < 0 ? '.more' : '.less') : ''
}

/** `stopped for 30 h: Nova and we count it like any other time` */
export const alikeText = ({ t, show }: Speech, { state, hours }: UsageDifference['alike'][number]): string =>
  capital(t('difference.alike', { state: t(`class.${state}`), time: timeText({ show }, hours) }))

/** `212 h`, `3.52 h`; less than an hour in minutes and seconds. */
export const timeText = ({ show }: Pick<Speech, 'show'>, hours: number): string =>
  Math.abs(hours) < 1 ? show.duration(Math.abs(hours) * 3_600_000) : `${show.figure(Math.abs(hours))}${thin}h`

const capital = (text: string) => text.charAt(0).toLocaleUpperCase() + text.slice(1)
