/** Nova's notifications, legacy and versioned, to canonical facts. Field map: nova's notification objects and `notifications/base.py`. */
import type { FlavorFacts, InstanceFacts, Json } from '../../model/event.ts'
import { type Fields, isFields, texts } from '../../model/fields.ts'
import { parseTimestamp } from '../../model/timestamp.ts'
import type { Context } from './context.ts'
import { canonicalNova } from './nova-names.ts'
import { aboutOf, flavorOf, resourceOf } from './nova-resources.ts'
import { isScalar, type Told } from './told.ts'
import { numberOf, textOf } from './values.ts'

export function decodeNova(eventType: string, payload: unknown, context: Context, priority: string): Told | null {
  const data = versionedData(payload)
  if (data) return decodeVersioned(eventType, data, context)
  return decodeLegacy(eventType, isFields(payload) ? payload : {}, context, priority)
}

export const isVersioned = (payload: unknown): boolean => versionedData(payload) !== null

// ------------------------------------------------------------------------------------------------------------- versioned

/** `nova_object.data` of a versioned object, or null when it is none. */
function versionedData(value: unknown): Fields | null {
  if (!isFields(value)) return null
  const data = value['nova_object.data']
  return isFields(data) ? data : null
}

function decodeVersioned(eventType: string, data: Fields, context: Context): Told | null {
  const name = canonicalNova(eventType)
  if (!name) return null
  const uuid = textOf(data.uuid) ?? textOf(data.instance_uuid)
  const told: Told = {
    ...name,
    service: 'nova',
    project: textOf(data.tenant_id) ?? textOf(data.project_id) ?? (name.type.startsWith('instance.') ? null : context.project),
    user: textOf(data.user_id),
    actor: textOf(data.action_initiator_user) ?? context.user,
    actorProject: textOf(data.action_initiator_project) ?? context.project,
    host: textOf(data.host),
    request: textOf(data.request_id) ?? context.request,
    resource: resourceOf(name.type, data, uuid),
  }
  if (name.type.startsWith('instance.') || (uuid && data.flavor !== undefined)) told.instance = versionedInstance(data)
  else addFacts(told, data)
  return told
}

function versionedInstance(data: Fields): InstanceFacts {
  const update = versionedData(data.state_update)
  const period = versionedData(data.audit_period)
  const fault = versionedData(data.fault)
  const facts: InstanceFacts = {
    state: stated(data.state),
    taskState: stated(data.task_state),
    powerState: stated(data.power_state),
    createdAt: parseTimestamp(data.created_at),
    launchedAt: parseTimestamp(data.launched_at),
    terminatedAt: parseTimestamp(data.terminated_at),
    deletedAt: parseTimestamp(data.deleted_at),
    updatedAt: parseTimestamp(data.updated_at),
    image: stated(data.image_uuid),
    node: stated(data.node),
    availabilityZone: stated(data.availability_zone),
  }
  if (typeof data.display_name === 'string') facts.name = data.display_name
  if (typeof data.host_name === 'string') facts.hostname = data.host_name
  if (typeof data.old_display_name === 'string') facts.oldName = data.old_display_name
  addLabels(facts, data)
  const flavor = versionedFlavor(data.flavor)
  if (flavor) facts.flavor = flavor
  const newFlavor = versionedFlavor(data.new_flavor)
  if (newFlavor) facts.newFlavor = newFlavor
  if (update) {
    facts.oldState = stated(update.old_state)
    facts.state = stated(data.state) ?? stated(update.state)
    facts.oldTaskState = stated(update.old_task_state)
    facts.newTaskState = stated(update.new_task_state)
  }
  addPeriod(facts, period?.audit_period_beginning, period?.audit_period_ending)
  if (Array.isArray(data.ip_addresses)) {
    const addresses = data.ip_addresses.map(versionedData).flatMap((ip) => address(ip?.address, ip?.mac, ip?.label))
    if (addresses.length > 0) facts.addresses = addresses
  }
  if (Array.isArray(data.block_devices)) {
    const volumes = data.block_devices.map(versionedData).flatMap((device) => textOf(device?.volume_id) ?? [])
    if (volumes.length > 0) facts.volumes = volumes
  }
  const volume = textOf(data.volume_id) ?? textOf(data.new_volume_id)
  if (volume) facts.volume = volume
  if (fault) facts.fault = { type: textOf(fault.exception) ?? 'unknown', message: textOf(fault.exception_message) ?? '' }
  return facts
}

/** Both formats tell metadata as an object; tags are told only when they were set or changed. */
function addLabels(facts: InstanceFacts, data: Fields): void {
  if (isFields(data.metadata)) facts.metadata = texts(data.metadata)
  if (Array.isArray(data.tags)) facts.tags = data.tags.filter((tag) => typeof tag === 'string')
}

function versionedFlavor(value: unknown): FlavorFacts | null {
  const data = versionedData(value)
  return data && flavorOf(data)
}

// ---------------------------------------------------------------------------------------------------------------- legacy

function decodeLegacy(eventType: string, payload: Fields, context: Context, priority: string): Told | null {
  const failed = 'exception' in payload && 'args' in payload
  const name = canonicalNova(eventType)
  if (failed && !(name?.type.startsWith('instance.') && name.phase !== null)) return failedMethod(eventType, payload, context)
  if (!name) return null
  const uuid = textOf(payload.instance_id) ?? textOf(payload.instance_uuid) ?? textOf(payload.uuid) ?? requestedInstance(payload)
  const told: Told = {
    ...name,
    service: 'nova',
    // legacy compute_task.* are failures by their priority; versioned ones say so in the name
    phase: name.phase === null && name.type.startsWith('compute_task.') && priority === 'ERROR' ? 'error' : name.phase,
    project: textOf(payload.tenant_id) ?? textOf(payload.project_id) ?? context.project,
    user: textOf(payload.user_id) ?? (name.type.startsWith('instance.') ? null : context.user),
    actor: context.user,
    actorProject: context.project,
    host: textOf(payload.host),
    request: context.request ?? textOf(payload.request_id),
    resource: resourceOf(name.type, payload, uuid),
  }
  if (name.type.startsWith('instance.')) told.instance = legacyInstance(payload)
  else addFacts(told, payload)
  return told
}

function legacyInstance(payload: Fields): InstanceFacts {
  const facts: InstanceFacts = {
    state: stated(payload.state),
    taskState: stated(payload.state_description),
    createdAt: parseTimestamp(payload.created_at),
    launchedAt: parseTimestamp(payload.launched_at),
    terminatedAt: parseTimestamp(payload.terminated_at),
    deletedAt: parseTimestamp(payload.deleted_at),
    node: stated(payload.node),
    availabilityZone: stated(payload.availability_zone),
    image: imageOf(payload),
  }
  if (typeof payload.display_name === 'string') facts.name = payload.display_name
  if (typeof payload.hostname === 'string') facts.hostname = payload.hostname
  if (typeof payload.old_display_name === 'string') facts.oldName = payload.old_display_name
  addLabels(facts, payload)
  const flavor = legacyFlavor(payload)
  if (flavor) facts.flavor = flavor
  if (payload.new_instance_type !== undefined || payload.new_instance_type_id !== undefined)
    facts.newFlavor = { name: textOf(payload.new_instance_type), id: textOf(payload.new_instance_flavor_id) ?? null }
  if ('old_state' in payload) facts.oldState = stated(payload.old_state)
  if ('old_task_state' in payload) facts.oldTaskState = stated(payload.old_task_state)
  if ('new_task_state' in payload) facts.newTaskState = stated(payload.new_task_state)
  addPeriod(facts, payload.audit_period_beginning, payload.audit_period_ending)
  if (Array.isArray(payload.fixed_ips)) {
    const addresses = payload.fixed_ips.filter(isFields).flatMap((ip) => address(ip.address, ip.vif_mac, ip.label))
    if (addresses.length > 0) facts.addresses = addresses
  }
  const volume = textOf(payload.volume_id)
  if (volume) facts.volume = volume
  const message = textOf(payload.exception) ?? (payload.code !== undefined ? textOf(payload.message) : null)
  if (message && message !== 'Success')
    facts.fault = {
      type: exceptionName(payload.exception) ?? String(payload.code ?? 'unknown'),
      message: textOf(payload.message) ?? message,
    }
  return facts
}

function legacyFlavor(payload: Fields): FlavorFacts | null {
  const vcpus = numberOf(payload.vcpus)
  const memoryMb = numberOf(payload.memory_mb)
  if (vcpus === null || memoryMb === null) return null
  const disk = numberOf(payload.disk_gb)
  const ephemeral = numberOf(payload.ephemeral_gb) ?? 0
  return {
    id: textOf(payload.instance_flavor_id),
    name: textOf(payload.instance_type),
    vcpus,
    memoryMb,
    rootGb: numberOf(payload.root_gb) ?? Math.max(0, (disk ?? 0) - ephemeral),
    ephemeralGb: ephemeral,
  }
}

/**
 * A decorated method that raised: legacy messages carry the method's own name, versioned ones are `compute.exception`.
 * This, not an `.error` event, is how a failed delete shows.
 */
function failedMethod(method: string, payload: Fields, context: Context): Told {
  const args = isFields(payload.args) ? payload.args : {}
  const instance = isFields(args.instance) ? args.instance : {}
  const object = isFields(instance['nova_object.data']) ? instance['nova_object.data'] : instance
  const uuid = textOf(object.uuid) ?? textOf(args.instance_uuid)
  return {
    type: 'compute.exception',
    phase: null,
    service: 'nova',
    resource: uuid ? { kind: 'instance', id: uuid } : null,
    project: textOf(object.project_id) ?? context.project,
    user: textOf(object.user_id) ?? context.user,
    actor: context.user,
    actorProject: context.project,
    host: textOf(object.host) ?? textOf(args.host),
    request: context.request,
    facts: { method, exception: exceptionName(payload.exception) ?? 'unknown', message: textOf(payload.exception) ?? '' },
  }
}

// ---------------------------------------------------------------------------------------------------------------- shared

/** What a request only asks for (`.start`, `.error`) is no fact about the resource. */
function addFacts(told: Told, data: Fields): void {
  told.facts = otherFacts(data)
  const about = told.phase === null || told.phase === 'end' ? aboutOf(told.type, data) : null
  if (about) told.about = about
}

/** Scalars of a payload that has no canonical form of its own; nested Nova objects are opened one level. */
function otherFacts(data: Fields): Record<string, Json> {
  const facts: Record<string, Json> = {}
  for (const [key, value] of Object.entries(data)) {
    const opened = versionedData(value)
    if (opened) {
      for (const [inner, scalar] of Object.entries(opened)) if (isScalar(scalar)) facts[`${key}.${inner}`] = scalar
    } else if (isScalar(value)) facts[key] = value
  }
  return facts
}

/** '' and null both say "stated, and nothing there". */
const stated = (value: unknown): string | null => textOf(value)

function imageOf(payload: Fields): string | null {
  const meta = isFields(payload.image_meta) ? payload.image_meta : {}
  return textOf(textOf(payload.image_ref_url)?.split('/').at(-1)) ?? textOf(meta.base_image_ref)
}

const address = (ip: unknown, mac: unknown, label: unknown): { address: string; mac?: string; label?: string }[] => {
  const text = textOf(ip)
  if (!text) return []
  const macText = textOf(mac)
  const labelText = textOf(label)
  return [{ address: text, ...(macText && { mac: macText }), ...(labelText && { label: labelText }) }]
}

function addPeriod(facts: InstanceFacts, beginning: unknown, ending: unknown): void {
  const from = parseTimestamp(beginning)
  const to = parseTimestamp(ending)
  if (from !== null && to !== null) facts.auditPeriod = { from, to }
}

/** The scheduler's legacy messages hide the instance in the request's own copy of it. */
function requestedInstance(payload: Fields): string | null {
  const spec = isFields(payload.request_spec) ? payload.request_spec : {}
  const properties = isFields(spec.instance_properties)
    ? spec.instance_properties
    : isFields(payload.instance_properties)
      ? payload.instance_properties
      : {}
  const uuids = Array.isArray(spec.instance_uuids) ? spec.instance_uuids : []
  return textOf(properties.uuid) ?? textOf(uuids[0])
}

/** `NoValidHost("…")`, `{'kwargs': …}` or a class name: the class, when it can be told. */
function exceptionName(value: unknown): string | null {
  const text = textOf(value)
  return text ? (/^([A-Za-z_][\w.]*)(?=\(|:|$)/.exec(text)?.[1] ?? null) : null
}
