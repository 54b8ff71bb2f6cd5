/** Which contacts of a trace hear of an alert. */
import { within } from '../../model/time-period.ts'
import type { Alert } from '../alert.ts'
import { options, type PeriodsOfTrace, type ReplayObject } from './objects.ts'
import type { Trace, TraceContact, TraceHost, TraceService } from './trace.ts'

/** Contacts in order of the configuration, each once. */
export function contactsFor(
  trace: Trace,
  periods: PeriodsOfTrace,
  object: ReplayObject,
  alert: Alert,
  at: number,
): TraceContact[] {
  const importance = importanceOf(trace, object)
  return trace.contacts.filter(
    (contact) => object.config.contacts.includes(contact.name) && wants(contact, periods, object, alert, at, importance),
  )
}

function wants(
  contact: TraceContact,
  periods: PeriodsOfTrace,
  { service }: ReplayObject,
  { kind, check }: Alert,
  at: number,
  importance: number,
): boolean {
  const period = periods.get(service === null ? contact.hostPeriod : contact.servicePeriod)
  const wanted = options(service === null ? contact.hostOptions : contact.serviceOptions)
  if (importance < contact.minimumImportance || !period || !within(period, at)) return false
  if (kind === 'problem') return wanted.includes(check.state.state)
  if (kind !== 'recovery') return wanted.includes('flapping')
  return wanted.includes('recovery') && check.told.states.some((state) => wanted.includes(state))
}

/** A host matters as much as itself and its services together. */
function importanceOf(trace: Trace, { host, service, config }: ReplayObject): number {
  const own = (object: TraceHost | TraceService) => object.importance
  if (service !== null) return own(config)
  return trace.services.filter((other) => other.host === host).reduce((sum, other) => sum + own(other), own(config))
}
