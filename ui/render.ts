import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Handlebars from 'handlebars'
import type { Formatter } from './format.ts'
import type { Translate } from './i18n.ts'
import { icon } from './icons.ts'

/** What every template may ask for through @root; the page's own values are in `model`. */
export interface Root {
  view: string
  model: object
  t: Translate
  show: Formatter
  now: number
  [chrome: string]: unknown
}

export type Render = (template: string, root: Root) => string

const folder = join(import.meta.dirname, 'views')

/** Compiles every view once. Views are partials of each other, so that a live fragment and its page are the same text. */
export function createRender(): Render {
  const engine = Handlebars.create()
  for (const [name, text] of templates(folder)) engine.registerPartial(name, engine.compile(text, { preventIndent: true }))
  engine.registerHelper(helpers(engine))
  const entry = engine.compile('{{> (lookup . "template")}}')
  const fragment = engine.compile('{{> (lookup . "view") model}}')
  return (template, root) => (template === 'fragment' ? fragment(root) : entry({ ...root, template }))
}

function templates(directory: string): [string, string][] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry): [string, string][] => {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) return templates(path)
    return entry.name.endsWith('.hbs') ? [[entry.name.slice(0, -4), readFileSync(path, 'utf8').trim()]] : []
  })
}

interface HelperOptions {
  hash: Record<string, unknown>
  data: { root: Root }
}

function helpers(engine: typeof Handlebars) {
  const escapeText = engine.escapeExpression
  const safe = (html: string) => new engine.SafeString(html)
  const number = (value: unknown) => (typeof value === 'number' ? value : null)
  const moment = (value: unknown, words: string, show: Formatter, extra = '') => {
    const at = number(value)
    if (at === null) return safe('—')
    return safe(`<time${extra} datetime="${show.iso(at)}" title="${escapeText(show.full(at))}">${escapeText(words)}</time>`)
  }
  return {
    t: (key: string, options: HelperOptions) => options.data.root.t(key, options.hash),
    /** `{{show "bytes" value}}`: any of the formatter's ways. */
    show: (way: string, value: unknown, options: HelperOptions) => {
      const format = options.data.root.show[way as 'figure']
      return typeof format === 'function' ? format(number(value)) : ''
    },
    /** How long ago; the browser keeps it counting. */
    since: (value: unknown, { data: { root } }: HelperOptions) => {
      const at = number(value)
      const words = at === null ? '' : root.show.duration(root.now - at)
      return moment(value, words, root.show, ` data-since="${at ?? ''}"`)
    },
    at: (way: string, value: unknown, { data: { root } }: HelperOptions) =>
      moment(value, root.show[way as 'clock'](number(value)), root.show),
    icon: (name: string, options: HelperOptions) => safe(icon(name, String(options.hash.class ?? ''))),
    segment: (id: unknown) => encodeURIComponent(String(id)),
    json: (value: unknown) => JSON.stringify(value),
    eq: (a: unknown, b: unknown) => a === b,
    or: (...values: unknown[]) => values.slice(0, -1).find(Boolean) ?? false,
    known: (value: unknown) => value !== null && value !== undefined,
  }
}
