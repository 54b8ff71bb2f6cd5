/**
 * A complete list speaks for everything there is, and may end what it lacks: so only the lists of all clouds together do. Each
 * cloud puts in its own; when every cloud has, the union is told, as old as its oldest part.
 */
export interface CompleteList {
  /** When its first page was read, epoch ms. */
  readAt: number
  ids: readonly string[]
}

export interface CompleteLists {
  /** The union, once every cloud has put in a list of this kind since the last union; else null. */
  put(cloud: string, kind: string, list: CompleteList): CompleteList | null
}

export function completeLists(clouds: readonly string[]): CompleteLists {
  const waiting = new Map<string, Map<string, CompleteList>>()
  return {
    put(cloud, kind, list) {
      const its = waiting.get(kind) ?? new Map<string, CompleteList>()
      waiting.set(kind, its.set(cloud, list))
      if (!clouds.every((name) => its.has(name))) return null
      waiting.delete(kind)
      const parts = [...its.values()]
      return { readAt: Math.min(...parts.map(({ readAt }) => readAt)), ids: [...new Set(parts.flatMap(({ ids }) => ids))] }
    },
  }
}
