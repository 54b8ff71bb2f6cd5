/** An alerter over a small cloud of hosts and instances, with checks that say what a test wants, and what its people heard. */
import { everything } from '../../model/access.ts'
import type { HealthReport } from '../../model/health.ts'
import { noFacts } from '../../model/topology.ts'
import { plugin as cause } from '../../plugins/check-cause/plugin.ts'
import { plugin as connection } from '../../plugins/check-connection/plugin.ts'
import { plugin as impact } from '../../plugins/check-impact/plugin.ts'
import { plugin as metric } from '../../plugins/check-metric/plugin.ts'
import { plugin as noData } from '../../plugins/check-no-data/plugin.ts'
import { plugin as passive } from '../../plugins/check-passive/plugin.ts'
import { instance, type Scene, type SceneOptions, scene } from './alerting.ts'
import { spokenScene } from './spoken.ts'

export function causeScene() {
  const { word, sent, plugins, forget } = spokenScene()
  const world = {
    ...{ word, sent, forget, facts: noFacts },
    plugins: [...plugins, noData, metric, connection, cause, impact, passive] as SceneOptions['plugins'],
    scene: null as unknown as Scene,
    async begin(options: Omit<SceneOptions, 'plugins'>): Promise<Scene> {
      world.facts = noFacts
      world.scene = await scene({ plugins: world.plugins, topology: async () => world.facts, ...options })
      return world.scene
    },
    ids: (count: number, name = 'vm') => Array.from({ length: count }, (_, i) => `${name}-${i}`),
    /** What somebody heard: `problem hv-0 nodata`, in order. */
    said: (to = 'noc') =>
      sent
        .filter((one) => one.to === to)
        .map(({ message: { kind, problem } }) => `${kind} ${problem.targetName ?? problem.target.id} ${problem.state}`),
    /** The cloud as the inventory and the topology have it: the instances of each host, all in one zone. */
    cloud(hosts: Readonly<Record<string, readonly string[]>>, project = (_id: string) => 'p1') {
      const all = Object.entries(hosts).flatMap(([host, list]) => list.map((id) => instance(id, { host, project: project(id) })))
      const { inventory } = world.scene
      inventory.all = all
      inventory.hosts = Object.keys(hosts).map((host) => ({
        ...{ host, uri: null, cpus: null, memoryBytes: null, version: null, seenAt: 0 },
      }))
      world.facts = {
        ...world.facts,
        hosts: Object.keys(hosts),
        instances: all.map(({ id, name, project, host, state }) => ({ id, name, project, host, state, zone: 'az-1' })),
      }
    },
    /** The connection to a host. */
    report: (host: string, state: HealthReport['state'], through?: string) =>
      world.scene.health.report({
        ...{ component: `libvirt ${host}`, kind: 'libvirt', host, state, detail: `qemu+tls://${host}` },
        ...(through !== undefined && { through }),
      }),
    /** All instances of which something is heard send a sample now, and only that is left of them. */
    poll(heard: (id: string) => boolean = () => true) {
      const { inventory, store, clock } = world.scene
      const fresh = inventory.all
        .filter(({ id }) => heard(id))
        .map(({ id, host }) => ({
          ...{ measurement: 'instance', tags: { instance: id, host: host ?? '' }, fields: { state: 1 }, time: clock.now() },
        }))
      store.samples = [...store.samples.filter(({ tags }) => tags.instance === undefined || !heard(tags.instance)), ...fresh]
    },
    checkOf: async (kind: string, id: string, rule: string) =>
      (await world.scene.journal.checksOf(everything, { kind, id })).find((one) => one.rule === rule),
    reasonsOf: async (kind: string, id: string, rule: string) =>
      (await world.scene.journal.notifications(everything, (await world.checkOf(kind, id, rule))?.check ?? '', 20)).map(
        ({ reason }) => reason,
      ),
  }
  return world
}
