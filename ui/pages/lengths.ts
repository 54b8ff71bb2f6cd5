/** Lengths of time that forms offer. */
import type { Visit } from '../visit.ts'

const minute = 60_000
/** Lengths that the forms offer, ms. */
export const lengths = {
  ...{ '30m': 30 * minute, '1h': 60 * minute, '2h': 120 * minute, '4h': 240 * minute, '8h': 480 * minute },
  ...{ '1d': 1440 * minute, '3d': 4320 * minute, '7d': 10_080 * minute },
} as const

/** One of the lengths by its name, ms; null = none of them. */
export const lengthOf = (name: string | null): number | null =>
  name !== null && name in lengths ? lengths[name as keyof typeof lengths] : null

/** The lengths as choices of a form, with one chosen. */
export const lengthChoices = (visit: Pick<Visit, 't'>, chosen: string) =>
  Object.keys(lengths).map((value) => ({ value, title: visit.t(`length.${value}`), chosen: value === chosen }))
