/** One notification → one canonical event. Pure: the same message always gives the same event. */
import { createHash } from 'node:crypto'
import type { CloudEvent, Decoded, Service } from '../../model/event.ts'
import { type Fields, isFields } from '../../model/fields.ts'
import { parseTimestamp } from '../../model/timestamp.ts'
import { decodeAudit } from './audit.ts'
import { decodeCinder } from './cinder.ts'
import { contextOf } from './context.ts'
import { decodeGlance } from './glance.ts'
import { whyIgnored } from './ignored.ts'
import { decodeKeystone } from './keystone.ts'
import { decodeNeutron } from './neutron.ts'
import { decodeNova, isVersioned } from './nova.ts'
import { splitPhase } from './nova-names.ts'
import { decodeSwift } from './swift.ts'
import type { ServiceDecoder, Told } from './told.ts'
import { textOf } from './values.ts'

/** Which services publish on an exchange by default; cinder without a setting uses `openstack`. */
const exchanges: Record<string, Service> = {
  nova: 'nova',
  cinder: 'cinder',
  glance: 'glance',
  neutron: 'neutron',
  keystone: 'keystone',
  swift: 'swift',
}

const decoders: [Service, ServiceDecoder][] = [
  ['keystone', decodeKeystone],
  ['glance', decodeGlance],
  ['cinder', decodeCinder],
  ['swift', decodeSwift],
  ['neutron', decodeNeutron],
]

/**
 * One event about each thing that a message tells of; all but bulk creates tell of one. `exchange` is where the message was published, when known. Fails only when there is no event_type at all, or no time
 * anywhere and `needsTime` is set (a fact without a time cannot be counted).
 */
export function decode(message: Fields, text: string, options: { exchange?: string; needsTime?: boolean } = {}): Decoded {
  const eventType = textOf(message.event_type)
  if (!eventType) return { ok: false, reason: 'no event_type' }
  if (eventType.length > 200) return { ok: false, reason: 'event_type is longer than 200 characters' }
  const metadata = isFields(message.metadata) ? message.metadata : {}
  const payload = message.payload
  const data =
    isFields(payload) && isFields(payload['nova_object.data']) ? payload['nova_object.data'] : isFields(payload) ? payload : {}
  const time =
    parseTimestamp(message.timestamp) ??
    parseTimestamp(metadata.timestamp) ??
    parseTimestamp(data.eventTime) ??
    parseTimestamp(message._context_timestamp) ??
    parseTimestamp(data.updated_at) ??
    parseTimestamp(data.created_at)
  if (time === null && options.needsTime) return { ok: false, reason: 'no timestamp' }

  const context = contextOf(message)
  const priority = (textOf(message.priority) ?? 'INFO').toUpperCase()
  const publisher = textOf(message.publisher_id) ?? ''
  const told = recognise(eventType, payload, publisher, priority, options.exchange, context)
  const known: Told = told ?? {
    type: splitPhase(eventType).stem,
    phase: splitPhase(eventType).phase,
    service: exchanges[options.exchange ?? ''] ?? 'other',
    project: context.project,
    actor: context.user,
    actorProject: context.project,
    request: context.request,
  }
  const event: CloudEvent = {
    id: textOf(message.message_id) ?? textOf(metadata.message_id) ?? textOf(message._unique_id) ?? digest(text),
    type: known.type,
    phase: known.phase,
    format: isVersioned(payload) ? 'versioned' : 'legacy',
    service: known.service ?? 'other',
    time: time ?? Number.NaN,
    priority,
    publisher,
    resource: known.resource ?? null,
    project: known.project ?? null,
    user: known.user ?? null,
    actor: known.actor ?? null,
    actorProject: known.actorProject ?? null,
    host: known.host ?? null,
    request: known.request ?? null,
  }
  if (context.globalRequest && context.globalRequest !== event.request) event.globalRequest = context.globalRequest
  const address = context.remoteAddress ?? initiatorAddress(data)
  if (address) event.address = address.slice(0, 64)
  if (known.instance) event.instance = known.instance
  if (known.about) event.about = known.about
  if (known.facts && Object.keys(known.facts).length > 0) event.facts = known.facts
  const names: NonNullable<CloudEvent['names']> = { ...known.names }
  if (context.projectName && context.project) {
    if (context.project === event.project) names.project = context.projectName
  }
  if (context.userName && context.user) {
    if (context.user === event.user) names.user = context.userName
    if (context.user === event.actor) names.actor = context.userName
  }
  if (Object.keys(names).length > 0) event.names = names
  if (!told) return { ok: true, ignored: true, type: eventType, reason: whyIgnored(eventType), event }
  // ids of their own, derived: the message is counted once, by its first event
  const more = told.more?.map((other, index): CloudEvent => ({ ...event, ...other, id: `${event.id}#${index + 2}` }))
  return { ok: true, event, ...(more && { more }) }
}

/** CADF: who asked, and from where. */
function initiatorAddress(payload: Fields): string | null {
  const initiator = isFields(payload.initiator) ? payload.initiator : {}
  return isFields(initiator.host) ? textOf(initiator.host.address) : null
}

/** Asks the service that the exchange names first, then the others: several services share the exchange `openstack`. */
function recognise(
  eventType: string,
  payload: unknown,
  publisher: string,
  priority: string,
  exchange: string | undefined,
  context: ReturnType<typeof contextOf>,
): Told | null {
  // the audit filter sits in any service's pipeline and publishes on that service's exchange
  if (eventType.startsWith('audit.')) return decodeAudit(eventType, payload, context)
  const service = exchanges[exchange ?? ''] ?? guessService(eventType, publisher, payload)
  if (service === 'nova' || isVersioned(payload)) {
    const told = decodeNova(eventType, payload, context, priority)
    if (told) return told
  }
  for (const [name, decoder] of decoders) if (name === service) return decoder(eventType, payload, context)
  if (service === 'nova') return null
  for (const [, decoder] of decoders) {
    const told = decoder(eventType, payload, context)
    if (told) return told
  }
  return null
}

function guessService(eventType: string, publisher: string, payload: unknown): Service | null {
  const failedMethod = isFields(payload) && 'exception' in payload && 'args' in payload && /^[a-z_]+$/.test(eventType)
  if (failedMethod || eventType.startsWith('network.floating_ip.')) return 'nova'
  if (
    /^(compute|instance|scheduler|compute_task|keypair|servergroup|server_group|aggregate|service|HostAPI|libvirt|metrics)\./.test(
      eventType,
    )
  )
    return 'nova'
  if (
    eventType === 'flavor.create' ||
    eventType === 'flavor.update' ||
    eventType === 'flavor.delete' ||
    eventType === 'volume.usage'
  )
    return 'nova'
  if (/^(volume|snapshot|backup)\./.test(eventType)) return 'cinder'
  if (/^image\./.test(eventType)) return 'glance'
  if (publisher.startsWith('network.')) return 'neutron'
  if (eventType.startsWith('identity.')) return 'keystone'
  if (eventType.startsWith('objectstore.')) return 'swift'
  return null
}

/** An id for the rare message without one: the same text always gets the same. */
const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32)
