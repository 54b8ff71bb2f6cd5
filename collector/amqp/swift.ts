/** What ceilometermiddleware tells of each request to a Swift proxy. It may be more than all other events together. */
import type { Json } from '../../model/event.ts'
import { isFields } from '../../model/fields.ts'
import { reference, type ServiceDecoder, scalars, toldBy } from './told.ts'
import { numberOf, textOf } from './values.ts'

/** Measured in bytes per request; `storage.api.request` is always 1. */
const measured: Readonly<Record<string, string>> = {
  'storage.objects.incoming.bytes': 'bytesIn',
  'storage.objects.outgoing.bytes': 'bytesOut',
}

export const decodeSwift: ServiceDecoder = (eventType, payload, context) => {
  if (eventType !== 'objectstore.http.request') return null
  const data = isFields(payload) ? payload : {}
  const initiator = isFields(data.initiator) ? data.initiator : {}
  const target = isFields(data.target) ? data.target : {}
  const metadata = isFields(target.metadata) ? target.metadata : {}
  const facts: Record<string, Json> = { ...scalars(data), ...scalars(metadata), action: textOf(target.action) }
  for (const measurement of Array.isArray(data.measurements) ? data.measurements.filter(isFields) : []) {
    const metric = isFields(measurement.metric) ? textOf(measurement.metric.name) : null
    const name = metric === null ? undefined : measured[metric]
    const result = numberOf(measurement.result)
    if (name !== undefined && result !== null) facts[name] = result
  }
  return toldBy('swift', eventType, context, {
    resource: reference('account', target.id),
    project: textOf(initiator.project_id) ?? textOf(target.id) ?? context.project,
    actor: textOf(initiator.id) ?? context.user,
    actorProject: textOf(initiator.project_id) ?? context.project,
    facts,
  })
}
