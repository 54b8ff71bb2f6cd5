/** Labels: what rules tell targets apart by. One name may have several values (tags, aggregates). */
import type { Labels, Target } from './target.ts'

/** What was told of an instance that its inventory entry does not hold. */
export interface InstanceLabels {
  availabilityZone: string | null
  metadata: Readonly<Record<string, string>>
  tags: readonly string[]
}

/** What labels are made of, besides the targets themselves. */
export interface LabelFacts {
  instances: ReadonlyMap<string, InstanceLabels>
  projects: ReadonlyMap<string, { name: string | null; tags: readonly string[] }>
  /** Host → names of the aggregates that it is in. */
  aggregates: ReadonlyMap<string, readonly string[]>
}

export interface LabelSource {
  facts(): Promise<LabelFacts>
}

export const noFacts: LabelFacts = { instances: new Map(), projects: new Map(), aggregates: new Map() }

/** Values longer than this are cut: Nova allows no longer ones, and nothing longer is compared. */
export const longestValue = 255

/**
 * The labels of a target: kind, id, name, project, project_name, project_tag, host, aggregate; for instances also user, flavor,
 * image, state, az, tag and meta.KEY for each key of Nova's metadata. Absent = not known.
 */
export function labelsOf(target: Target, facts: LabelFacts): Labels {
  const { kind, id, name, project, host, instance } = target
  const labels: Record<string, readonly string[]> = Object.create(null) as Record<string, readonly string[]>
  const put = (label: string, ...values: readonly (string | null | undefined)[]) => {
    const known = values.filter((value) => typeof value === 'string').map((value) => value.slice(0, longestValue))
    if (known.length > 0) labels[label] = known
  }
  put('kind', kind)
  put('id', id)
  put('name', name)
  put('host', host)
  if (host) put('aggregate', ...(facts.aggregates.get(host) ?? []))
  if (project) {
    const owner = facts.projects.get(project)
    put('project', project)
    put('project_name', owner?.name)
    put('project_tag', ...(owner?.tags ?? []))
  }
  if (instance) {
    const told = facts.instances.get(id)
    put('user', instance.user)
    put('flavor', instance.flavor?.name)
    put('image', instance.image)
    put('state', instance.state)
    put('az', told?.availabilityZone)
    put('tag', ...(told?.tags ?? []))
    for (const [key, value] of Object.entries(told?.metadata ?? {})) put(`meta.${key}`, value)
  }
  return labels
}
