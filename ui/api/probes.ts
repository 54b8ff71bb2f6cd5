import type { ComponentHealth } from '../../model/health.ts'
import type { PublicRoute } from '../route.ts'

/** For load balancers: 200 while every part works or is only degraded, 503 when one is down. No detail, no tenant data. */
export const healthz: PublicRoute = {
  method: 'get',
  path: '/healthz',
  async handleGuest({ deps }) {
    const all = deps.health.all()
    // A hypervisor that does not answer is a problem of the cloud, not of this process.
    const down = all.filter(({ kind, state }) => state === 'down' && ['store', 'journal', 'alerter', 'ui'].includes(kind))
    const body = { status: down.length === 0 ? 'ok' : 'down', components: all.length, version: deps.version }
    return { kind: 'json', body, status: down.length === 0 ? 200 : 503 }
  },
}

/** The health board as Prometheus text, one family after the other: labels are names of our parts, never of tenants. Pure. */
export function exposition(all: readonly ComponentHealth[], streams: number, version: string): string {
  const families = new Map<string, { help: string; lines: string[] }>()
  const add = (name: string, help: string, labels: string, value: number) => {
    const family = families.get(name) ?? { help, lines: [] }
    family.lines.push(`${name}${labels} ${Number.isFinite(value) ? value : 'NaN'}`)
    families.set(name, family)
  }
  add('specola_info', 'The running version.', `{version="${label(version)}"}`, 1)
  add('specola_ui_streams', 'Live streams that are open.', '', streams)
  for (const { component, kind, state, at, numbers } of all) {
    const labels = `{component="${label(component)}",kind="${kind}"}`
    add('specola_up', '1 while the component works, also degraded.', labels, state === 'ok' || state === 'degraded' ? 1 : 0)
    add('specola_last_report_seconds', 'When the component last spoke, Unix time.', labels, at / 1000)
    for (const [name, value] of Object.entries(numbers)) {
      const seconds = name.endsWith('_ms') // Prometheus knows base units only
      const unit = seconds ? `${name.slice(0, -3)}_seconds` : name
      const help = `As the component counts it: ${label(name)}.`
      add(`specola_${unit.replace(/[^a-zA-Z0-9_]/g, '_')}`, help, labels, seconds ? value / 1000 : value)
    }
  }
  return [...families]
    .map(([name, { help, lines }]) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('\n')}\n`)
    .join('')
}

const label = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
