import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** What browsers load beside the pages: names carry a hash of the content, so they are kept for ever. */
export interface Assets {
  /** Address of an entry: `page`, `charts`, `app.css`, `titillium-400` … */
  address(entry: string): string
  file(name: string): { body: Buffer; gzip: Buffer | null; type: string } | null
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
}

const here = import.meta.dirname
/** Built by `npm run build` beside the compiled code; the sources are bundled at start instead. */
const built = join(here, '..', 'client')

export async function loadAssets(): Promise<Assets> {
  return toAssets(import.meta.filename.endsWith('.ts') ? await bundle() : readBuilt())
}

/** For the build: writes the bundle where the compiled `ui/assets.js` looks for it (`dist/client`). */
export async function writeAssets(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true })
  for (const [name, body] of await bundle()) writeFileSync(join(directory, name), body)
}

function readBuilt(): Map<string, Buffer> {
  return new Map(readdirSync(built).map((name) => [name, readFileSync(join(built, name))]))
}

async function bundle(): Promise<Map<string, Buffer>> {
  const { build, stop } = await import('esbuild')
  const result = await build({
    entryPoints: {
      page: join(here, 'client', 'page.ts'),
      charts: join(here, 'client', 'charts.ts'),
      app: join(here, 'styles', 'app.css'),
    },
    absWorkingDir: join(here, '..'),
    outdir: '/assets',
    publicPath: '/assets',
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: ['chrome111', 'firefox113', 'safari16.4'],
    loader: { '.woff2': 'file' },
    logLevel: 'silent',
  })
  await stop()
  const files = new Map(result.outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)]))
  const mark = readFileSync(join(here, 'client', 'mark.svg'))
  files.set(`mark-${createHash('sha256').update(mark).digest('hex').slice(0, 8)}.svg`, mark)
  return files
}

function toAssets(files: ReadonlyMap<string, Buffer>): Assets {
  const served = new Map(
    [...files].map(([name, body]) => {
      const type = types[extname(name)] ?? 'application/octet-stream'
      return [name, { body, gzip: type === 'font/woff2' ? null : gzipSync(body, { level: 9 }), type }]
    }),
  )
  const entries = new Map<string, string>()
  for (const name of served.keys()) entries.set(`${name.replace(/-[^-]*$/, '')}${extname(name)}`, `/assets/${name}`)
  return {
    address: (entry) => entries.get(entry) ?? `/assets/${entry}`,
    file: (name) => served.get(name) ?? null,
  }
}
