/** What there is to check, from the inventory and the health board. */
import { everything } from '../model/access.ts'
import type { Budgets, Inventory, Target } from '../model/contract.ts'
import type { HealthBoard } from '../model/health.ts'
import { type LabelSource, labelsOf, noFacts } from '../model/labels.ts'
import type { Instance } from '../model/resource.ts'
import { type Rule, serviceTargets } from './rules.ts'

const page = 1000
/** Parts of Specola that talk to the outside. */
const connections = new Set(['libvirt', 'amqp', 'ganglia', 'openstack', 'queue', 'completeness', 'notifier', 'on-call', 'store'])

export interface TargetSources {
  budgets?: Budgets | undefined
  labels?: LabelSource | undefined
  rules: readonly Rule[]
  /** What may be the cause of many problems. */
  causes?: readonly Target[]
}

/** All targets as they are now, with the labels that rules tell them apart by. */
export async function readTargets(
  inventory: Pick<Inventory, 'instances' | 'hypervisors'>,
  health: Pick<HealthBoard, 'all'>,
  { budgets, labels, rules, causes = [] }: TargetSources,
): Promise<Target[]> {
  const facts = (await labels?.facts()) ?? noFacts
  const bare = [...(await readBare(inventory, health, budgets ?? null)), ...serviceTargets(rules), ...causes]
  return bare.map((target) => {
    // what is made for a project is called by the project's name
    const named = {
      ...target,
      name: target.name ?? (target.project === target.id ? facts.projects.get(target.id)?.name : null) ?? null,
    }
    return { ...named, labels: labelsOf(named, facts) }
  })
}

async function readBare(
  inventory: Pick<Inventory, 'instances' | 'hypervisors'>,
  health: Pick<HealthBoard, 'all'>,
  budgets: Budgets | null,
): Promise<Target[]> {
  const instances = new Map<string, Instance>()
  for (let offset = 0; ; offset += page) {
    const { rows, total } = await inventory.instances(everything, { sort: 'created', limit: page, offset })
    for (const instance of rows) instances.set(instance.id, instance)
    if (rows.length === 0 || offset + rows.length >= total) break
  }
  const bare = { project: null, instance: null }
  return [
    ...health
      .all()
      .filter(({ kind }) => connections.has(kind))
      .map(
        ({ component, host }): Target => ({ ...bare, kind: 'connection', id: component, name: component, host: host ?? null }),
      ),
    ...(await inventory.hypervisors(everything)).map(
      ({ host }): Target => ({ ...bare, kind: 'hypervisor', id: host, name: host, host }),
    ),
    ...((await budgets?.standings(everything)) ?? []).map(
      (budget): Target => ({
        ...bare,
        kind: 'project',
        id: budget.project,
        name: budget.name,
        project: budget.project,
        host: null,
        budget,
      }),
    ),
    ...[...instances.values()].map(
      (instance): Target => ({
        kind: 'instance',
        id: instance.id,
        name: instance.name,
        project: instance.project,
        host: instance.host,
        instance,
      }),
    ),
  ]
}
