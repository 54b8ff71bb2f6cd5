/** The `retention:` section of the configuration: how long the log of events keeps what no figure needs, and alerts their history. */
import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import { dayMs } from '../../model/audit-period.ts'

/** Milliseconds; null = for ever. */
const age = (least: number, words: string) =>
  z
    .union([z.literal('never').transform(() => null), duration])
    .refine((ms) => ms === null || ms >= least, `at least ${words}, or never`)

export const retentionSection = z
  .strictObject({
    /** Texts of messages as they came; their events stay. */
    texts: age(dayMs, '1d').prefault('400d'),
    /** Audits and readings that repeat each other: of each run the first and the last stay. */
    witnesses: age(2 * dayMs, '2d').prefault('30d'),
    /** Events that no figure is made of: sign-ins, requests, what was done to networks and users. */
    events: age(62 * dayMs, '62d').prefault('never'),
    /** History of alerts: who was told and why not, what changed, who took it, downtimes, comments, stand-ins. */
    alerts: age(62 * dayMs, '62d').prefault('400d'),
    /** Of the day, UTC: when little else goes on. */
    hour: z.int().min(0).max(23).default(3),
  })
  .prefault({})

export type RetentionConfig = z.output<typeof retentionSection>
