/** `usage --view difference`: Nova's figure and ours, instance by instance, with the reasons in words. */
import type { UsageDifference } from '../model/usage.ts'
import { alikeText, causeText } from '../ui/difference-words.ts'
import { speak } from '../ui/visit.ts'
import { csvText, type Form, tableText } from './rows-as-text.ts'

/** JSON holds the causes as they are; the others say them in words, days in UTC. One line of CSV is one cause. */
export function differenceReport(
  differences: readonly UsageDifference[],
  { from, to }: { from: number; to: number },
  form: Form,
  language: 'en' | 'it',
): string {
  if (form === 'json')
    return JSON.stringify({
      view: 'difference',
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      rows: differences.map((one) => ({ ...one, causes: one.causes.map(({ at, ...cause }) => ({ ...cause, at: iso(at) })) })),
    })
  const speech = speak(language, 'UTC')
  if (form === 'csv')
    return csvText(
      [
        'instance',
        'name',
        'project',
        'nova_hours',
        'hours',
        'cause',
        'event',
        'at',
        'flavor',
        'cause_hours',
        'cause_vcpu_hours',
        'why',
      ],
      differences.flatMap((one) =>
        one.causes.map((cause) => [
          ...[one.instance, one.name, one.project, one.parityHours, one.ledgerHours],
          ...[cause.kind, cause.event, iso(cause.at), cause.flavor, cause.hours, cause.vcpuHours],
          causeText(speech, cause, one),
        ]),
      ),
    )
  const differing = differences.filter(({ causes }) => causes.length > 0)
  if (differing.length === 0) return speech.t('difference.none')
  return tableText(
    [
      'instance',
      speech.t('difference.nova'),
      speech.t('difference.ours'),
      speech.t('difference.delta'),
      speech.t('difference.why'),
    ],
    differing.flatMap((one) => [
      [one.name ?? one.instance, one.parityHours, one.ledgerHours, one.ledgerHours - one.parityHours, ''],
      ...one.causes.map((cause) => ['', '', '', '', causeText(speech, cause, one)]),
      ...one.alike.map((alike) => ['', '', '', '', alikeText(speech, alike)]),
    ]),
  )
}

const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString())
