import { type Fragment, topicOf } from '../fragment.ts'
import type { Route } from '../route.ts'
import { stateOfHealth } from './wall.ts'

/** Our own pipeline, hop by hop. */
export const healthPage: Route = {
  method: 'get',
  path: '/health',
  async handle(visit) {
    return {
      kind: 'page',
      view: 'health',
      title: visit.t('nav.health'),
      model: { topic: topicOf(healthBoard, visit), content: await healthBoard.model(visit) },
    }
  },
}

/** In the order in which a sample travels. */
const hops = [
  { key: 'collect', kinds: ['demo', 'amqp', 'queue', 'completeness', 'libvirt', 'qemu', 'ganglia', 'openstack'] },
  { key: 'keep', kinds: ['store', 'journal'] },
  { key: 'alert', kinds: ['alerter', 'notifier', 'on-call', 'reports'] },
  { key: 'show', kinds: ['ui'] },
] as const

const severity = ['down', 'stopped', 'degraded', 'starting', 'ok']

export const healthBoard: Fragment = {
  name: 'health-board',
  access: ['see', 'health'],
  everyMs: 2000,
  wakes: (change) => change.kind === 'health' || change.kind === 'samples',
  async model(visit) {
    const all = visit.deps.health.all()
    return {
      troubled: all.filter(({ state }) => state !== 'ok').length,
      count: all.length,
      hops: hops.map(({ key, kinds }) => {
        const components = all
          .filter(({ kind }) => (kinds as readonly string[]).includes(kind))
          .toSorted((a, b) => severity.indexOf(a.state) - severity.indexOf(b.state) || a.component.localeCompare(b.component))
        const worst = components[0]?.state ?? 'starting'
        return {
          key,
          title: visit.t(`health.hop.${key}`),
          shape: components.length === 0 ? 'pending' : stateOfHealth(worst),
          word: components.length === 0 ? visit.t('health.none') : visit.t(`health.${worst}`),
          components: components.map((item) => ({
            ...item,
            shape: stateOfHealth(item.state),
            word: visit.t(`health.${item.state}`),
            numbers: Object.entries(item.numbers).map(([name, value]) => ({ name: name.replaceAll('_', ' '), value })),
            quiet: visit.now - item.at > 120_000,
          })),
        }
      }),
    }
  },
}
