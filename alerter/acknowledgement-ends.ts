/** Acknowledgements that end by themselves. */
import type { Entry } from './registry.ts'

/** An acknowledgement whose time is over: the problem is told again at its next result. Null while it holds. */
export function afterExpiry({ stored }: Entry, now: number): Entry['stored'] | null {
  const { acknowledgement, told } = stored
  if (acknowledgement?.until === undefined || acknowledgement.until > now) return null
  const next = told.next === null ? null : Math.min(told.next, now)
  return { ...stored, acknowledgement: null, told: { ...told, next, done: false, held: 'acknowledged' } }
}
