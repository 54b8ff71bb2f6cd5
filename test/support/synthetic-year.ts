/**
 * A year of a large cloud as its bus would have told it: legacy notifications of Nova in the order of their time. Made up, but
 * shaped as the recorded ones; the same seed gives the same year. Nothing here is used as a witness of what Nova does.
 */
import { random } from './random.ts'

export interface SyntheticYear {
  /** First day of the year, epoch ms. */
  from: number
  months: number
  /** Alive at any instant. */
  instances: number
  projects: number
  seed: number
}

const day = 86_400_000
const flavors = [
  { name: 'm1.tiny', vcpus: 1, memoryMb: 512, diskGb: 1 },
  { name: 'm1.small', vcpus: 1, memoryMb: 2048, diskGb: 20 },
  { name: 'm1.medium', vcpus: 2, memoryMb: 4096, diskGb: 40 },
  { name: 'm1.large', vcpus: 4, memoryMb: 8192, diskGb: 80 },
]

/** What happens to one instance, kept small: a year of them is sorted in memory. */
interface Happening {
  time: number
  instance: number
  what: string
  state: string
  flavor: number
  launched: number
  ended: number
}

/** Lines of JSON as the recorder writes them: `{exchange, routing_key, properties, body}`. */
export function* syntheticYear(year: SyntheticYear): Generator<string> {
  const happenings = happeningsOf(year)
  for (const [n, happening] of happenings.entries()) yield JSON.stringify(delivery(year, happening, n))
}

export const projectOf = (year: SyntheticYear, n: number) => hex(n % year.projects, 'a')

function happeningsOf(year: SyntheticYear): Happening[] {
  const next = random(year.seed)
  const end = monthAfter(year.from, year.months)
  const happenings: Happening[] = []
  let instance = 0
  // each place in the cloud holds one instance after the other, half a year each on average
  for (let place = 0; place < year.instances; place++) {
    let born = year.from - Math.floor(next() * 90 * day)
    while (born < end) {
      const died = born + Math.floor((1 + next() * 365) * day)
      happenings.push(...lifeOf(year, instance++, born, died, end, next))
      born = died + Math.floor(next() * day)
    }
  }
  return happenings.sort((a, b) => a.time - b.time)
}

function lifeOf(year: SyntheticYear, instance: number, born: number, died: number, end: number, next: () => number): Happening[] {
  const life: Happening[] = []
  let flavor = instance % flavors.length
  let launched = born + 20_000
  let state = 'active'
  const tell = (time: number, what: string, ended = 0) => {
    if (time < end) life.push({ time, instance, what, state, flavor, launched, ended })
  }
  state = 'building'
  tell(born, 'create.start')
  state = 'active'
  tell(launched + 300, 'create.end')
  for (let month = 0; month < year.months; month++) {
    const audit = monthAfter(year.from, month)
    if (audit > born && audit < died) tell(audit + 1000 + (instance % 60) * 1000, 'exists')
    const off = audit + Math.floor(next() * 14 * day)
    const on = off + Math.floor((1 + next() * 8) * day)
    if (off > launched + day && on < died) {
      state = 'stopped'
      tell(off, 'power_off.end')
      state = 'active'
      tell(on, 'power_on.end')
      if (next() < 0.1) {
        launched = on + day
        flavor = (flavor + 1) % flavors.length
        if (launched < died - day) {
          state = 'resized'
          tell(launched + 500, 'finish_resize.end')
          state = 'active'
          tell(launched + 60_000, 'resize.confirm.end')
        }
      }
    }
  }
  tell(died - 5000, 'delete.start')
  state = 'deleted'
  tell(died, 'delete.end', died)
  return life.filter(({ time }) => time <= died)
}

function delivery(year: SyntheticYear, { time, instance, what, state, flavor, launched, ended }: Happening, n: number) {
  const size = flavors[flavor] as (typeof flavors)[number]
  const uuid = id(instance)
  const project = projectOf(year, instance)
  const user = hex(instance % (year.projects * 5), 'b')
  const host = `compute-${(instance % 400) + 1}`
  const began = what !== 'create.start'
  const payload = {
    tenant_id: project,
    user_id: user,
    instance_id: uuid,
    display_name: `vm-${instance}`,
    hostname: `vm-${instance}`,
    instance_type: size.name,
    instance_type_id: flavor,
    instance_flavor_id: String(flavor),
    architecture: null,
    memory_mb: size.memoryMb,
    disk_gb: size.diskGb,
    vcpus: size.vcpus,
    root_gb: size.diskGb,
    ephemeral_gb: 0,
    host: began ? host : null,
    node: began ? host : null,
    availability_zone: 'nova',
    created_at: novaTime(launched - 20_000)
      .replace('T', ' ')
      .slice(0, 19),
    terminated_at: ended === 0 ? '' : novaTime(ended),
    deleted_at: ended === 0 ? '' : novaTime(ended),
    launched_at: began ? novaTime(launched) : '',
    image_ref_url: `http://glance/images/${id(9_000_000 + (instance % 50))}`,
    state,
    state_description: '',
    metadata: {},
    message: 'Success',
    ...(what === 'exists' && { audit_period_beginning: spaced(monthAfter(time, -1)), audit_period_ending: spaced(time) }),
  }
  const message = {
    message_id: id(100_000_000 + n),
    publisher_id: `compute.${host}`,
    event_type: `compute.instance.${what}`,
    priority: 'INFO',
    payload,
    timestamp: spaced(time),
    _unique_id: hex(n, 'c'),
    _context_request_id: `req-${id(200_000_000 + n)}`,
    _context_user_id: user,
    _context_user_name: `user-${instance % (year.projects * 5)}`,
    _context_project_id: project,
    _context_project_name: `project-${instance % year.projects}`,
    _context_roles: ['member', 'reader'],
    _context_auth_token: null,
    _context_service_catalog: [],
  }
  return {
    exchange: 'nova',
    routing_key: 'notifications.info',
    properties: { content_type: 'application/json' },
    body: JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(message) }),
  }
}

/** The first instant of the month that lies `months` after that of `from`, UTC. */
export function monthAfter(from: number, months: number): number {
  const date = new Date(from)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1)
}

const id = (n: number) => `${hex(n, '0').slice(0, 8)}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
const hex = (n: number, prefix: string) => prefix + n.toString(16).padStart(31, '0')
const novaTime = (time: number) => new Date(time).toISOString().slice(0, 19)
const spaced = (time: number) => new Date(time).toISOString().replace('T', ' ').slice(0, 23)
