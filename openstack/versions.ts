/** Version discovery and microversions. Pure. A pin is only raised after reading that service's history of changes. */
import { AppError } from '../model/contract.ts'
import type { ServiceName } from './catalog.ts'

/** The newest microversion whose answers this code has read about. */
export const pinned: Partial<Record<ServiceName, { header: string; version: string }>> = {
  compute: { header: 'compute', version: '2.96' },
  volume: { header: 'volume', version: '3.70' },
  placement: { header: 'placement', version: '1.36' },
}

/** The major version that is spoken, as it stands in addresses; null: addresses have none. */
const majors: Record<ServiceName, string | null> = {
  compute: 'v2.1',
  volume: 'v3',
  image: 'v2',
  network: 'v2.0',
  identity: 'v3',
  placement: null,
  'object-store': null,
}

export interface VersionPlace {
  /** Address below which the API's paths stand, without a slash at the end. */
  base: string
  /** Where the service tells its versions. */
  ask: string
}

/**
 * Endpoints may or may not end in a version, and in a project's id behind it. Hosts and schemes of a service's own links are
 * often wrong behind a proxy, so addresses are made of the catalog's alone.
 */
export function versionPlace(service: ServiceName, endpoint: string): VersionPlace {
  const base = endpoint.replace(/\/+$/, '')
  const major = majors[service]
  const versioned = /^(.*?\/v\d+(?:\.\d+)?)(?:\/[^/]+)?$/.exec(base)
  if (versioned) return { base, ask: `${versioned[1]}/` }
  return { base: major === null ? base : `${base}/${major}`, ask: `${base}/` }
}

export interface Spoken {
  min: string | null
  max: string | null
}

/** The answer of a version document (`{version: {…}}`) or of a list (`{versions: […]}`), for the major version that is spoken. */
export function versionsIn(service: ServiceName, body: unknown): Spoken {
  const document = body as { version?: unknown; versions?: unknown } | null
  const nested = (document?.versions as { values?: unknown } | undefined)?.values
  const list = Array.isArray(document?.versions) ? document.versions : Array.isArray(nested) ? nested : [document?.version]
  const major = majors[service]?.replace(/^v/, '').replace(/\.0$/, '')
  const entries = list.filter((entry): entry is Record<string, unknown> => typeof entry === 'object' && entry !== null)
  const idOf = (entry: Record<string, unknown>) =>
    String(entry.id ?? '')
      .replace(/^v/, '')
      .replace(/\.0$/, '')
  const own = entries.find((entry) => idOf(entry) === major) ?? (major === undefined ? entries[0] : undefined)
  const number = (value: unknown) => (typeof value === 'string' && /^\d+\.\d+$/.test(value) ? value : null)
  return { min: number(own?.min_version), max: number(own?.version ?? own?.max_version) }
}

/** The microversion to send: the pin, or less where the service knows less; null: none. Throws AppError('protocol'). */
export function microversion(service: ServiceName, { min, max }: Spoken): string | null {
  const pin = pinned[service]
  if (!pin || max === null) return null
  if (min !== null && compareVersions(min, pin.version) > 0)
    throw new AppError('protocol', `${service}: speaks only ${min} and later; Specola was written for up to ${pin.version}`)
  return compareVersions(max, pin.version) < 0 ? max : pin.version
}

/** By number: 2.9 comes before 2.10. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number)) as [number[], number[]]
  return (left[0] ?? 0) - (right[0] ?? 0) || (left[1] ?? 0) - (right[1] ?? 0)
}
