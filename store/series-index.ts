import type { Tags, Where } from '../model/sample.ts'

/** Groups of series: `group[i]` is the number of the group that `sids[i]` belongs to, `tags[group]` its name. */
export interface Grouping {
  sids: readonly number[]
  groups: readonly number[]
  tags: readonly Tags[]
}

/**
 * The series of one measurement, in memory: finds the id of a tag set and the ids that a query wants. Tag sets are compared
 * whole; whoever holds a series id never has to look at strings again.
 */
export class SeriesIndex {
  readonly #tags = new Map<number, Tags>()
  /** JSON of a tag set, keys in whatever order the collector wrote them → series id. */
  readonly #spellings = new Map<string, number>()
  /** tag → value → ids; built when a query first asks for the tag. */
  readonly #byTag = new Map<string, Map<string, number[]>>()

  /** Collectors report their series in the same order at every poll: which one came after which, last time. */
  readonly #follows = new Map<number, number>()

  get size(): number {
    return this.#tags.size
  }

  tagsOf(sid: number): Tags | undefined {
    return this.#tags.get(sid)
  }

  find(spelling: string): number | undefined {
    return this.#spellings.get(spelling)
  }

  /** The series expected after another one, if these are its very tags: spares writing them out to look them up. */
  expected(after: number, tags: Tags): number | undefined {
    const sid = this.#follows.get(after)
    const known = sid === undefined ? undefined : this.#tags.get(sid)
    if (!known) return undefined
    let left = 0
    for (const key in tags) {
      if (known[key] !== tags[key]) return undefined
      left++
    }
    for (const _ in known) left--
    return left === 0 ? sid : undefined
  }

  /** Expect `sid` after `after` from now on. */
  expect(after: number, sid: number): void {
    this.#follows.set(after, sid)
  }

  /** Remembers another order of the same keys. Bounded: one collector writes one order. */
  alias(spelling: string, sid: number): void {
    if (this.#spellings.size > 8 * this.#tags.size + 1024) {
      this.#spellings.clear()
      for (const [known, tags] of this.#tags) this.#spellings.set(JSON.stringify(tags), known)
    }
    this.#spellings.set(spelling, sid)
  }

  /** `tags` must be canonical. */
  add(sid: number, tags: Tags): void {
    this.#tags.set(sid, tags)
    this.#spellings.set(JSON.stringify(tags), sid)
    for (const [tag, values] of this.#byTag) enter(values, tagValue(tags, tag), sid)
  }

  remove(sids: ReadonlySet<number>): void {
    for (const sid of sids) this.#tags.delete(sid)
    for (const [spelling, sid] of this.#spellings) if (sids.has(sid)) this.#spellings.delete(spelling)
    this.#byTag.clear()
    this.#follows.clear()
  }

  /** Ids whose tags satisfy every condition; a value of '' means "without this tag". */
  select(where: Where): number[] {
    const conditions = Object.entries(where).map(
      ([tag, wanted]) => [tag, new Set((typeof wanted === 'string' ? [wanted] : wanted).map((v) => v.toWellFormed()))] as const,
    )
    const first = conditions[0]
    if (!first) return [...this.#tags.keys()]
    const [tag, values] = conditions.reduce((a, b) => (b[1].size < a[1].size ? b : a), first)
    const candidates = [...values].flatMap((value) => this.#idsWith(tag).get(value) ?? [])
    return candidates.filter((sid) => {
      const tags = this.#tags.get(sid)
      return tags !== undefined && conditions.every(([key, wanted]) => wanted.has(tagValue(tags, key)))
    })
  }

  group(sids: readonly number[], groupBy: readonly string[]): Grouping {
    const numbers = new Map<string, number>()
    const tags: Tags[] = []
    const groups = sids.map((sid) => {
      const own = this.#tags.get(sid) as Tags
      const name = JSON.stringify(groupBy.map((key) => tagValue(own, key)))
      let number = numbers.get(name)
      if (number === undefined) {
        number = tags.length
        numbers.set(name, number)
        tags.push(Object.fromEntries(groupBy.filter((key) => Object.hasOwn(own, key)).map((key) => [key, own[key] as string])))
      }
      return number
    })
    return { sids, groups, tags }
  }

  #idsWith(tag: string): Map<string, number[]> {
    let values = this.#byTag.get(tag)
    if (!values) {
      values = new Map()
      this.#byTag.set(tag, values)
      for (const [sid, tags] of this.#tags) enter(values, tagValue(tags, tag), sid)
    }
    return values
  }
}

function enter(values: Map<string, number[]>, value: string, sid: number) {
  const ids = values.get(value)
  if (ids) ids.push(sid)
  else values.set(value, [sid])
}

/** '' for a tag that is not there, also when it is called like something every object inherits. */
const tagValue = (tags: Tags, key: string): string => (Object.hasOwn(tags, key) ? (tags[key] as string) : '')
