/** All benches, one after the other: `npm run bench`, or `npm run bench -- NAME…`. */
import { printRows } from './row.ts'

const benches: Record<string, () => Promise<{ run(): Promise<import('./row.ts').BenchRow[]> }>> = {
  notifications: () => import('./notifications.ts'),
  usage: () => import('./usage.ts'),
  samples: () => import('./samples.ts'),
  libvirt: () => import('./libvirt.ts'),
  money: () => import('./money.ts'),
  alerting: () => import('./alerting.ts'),
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in benches))
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}; there are: ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}
for (const [name, load] of Object.entries(benches)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  console.log(`# ${name}`)
  printRows(await (await load()).run())
}
