/** One thing that was looked at. */
export interface Finding {
  area: 'notifications' | 'broker' | 'api' | 'specola'
  /** What was looked at: a setting, a queue, a list of an API. */
  subject: string
  /** note: off or unknown, and one can live with it. trouble: figures or alarms suffer. */
  level: 'ok' | 'note' | 'trouble'
  /** What was found, and how that is known. */
  found: string
  /** Which figures suffer, and what to do; null when all is well. */
  costs: string | null
  advice: string | null
}

export const ok = (area: Finding['area'], subject: string, found: string): Finding => ({
  ...{ area, subject, found },
  level: 'ok',
  costs: null,
  advice: null,
})
