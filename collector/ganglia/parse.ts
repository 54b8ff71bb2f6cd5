/**
 * What gmond and gmetad answer. It looks like XML, but gmond writes names and values as it got them, unescaped: anybody who may
 * send it a datagram could make the document malformed for a parser. So tags are looked for one by one, and what is damaged
 * costs only itself. There is nothing to expand: document types and entities of its own are not read at all.
 */
import { AppError } from '../../model/contract.ts'

export interface GangliaMetric {
  name: string
  /** As sent; see `type`. */
  value: string
  type: string
  unit: string
  slope: string
  /** Seconds since it was reported, as of the answer. */
  tn: number
  /** Seconds within which the next report is due. */
  tmax: number
  /** Seconds after which it is forgotten; 0 = never. */
  dmax: number
  title: string | null
  group: string | null
}

export interface GangliaHost {
  name: string
  address: string | null
  tn: number
  tmax: number
  dmax: number
  /** When its gmond started, epoch s; 0 = not told. */
  startedAt: number
  metrics: GangliaMetric[]
}

export interface GangliaCluster {
  name: string
  hosts: GangliaHost[]
}

export interface GangliaReport {
  clusters: GangliaCluster[]
  /** Elements that could not be understood, or were more than the limits allow. */
  leftOut: number
}

/** Of one answer; a cluster of a thousand hosts has fifty thousand metrics. */
const limits = { hosts: 20_000, metricsOfHost: 1000, nameLength: 200, textLength: 500 }

/** A tag: closing mark, name, attributes. Each attribute ends at the first quote, so that the search is linear. */
const tag = /<(\/?)([A-Z_]{1,20})((?:\s+[A-Z_]{1,20}="[^"]*")*)\s*(\/?)>/y
const attribute = /([A-Z_]+)="([^"]*)"/g

/** Throws AppError('protocol') for what is not, or not all of, an answer of Ganglia. */
export function parseGanglia(text: string): GangliaReport {
  const root = text.search(/<GANGLIA_XML\s[^>]*>/)
  if (root === -1) throw new AppError('protocol', 'what it answers is not from Ganglia')
  if (!/<\/GANGLIA_XML>\s*$/.test(text.slice(-40))) throw new AppError('protocol', 'its answer ended in the middle')
  const reading = new Reading()
  for (let at = text.indexOf('<', root); at !== -1; at = text.indexOf('<', at)) {
    tag.lastIndex = at
    const found = tag.exec(text)
    if (found) {
      reading.element(found[2] as string, found[1] === '/', attributesOf(found[3] as string))
      at = tag.lastIndex
    } else {
      reading.damaged(/^<(GRID|CLUSTER|HOST|METRIC)\b/.exec(text.slice(at, at + 9))?.[1])
      at++
    }
  }
  return { clusters: reading.clusters, leftOut: reading.leftOut }
}

/** Where the reading is: an element belongs to the open ones above it, and to nothing when one of those was damaged. */
class Reading {
  readonly clusters: GangliaCluster[] = []
  leftOut = 0
  #cluster: GangliaCluster | null = null
  #host: GangliaHost | null = null
  #metric: GangliaMetric | null = null
  #hosts = 0

  element(name: string, closing: boolean, attributes: ReadonlyMap<string, string>): void {
    if (closing) this.#close(name)
    else if (name === 'METRIC') this.#openMetric(attributes)
    else if (name === 'EXTRA_ELEMENT') this.#extra(attributes)
    else if (name === 'HOST') this.#openHost(attributes)
    else if (name === 'CLUSTER') this.#openCluster(attributes)
  }

  damaged(element: string | undefined): void {
    if (element === undefined) return
    this.leftOut++
    this.#close(element)
  }

  #close(name: string): void {
    this.#metric = null
    if (name === 'METRIC') return
    if (name === 'HOST' || name === 'CLUSTER' || name === 'GRID') this.#host = null
    if (name === 'CLUSTER' || name === 'GRID') this.#cluster = null
  }

  #openCluster(attributes: ReadonlyMap<string, string>): void {
    this.#close('CLUSTER')
    const name = attributes.get('NAME')
    if (!isName(name)) {
      this.leftOut++
      return
    }
    this.#cluster = { name, hosts: [] }
    this.clusters.push(this.#cluster)
  }

  #openHost(attributes: ReadonlyMap<string, string>): void {
    this.#close('HOST')
    const name = attributes.get('NAME')
    if (!this.#cluster || !isName(name) || this.#hosts >= limits.hosts) {
      this.leftOut++
      return
    }
    this.#hosts++
    this.#host = {
      name,
      address: attributes.get('IP')?.slice(0, limits.nameLength) || null,
      tn: seconds(attributes.get('TN')) ?? 0,
      tmax: seconds(attributes.get('TMAX')) ?? 20,
      dmax: seconds(attributes.get('DMAX')) ?? 0,
      startedAt: seconds(attributes.get('GMOND_STARTED')) ?? 0,
      metrics: [],
    }
    this.#cluster.hosts.push(this.#host)
  }

  #openMetric(attributes: ReadonlyMap<string, string>): void {
    this.#metric = null
    const name = attributes.get('NAME')
    const value = attributes.get('VAL')
    const host = this.#host
    if (!host || !isName(name) || value === undefined || host.metrics.length >= limits.metricsOfHost) {
      this.leftOut++
      return
    }
    this.#metric = {
      name,
      value: value.slice(0, limits.textLength),
      type: attributes.get('TYPE') ?? 'string',
      unit: (attributes.get('UNITS') ?? '').trim().slice(0, 40),
      slope: attributes.get('SLOPE') ?? 'unspecified',
      tn: seconds(attributes.get('TN')) ?? host.tn,
      tmax: seconds(attributes.get('TMAX')) ?? 60,
      dmax: seconds(attributes.get('DMAX')) ?? 0,
      title: null,
      group: null,
    }
    host.metrics.push(this.#metric)
  }

  #extra(attributes: ReadonlyMap<string, string>): void {
    if (!this.#metric) return
    const text = attributes.get('VAL')?.slice(0, limits.textLength) || null
    if (attributes.get('NAME') === 'TITLE') this.#metric.title = text
    if (attributes.get('NAME') === 'GROUP') this.#metric.group ??= text
  }
}

function attributesOf(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const [, name, value] of text.matchAll(attribute)) found.set(name as string, decoded(value as string))
  return found
}

const isName = (name: string | undefined): name is string =>
  name !== undefined && name !== '' && Buffer.byteLength(name) <= limits.nameLength

function seconds(text: string | undefined): number | null {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? Math.max(0, value) : null
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The five entities of XML and character references: gmetad escapes where gmond does not. */
function decoded(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities[String(name).toLowerCase()] ?? whole
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
