import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative, sep } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Who may import whom. A folder always may import itself; `cli` and `main.ts` compose and may import everything. */
const allowed: Record<string, readonly string[]> = {
  model: [],
  config: ['model'],
  store: ['model', 'config'],
  openstack: ['model', 'config'],
  plugins: ['model', 'config'],
  alerter: ['model', 'config'],
  collector: ['model', 'config', 'openstack'],
  reports: ['model', 'config'],
  ui: ['model', 'config', 'openstack'],
}

/** npm packages and the only folders that may import them. */
const owners: Record<string, readonly string[]> = {
  influx: ['store'],
  '@influxdata/influxdb-client': ['store'],
  '@duckdb/node-api': ['store'],
  amqplib: ['collector'],
  'fast-xml-parser': ['collector'],
  express: ['ui'],
  handlebars: ['ui', 'cli', 'config'],
  'chart.js': ['ui/client'],
  'chartjs-adapter-luxon': ['ui/client'],
  esbuild: ['ui'],
  luxon: ['model', 'ui/client'],
  nodemailer: ['plugins/notify-email'],
  pdfkit: ['reports'],
  'write-excel-file': ['reports'],
  yaml: ['config'],
  zod: ['model', 'config', 'store', 'openstack', 'plugins', 'alerter', 'collector', 'reports', 'ui', 'cli'],
  pg: ['store/postgres'],
  pino: ['cli'],
}

const bannedNames = /^(utils?|helpers?|common|core|lib|manager|service|base|index|types)\.ts$/
const skipped = new Set(['node_modules', 'dist', '.git', 'test', 'bench', 'data', 'docs'])

function sources(directory: string): string[] {
  return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) return skipped.has(entry.name) || entry.name.startsWith('.') ? [] : sources(path)
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') ? [path] : []
  })
}

const specifier = /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g
const importsOf = (file: string) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(specifier)].map((match) => (match[1] ?? match[2]) as string)

describe('architecture', () => {
  const files = sources('.')
  const folder = (file: string) => (file.includes(sep) ? (file.split(sep)[0] as string) : '')

  it('lets each folder import only what the table allows', () => {
    const wrong: string[] = []
    for (const file of files) {
      const from = folder(file)
      if (from === '' || from === 'cli') continue
      for (const target of importsOf(file)) {
        if (!target.startsWith('.')) continue
        const path = normalize(join(dirname(file), target))
        const to = folder(path)
        if (to !== from && !allowed[from]?.includes(to)) wrong.push(`${file} imports ${path}`)
        const shared = path.split(sep)[1] === 'notifying'
        if (from === 'plugins' && to === 'plugins' && !shared && path.split(sep)[1] !== file.split(sep)[1])
          wrong.push(`${file} imports another plugin: ${path}`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  it('lets only its owner import a package', () => {
    const wrong: string[] = []
    for (const file of files) {
      for (const target of importsOf(file)) {
        if (target.startsWith('.') || target.startsWith('node:')) continue
        const name = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] as string)
        const owner = owners[name]
        const place = file.split(sep).join('/')
        if (!owner?.some((prefix) => place.startsWith(`${prefix}/`))) wrong.push(`${file} imports ${name}`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  it('has no import cycles', () => {
    const graph = new Map(
      files.map((file) => [
        file,
        importsOf(file)
          .filter((t) => t.startsWith('.'))
          .map((t) => relative('.', normalize(join(dirname(file), t)))),
      ]),
    )
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (file: string, trail: readonly string[]) => {
      if (trail.includes(file)) cycles.push([...trail.slice(trail.indexOf(file)), file].join(' → '))
      else if (!done.has(file)) {
        for (const next of graph.get(file) ?? []) visit(next, [...trail, file])
        done.add(file)
      }
    }
    for (const file of files) visit(file, [])
    assert.deepEqual(cycles, [])
  })

  it('reads the clock in one place only', () => {
    const exempt = new Set([join('model', 'clock.ts')])
    const wrong = files.filter(
      (file) =>
        !exempt.has(file) &&
        !file.startsWith(join('ui', 'client')) &&
        /\bDate\.now\(|new Date\(\)/.test(readFileSync(join(root, file), 'utf8')),
    )
    assert.deepEqual(wrong, [])
  })

  it('has no file named after a dumping ground', () => {
    assert.deepEqual(
      files.filter((file) => bannedNames.test(file.split(sep).at(-1) as string)),
      [],
    )
  })
})
